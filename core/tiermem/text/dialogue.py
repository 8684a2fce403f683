"""A conversation as ranking sees it: numbers by message, and where each term stands. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tiermem.messages import ToolCall
from tiermem.plain_json import loads

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tiermem.times.nearness import Mentions

    Numbers: TypeAlias = NDArray[np.float64]
    Places: TypeAlias = NDArray[np.int64]

USER, ASSISTANT, ECHO = 1, 2, 3  # codes of roles; 0 is any other
ECHOED = "echo"  # the role, as a key, of a message that only quotes what we recalled
ROLES = {"user": USER, "human": USER, "assistant": ASSISTANT, "ai": ASSISTANT, ECHOED: ECHO}
# Names that say no more than the role does: where an assistant has another, two people talk.
ASSISTANTS = frozenset({"", "ai", "assistant", "bot", "chatbot", "助手", "助理", "机器人"})

UNTOLD = -128  # the mood of a message that tells none


class Spoken(NamedTuple):
    """One message as it is indexed.

    Number, wall-clock second (NaN: unknown), speaker ("": nobody), terms in order, role, the times that it talks about,
    as pairs of wall-clock seconds, how its speaker feels in hundredths (`UNTOLD`: nothing tells it), and the seconds by
    which its clock is before UTC.
    """

    sequence: int
    said: float
    speaker: str
    terms: Sequence[str]
    role: str = ""
    talked: Sequence[tuple[float, float]] = ()
    mood: int = UNTOLD
    zone: int = 0


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, one entry a message, in order.

    `sizes` are numbers of terms; `said` wall-clock seconds (NaN: unknown); `speakers` indexes into `names` (the terms
    of each name; 0 is nobody); `roles` codes; `fresh` the share (0 to 1) of a message's terms that its speaker had
    never used before; `talked` the times that messages talk about; `assistant` whether one side is an assistant.
    """

    sizes: Numbers
    said: Numbers
    speakers: Places
    names: Sequence[Sequence[str]]
    roles: Places | None = None
    fresh: Numbers | None = None
    talked: Mentions | None = None
    assistant: bool = False

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a term stands: places (0 is the first message), how often there, and in how many messages in all."""

    places: Places
    counts: Numbers
    frequency: int


# The tools of `tiermem.tools` by name, with their arguments. Somebody else's tool of such a name, with no other
# arguments, means the same, so nothing of its own is lost with it.
ARGUMENTS: Mapping[str, frozenset[str]] = {
    "search_memory": frozenset({"query", "since", "until", "role"}),
    "expand_memory": frozenset({"ref", "query", "detail", "offset"}),
    "remember": frozenset({"note"}),
    "forget_memory": frozenset({"ref"}),
    "learn_procedure": frozenset({"name", "steps", "preconditions"}),
    "report_outcome": frozenset({"name", "worked", "step"}),
    "remember_event": frozenset({"event", "context", "feeling", "when"}),
    "define_concept": frozenset({"name", "definition", "related"}),
}


def asks_memory(call: ToolCall) -> bool:
    """Whether *call* is one of a memory tool."""
    known = ARGUMENTS.get(call.name)
    return known is not None and _names(call.arguments) <= known


def _names(arguments: object) -> frozenset[str]:
    """The names of the arguments; of a broken one, one that no tool has."""
    if isinstance(arguments, str):
        try:
            arguments = loads(arguments.encode("utf-8", "surrogatepass"))
        except ValueError:
            arguments = None
    return frozenset(arguments) if isinstance(arguments, Mapping) else frozenset({""})
