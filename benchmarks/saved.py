"""How many tokens a window saves beside sending everything each time, by the length of the session and of its messages.

    python -m benchmarks.saved

What is added up is what each turn would send: the whole conversation, or its window, without recalled passages, which a
context adds up to its budget. Where messages are short, the threshold is a tenth of the default: what is saved hangs on
how often the length of a session holds the threshold.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tiermem import Memory

WORDS = (
    *("pool", "timeout", "retry", "order", "cart", "deploy", "query", "cache"),
    *("garden", "doctor", "friday", "market", "train", "ticket", "invoice", "kitchen"),
)
CASES = ((250, 150_000), (25, 15_000))  # tokens of a message, `pre_rot_threshold`
LENGTHS = (1.6, 3.3, 6.7)  # thresholds
LOOKED = 10  # turns between two looks


@dataclass(frozen=True, slots=True)
class Saved:
    """Of a session of *tokens*: what its window saved over all turns and in the last one, and how it got small."""

    tokens: int
    messages: int
    overall: float
    last: float
    stubs: int
    covered: int


def session(per_message: int, threshold: int, lengths: tuple[float, ...] = LENGTHS) -> Iterator[Saved]:
    """One session, looked at when it reaches each of *lengths* (in thresholds)."""
    chance, sent, whole, stubs = random.Random(3), 0, 0, 0
    with Memory.open(":memory:", pre_rot_threshold=threshold) as memory:
        talk = memory.session("s")
        for length in lengths:
            while (stats := talk.stats()).tokens < length * threshold:
                for turn in range(LOOKED):
                    said = [f"{' '.join(chance.choices(WORDS, k=per_message - 6))} {turn}." for _ in range(2)]
                    talk.add(said[0])
                    talk.add(said[1], role="assistant")
                stats = talk.stats()
                sent, whole, stubs = sent + stats.window_tokens, whole + stats.tokens, max(stubs, stats.compacted)
            last = 1 - stats.window_tokens / stats.tokens
            yield Saved(stats.tokens, stats.messages, 1 - sent / whole, last, stubs, stats.covered)


def main() -> None:
    """Print the table."""
    heads = ("a message", "threshold", "session", "messages", "saved in all", "in the last turn", "stubs", "summarised")
    print(f"| {' | '.join(heads)} |\n{'| ---: ' * len(heads)}|")
    for per_message, threshold in CASES:
        for one in session(per_message, threshold):
            shares = f"{one.overall:.0%} | {one.last:.0%} | {one.stubs:,} | {one.covered:,}"
            print(f"| {per_message} | {threshold:,} | {one.tokens:,} | {one.messages:,} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
