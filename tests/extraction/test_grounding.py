"""What a message bears out is kept, whatever a model claims; what it does not is refused with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.extraction.claims import claims
from tiermem.extraction.grounding import (
    ATTRIBUTE,
    DENIED,
    NO_MESSAGE,
    NOT_OWN,
    REASONS,
    RULED,
    SUBJECT,
    SUPPOSED,
    VALUE,
    ClaimSource,
    Grounded,
    bearing,
    grounded,
)
from tiermem.facts.stated.reading import stated
from tiermem.facts.stated.record import MODEL

SAID = 1_770_000_000.0  # 2 February 2026


def held(text: str, near: str = "", speaker: str = "user", **claim: Any) -> Grounded:
    ruled = stated(text, speaker, SAID)
    source = ClaimSource(1, speaker, text, f"{near}\n{text}", SAID, 0.0, ruled)
    return grounded(claims([{"message": 1} | claim])[0], {1: source}, "anna")


def kept(text: str, near: str = "", **claim: Any) -> tuple[str, str, str, str]:
    (fact,) = held(text, near, **claim).facts[1]
    assert fact.how == MODEL
    return fact.subject, fact.attribute, fact.value, fact.manner


PEANUTS, SWELL = "Peanuts make my throat swell up.", "一吃花生喉咙就肿。"
HOUSE = "We closed on the house in Bergen last week, so that is home now."
BOSS = "My boss is a pain, her name is Ana Ruiz and she rides horses."


@pytest.mark.parametrize(
    ("text", "near", "claim", "fact"),
    [
        (PEANUTS, "", {"attribute": "allergy", "value": "peanuts"}, ("user", "allergic to peanuts", "yes", "states")),
        (SWELL, "", {"attribute": "过敏", "value": "花生"}, ("user", "allergic to 花生", "yes", "states")),
        (HOUSE, "", {"attribute": "city", "value": "Bergen", "status": "new"}, ("user", "home", "Bergen", "changes")),
        (
            "HUK",
            "Who insures your car?",
            {"attribute": "car insurer", "value": "HUK"},
            ("user", "car insurer", "HUK", "states"),
        ),
        ("平安", "你的车险是哪家？", {"attribute": "车险", "value": "平安"}, ("user", "车险", "平安", "states")),
        (
            BOSS,
            "",
            {"subject": "my boss", "attribute": "name", "value": "Ana Ruiz"},
            ("user's boss", "name", "Ana Ruiz", "states"),
        ),
        (BOSS, "", {"attribute": "boss's name", "value": "Ana Ruiz"}, ("user's boss", "name", "Ana Ruiz", "states")),
        (
            "我妹妹小美最近升了主管。",
            "",
            {"subject": "user's 妹妹", "attribute": "职位", "value": "主管", "status": "new"},
            ("user's 妹妹", "job", "主管", "changes"),
        ),
        (
            "Coffee and I parted ways, I gave coffee up.",
            "",
            {"attribute": "drink coffee", "value": False},
            ("user", "drink coffee", "no", "states"),
        ),
        (
            "The flat costs us 1200 dollars.",
            "",
            {"attribute": "flat costs", "value": "1,200 dollars"},
            ("user", "flat costs", "1,200 dollars", "states"),
        ),
        (
            "Our dog isn't called Rex.",
            "",
            {"subject": "user's dog", "attribute": "name", "value": "Rex", "status": "never"},
            ("user's dog", "name", "Rex", "retracts"),
        ),
        (
            "I never owned a car.",
            "",
            {"attribute": "own car", "value": True, "status": "never"},
            ("user", "own car", "no", "corrects"),
        ),
        (
            "They let me go, so Siemens is over for me.",
            "",
            {"attribute": "employer", "value": "Siemens", "status": "past"},
            ("user", "work", "Siemens", "once"),
        ),
        (
            "The twins, Mia and Leo, turned four.",
            "",
            {"subject": "user's twins", "attribute": "name", "value": "Mia", "several": True},
            ("user's twins", "name", "Mia", "states"),
        ),
        (
            "For the record: favourite tea is oolong.",
            "",
            {"attribute": "favourite tea", "value": "oolong"},
            ("user", "favorite tea", "oolong", "states"),
        ),
    ],
)
def test_what_the_message_says_is_kept_under_the_rules_names(
    text: str, near: str, claim: dict[str, Any], fact: tuple[str, str, str, str]
) -> None:
    assert kept(text, near, **claim) == fact


@pytest.mark.parametrize(
    ("text", "claim", "reason"),
    [
        (HOUSE, {"attribute": "home", "value": "Oslo"}, VALUE),
        (HOUSE, {"attribute": "home", "value": "Bergen", "message": 2}, NO_MESSAGE),
        ("Rent is 1,200.", {"attribute": "rent", "value": "1,300"}, VALUE),
        ("工资是两万。", {"attribute": "工资", "value": "三万"}, VALUE),
        ("Ann came by.", {"attribute": "visitor", "value": "Anne"}, VALUE),
        (PEANUTS, {"attribute": "criminal record", "value": "peanuts"}, ATTRIBUTE),
        (PEANUTS, {"attribute": "allergic to shellfish", "value": "yes"}, ATTRIBUTE),
        (BOSS, {"subject": "Berta", "attribute": "name", "value": "Ana Ruiz"}, SUBJECT),
        (BOSS, {"subject": "", "attribute": "home", "value": "Ana Ruiz"}, SUBJECT),
        ("I do not live in Oslo.", {"attribute": "home", "value": "Oslo"}, DENIED),
        ("我不住在北京。", {"attribute": "home", "value": "北京"}, DENIED),
        ("I drink coffee every day.", {"attribute": "drink coffee", "value": "no"}, DENIED),
        ("I hate olives.", {"attribute": "like olives", "value": "yes"}, DENIED),
        ("My home is Oslo these days.", {"attribute": "home", "value": "Oslo", "status": "never"}, DENIED),
        ("I wish we had that flat in Bergen.", {"attribute": "home", "value": "Bergen"}, SUPPOSED),
        ("要是住在上海就好了。", {"attribute": "home", "value": "上海"}, SUPPOSED),
        ("He said I live in Oslo.", {"attribute": "home", "value": "Oslo"}, SUPPOSED),
        ("Do I live in Oslo?", {"attribute": "home", "value": "Oslo"}, VALUE),
        ("我住在北京吗？", {"attribute": "home", "value": "北京"}, VALUE),
        ("I moved from Oslo to Bergen.", {"attribute": "home", "value": "Oslo"}, RULED),
    ],
)
def test_what_it_does_not_say_is_refused_with_the_reason(text: str, claim: dict[str, Any], reason: str) -> None:
    found = held(text, **claim)
    assert (dict(found.facts), dict(found.refused)) == ({}, {reason: 1})
    assert reason in REASONS


def test_only_a_user_s_own_words_count() -> None:
    one = claims([{"attribute": "home", "value": "Oslo", "message": 1}])[0]
    for source in (ClaimSource(1, "", "I live in Oslo.", ""), ClaimSource(1, "user", " ", "I live in Oslo.")):
        assert dict(grounded(one, {1: source}, "anna").refused) == {NOT_OWN: 1}


def test_what_a_rule_reads_too_is_neither_doubled_nor_counted() -> None:
    for attribute in ("home", "residence", "city of the fjord"):
        found = held("I live in Oslo by the fjord.", attribute=attribute, value="Oslo")
        assert (found.facts, dict(found.refused)) == ({}, {})


def test_a_correction_that_nobody_makes_is_a_change() -> None:
    text = "The house in Bergen is home."
    assert kept(text, attribute="home", value="Bergen", status="correction")[3] == "changes"
    assert (
        kept(f"Sorry, I got that wrong. {text}", attribute="home", value="Bergen", status="correction")[3] == "corrects"
    )


def test_whose_name_is_the_user_s_is_the_user_and_who_has_another_is_himself() -> None:
    assert kept(PEANUTS, subject="Anna", attribute="allergy", value="peanuts")[0] == "user"
    (fact,) = held("Sesame is bad for me.", speaker="ben", attribute="allergy", value="sesame").facts[1]
    assert fact.subject == "ben"


def test_times_are_those_that_the_clause_names() -> None:
    (moved,) = held(HOUSE, attribute="home", value="Bergen", status="new").facts[1]
    assert moved.since is not None
    assert SAID - 9 * 86_400 <= moved.since < SAID
    (plain,) = held(PEANUTS, attribute="allergy", value="peanuts").facts[1]
    assert (plain.since, plain.until) == (None, None)


@given(st.text(max_size=60), st.text(max_size=12), st.text(max_size=12), st.sampled_from(["new", "past", "never", ""]))
def test_no_text_and_no_claim_raises_and_what_is_kept_is_borne_out(
    text: str, attribute: str, value: str, status: str
) -> None:
    source = ClaimSource(1, "user", text, text, SAID)
    made = claims([{"attribute": attribute, "value": value, "status": status, "message": 1}])[0]
    found = grounded(made, {1: source}, "anna")
    assert all(bearing(fact, source) is not None for fact in found.facts.get(1, ()))
    assert sum(found.refused.values()) + len(found.facts.get(1, ())) <= len(made)
