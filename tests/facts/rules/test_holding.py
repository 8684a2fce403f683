"""Which of what was laid down still holds: what is plainly about the same and says otherwise ends what was before."""

from __future__ import annotations

import pytest

from tiermem.facts.rules import WISH, StandingRule, laid_down
from tiermem.facts.rules.holding import holding

TALKS = [
    (["Keep your answers below 120 words.", "Keep your answers below 200 words."], [False, True]),
    (["Please call me Max.", "From now on call me Maximilian."], [False, True]),
    (["Always use tabs in code.", "Never use tabs in code."], [False, True]),
    (["Never use tabs in code.", "Never use tabs in code."], [True, False]),
    (["Please never use tabs in code!", "never ever use tabs in code"], [True, False]),
    (["以后请不要推荐恐怖片。", "请不要推荐恐怖片"], [True, False]),
    (["Always prefer tabs over spaces.", "Always prefer spaces over tabs."], [True, True]),
    (["Never suggest meetings before 10 am.", "It's fine to suggest meetings before 10 am again."], [False, False]),
    (["Never deploy on a Friday.", "No emojis in your replies.", "Never mention the party to Dad."], [True] * 3),
    (["The budget must stay under $500.", "The guest list must stay under 50."], [True, True]),
    (["Never use tool number 3.", "Never use tool number 4."], [True, True]),
    (["以后请用中文回答。", "以后请用英文回答我。"], [False, True]),
    (["总预算不能超过两万元。", "总预算不能超过三万元。"], [False, True]),
    (["请不要推荐含酒精的饮料。", "现在可以推荐含酒精的饮料了。"], [False, False]),
    (["千万不要在周五上线。", "工资数据要保密。"], [True, True]),
]


@pytest.mark.parametrize(("texts", "expected"), TALKS)
def test_the_newest_of_what_contradicts_holds(texts: list[str], expected: list[bool]) -> None:
    assert holding([rule for text in texts for rule in laid_down(text)]) == expected


def test_a_beginning_is_judged_as_if_nothing_followed() -> None:
    rules = [rule for texts, _ in TALKS for text in texts for rule in laid_down(text)]
    assert [holding(rules[:end])[-1:] for end in range(1, 4)] == [[True], [True], [True]]
    assert holding([]) == []
    assert holding([StandingRule(WISH, "You can forget that rule.", revokes=True)]) == [False]
