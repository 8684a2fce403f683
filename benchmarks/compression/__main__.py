"""What compression keeps, by ratio: `python -m benchmarks.compression FILE... [--ratios 0.7,0.3,0.1] [--most 3]`.

FILE is one of `benchmarks.recall.conversations`. Each conversation is cut into spans of some 8,000 tokens; each
contestant makes those shorter that hold all that a question rests on. Of each are told: answers that still stand there
word for word, the share of details and of commitments, and the answers that stand there or in a recall of 1,000 tokens
behind it. `--plot FOLDER` draws the answers (needs matplotlib).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from benchmarks import report
from benchmarks.compression.contestants import CONTESTANTS, Shorten
from benchmarks.compression.literal import Span, spans
from benchmarks.recall.conversations import label
from tiermem import Memory
from tiermem.compression.measuring import measure
from tiermem.compression.reading.clauses import Material, material_of
from tiermem.providers.tokenizers import as_counter

COLUMNS = ("set", "asked", "by", "ratio", "answers %", "with recall %", "details %", "commitments %")
RATIOS = "0.7,0.5,0.3,0.2,0.1,0.05"
RECALL = 1_000  # tokens
count = as_counter(None)


def measured(span: Span, material: Material, shorten: Shorten, ratio: float, behind: Sequence[str]) -> list[float]:
    """Shares of one span: answers, answers with what is recalled *behind*, details, commitments."""
    text = shorten(span.messages, int(ratio * material.tokens), count)
    kept = measure(material, text)
    alone = [one.answered(text) for one in span.literals]
    both = [one.answered(f"{text}\n{block}") for one, block in zip(span.literals, behind, strict=True)]
    return [sum(alone), sum(both), kept.details, kept.commitments]


def recalled(of_one: Sequence[Span]) -> list[list[str]]:
    """For each span of one conversation, what is recalled for each of its questions from all of it."""
    with Memory.open(":memory:", enable_context_management=False) as memory:
        session = memory.session("s")
        session.add(of_one[0].conversation.messages)
        session.index()
        return [[session.recall(one.question, RECALL).text for one in span.literals] for span in of_one]


def rows(path: Path, ratios: Sequence[float], most: int | None) -> Iterator[tuple[object, ...]]:
    """The lines of the table for one file."""
    by_conversation: dict[str, list[Span]] = defaultdict(list)
    for span in spans(path, most):
        by_conversation[span.conversation.id].append(span)
    found = [
        (span, material_of([(f"m{one.sequence}", one) for one in span.messages], count), behind)
        for of_one in by_conversation.values()
        for span, behind in zip(of_one, recalled(of_one), strict=True)
    ]
    asked = sum(len(span.literals) for span, _, _ in found)
    for name, shorten in CONTESTANTS.items() if asked else ():
        for ratio in ratios:
            shares = [measured(span, material, shorten, ratio, behind) for span, material, behind in found]
            alone, both = (100 * sum(one[place] for one in shares) / asked for place in (0, 1))
            details, commitments = (100 * fmean(one[place] for one in shares) for place in (2, 3))
            yield label(path), asked, name, ratio, *(f"{one:.1f}" for one in (alone, both, details, commitments))


def plot(found: Sequence[tuple[object, ...]], folder: Path) -> Path:
    """The answers by ratio as one picture, a panel a set."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sets = list(dict.fromkeys(str(row[0]) for row in found))
    figure, panels = plt.subplots(1, len(sets), figsize=(4 * len(sets), 4), layout="constrained", squeeze=False)
    for panel, name in zip(panels[0], sets, strict=True):
        for by in CONTESTANTS:
            mine = [row for row in found if row[0] == name and row[2] == by]
            (line,) = panel.plot(
                [float(str(row[3])) for row in mine], [float(str(row[4])) for row in mine], "o-", label=by
            )
            panel.plot(
                [float(str(row[3])) for row in mine], [float(str(row[5])) for row in mine], "o:", color=line.get_color()
            )
        panel.set(title=name, xlabel="tokens left, share", ylim=(0, 101))
        panel.grid(color="#e3e3e3")
    panels[0][0].set_ylabel("answers kept, %  (dotted: with recall)")
    panels[0][-1].legend(frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(file := folder / "compression.png", dpi=150)
    return file


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--ratios", default=RATIOS)
    parser.add_argument("--most", type=int, help="conversations of each file")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--markdown", action="store_true")
    given = parser.parse_args(arguments)
    ratios = [float(one) for one in given.ratios.split(",")]
    found = [row for path in given.files for row in rows(path, ratios, given.most)]
    report.show("What compression keeps", COLUMNS, found, markdown=given.markdown)
    if given.plot:
        print(plot(found, given.plot))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
