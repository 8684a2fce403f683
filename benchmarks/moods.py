"""How often the mood of a text is told rightly, on texts that people labelled; and what it costs.

    python -m benchmarks.moods FILE [FILE ...] [--peers] [--markdown]

A file is one of three forms: `.json`, a list of {"text", "class"} (class 1 is good, 0 bad); `.csv` with the columns
label (1, 0) and review; or lines of number, mean rating (below -0.5 bad, above 0.5 good, the rest left out) and text,
parted by tabs. None is part of this repository: those that were measured are the labelled sentences of Amazon, IMDb and
Yelp, the ratings that came with VADER's article, and Chinese reviews of hotels (ChnSentiCorp) and deliveries (waimai).

*told* is the share of texts of which anything is said, *right* the share of these that is labelled so, *balanced* the
mean of that for good and bad ones. `--peers` asks those of vaderSentiment, TextBlob, SnowNLP and
cnsenti that are there.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import table
from tiermem.text.analyzer import han_share
from tiermem.text.mood.reading import mood

Rated = tuple[int, str]  # 1 or -1, and the text
Rule = Callable[[str], float | None]
SEED, PEER_TEXTS = 1, 2_000  # peers are slow: at most so many texts of a file
LEAST_RATING = 0.5
HEAD = ("texts of", "who", "texts", "told", "right", "balanced", "µs a text")


@dataclass(frozen=True, slots=True)
class Score:
    """How a rule did on some texts."""

    texts: int
    told: float
    right: float
    balanced: float
    micros: float


def read(path: Path) -> list[Rated]:
    """The texts of a file with their labels.

    Raises:
        OSError, ValueError, KeyError: it cannot be read, or has another form.
    """
    text = path.read_text("utf-8-sig", errors="replace")
    if path.suffix == ".json":
        return [(1 if one["class"] else -1, one["text"]) for one in json.loads(text)]
    if path.suffix == ".csv":
        return [(1 if one["label"] == "1" else -1, one["review"]) for one in csv.DictReader(text.splitlines())]
    rows = (line.split("\t") for line in text.splitlines())
    return [(1 if float(rating) > 0 else -1, said) for _, rating, said in rows if abs(float(rating)) >= LEAST_RATING]


def measure(rule: Rule, rated: Sequence[Rated]) -> Score:
    """What *rule* says of *rated*, and the CPU time it takes."""
    began = time.process_time()
    said = [(label, rule(text)) for label, text in rated]
    micros = (time.process_time() - began) * 1e6 / max(1, len(rated))
    told = [(label, value) for label, value in said if value]
    right = {side: [label * value > 0 for label, value in told if label == side] for side in (1, -1)}
    every = [one for side in right.values() for one in side]
    shares = [sum(side) / len(side) for side in right.values() if side]
    return Score(len(rated), len(told) / max(1, len(rated)), _share(every), sum(shares) / max(1, len(shares)), micros)


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


def peers(chinese: bool) -> dict[str, Rule]:
    """The rules of other packages that are installed, by name."""
    makers: dict[str, Callable[[Any], Rule]] = (
        {"snownlp": _snownlp, "cnsenti": _cnsenti} if chinese else {"vaderSentiment": _vader, "textblob": _textblob}
    )
    found: dict[str, Rule] = {}
    for name, make in makers.items():
        try:
            found[name] = make(importlib.import_module(name))
        except ImportError:
            print(f"{name} is not installed")
    return found


def _vader(_: Any) -> Rule:
    asked = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    return lambda text: float(asked.polarity_scores(text)["compound"])


def _textblob(package: Any) -> Rule:
    return lambda text: float(package.TextBlob(text).sentiment.polarity)


def _snownlp(package: Any) -> Rule:
    return lambda text: float(package.SnowNLP(text).sentiments) - 0.5 if text.strip() else 0.0


def _cnsenti(package: Any) -> Rule:
    asked = package.Sentiment()

    def rule(text: str) -> float:
        counted = asked.sentiment_calculate(text)
        return float(counted["pos"] - counted["neg"])

    return rule


def rows_of(path: Path, *, with_peers: bool) -> list[tuple[str, ...]]:
    """The rows of the table for one file."""
    rated = read(path)
    random.Random(SEED).shuffle(rated)
    chinese = sum(han_share(text) for _, text in rated[:100]) > 50
    rules: dict[str, Rule] = {"tiermem": mood} | (peers(chinese) if with_peers else {})
    found = []
    for name, rule in rules.items():
        chosen = rated if name == "tiermem" else rated[:PEER_TEXTS]
        rule(chosen[0][1])  # what is loaded once
        score = measure(rule, chosen)
        shares = (f"{share:.1%}" for share in (score.told, score.right, score.balanced))
        found.append((path.stem, name, f"{score.texts:,}", *shares, f"{score.micros:.0f}"))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    asked = parser.parse_args()
    rows = [row for path in asked.files for row in rows_of(path, with_peers=asked.peers)]
    print(table(HEAD, rows, markdown=asked.markdown))


if __name__ == "__main__":
    main()
