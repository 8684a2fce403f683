"""Standing wishes in a message: what a user asks for once and for all, or prefers, for the ranking of other requests.

"Always show the units" answers no question, yet every later answer is judged by it.
"""

from __future__ import annotations

import re

from tiermem.text import late

TERM = "_WISH"  # stands in the index beside the words of such a message; no text gives it, for terms are lower-case
_START = r"(?:^|[.!?;:]\s+|\n[^\S\n]*|,\s+(?:and|but|so)\s+|[。！？；，]\s*)"
_ENGLISH = late.compile(
    rf"{_START}(?:please,? )?(?:always|never|from now on|going forward|in (?:the )?future)\b"
    r"|\b(?:when(?:ever)?|if|each time|every time|any ?time) i (?:ask|request|talk|write|send|share)\b"
    r"|\b(?:please|make sure|be sure|remember|try) (?:to |you )?(?:always|never)\b"
    r"|\bi(?:'d| would| do|'ve| have)?"
    r"(?: (?:really|also|generally|usually|always|strongly|much|personally|still|just))*"
    r" (?:prefer(?:red)?|rather)\b"
    r"|\bmy preference\b|\bi (?:don't|do not|can't|cannot) (?:like|stand|want) (?:it )?(?:when|you)\b|\bcall me\b",
    re.IGNORECASE,
)
_CHINESE = late.compile(
    r"(?:以后|今后|从现在起|从今天起|从今往后|往后|每次|每当|无论|不管)[^。！？；]{0,24}?(?:请|都|要|别|不要|务必|总是|始终|一律|记得)"
    r"|请(?:你)?(?:总是|始终|务必|永远|一直|一律|记住|不要|别)|(?:别|不要|永远不要)再"
    r"|我(?:更|比较|一直|还是|一般|通常|个人)?(?:偏好|偏爱|倾向|宁愿|宁可|更喜欢|习惯(?:用|于|先))|(?:请|就)?叫我"
)
# Each English wish holds one of these. Looking for them takes a twentieth of the time of the pattern, which begins at
# every sentence and at every "I".
_CUES = (
    *("always", "never", "from now on", "going forward", "future", "prefer", "rather", "call me"),
    *(f" i {asking}" for asking in ("ask", "request", "talk", "write", "send", "share")),
    *(f"{liking} {matter}" for liking in ("like", "stand", "want") for matter in ("it when", "it you", "when", "you")),
)
_ODD = late.compile("[ıİſ\u212a]")  # what a pattern that ignores case takes for i, s and k, and lower() does not


def standing(text: str) -> bool:
    """Whether *text* says what its writer wants from now on, or prefers (English and Chinese)."""
    small = text.lower()
    if text.isascii():
        return any(map(small.__contains__, _CUES)) and bool(_ENGLISH.search(text))
    english = any(map(small.__contains__, _CUES)) or bool(_ODD.search(text))
    return (english and bool(_ENGLISH.search(text))) or bool(_CHINESE.search(text))
