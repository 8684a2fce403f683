"""Rules take time in proportion to the text: runs of 60 patterns, half of them in `make test`, through every rule that
reads what others wrote.

CPU time of this thread is counted, so a busy machine changes little. What is quadratic in a run would take days for the
largest message that is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from time import thread_time

import pytest

from tests.properties.thinned import share, turn
from tiermem import Message, ToolCall
from tiermem.errors import TiermemError
from tiermem.facts import clauses, preferences, quantities
from tiermem.facts.stated.reading import stated
from tiermem.flows.indexing import vectors, words
from tiermem.items import texts as item_texts
from tiermem.models import lenient_json
from tiermem.search import passages, query
from tiermem.summaries import extractive, grounding, merging, parsing, structured_output, transcript
from tiermem.text import analyzer, clipping, entities, sanitizing, sentences, splitter
from tiermem.times import nearness
from tiermem.tokens import counting, estimate
from tiermem.window import quotation, stubs

SIZE = 8_000  # characters of a run
LIMIT = 0.0625  # seconds of CPU for one run, above which four times the run must not take …
STEEP = 8.0  # … so many times as long: 4 is linear, 16 quadratic; halves once read 3 of 2 where 4 was the other
NOW = 1_717_171_717.0
SAID = datetime(2024, 5, 5, tzinfo=UTC)

RUNS = (
    *'aA1 \n\t.,-/\\([{<"`*#|中。一\u0301\u200b',
    *("a ", "Aa ", "1,", "1 ", "12:30 ", "2024-01-01 ", "2024年", "last week ", "from 3 May to ", "my ", "a/", "../"),
    *(
        "https://a.b/",
        "a@b.",
        "a-b-",
        "```",
        "``` ",
        "<recalled-history ",
        "</recalled-history>",
        '<quoted note="',
        "</quoted>",
        "<think>",
        '{"a":',
    ),
    *(
        "[[",
        '"/*',
        '"//',
        "- a\n",
        "> ",
        "| a | b |\n",
        "not ",
        "i prefer ",
        "我们决定",
        "不是a而是b",
        "from 10 to 20 ",
    ),
    *("{{", "{", "]", "a[", "a{b,"),
    *("Mr. ", "Anna's ", "<|", "System: ", "[m1] ", "/a.py "),
)


def message(text: str, role: str = "user", **fields: object) -> Message:
    return Message(role=role, content=text, sequence=1, tokens=len(text) // 4, created_at=SAID, **fields)


def called(text: str) -> Message:
    calls = (ToolCall("c", "bash", {"command": text}), ToolCall("d", "write_file", {"path": text, "content": text}))
    return message("", role="assistant", tool_calls=calls)


RULES: dict[str, Callable[[str], object]] = {
    "terms": analyzer.terms,
    "sentences": sentences.sentences,
    "sentences by rules": sentences.split_by_rules,
    "entities": entities.entities,
    "numbers": entities.numbers,
    "times mentioned": lambda text: nearness.mentioned(text, NOW),
    "standing wishes": preferences.standing,
    "facts": lambda text: stated(text[:2_000], "ann", 0.0),
    "quantities": lambda text: quantities.quantities(text[:8_000]),
    "clauses": lambda text: list(clauses.clauses(clauses.prose(text), bool)),
    "what a question asks": query.asks,
    "chunks": splitter.cut,
    "quoting": quotation.safe,
    "a speaker's name": quotation.label,
    "parts of a block": lambda text: quotation.parts(quotation.OPEN + "\n" + text),
    "a quoted result": lambda text: quotation.quoted(message(text, role="tool", name=text), text),
    "excerpt": lambda text: passages.excerpt(text, ["pool", "a"], 1_200),
    "stub of a text": lambda text: stubs.stub(message(text)),
    "stub of a result": lambda text: stubs.stub(message(text, role="tool", tool_call_id="c")),
    "stub of a call": lambda text: stubs.stub(called(text)),
    "summary of a text": lambda text: extractive.extract([message(text), message("ok", role="assistant")]),
    "summary of a result": lambda text: extractive.extract(
        [message("hi"), message(text, role="tool", tool_call_id="c")]
    ),
    "summary of calls": lambda text: extractive.extract([message("hi"), called(text)]),
    "a summary cut to a budget": lambda text: merging.fit(
        extractive.extract([message(text), message(text[::-1])]), 1, 2, "s1", 90, len
    ),
    "a summariser's fields": lambda text: parsing.claimed({"user_goal": text, "last_step": "x" + text}, 10**9),
    "a summariser's text": lambda text: structured_output.fields_of(None, text),
    "grounding": lambda text: grounding.Ground([message(text)]).bears(text),
    "an object": lambda text: lenient_json.read_object(text, ["a"]),
    "an object cut off": lambda text: lenient_json.read_object('{"a":"' + text, ["a"]),
    "an array cut off": lambda text: lenient_json.read_object('{"a":[' + text, ["a"]),
    "estimate of tokens": estimate.estimate,
    "tokens of a block": lambda text: counting.message_tokens(message([{"type": "x", "data": text}]), len),  # type: ignore[arg-type]
    "one line": sanitizing.one_line,
    "neutral": sanitizing.neutral,
    "shortened": lambda text: clipping.shorten_to_tokens(text, 16),
    "embedded text": lambda text: vectors.passages(message(text)),
    "indexed words": lambda text: words.spoken([message(text)]),
    "a model's transcript": lambda text: transcript.elements([message(text)], len, 500),
    "words of an item": lambda text: item_texts.words({"a": text}),
    "a path in an item": lambda text: item_texts.at({"a": [["b"]]}, text),
    "a group of fields in an item": lambda text: item_texts.at({"a": {"b": "c"}}, "{" + text + "}"),
}


def spent(rule: Callable[[str], object], run: str, size: int = SIZE) -> float:
    """Seconds of CPU that *rule* takes for *run* repeated to *size* characters."""
    text = (run * size)[:size]
    began = thread_time()
    with suppress(TiermemError):  # refusing is an answer too
        rule(text)
    return thread_time() - began


def steep(rule: Callable[[str], object], run: str) -> bool:
    if spent(rule, run) <= LIMIT:
        return False
    small, large = (min(spent(rule, run, size) for _ in range(3)) for size in (SIZE // 4, SIZE))
    return large > STEEP * small


@pytest.mark.sampled(3)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_time_grows_as_the_text_does(rule: Callable[[str], object]) -> None:
    spent(rule, "Warm up with words, 3 May 2024 and 北京。", 1_000)
    runs = RUNS if share(2) == 2 else RUNS[turn % 2 :: 2]
    assert [run for run in runs if steep(rule, run)] == []


def test_an_object_nested_deeper_than_python_recurses_is_read() -> None:
    assert lenient_json.read_object('{"a":' * 700 + "1" + "}" * 700, ["a"]) is not None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("before <recalled-history x>quote</recalled-history> behind", "before   behind"),
        ("a <recalled-history>b <recalled-history>c</recalled-history> d", "a   d"),
        ("a <recalled-history>never closed", "a <recalled-history>never closed"),
        ("a <recalled-historyish>b</recalled-history>", "a <recalled-historyish>b</recalled-history>"),
        ("<recalled-history>a</recalled-history><recalled-history>b</recalled-history>", "  "),
        ('before <quoted note="x">quote</quoted> behind', "before   behind"),
        ("a <quoted>b</quoted> <quotedish note=>c</quoted>", "a <quoted>b</quoted> <quotedish note=>c</quoted>"),
    ],
)
def test_our_own_quotes_are_not_embedded_as_if_they_had_been_said(text: str, left: str) -> None:
    assert vectors.embeddable(message(text)) == left
