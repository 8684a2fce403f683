"""`python -m benchmarks.forgetting DATA...`: what is still in the window when it is asked for, by how it was kept.

Talk with its own times is lived through: each question comes at the time that it names, or else at one between what
it rests on and three months after the end (the same for all policies, by a fixed seed). At each question the messages
said by then are ranked by a policy, and as many kept as a share of all tokens holds. Counted is the share of the
evidence that is among them, whole; what was asked for counts as used from then on. No model, no search: this says what
forgetting does to a window, not to the archive, in which all is found by its words as before.

With `--recall N` that is measured, too: N questions a conversation are asked of a memory whose window presses, when all
has been said and again two years and a sleep later: evidence in what is recalled, how many of as many questions that
others were asked have something recalled, and what the window and the file cost. `--plot FOLDER` draws the curves
(needs matplotlib).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.recall import wrong_pages
from benchmarks.recall.contestants.tiered import Recall
from benchmarks.recall.conversations import Conversation, label, read, sampled
from benchmarks.recall.measure import share
from benchmarks.report import table
from tiermem import Memory, Message
from tiermem.conversations.weighing.importance import importance
from tiermem.flows.effects import Flow, Read
from tiermem.life.forgetting import Forgetting, spaced

SHARES = (0.1, 0.25, 0.5)
PLOTTED = (0.05, 0.1, 0.15, 0.25, 0.35, 0.5, 0.7, 0.9)
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


@dataclass(frozen=True)
class Asked:
    """A conversation at one time: shares of evidence recalled, for each foreign question whether something was, the
    tokens of its window, the bytes of its database."""

    shares: list[float]
    wrong: list[bool]
    tokens: int
    bytes: int


def slept(conversation: Conversation, others: Sequence[Conversation], count: int) -> list[Asked]:
    """*conversation* when all has been said, and two years and a sleep later."""
    memory = Recall(pre_rot_threshold=WINDOW)
    try:
        memory.feed(conversation)
        session, found = memory.session, list[Asked]()
        session.manage_context()
        foreign = wrong_pages.strangers(conversation, others, count) if len(others) > 1 else ()
        for later in (False, True):
            if later:
                memory.now = datetime.now(UTC) + YEARS
                memory.memory.life(session.scope.user).sleep(seconds=None)
            own = sampled([conversation], count)[0].questions
            shares = [share(conversation, one, session.recall(one.text, BLOCK).text) for one in own]
            wrong = [bool(session.recall(one.text, BLOCK).text) for one in foreign]
            found.append(Asked(shares, wrong, session.view().tokens, _size(memory.memory)))
    finally:
        memory.close()
    return found


def _size(memory: Memory) -> int:
    def pages(connection: Any) -> int:
        every = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("page_count", "page_size")]
        return int(every[0]) * int(every[1])

    return int(memory.drive(_reading(pages)))


def _reading(body: Callable[[Any], int]) -> Flow[int]:
    return (yield Read(body))


def recalled(conversations: Sequence[Conversation], count: int) -> str:
    """What `slept` says of all *conversations*."""
    found = [slept(one, conversations, count) for one in conversations]
    told = []
    for at in (0, 1):
        then = [one[at] for one in found]
        wrong = [value for one in then for value in one.wrong]
        told.append(
            f"{100 * fmean(value for one in then for value in one.shares):.1f} % of the evidence, "
            f"{100 * fmean(wrong) if wrong else 0:.1f} % of others' questions with something, window "
            f"{fmean(one.tokens for one in then):,.0f} tokens, {fmean(one.bytes for one in then) / 1e6:.2f} MB"
        )
    return f"{sum(len(one[0].shares) for one in found)} questions: {told[0]}; two years and a sleep later {told[1]}"


def plot(sets: Mapping[str, Sequence[Conversation]], folder: Path) -> Path:
    """Evidence in the window by the share of tokens that it holds, a panel a set, a line a policy."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(sets), figsize=(5 * len(sets), 4.4), layout="constrained", squeeze=False)
    for panel, (name, conversations) in zip(panels[0], sets.items(), strict=True):
        for policy, worth in POLICIES.items():
            points = []
            for part in PLOTTED:
                found = [lived(one, worth, part) for one in conversations]
                points.append(100 * sum(one[0] for one in found) / max(1, sum(one[2] for one in found)))
            panel.plot([100 * part for part in PLOTTED], points, marker=".", label=policy)
        panel.set_title(name)
        panel.set_xlabel("tokens of all that was said, %")
        panel.grid(alpha=0.3)
    panels[0][0].set_ylabel("evidence that stands in the window, %")
    panels[0][0].legend(fontsize=7)
    path = folder / "forgetting.png"
    figure.savefig(path, dpi=90)
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forgetting", description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--recall", type=int, default=0, help="questions a conversation that are asked of a memory")
    parser.add_argument("--plot", type=Path, help="a folder for forgetting.png")
    given = parser.parse_args(arguments)
    if given.plot:
        print(plot({label(path): [one for one in read(path) if one.end] for path in given.data}, given.plot))
        return
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
