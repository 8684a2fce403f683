"""Pages as HTML: values and words put into templates.

Rule 1: every text is escaped, and every character of it that acts (bidi marks, controls, tags) is told by its code.
Rule 2: nothing on a page is loaded from elsewhere, and nothing on it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tiermem.dashboard import charts
from tiermem.dashboard.addresses import address, of_session, of_user, packed
from tiermem.dashboard.texts import LANGUAGES, texts
from tiermem.messages import Message
from tiermem.text.readable import readable
from tiermem.text.sanitizing import visible

LIST, WHOLE = 1_500, 100_000  # characters of a message in a list, and on its own page
_UNITS = ("B", "kB", "MB", "GB", "TB")


def style() -> str:
    """The style sheet of all pages."""
    return files("tiermem.dashboard").joinpath("templates/style.css").read_text("utf-8")


def pages() -> Callable[..., str]:
    """A function that makes the page of a template: its name, the code of a language, and its values."""
    environment = Environment(
        loader=PackageLoader("tiermem.dashboard", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (words, clipped, number, when, share, size, seconds, exact)
    environment.filters.update({one.__name__: one for one in filters})
    environment.globals.update(
        charts=charts, address=address, of_user=of_user, of_session=of_session, packed=packed, languages=LANGUAGES
    )

    def page(name: str, language: str, **values: Any) -> str:
        return environment.get_template(name).render(t=texts(language), **values)

    return page


def _shown(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def words(message: Message) -> str:
    """A message as a person reads it: its text, what it asks of tools, a word for each block that is no text."""
    return readable(message, word=_block_word, call="→ {name}({arguments})")


def _block_word(kind: str) -> str:
    return "" if kind in {"text", "tool_use", "tool_call"} else f"[{kind or 'block'}]"


def clipped(text: str, most: int = LIST) -> str:
    """The first *most* characters, with "…" where there are more."""
    return text if len(text) <= most else f"{text[:most]}…"


def number(value: float) -> str:
    """A number with commas between thousands; a share of one has two places."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def when(moment: datetime | None) -> Markup:
    """A time to the minute, with its zone; "–" for none."""
    if moment is None:
        return Markup("–")
    told = escape(moment.strftime("%Y-%m-%d %H:%M %Z").rstrip())
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), told)


def share(value: float) -> str:
    """A share of one as percent."""
    return f"{100 * value:.1f} %"


def size(count: int) -> str:
    """Bytes in a unit that suits them."""
    rest, unit = float(count), 0
    while rest >= 1000 and unit < len(_UNITS) - 1:
        rest, unit = rest / 1000, unit + 1
    return f"{rest:.3g} {_UNITS[unit]}"


def seconds(value: float) -> str:
    """A time span in seconds, or in minutes, hours or days where it is long."""
    for least, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value >= 2 * least:
            return f"{value / least:.1f} {unit}"
    return f"{value:.1f} s"


def exact(text: str) -> Markup:
    """A text for a field that is sent back: escaped, and otherwise as it is, but for halves of characters."""
    return escape(text.encode("utf-8", "replace").decode())
