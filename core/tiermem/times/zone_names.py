"""What somebody may mean who names a time zone as no database of zones does. Pure.

Rule: better no guess than one of another clock. Offsets and abbreviations look like names of zones that are hours away.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from tiermem.settings import nearest
from tiermem.text import late

_OFFSET = late.compile(r"(?:UTC|GMT|Z)?\s*([+\-\u2212\uff0b\uff0d])\s*(\d{1,2})(?:[:\uff1a]?(\d{2}))?", re.IGNORECASE)
_FARTHEST = 14  # hours that a clock is from UTC
_ABBREVIATED = late.compile(r"[A-Z]{2,5}")


def meant(given: str, known: Collection[str]) -> str:
    """What to say instead of *given*, which is none of the *known* names; "" where nobody can tell."""
    word = given.strip()
    if match := _OFFSET.fullmatch(word):
        sign = 1 if match[1] in "+\uff0b" else -1
        return _at(sign * int(match[2]), sign * int(match[3] or 0), known)
    same = {name.casefold(): name for name in known} | {"z": "UTC"}
    if word.casefold() in same:
        return f"did you mean {same[word.casefold()]}?"
    if _ABBREVIATED.fullmatch(word):
        return "an abbreviation may mean several zones"
    near = "" if re.search(r"\d", word) else nearest(word, known)
    return f"did you mean {near}?" if near else ""


def _at(hours: int, minutes: int, known: Collection[str]) -> str:
    """The name of a clock that is always *hours* and *minutes* from UTC; POSIX, and so IANA, count hours westward."""
    if abs(hours) > _FARTHEST:
        return ""
    if minutes:
        return f"for that offset give datetime.timezone(datetime.timedelta(hours={hours}, minutes={minutes}))"
    if not hours:
        return "did you mean UTC?"
    name = f"Etc/GMT{-hours:+d}"
    side = f"{abs(hours)} hour{'' if abs(hours) == 1 else 's'} {'ahead of' if hours > 0 else 'behind'} UTC"
    return f"{side} is {name}" if name in known else ""
