"""What a summary keeps where there is more than it holds, and whose words its sentences are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiermem.messages import Message
from tiermem.models.lenient_json import read_object
from tiermem.records import StructuredSummary, TimeRange
from tiermem.summaries.extractive import extract
from tiermem.summaries.lines import LIST_LIMITS, units
from tiermem.summaries.merging import merge
from tiermem.summaries.prompts import SummaryPrompt
from tiermem.summaries.structured_output import FIELDS
from tiermem.summaries.utterances import Sentence, rarity_in, utterances

START = datetime(2025, 3, 1, 9, tzinfo=UTC)
THINGS = [
    *("orchard", "bakery", "canteen", "library", "foundry", "nursery", "gallery", "stables", "brewery", "chapel"),
    *("dockyard", "museum", "arcade", "quarry", "vineyard", "sawmill", "cinema", "harbour", "kennel", "airfield"),
    *("theatre", "tannery", "laundry", "pottery", "smithy", "dairy", "casino", "hospital", "arsenal", "monastery"),
    *("reservoir", "planetarium", "zoo", "aquarium", "circus", "bunker", "depot", "granary", "hangar", "lighthouse"),
    *("jetty", "kiosk", "lodge", "mosque", "observatory", "pavilion", "ranch", "shipyard"),
]
OTHERS = [thing[::-1] for thing in THINGS]  # words that no other sentence has
MOST = LIST_LIMITS["critical_context"]


def said(*turns: tuple[str, str], **fields: str) -> list[Message]:
    return [
        Message(role=role, content=text, id=f"i{n}", sequence=n, created_at=START + timedelta(minutes=n), **fields)
        for n, (role, text) in enumerate(turns, 1)
    ]


def summary(goal: str, hour: int, context: dict[str, str]) -> StructuredSummary:
    start = START + timedelta(hours=hour)
    return StructuredSummary(
        count=10,
        time_range=TimeRange(start=start, end=start + timedelta(minutes=50)),
        user_goal=goal,
        last_step="Read the logs",
        critical_context=context,
    )


def test_an_earlier_goal_has_its_place_among_as_many_facts_as_a_summary_holds() -> None:
    forms = (
        "The {} crashed with a TimeoutError near {}.",
        "Never restart the {} or the {}.",
        "I prefer the {} over the {}.",
        "The {} runs on {} 14.{number}.",
    )
    pairs = enumerate(zip(THINGS, OTHERS, strict=True))
    facts = [("user", forms[n % 4].format(thing, other, number=n)) for n, (thing, other) in pairs]
    turns = [("user", "Help me fix the login page."), *facts, ("user", "Change of plans: fix the billing page first.")]
    context = extract(said(*turns)).critical_context
    assert len(context) == MOST
    assert "login" in context["earlier goal"]


def test_merged_summaries_hold_no_more_facts_than_one_and_keep_the_goal_before() -> None:
    parts = [{thing: f"the {thing} opens at {n}" for n, thing in enumerate(THINGS[half::2])} for half in (0, 1)]
    merged = merge([summary("Fix the login page", 0, parts[0]), summary("Build a billing report", 2, parts[1])])
    assert len(merged.critical_context) == MOST
    assert "login" in merged.critical_context["earlier goal"]


def test_of_more_decisions_than_fit_the_newest_stay() -> None:
    pairs = zip(THINGS, OTHERS, strict=True)
    turns = [("user", f"We decided to use {thing} {other} {other[:4]}{thing[:4]}.") for thing, other in pairs]
    kept = " ".join(extract(said(*turns)).key_decisions)
    dropped = [thing for thing in THINGS if thing not in kept]
    assert len(dropped) == len(THINGS) - LIST_LIMITS["key_decisions"]
    assert set(THINGS[-4:]).isdisjoint(dropped)


def test_of_equally_telling_openings_the_first_is_the_goal() -> None:
    opened = extract(said(("user", "The orchard gate sticks."), ("user", "The bakery oven smokes.")))
    assert opened.user_goal == "The orchard gate sticks."


@pytest.mark.parametrize(
    ("role", "name", "part"),
    [
        ("assistant", "Ann", "person"),
        ("assistant", "assistant", "assistant"),
        ("assistant", "", "assistant"),
        ("user", "Ann", "user"),
        ("system", "Ann", "system"),
        ("tool", "Ann", "tool"),
    ],
)
def test_a_sentence_is_a_persons_where_an_assistant_bears_a_persons_name(role: str, name: str, part: str) -> None:
    message = Message(role=role, content="The orchard gate sticks.", name=name or None, sequence=1)
    assert [sentence.role for sentence in utterances([message])] == [part]


@pytest.mark.parametrize(("above", "files"), [(0, ["app/main.py"]), (19, ["app/main.py"]), (20, [])])
def test_an_output_says_at_its_start_which_files_were_written(above: int, files: list[str]) -> None:
    lines = [*(f"{THINGS[n % 20]} line {THINGS[(n * 7 + 3) % 20]}" for n in range(above)), "Created app/main.py"]
    assert extract(said(("user", "Run it."), ("tool", "\n".join(lines)))).modified_files == files


@pytest.mark.parametrize(
    "text",
    [
        '{"key_decisions": ["a", "b"], "last_step": "c"}',
        '{"key_decisions": ["a", "b"; "last_step": "c"}}',
        '{"critical_context": {"list": ["a"}, "key_decisions": ["a", "b"], "last_step": "c"}',
    ],
)
def test_a_bracket_that_is_missing_swallows_nothing_behind_the_brace(text: str) -> None:
    read = read_object(text, FIELDS) or {}
    if "; " not in text:
        assert read["key_decisions"] == ["a", "b"]
        assert read["last_step"] == "c"
    assert read


def test_a_prompt_says_the_form_of_the_answer_where_no_schema_does() -> None:
    for chinese, form in ((False, "Answer with one JSON object"), (True, "JSON 对象")):
        prompt = SummaryPrompt(chinese)
        assert form in prompt.turns(as_json=True)[-1].text
        assert form not in prompt.turns(as_json=False)[-1].text


def test_rare_words_make_a_sentence_rare_and_no_words_do_not() -> None:
    talk = [*["The orchard gate sticks."] * 9, "A kennel burned.", "?!"]
    sentences = [Sentence(n, n, "user", text, units(text)) for n, text in enumerate(talk)]
    rarity = rarity_in(sentences)
    assert 0 <= rarity(sentences[0]) < rarity(sentences[9]) <= 1
    assert rarity(sentences[10]) == 0
