"""`python -m benchmarks.placement DATA...`: what stands in a window of so many tokens, with and without placement.

Each conversation is told turn by turn to a memory whose window presses at so many tokens. At the end, and at half of
its messages, the share of the evidence so far that is shown as it was said is counted, beside what the window costs.
Where placement keeps more, it does so within the same thresholds; the tokens say whether they are equal.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.recall.__main__ import quiet
from benchmarks.recall.conversations import Conversation, label, read
from benchmarks.report import number, table
from tiermem import Memory
from tiermem.life import Placement

COLUMNS = ("data", "window of", "kept", "evidence in view %", "tokens of the window")
BATCH = 20
KEEPERS = {"newest": None, "placement, 10 %": Placement(), "placement, 25 %": Placement(share=0.25)}


def in_view(conversation: Conversation, threshold: int, keep: Placement | None) -> list[tuple[float, int]]:
    """(share of the evidence that is verbatim, tokens of the window) at half of the messages and at the end; nothing
    where no question rests on what was said by then."""
    evidence = {ident for question in conversation.questions for ident in question.evidence}
    half, found = len(conversation.messages) // 2, list[tuple[float, int]]()
    with Memory.open(":memory:", pre_rot_threshold=threshold, keep=keep, enable_context_management=False) as memory:
        session = memory.session("window", "somebody")
        for start in range(0, len(conversation.messages), BATCH):
            some = conversation.messages[start : start + BATCH]
            session.add(list(some))
            session.manage_context()
            end = start + len(some)
            if end == len(conversation.messages) or start < half <= end:
                wanted = {one.id for one in conversation.messages[:end]} & evidence
                view = session.view()
                shown = {one.id for one in view.messages if "__compaction__" not in one.state}
                if wanted:
                    found.append((len(wanted & shown) / len(wanted), view.tokens))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.placement", description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--windows", type=lambda text: [int(one) for one in text.split(",")], default=[2_000, 8_000])
    given = parser.parse_args(arguments)
    quiet()
    rows = []
    for path in given.data:
        conversations = read(path)
        for threshold in given.windows:
            for name, keep in KEEPERS.items():
                found = [pair for one in conversations for pair in in_view(one, threshold, keep)]
                shares, tokens = zip(*found, strict=True)
                share = f"{100 * fmean(shares):.1f}"
                rows.append([label(path), number(threshold), name, share, number(fmean(tokens))])
    print(table(COLUMNS, rows, markdown=True))


if __name__ == "__main__":
    main()
