"""`python -m benchmarks.forgetting DATA...`: what is still in the window when it is asked for, by how it was kept.

Talk with its own times is lived through: each question comes at the time that it names, or else at one between what
it rests on and three months after the end (the same for all policies, by a fixed seed). At each question the messages
said by then are ranked by a policy, and as many kept as a share of all tokens holds. Counted is the share of the
evidence that is among them, whole; what was asked for counts as used from then on. No model, no search: this says what
forgetting does to a window, not to the archive, in which all is found by its words as before.

With `--recall N` that is measured, too: N questions a conversation are asked of a memory whose window presses, when all
has been said and again two years and a sleep later: evidence in what is recalled, and what the window costs.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

from benchmarks.recall.contestants.tiered import Recall
from benchmarks.recall.conversations import Conversation, label, read, sampled
from benchmarks.recall.measure import share
from benchmarks.report import table
from tiermem import Message
from tiermem.conversations.weighing.importance import importance
from tiermem.life.forgetting import Forgetting, spaced

SHARES = (0.1, 0.25, 0.5)
AFTER = 90  # days after the end by which the last question comes
SEED = 7
DAY = 86_400.0
WINDOW, BLOCK = 8_000, 2_048  # tokens of a window that presses, and of a recalled block
YEARS = timedelta(days=730)


class Lived:
    """A message with what is known of it: when it was said, its tokens, how much it mattered, when it was used."""

    def __init__(self, message: Message) -> None:
        self.said = message.created_at or datetime.min
        self.tokens = max(1, len(message.text) // 4)
        self.mattered = importance(message.text).value
        self.uses: list[float] = []

    def days(self, now: datetime) -> float:
        """Days since it was used last, or else said."""
        last = self.uses[-1] if self.uses else self.said.timestamp() / DAY
        return max(0.0, now.timestamp() / DAY - last)


Policy = Callable[[Lived, datetime], float]
SANE, LITERAL = Forgetting(), Forgetting(literal=True)
POLICIES: dict[str, Policy] = {
    "newest first": lambda one, now: one.said.timestamp(),
    "newest first, used counts as new": lambda one, now: -one.days(now),
    "curve as written (I0 1)": lambda one, now: LITERAL.importance(one.days(now), len(one.uses)),
    "curve, uses saturating (I0 1)": lambda one, now: SANE.importance(one.days(now), spaced(one.uses)),
    "the same, I0 by what was said": lambda one, now: SANE.importance(
        one.days(now), spaced(one.uses), 0.5 + one.mattered / 2
    ),
    "what was said alone": lambda one, now: one.mattered,
    "length alone": lambda one, now: one.tokens,
}


def times(conversation: Conversation, chance: random.Random) -> list[tuple[datetime, tuple[str, ...]]]:
    """When each question is asked, and the ids it rests on, in order."""
    said = {one.id: one.created_at for one in conversation.messages if one.created_at}
    end = conversation.end
    found = []
    for question in conversation.questions:
        known = [said[one] for one in question.evidence if one in said]
        if not known or end is None:
            continue
        first = max(known) + timedelta(days=1)
        last = max(first, end + timedelta(days=AFTER))
        found.append((question.asked or first + (last - first) * chance.random(), question.evidence))
    return sorted(found, key=lambda pair: pair[0])


def lived(conversation: Conversation, policy: Policy, share: float) -> tuple[float, float, int]:
    """Shares of evidence in the window, and of evidence that the curve as written has inactive, summed; how much."""
    messages = {one.id: Lived(one) for one in conversation.messages}
    kept, faded, wanted = 0.0, 0.0, 0
    for now, evidence in times(conversation, random.Random(SEED)):
        known = [one for one in messages.values() if one.said < now]
        window = _window(known, lambda one, now=now: policy(one, now), share * sum(one.tokens for one in known))
        rests = [messages[one] for one in evidence if messages[one].said < now]
        kept += sum(one in window for one in rests)
        faded += sum(LITERAL.importance(one.days(now), len(one.uses)) < LITERAL.prune for one in rests)
        wanted += len(rests)
        for one in rests:
            one.uses.append(now.timestamp() / DAY)
    return kept, faded, wanted


def _window(known: Sequence[Lived], worth: Callable[[Lived], float], room: float) -> set[Lived]:
    chosen: set[Lived] = set()
    for one in sorted(known, key=lambda one: (-worth(one), -one.said.timestamp())):
        if one.tokens <= room:
            chosen.add(one)
            room -= one.tokens
    return chosen


def slept(conversation: Conversation, count: int) -> tuple[list[float], list[float], int, int]:
    """Shares of the evidence recalled before and after two years and a sleep, question by question, and the tokens of
    the window then."""
    memory = Recall(pre_rot_threshold=WINDOW)
    try:
        memory.feed(conversation)
        asked = sampled([conversation], count)[0].questions
        session = memory.session
        session.manage_context()
        shares, tokens = list[list[float]](), list[int]()
        for later in (False, True):
            if later:
                memory.now = datetime.now(UTC) + YEARS
                memory.memory.life(session.scope.user).sleep(seconds=None)
            shares.append([share(conversation, one, session.recall(one.text, BLOCK).text) for one in asked])
            tokens.append(session.view().tokens)
    finally:
        memory.close()
    return shares[0], shares[1], tokens[0], tokens[1]


def recalled(conversations: Sequence[Conversation], count: int) -> str:
    """What `slept` says of all *conversations*."""
    found = [slept(one, count) for one in conversations]
    before, after = ([value for one in found for value in one[at]] for at in (0, 1))
    window = [fmean(one[at] for one in found) for at in (2, 3)]
    shares = f"{100 * fmean(before):.1f} % of the evidence before, {100 * fmean(after):.1f} % after"
    return f"recalled of {len(before)} questions: {shares}; the window {window[0]:,.0f} and {window[1]:,.0f} tokens"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forgetting", description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--recall", type=int, default=0, help="questions a conversation that are asked of a memory")
    given = parser.parse_args(arguments)
    for path in given.data:
        conversations = [one for one in read(path) if one.end]
        if given.recall:
            print(f"{label(path)}: {recalled(conversations, given.recall)}", flush=True)
            continue
        rows, inactive = [], 0.0
        for name, policy in POLICIES.items():
            cells = []
            for part in SHARES:
                found = [lived(one, policy, part) for one in conversations]
                wanted = sum(one[2] for one in found)
                cells.append(f"{100 * sum(one[0] for one in found) / max(1, wanted):.1f}")
                inactive = 100 * sum(one[1] for one in found) / max(1, wanted)
            rows.append([name, *cells])
        print(f"{label(path)}: {wanted} pieces of evidence; by the curve as written {inactive:.0f} % of it inactive")
        print(table(("% of the evidence in", *(f"{part:.0%} of the tokens" for part in SHARES)), rows))


if __name__ == "__main__":
    main()
