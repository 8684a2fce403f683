"""What an answer names of its sources: marks as models write them, what is no mark, and what names none."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.answering.citing import citations
from tiermem.errors import InvalidMessage


@pytest.mark.parametrize(
    ("answer", "sources", "unknown", "uncited"),
    [
        ("It listens on port 8443 [1].", (1,), (), ()),
        ("It listens on port 8443. [1]", (1,), (), ()),
        ("It listens on port 8443.[1] It is restarted by hand.[3][2]", (1, 3, 2), (), ()),
        ("It listens on port 8443 [1, 3] and 80 [2-3].", (1, 3, 2), (), ()),
        ("它监听 8443 端口。[1] 需要手动重启【2】。", (1, 2), (), ()),
        ("它监听 8443 端口[1]，每周重启一次[1、3]。", (1, 3), (), ()),
        ("It listens on port 8443. It is restarted by hand [2].", (2,), (), ("It listens on port 8443.",)),
        ("It listens on port 8443 [7].", (), (7,), ()),
        ("Yes. It does so [1].", (1,), (), ()),
        ("## Ports\n\n- The gateway listens on 8443 [1]\n- The proxy on 80 [2]", (1, 2), (), ()),
        ("Is that what you asked for? It listens there [1].", (1,), (), ()),
        ("Take `ports[1]` of the list; it has ports [1](https://example.com).", (1,), (), ()),
        ("```\nx = a[2]\n```\nThe list begins at zero [1].", (1,), (), ()),
        ("The service runs on Linux[1], on port 8080[1].", (1,), (), ()),
        ("端口是8080[1]。使用了Redis【1】作为缓存。宽度（50）[2]。", (1, 2), (), ()),
        ("The pool is big.[1] The deploy failed on Monday.", (1,), (), ("The deploy failed on Monday.",)),
        ("Is it wide?[1] Yes it is wide indeed.", (1,), (), ("Yes it is wide indeed.",)),
        ("Port 8080. [1] Timeout is 50.", (1,), (), ("Timeout is 50.",)),
        ("The pool has ten connections.\n[1] The port is 8080.", (1,), (), ("The pool has ten connections.",)),
        ("It is port 8080 [1].\n\nSources:\n[1] runbook.md\n[2] Monday talk with Ines", (1,), (), ()),
        (
            "It is 80 [^1], 81 [1 and 3], 82 [2—3], 83 [来源1], 84 [source 2], 85 ［1］, 86 【1†runbook】.",
            (1, 3, 2),
            (),
            (),
        ),
        ("It is 80 \\[1\\]. In [2024] it was 81 [1].", (1,), (), ()),
        ("I do not know this from the sources given.", (), (), ()),
        ("来源里没有答案，我不知道这个问题。", (), (), ()),
        ("| port | use |\n| --- | --- |\n| 8080 | web [1] |", (1,), (), ()),
        ("It was Eve, as everybody knows.", (), (), ("It was Eve, as everybody knows.",)),
        ("", (), (), ()),
        ("All of them say the same [1-999].", (1,), (999,), ()),
    ],
)
def test_marks_are_read_as_models_write_them(
    answer: str, sources: tuple[int, ...], unknown: tuple[int, ...], uncited: tuple[str, ...]
) -> None:
    found = citations(answer, 3)
    assert (found.sources, found.unknown) == (sources, unknown)
    assert len(found.uncited) == len(uncited)
    assert all(ours[:20] == theirs[:20] for ours, theirs in zip(found.uncited, uncited, strict=True))


def test_who_says_that_none_answers_is_complete_and_what_is_no_text_is_refused() -> None:
    assert citations("I do not know this from the sources.", 3).complete
    assert not citations("Yes.", 3).complete
    for wrong in (None, 5, b"x"):
        with pytest.raises(InvalidMessage):
            citations(wrong, 3)  # type: ignore[arg-type]


STATED = ("The gateway listens on port 8443", "网关监听端口8443", "Anna moved to Lisbon in May", "会议改到周五下午三点")


def test_two_hundred_made_answers_are_told_right() -> None:
    """Right ones, with wrong marks, and with statements that name nothing."""
    chance = random.Random(7)
    for number in range(200):
        cited, unknown, bare = set(), set(), 0
        parts = []
        for _ in range(chance.randint(1, 6)):
            stated = chance.choice(STATED)
            end = "." if stated.isascii() else "。"
            kind = chance.choice(["right", "right", "two", "wrong", "bare"])
            marks = {"right": [chance.randint(1, 5)], "two": chance.sample(range(1, 6), 2)}.get(kind, [])
            if kind == "wrong":
                marks = [chance.randint(6, 99)]
                unknown |= {*marks}
            cited |= {mark for mark in marks if mark <= 5}
            bare += kind == "bare"
            named = "".join(f"[{mark}]" for mark in marks)
            inside, behind = f"{stated} {named}{end}", f"{stated}{end} {named}"
            parts.append(chance.choice([inside, behind]) if named else f"{stated}{end}")
        found = citations(chance.choice([" ", "\n", "\n- "]).join(parts), 5)
        assert ({*found.sources}, {*found.unknown}, len(found.uncited)) == (cited, unknown, bare), (number, parts)
        assert found.complete == (bool(cited) and not unknown and not bare)


@given(answer=st.text(st.sampled_from("ab1290[]【】(),-–、 \n`.。?"), max_size=200), count=st.integers(0, 20))
def test_any_text_is_read(answer: str, count: int) -> None:
    found = citations(answer, count)
    assert all(1 <= number <= count for number in found.sources)
    assert not {*found.sources} & {*found.unknown}
