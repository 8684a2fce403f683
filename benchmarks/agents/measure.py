"""Agents under one limit: a run of sixty tool calls, and how much of each prompt a provider's cache would know."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from benchmarks.agents.contestants import LIMIT, Contestant, as_text, contestants
from benchmarks.report import table
from tiermem.evaluation.counting import in_common

CALLS, RESULT_TOKENS, QUESTIONS, TURNS = 60, 3_000, 10, 200
PLACES = [
    "harbour",
    "bridge",
    "museum",
    "tower",
    "garden",
    "market",
    "station",
    "library",
    "bakery",
    "theatre",
    "school",
    "temple",
    "river",
    "square",
    "castle",
    "fountain",
    "chapel",
    "mill",
    "gate",
    "lighthouse",
]


@tool
def read_report(number: int) -> str:
    """Read the report of one site."""
    words = random.Random(number).choices(PLACES, k=RESULT_TOKENS - 120)
    half = len(words) // 2
    fact = f"\nThe budget figure of site {number} is {40_000 + 37 * number} crowns.\n"
    return " ".join(words[:half]) + fact + " ".join(words[half:])


def sixty(markdown: bool) -> None:
    """Sixty tool calls, then ten questions about the first of them."""
    rows = [_sixty(one) for one in contestants(_reading, [read_report])]
    names = ("", "max tokens", "mean", "calls above", "summary calls", "gone from state", "in prompt", "one call away")
    print(f"{CALLS} tool calls with results of {RESULT_TOKENS} tokens, limit {LIMIT}; {QUESTIONS} questions afterwards")
    print(table(names, rows, markdown=markdown))


def _reading(messages: list[BaseMessage], turn: int) -> AIMessage:
    if turn <= CALLS:
        return AIMessage("", tool_calls=[{"name": "read_report", "args": {"number": turn}, "id": f"call-{turn}"}])
    return AIMessage("I have read all reports.")


def _sixty(one: Contestant) -> list[str]:
    state = one.ask("Read the reports of all sites from 1 to 60, then wait for questions.")
    sent = [one.tokens(prompt) for prompt in one.model.prompts]
    calls = len(one.summaries.prompts)
    kept = {message.tool_call_id for message in state if isinstance(message, ToolMessage) and len(message.text) > 9_000}
    found = [_found(one, number) for number in range(1, QUESTIONS + 1)]
    return [
        one.name,
        f"{max(sent):,}",
        f"{statistics.mean(sent):,.0f}",
        f"{sum(tokens > LIMIT for tokens in sent)} of {len(sent)}",
        str(calls),
        f"{CALLS - len(kept)} of {CALLS} results",
        f"{sum(prompt for prompt, _ in found)} of {QUESTIONS}",
        f"{sum(prompt or away for prompt, away in found)} of {QUESTIONS}",
    ]


def _found(one: Contestant, number: int) -> tuple[bool, bool]:
    """Whether the figure stands in the prompt of a question about it, and whether it does after one look."""
    question, figure = f"What is the budget figure of site {number}?", f"{40_000 + 37 * number} crowns"
    looks: list[dict[str, Any]] = []

    def answer(messages: list[BaseMessage], turn: int) -> AIMessage:
        call = one.look(question, messages) if isinstance(messages[-1], HumanMessage) else None
        if call is None:
            return AIMessage("That is all I can say.")
        looks.append(call)
        return AIMessage("", tool_calls=[call | {"id": f"look-{number}"}])

    start = len(one.model.prompts)
    one.model.answer = answer
    one.ask(question)
    prompts = [as_text(prompt) for prompt in one.model.prompts[start:]]
    return figure in prompts[0], bool(looks) and figure in prompts[-1]


def prefixes(markdown: bool) -> None:
    """Two hundred turns of talk; every fifth question goes back to something said long before."""
    rows = [_prefixes(one) for one in contestants(_talking, [])]
    names = ("", "whole prompt", "messages alone", "only grew", "mean tokens", "max tokens", "summary calls")
    print(f"{TURNS} turns, limit {LIMIT}: the share of each prompt that begins as the one before")
    print(table(names, rows, markdown=markdown))


SYLLABLES = [
    "ka",
    "lo",
    "mar",
    "te",
    "ru",
    "vin",
    "so",
    "pel",
    "dra",
    "ni",
    "qu",
    "os",
    "fen",
    "ta",
    "ber",
    "ul",
    "gi",
    "zam",
    "ro",
    "shi",
]


def _names(seed: int, how_many: int) -> list[str]:
    """Made-up names, so that turns differ as much as those of people do."""
    chance = random.Random(seed)
    return ["".join(chance.choices(SYLLABLES, k=4)).capitalize() for _ in range(how_many)]


def _talking(messages: list[BaseMessage], turn: int) -> AIMessage:
    told = [f"{name} is known for its {place}" for name, place in zip(_names(turn, 12), PLACES, strict=False)]
    return AIMessage(f"Near there you find more. {'; '.join(told)}.")


def _question(turn: int) -> str:
    """A report of a day; every fifth time a question about the report of an earlier one."""
    if turn % 5 == 0:
        earlier = random.Random(turn).randint(1, turn - 1)
        return f"Whom did I meet in {_names(50_000 + earlier - (earlier % 5 == 0), 1)[0]}, and what did they sell?"
    town, person, goods, *seen = _names(50_000 + turn, 15)
    return f"Today in {town} I met {person}, who sells {goods}, and saw {', '.join(seen)}. What else is there?"


def _prefixes(one: Contestant) -> list[str]:
    for turn in range(1, TURNS + 1):
        one.ask(_question(turn))
    texts = [one.model.schemas + as_text(prompt) for prompt in one.model.prompts]
    shares = [in_common(*pair) / len(pair[1]) for pair in pairwise(texts)]
    bare = [as_text([m for m in prompt if m.type != "system"]) for prompt in one.model.prompts]
    messages = [in_common(*pair) / len(pair[1]) for pair in pairwise(bare)]
    grown = sum(later.startswith(earlier) for earlier, later in pairwise(texts))
    sent = [one.tokens(prompt) for prompt in one.model.prompts]
    return [
        one.name,
        f"{100 * statistics.mean(shares):.1f} %",
        f"{100 * statistics.mean(messages):.1f} %",
        f"{grown} of {len(shares)}",
        f"{statistics.mean(sent):,.0f}",
        f"{max(sent):,}",
        str(len(one.summaries.prompts)),
    ]


def run(only: Sequence[str], *, markdown: bool) -> None:
    """Both, or the one that is named."""
    for name, measure in (("sixty", sixty), ("prefixes", prefixes)):
        if not only or name in only:
            measure(markdown)
            print()
