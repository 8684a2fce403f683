"""What an agent's model may be sent: the tokens of one call, the thresholds within them, and what blocks may take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tiermem.agents.note import Note
from tiermem.settings import Settings, Thresholds
from tiermem.tokens.counting import OVERHEAD

AnyNote = TypeVar("AnyNote", bound=Note)
Count = Callable[[str], int]

DEEPER = 0.5  # of a trigger: how far down a run works where the user does not say; fewer runs change the prefix
RECENT_SHARE = 0.5  # of the limit that the newest messages may hold verbatim: tool results can be longer than all else
BLOCK_SHARE, LEAST_BLOCK, LARGEST_BLOCK = 0.05, 400, 2_000  # of the limit; tokens. Blocks stay in the prompt: several
# small ones let it grow for turns on end, and what else is wanted is a call of `search_memory` away
BLOCKS_SHARE = 0.5  # of the limit that blocks may take from the window's thresholds

FRAME = 8  # tokens around a schema, and around a system prompt
KEPT = 512  # schemas whose cost is remembered: agents hand over the same tools with every call

SCALES = (0.7, 3.0)  # by how much a provider's tokens may differ from the counter's; beyond, something else is wrong
LEAST_COUNTED = 500  # tokens; below, what a provider adds by itself would pass for a difference of the counters
STEADY = 0.05  # a scale that differs by less is kept: a limit that trembles would move what is shown
TIGHTER = 0.7  # of what overflowed is sent from then on: a provider says that it was too much, seldom by how much


def limit_of(wished: int | None, usual: int, declared: int | None, answer: int = 0) -> int:
    """Tokens of everything that a model is sent.

    Args:
        wished: by the user of the agent; it stands, whatever the others say.
        usual: the memory's own limit.
        declared: the window that the model names; None or 0 where it names none.
        answer: tokens of *declared* that are the answer's.
    """
    if wished is not None:
        return wished
    if declared is None or declared <= 0:
        return usual
    return min(usual, max(1, declared - max(0, answer)))


def thresholds(settings: Settings, room: int, beside: int = 0) -> Thresholds:
    """The user's shares of what the messages may have: *room* tokens, less *beside* for the blocks among them."""
    most = max(1, room - min(beside, int(BLOCKS_SHARE * room)))
    named: dict[str, float] = {}
    for step in ("compaction", "summarization"):
        trigger, target = getattr(settings, f"{step}_trigger"), getattr(settings, f"{step}_target")
        named[f"{step}_trigger"] = trigger
        named[f"{step}_target"] = DEEPER * trigger if target is None else target
    return Thresholds(
        pre_rot_threshold=most,
        hard_limit=max(most, settings.hard_limit),
        keep_recent_count=settings.keep_recent_count,
        keep_recent_tokens=int(RECENT_SHARE * most),
        **named,
    )


def block_tokens(room: int, wished: int | None) -> int:
    """Tokens of what is quoted for one question, at most: *wished*, or a share of the *room* for all messages."""
    return min(LARGEST_BLOCK, max(LEAST_BLOCK, int(BLOCK_SHARE * room))) if wished is None else wished


# --- what stands beside the messages


class Costs:
    """Counts what a call sends beside its messages; each schema once, as long as the same object is handed over."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, int]] = {}

    def beside(
        self,
        count: Count,
        system: str | None,
        schemas: Iterable[Any],
        shape: Callable[[Any], Any],
        added: Iterable[str] = (),
    ) -> int:
        """Tokens by *count* of a *system* prompt, of *schemas* in the *shape* that is sent, and of *added* texts.

        The schemas are those of tools, and of the form that an answer must have.
        """
        prompt = 0 if system is None else FRAME + count(system)
        forms = sum(self._schema(schema, shape, count) for schema in schemas)
        return prompt + forms + sum(OVERHEAD + count(text) for text in added)

    def _schema(self, schema: Any, shape: Callable[[Any], Any], count: Count) -> int:
        known = self._known.get(id(schema))
        if known is not None and known[0] is schema:
            return known[1]
        if len(self._known) >= KEPT:
            self._known.clear()
        tokens = FRAME + count(json.dumps(shape(schema), ensure_ascii=False, default=str))
        self._known[id(schema)] = (schema, tokens)
        return tokens


# --- what a provider says afterwards


@dataclass(frozen=True, slots=True)
class Spent:
    """A prompt's tokens: by the memory's counter, and as its provider *reported* them (0: it did not say)."""

    counted: int
    reported: int = 0


def measured(note: AnyNote, spent: Spent) -> AnyNote:
    """*note* with the scale that a provider's own count of a prompt shows."""
    if spent.counted < LEAST_COUNTED or spent.reported <= 0:
        return note
    low, high = SCALES
    scale = min(high, max(low, round(spent.reported / spent.counted, 3)))
    return note if abs(scale - note.scale) < STEADY * note.scale else replace(note, scale=scale)


def overflowed(note: AnyNote, spent: Spent) -> AnyNote:
    """*note* after a provider refused a prompt because it was too long: from now on less is sent."""
    return replace(note, most=max(1, int(TIGHTER * spent.counted)))


def room(note: Note, limit: int) -> int:
    """Tokens by the memory's counter that a provider's *limit* stands for."""
    scaled = int(limit / note.scale)
    return min(scaled, note.most) if note.most else scaled
