"""The session: every turn through LangChain's ConversationalRetrievalChain, with tiermem as its memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from langchain_classic.chains import ConversationalRetrievalChain
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.prompts import PromptTemplate

from examples.demo.scenario import Turn
from langchain_tiered_memory import ConversationTieredMemory
from tiermem import Decision, Session

# The chain's own prompts show the history only to the call that rephrases a question. Here every question stands on its
# own, so that call gets no history, and the one that answers gets all of it.
AS_IT_IS = PromptTemplate.from_template("Follow Up Input: {question}\nStandalone question:")
ANSWER = PromptTemplate.from_template(
    "Answer from this conversation and the passages of its archive. Name the message that you quote.\n\n"
    "{context}\n\nThe conversation:\n{chat_history}\n\nQuestion: {question}\nAnswer:"
)


@dataclass(frozen=True)
class Point:
    """Where the session stands after a turn. All but `messages` and `decisions` are tokens.

    `read` is what the model was really given in this turn, in both calls of the chain. `full` is all that was said
    so far: what a memory that keeps everything would have sent, and once only.
    """

    messages: int
    window: int
    full: int
    read: int
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class Restored:
    """A tool output before it went into the memory, why it was shown otherwise, and as it came back."""

    ref: str
    before: str
    shown: str
    after: str

    @property
    def sha256(self) -> tuple[str, str]:
        """The SHA-256 before and after, as hexadecimal digits."""
        before, after = (hashlib.sha256(text.encode()).hexdigest() for text in (self.before, self.after))
        return before, after


class Conversation:
    """A chain with a memory, and the numbers of every turn."""

    def __init__(self, model: BaseChatModel, memory: ConversationTieredMemory, session: Session) -> None:
        self.memory = memory
        self.session = session
        self.chain = ConversationalRetrievalChain.from_llm(
            model,
            retriever=memory.as_retriever(),
            memory=memory,
            condense_question_prompt=AS_IT_IS,
            combine_docs_chain_kwargs={"prompt": ANSWER},
            return_source_documents=True,
        )
        self.outputs: dict[str, str] = {}  # what each tool call answered, as it was before the memory saw it
        self._known = 0

    def play(self, turns: Iterable[Turn]) -> Iterator[Point]:
        """Live through *turns*: what is asked for, the tool's call and output, then the question about it."""
        for number, turn in enumerate(turns, 1):
            call = f"call_{number}"
            self.outputs[call] = turn.output
            step = turn.step
            self.memory.chat_memory.add_messages(
                [
                    HumanMessage(step.request),
                    AIMessage("", tool_calls=[{"id": call, "name": step.tool, "args": step.arguments}]),
                    ToolMessage(turn.output, tool_call_id=call, name=step.tool),
                ]
            )
            _, read = self.ask(step.question)
            yield self._point(read)

    def ask(self, question: str) -> tuple[dict[str, Any], int]:
        """What the chain answers, and the tokens that the model read for it."""
        with get_usage_metadata_callback() as usage:
            answer = self.chain.invoke({"question": question})
        return answer, sum(model["input_tokens"] for model in usage.usage_metadata.values())

    def sources(self, answer: dict[str, Any]) -> list[str]:
        """The messages of the archive in which the quoted lines of an answer were said first, word for word."""
        refs = (int(document.metadata["ref"].removeprefix("m")) for document in answer["source_documents"])
        found = {one.sequence: one for ref in refs for one in self.session.messages(max(1, ref - 1), ref + 1)}
        quoted = re.findall(r'^"(.+)"', answer["answer"], re.MULTILINE)
        first = {next((place for place in sorted(found) if line in found[place].text), 0) for line in quoted}
        return [f"m{place}" for place in sorted(first) if place]

    def restore(self, call: str) -> Restored:
        """Put the output of a tool call back into the window, and compare it with what the tool had answered."""
        original = next(message for message in self.session.messages() if message.tool_call_id == call)
        ref = f"m{original.sequence}"
        shown = self.session.explain(ref).text
        back = self.session.restore(ref)[0]
        return Restored(ref, self.outputs[call], shown, back.text)

    def _point(self, read: int) -> Point:
        self.session.settle()  # so that what a turn set off is shown with it
        stats = self.session.stats()
        new = [decision for decision in self.session.journal() if decision.number > self._known]
        self._known = max([self._known, *(decision.number for decision in new)])
        return Point(stats.messages, stats.window_tokens, stats.tokens, read, tuple(new))
