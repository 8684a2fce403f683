"""Precision and recall of the facts that rules read: what is current after each case, against what is labelled.

    python -m benchmarks.facts            # both halves of both languages
    python -m benchmarks.facts --show en  # what goes wrong in the open half; the held one is never shown

A case is some messages of one speaker in one conversation. What is reported as current counts as right where it is
labelled, or may be reported; what is labelled and not reported is missed.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.facts.templates import cases as from_templates
from tiermem import Message
from tiermem.facts.rules.record import is_laid_down
from tiermem.facts.stated.chains import Holding, current_at, holdings
from tiermem.facts.stated.record import attribute_key, is_event, subject_key, value_key
from tiermem.flows.indexing.facts import of_messages
from tiermem.settings import Scope

FOLDER = Path(__file__).parent / "statements"
LANGUAGES, HALVES = ("en", "zh"), ("open", "held")
Triple = tuple[str, str, str]
SCOPE = Scope("", "somebody", "case")


@dataclass(frozen=True, slots=True)
class Case:
    """What is said, what is current then, and what may be reported beside it."""

    kind: str
    said: tuple[str, ...]
    current: frozenset[Triple]
    allowed: frozenset[Triple]


def read(language: str, half: str) -> list[Case]:
    """The cases of one half of a language, written ones before those from templates."""
    lines = (FOLDER / f"{language}-{half}.txt").read_text("utf-8").splitlines()
    return [_case(line) for line in [*lines, *from_templates(half, language)] if line and not line.startswith("#")]


def _case(line: str) -> Case:
    kind, said, labels = (part.strip() for part in line.split("|"))
    wanted, allowed = set(), set()
    for label in filter(None, (one.strip() for one in labels.split(";"))):
        triple = _triple(*(part.strip() for part in label.removeprefix("~").split(">")))
        (allowed if label.startswith("~") else wanted).add(triple)
    return Case(kind, tuple(said.split(" / ")), frozenset(wanted), frozenset(allowed))


def _triple(subject: str, attribute: str, value: str) -> Triple:
    return subject_key(subject), attribute_key(attribute), value_key(value)


def stated(case: Case) -> set[Triple]:
    """What is current by the facts that are stored."""
    messages = [
        Message(role="user", content=text, id=str(number)).as_stored(number, 1, None)
        for number, text in enumerate(case.said, start=1)
    ]
    found = [at for at in of_messages(SCOPE, 1, [], messages) if not (is_laid_down(at.fact) or is_event(at.fact))]
    run = [Holding(at.fact, at, float(at.sequence), (float(at.sequence), at.place)) for at in found]
    held = holdings(run, dict.fromkeys(map(id, run), 1))
    return {
        _triple(one.fact.subject, one.fact.attribute, one.fact.value)
        for place, one in enumerate(held)
        if current_at(held, place, float(len(messages) + 1))
    }


@dataclass(frozen=True, slots=True)
class Score:
    """Facts that were reported rightly and wrongly, and labelled ones that were found and missed."""

    right: int
    wrong: int
    found: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of what is reported that is right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The share of what is labelled that is reported."""
        return self.found / max(1, self.found + self.missed)


def score(cases: Sequence[Case]) -> Score:
    """The score of what is stored on *cases*."""
    counts: Counter[str] = Counter()
    for case in cases:
        reported = stated(case)
        counts["right"] += len(reported & (case.current | case.allowed))
        counts["wrong"] += len(reported - case.current - case.allowed)
        counts["found"] += len(reported & case.current)
        counts["missed"] += len(case.current - reported)
    return Score(counts["right"], counts["wrong"], counts["found"], counts["missed"])


def errors(cases: Sequence[Case]) -> Iterator[str]:
    """What goes wrong, a line each."""
    for case in cases:
        reported = stated(case)
        wrong, missed = reported - case.current - case.allowed, case.current - reported
        if wrong or missed:
            said = " / ".join(case.said)
            yield f"{case.kind}: {said}\n    wrong {sorted(wrong)}\n    missed {sorted(missed)}"


def main() -> None:
    """Print the table, or what goes wrong in an open half."""
    parser = argparse.ArgumentParser(description="Precision and recall of facts")
    parser.add_argument("--show", choices=LANGUAGES, help="the errors in the open half of a language")
    chosen = parser.parse_args().show
    if chosen:
        print("\n".join(errors(read(chosen, "open"))))
        return
    print("| language | half | cases | right | wrong | missed | precision | recall |")
    print("|---|---|---|---|---|---|---|---|")
    for language in LANGUAGES:
        for half in HALVES:
            cases = read(language, half)
            one = score(cases)
            figures = f"{one.right} | {one.wrong} | {one.missed} | {one.precision:.3f} | {one.recall:.3f}"
            print(f"| {language} | {half} | {len(cases)} | {figures} |")


if __name__ == "__main__":
    main()
