"""`python -m benchmarks.facts.extracted FILE`: what an extractor makes of updates that no rule reads, end to end.

A stand-in for a model answers with what a person read (`labelled.tsv`), as JSON, through `ChatModelExtractor` and
`LLMExtractor` of the adapters; so what is measured is all behind the model: prompts, batches, reading and grounding of
its answer, chains, and what `facts` says. Printed is how often the newer value is the current one and the older one
points to the newer message.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

from benchmarks.recall.conversations import read
from langchain_tiered_memory import ChatModelExtractor
from llamaindex_tiered_memory import LLMExtractor
from tiermem import Memory

LABELS = Path(__file__).with_name("labelled.tsv")
_NUMBER = re.compile(r'n="?(\d+)"?')
SETTLED = 120.0  # seconds


class Label(NamedTuple):
    """One row of the file."""

    conversation: str
    attribute: str
    old: int
    before: str
    new: int
    after: str
    status: str

    def claims(self) -> list[dict[str, Any]]:
        """What a model would write down of both messages."""
        fact = {"subject": "user", "attribute": self.attribute, "several": False}
        return [
            fact | {"message": self.old, "value": self.before, "status": "current"},
            fact | {"message": self.new, "value": self.after, "status": self.status},
        ]


def labels() -> list[Label]:
    """All rows."""
    rows = (line.split("\t") for line in LABELS.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [Label(where, what, int(old), a, int(new), b, how) for where, what, old, a, new, b, how in rows]


def answered(prompt: str, rows: Sequence[Label]) -> str:
    """The claims of those messages that *prompt* asks about."""
    shown = set(map(int, _NUMBER.findall(prompt)))
    return json.dumps({"facts": [claim for row in rows for claim in row.claims() if claim["message"] in shown]})


class LabelledChat(BaseChatModel):
    """A chat model that answers by the labels of one conversation."""

    rows: list[Label]

    @property
    def _llm_type(self) -> str:
        return "labelled"

    def _generate(self, messages: list[Any], *_: Any, **__: Any) -> ChatResult:
        text = answered("\n".join(str(message.content) for message in messages), self.rows)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class LabelledLLM(CustomLLM):
    """The same for LlamaIndex."""

    rows: list[Label]

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="labelled")

    def complete(self, prompt: str, **_: Any) -> CompletionResponse:
        return CompletionResponse(text=answered(prompt, self.rows))

    def stream_complete(self, prompt: str, **_: Any) -> Any:
        raise NotImplementedError


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each framework."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.facts.extracted", description=__doc__)
    parser.add_argument("data", type=Path)
    given = parser.parse_args(arguments)
    talks = {one.id: one for one in read(given.data)}
    for name, make in (
        ("ChatModelExtractor", lambda rows: ChatModelExtractor(LabelledChat(rows=rows))),
        ("LLMExtractor", lambda rows: LLMExtractor(LabelledLLM(rows=rows))),
    ):
        right, refused, wrong = 0, 0, list[str]()
        for where in dict.fromkeys(row.conversation for row in labels()):
            rows = [row for row in labels() if row.conversation == where]
            with Memory.open(":memory:", enable_context_management=False, extractor=make(rows)) as memory:
                session = memory.session(where, "anna")
                session.add(talks[where].messages)
                if not session.settle(SETTLED):
                    raise SystemExit(f"{where} was not read in {SETTLED} s")
                refused += session.stats().refused_facts
                for row in rows:
                    said = _held(memory, row)
                    right += not said
                    wrong += [said] if said else []
        print(f"{name}: {right} of {len(labels())} right, {refused} claims refused")
        print("\n".join(f"    {one}" for one in wrong))


def _held(memory: Memory, row: Label) -> str:
    """ "" where the newer value holds and the older one says so; else what is there instead."""
    facts = list(memory.facts("anna").history("user", row.attribute))
    told = "; ".join(f"{fact.ref} {fact.value} current={fact.current} by={fact.replaced_by}" for fact in facts)
    current = [fact for fact in facts if fact.current]
    older = [fact for fact in facts if fact.ref.endswith(f"/m{row.old}")]
    replaced = bool(older) and all(fact.replaced_by.endswith(f"/m{row.new}") for fact in older)
    if row.status == "never":
        good = replaced and not any(fact.value == "yes" for fact in current)
    else:
        good = replaced and [fact.value for fact in current] == [row.after]
    return "" if good else f"{row.conversation} {row.attribute}: {told or 'nothing'}"


if __name__ == "__main__":
    main()
