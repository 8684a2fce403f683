"""Public questions with marks of what two models answered: those of RouteLLM (Apache-2.0), from a copy of it.

MMLU and GSM8K say of each question whether Mixtral-8x7B and GPT-4 were right, MT-bench gives each answer 1 to 10
points.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

WEAK, STRONG = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
EVALS = Path("routellm", "evals")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of *dataset*, about *subject*, and what the answers of the two models are worth."""

    dataset: str
    subject: str
    text: str
    weak: float
    strong: float

    @property
    def fitted(self) -> bool:
        """Whether it is of the half that was fitted on: by subject for MMLU, so that no subject is in both."""
        parted = self.subject if self.dataset == "MMLU" else self.text
        return int(sha256(parted.encode()).hexdigest(), 16) % 2 == 0


def questions(folder: Path) -> list[Question]:
    """All questions of the copy in *folder*."""
    return [*_mmlu(folder / EVALS), *_gsm8k(folder / EVALS), *_mt_bench(folder / EVALS)]


def _mmlu(evals: Path) -> Iterator[Question]:
    for path in sorted((evals / "mmlu" / "responses").glob("mmlu_*.csv")):
        subject = path.stem.removeprefix("mmlu_")
        for row in _rows(path):
            text = row["prompt"].removesuffix("Answer:").strip()
            yield Question("MMLU", subject, text, row[WEAK] == "True", row[STRONG] == "True")


def _gsm8k(evals: Path) -> Iterator[Question]:
    for row in _rows(evals / "gsm8k" / "gsm8k_responses.csv"):
        yield Question("GSM8K", "gsm8k", row["prompt"].strip(), row[WEAK] == "True", row[STRONG] == "True")


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10_000_000)
    with path.open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _mt_bench(evals: Path) -> Iterator[Question]:
    points: dict[tuple[str, int], list[float]] = {}
    for line in (evals / "mt_bench" / "judgements.jsonl").read_text("utf-8").splitlines():
        judged = json.loads(line)
        points.setdefault((judged["model"], judged["question_id"]), []).append(float(judged["score"]))
    for line in (evals / "mt_bench" / "question.jsonl").read_text("utf-8").splitlines():
        asked = json.loads(line)
        weak, strong = (points[model, asked["question_id"]] for model in (WEAK, STRONG))
        mean = (sum(weak) / len(weak), sum(strong) / len(strong))
        yield Question("MT-bench", asked["category"], asked["turns"][0], *mean)
