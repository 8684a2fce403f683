"""Results of tools that are too long for a prompt: kept whole in the session, given to the agent by their two ends.

Rule 1: nothing is lost: the whole is in the session, shown there as a stub, before the agent gets its part.
Rule 2: what the agent gets has at most `most` tokens, by the memory's counter, and says where to read the whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tiermem.agents.view import Procedure
from tiermem.errors import InvalidSettings, brief_repr
from tiermem.messages import Message
from tiermem.text.clipping import clip

MAX_TOKENS = 1_000  # of one result: as much as the memory's own tools give at a time
SMALLEST = 60  # tokens: below, the reference is all there is room for


@dataclass(frozen=True, slots=True)
class ResultBound:
    """Tokens of one result, at most.

    Raises:
        InvalidSettings: *most* is no whole number, or below 60.
    """

    most: int = MAX_TOKENS

    def __post_init__(self) -> None:
        if type(self.most) is not int or self.most < SMALLEST:
            raise InvalidSettings(f"max_tokens must be a whole number from {SMALLEST} on, not {brief_repr(self.most)}")

    def shortened(self, text: str, tool: str, count: Callable[[str], int]) -> Procedure[str | None]:
        """The ends of *text*, a result of *tool*, once the whole is kept; None where it is short enough."""
        size = count(text)
        if size <= self.most:
            return None
        (kept,) = yield lambda session: session.add([_whole(text, tool)], compacted=True)
        marker = f'\n[… {size:,} tokens in all; expand_memory("m{kept.sequence}") reads the whole …]\n'
        return clip(text, self.most, count, marker) or marker


def _whole(text: str, tool: str) -> Message:
    """The result as a message of the session; the same result of the same tool is kept once."""
    digest = hashlib.sha256(f"{tool}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    # The call is nobody's: without one, this would be paired by its place with the call that its short form answers.
    return Message(role="tool", name=tool, content=text, id=f"output-{digest}", tool_call_id=f"output-{digest}")
