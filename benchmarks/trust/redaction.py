"""How much of what is private Presidio's patterns take out, and how much else, on its evaluator's sentences.

    pip install presidio-analyzer==2.2.366 faker==40.63.0 && pip install --no-deps presidio-evaluator==0.3.2
    python -m benchmarks.trust.redaction

The sentences are 209 templates that Presidio's makers publish (MIT) with placeholders for what is private, filled by
Faker, so it is known which characters are private. Presidio runs without a language model (none comes with pip): its
patterns, check digits and the phonenumbers library. Names and places need a model, and stand in the table with what
is found of them without one.

Recall: the share of private words of a kind that are gone altogether. Precision: the share of what was taken out, by
the kind that Presidio gives it, most of whose characters are private, of whatever kind.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import report
from tiermem.redaction import EntitySpan, presidio

SLOT = re.compile(r"\{\{(\w+)\}\}")
Truth = tuple[str, list[EntitySpan]]
# By placeholder: what Faker fills it with. What is no secret by itself (a prefix, a weekday) is filled and not counted.
FILLED: dict[str, str] = {
    "credit_card_number": "credit_card_number", "phone_number": "phone_number", "email": "email", "iban": "iban",
    "ip_address": "ipv4", "ssn": "ssn", "url": "url", "date_of_birth": "date", "us_driver_license": "license_plate",
    "person": "name", "name": "name", "name_male": "name_male", "name_female": "name_female",
    "first_name": "first_name", "first_name_male": "first_name_male", "first_name_female": "first_name_female",
    "first_name_nonbinary": "first_name_nonbinary", "last_name": "last_name", "last_name_male": "last_name",
    "last_name_female": "last_name", "address": "address", "street_name": "street_name", "city": "city",
    "country": "country", "building_number": "building_number", "secondary_address": "secondary_address",
    "postcode": "postcode", "zipcode": "postcode", "organization": "company", "job": "job", "year": "year",
    "state_abbr": "state_abbr", "prefix": "prefix", "prefix_male": "prefix_male", "prefix_female": "prefix_female",
    "date_time": "date", "day_of_week": "day_of_week", "age": "numerify", "nationality": "country",
    "nation_woman": "country", "nation_plural": "country",
}  # fmt: skip
NUMBERS = ("credit_card_number", "phone_number", "email", "iban", "ip_address", "ssn", "url", "date_of_birth")
PEOPLE = ("person", "name", "first_name", "last_name")
PLACES = ("address", "street_name", "city", "country", "postcode", "zipcode")
HARMLESS = {"prefix", "day_of_week", "year", "age", "job", "state_abbr"}


def templates() -> list[str]:
    """The sentences with their placeholders."""
    found = find_spec("presidio_evaluator")
    if found is None or found.origin is None:
        raise SystemExit("presidio-evaluator is not installed; see benchmarks/requirements-redaction.txt")
    file = Path(found.origin).parent / "data_generator" / "raw_data" / "templates.txt"
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def filled(faker: Any, template: str) -> Truth:
    """A sentence, and what is private in it."""
    parts, spans, at, length = [], [], 0, 0
    for slot in SLOT.finditer(template):
        before, words = template[at : slot.start()], str(getattr(faker, FILLED[slot[1]])())
        parts += [before, words]
        length += len(before) + len(words)
        if slot[1].partition("_")[0] not in HARMLESS and slot[1] not in HARMLESS:
            spans.append(EntitySpan(length - len(words), length, slot[1]))
        at = slot.end()
    return "".join([*parts, template[at:]]), spans


def patterns() -> Any:
    """Presidio without a language model."""
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    return AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])


def taken(redact: Callable[[str], str], text: str, found: list[EntitySpan]) -> list[EntitySpan]:
    """What *redact* took out of *text*; *found* is where its vault writes them."""
    found.clear()
    redact(text)
    spans, at = [], 0
    for _, _, kind_and_words in found:
        kind, _, words = kind_and_words.partition("\0")
        start = text.index(words, at)
        spans.append(EntitySpan(start, at := start + len(words), kind))
    return spans


def counted(truths: Sequence[Truth], redact: Callable[[str], str], log: list[EntitySpan]) -> dict[str, Counter[str]]:
    """By name: how many are private, how many of them left, how many were taken out, and how many of them rightly."""
    table = {name: Counter[str]() for name in ("private", "gone", "taken", "right")}
    for text, private in truths:
        spans = taken(redact, text, log)
        gone = {at for start, end, _ in spans for at in range(start, end)}
        secret = {at for start, end, _ in private for at in range(start, end)}
        for start, end, kind in private:
            table["private"][kind] += 1
            table["gone"][kind] += gone.issuperset(range(start, end))
        for start, end, kind in spans:
            table["taken"][kind] += 1
            table["right"][kind] += 2 * len(secret & {*range(start, end)}) >= end - start
    return table


def lines(table: dict[str, Counter[str]]) -> Iterator[str]:
    """The table in Markdown."""
    yield "| said | times | recall |\n|---|---|---|"
    groups: list[tuple[str, Sequence[str]]] = [*((kind, [kind]) for kind in NUMBERS)]
    groups += [("names of people", PEOPLE), ("addresses and places", PLACES)]
    for name, kinds in groups:
        many, gone = (sum(table[of][kind] for kind in kinds) for of in ("private", "gone"))
        yield f"| {name} | {many} | {gone / max(1, many):.3f} |"
    yield "\n| taken out as | times | precision |\n|---|---|---|"
    for kind, many in table["taken"].most_common():
        yield f"| {kind} | {many} | {table['right'][kind] / many:.3f} |"
    numbers = [sum(table[of][kind] for kind in NUMBERS) for of in ("private", "gone")]
    precision = table["right"].total() / max(1, table["taken"].total())
    yield f"\nnumbers and addresses of the net: recall {numbers[1] / numbers[0]:.3f}"
    yield f"all that was taken out: precision {precision:.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust.redaction", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="times that every sentence is filled anew")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    from faker import Faker

    Faker.seed(given.seed)
    faker, log = Faker("en_US"), list[EntitySpan]()

    def vault(kind: str, words: str) -> str:
        log.append(EntitySpan(0, 0, f"{kind}\0{words}"))
        return f"[{kind}]"

    redact = presidio(patterns(), vault=vault)
    truths = [filled(faker, one) for _ in range(given.rounds) for one in templates()]
    Random(given.seed).shuffle(truths)
    print(report.versions(), f"presidio-analyzer {version('presidio-analyzer')}, faker {version('faker')}")
    print("\n".join(lines(counted(truths, redact, log))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
