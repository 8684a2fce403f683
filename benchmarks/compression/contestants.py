"""What makes a span shorter: tiermem's rules, its two ends, and the first sentences of every message."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tiermem import Message
from tiermem.compression.compressing import Wanted, compress_messages
from tiermem.text.sentences import sentences

Shorten = Callable[[Sequence[Message], int, Callable[[str], int]], str]


def rules(messages: Sequence[Message], tokens: int, count: Callable[[str], int]) -> str:
    """tiermem's, with the split that details come first in."""
    whole = sum(count(f"m{one.sequence} {_head(one)}{one.text}\n") for one in messages)
    ratio = min(1.0, tokens / whole)
    named = [(f"m{one.sequence}", one) for one in messages]
    return compress_messages(named, Wanted.of(ratio, 1.0, 0.0, (), ()), count).text


def both_ends(messages: Sequence[Message], tokens: int, count: Callable[[str], int]) -> str:
    """Whole messages from the beginning and from the end, half of the tokens each."""
    front, back = _until(messages, tokens // 2, count), _until(messages[::-1], tokens - tokens // 2, count)
    return "\n".join([*front, *back[::-1]])


def lead(messages: Sequence[Message], tokens: int, count: Callable[[str], int]) -> str:
    """The first sentence of every message, then the second and the third of every one, until the tokens are used up
    (lead-3, for a conversation)."""
    said = [[part.strip() for part in sentences(one.text)] for one in messages]
    taken: list[list[str]] = [[] for _ in messages]
    left = tokens
    for rank in range(3):
        for place, parts in enumerate(said):
            cost = (
                count(parts[rank]) + (0 if taken[place] else count(_head(messages[place]))) if rank < len(parts) else 0
            )
            if cost and cost <= left:
                taken[place].append(parts[rank])
                left -= cost
    return "\n".join(_head(one) + " ".join(parts) for one, parts in zip(messages, taken, strict=True) if parts)


CONTESTANTS: dict[str, Shorten] = {"tiermem": rules, "head and tail": both_ends, "lead-3": lead}


def _head(message: Message) -> str:
    return f"{message.name or message.role}: "


def _until(messages: Sequence[Message], tokens: int, count: Callable[[str], int]) -> list[str]:
    lines: list[str] = []
    for one in messages:
        line = f"{_head(one)}{one.text}"
        cost = count(line)
        if cost > tokens:
            break
        lines.append(line)
        tokens -= cost
    return lines
