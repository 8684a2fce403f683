"""One conversation as one file: what its pages show, without scripts, and with nothing loaded from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from tiermem import __version__
from tiermem.browsing import stretch
from tiermem.dashboard import rendering
from tiermem.dashboard.pages import conversation
from tiermem.dashboard.texts import ENGLISH

if TYPE_CHECKING:
    from tiermem.memory import Memory
    from tiermem.settings import Scope

NEWEST = 1_000  # messages
DECISIONS = 1_000
LONGEST = 20_000  # characters of a message


def report(memory: Memory, scope: Scope, language: str = ENGLISH, newest: int = NEWEST) -> str:
    """The page of a conversation, with its *newest* messages, in a language of `texts.LANGUAGES`.

    What was erased is in none of it; what is hidden is, and says so.

    Raises:
        UnknownReference: there is no such conversation.
    """
    window, costs = conversation.window(memory, scope, page=1), conversation.costs(memory, scope)
    count = window.head.session.messages
    first = max(1, count - newest + 1)
    return rendering.pages()(
        "report.html",
        language,
        head=window.head,
        window=window,
        costs=costs,
        branches=conversation.decisions(memory, scope).branches,
        shown=stretch.stretch(memory, scope, first, count),
        left=first - 1,
        most=LONGEST,
        dropped=conversation.dropped(memory, scope).dropped,
        journal=stretch.journal(memory, scope, limit=DECISIONS),
        style=Markup(rendering.style()),  # noqa: S704  # ours
        version=__version__,
        made=memory.wiring[0].now(),
    )
