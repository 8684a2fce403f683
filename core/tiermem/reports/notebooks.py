"""Values as notebooks show them: a heading and a table, everything escaped. Pure.

Rule: what a message says is never markup, and what of it acts on whoever shows it is told by its code; a long text is
cut, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from unicodedata import category

LONGEST = 300  # characters of a cell
MOST = 50  # rows
_ACTING = frozenset({"Cc", "Cf", "Cs"})  # controls, marks of direction and the like, halves of characters
_KEPT = frozenset("\n\t\u200c\u200d")  # lines, and what joins letters


def table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """HTML of *rows* under *columns*, with *heading* above; at most `MOST` rows, and then how many more there are."""
    every = list(rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in every[:MOST])
    more = f"<p>… and {len(every) - MOST:,} more</p>" if len(every) > MOST else ""
    drawn = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if every else ""
    return f"<p><b>{_told(heading)}</b></p>{drawn}{more}"


def block(heading: str, text: str) -> str:
    """HTML of *text* as it stands, line for line, with *heading* above."""
    return f"<p><b>{_told(heading)}</b></p><pre>{_told(text)}</pre>"


def _cell(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'<td style="text-align:right">{value:,.3f}</td>' if isinstance(value, float) else f"<td>{value:,}</td>"
    text = str(value)
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f'<td dir="auto" style="text-align:left">{_told(shown)}</td>'


def _told(text: str) -> str:
    return escape("".join(one if one in _KEPT or category(one) not in _ACTING else _code(one) for one in text))


def _code(character: str) -> str:
    return f"\\u{ord(character):04x}"
