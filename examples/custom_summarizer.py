"""Who writes the summaries: a chat model, or a function of your own. Offline; the model is a fake."""

import json
from typing import Any

from langchain_core.language_models import FakeListChatModel

from langchain_tiered_memory import ChatModelSummarizer
from tiermem import Memory, Message

NOTES = {
    "user_goal": {"text": "Fix the database timeout", "messages": [1]},
    "key_decisions": [{"text": "Pool raised from 10 to 50", "messages": [2]}],
    "critical_context": [{"label": "load", "text": "each of 80 workers opens a connection", "messages": [3]}],
    "last_step": {"text": "The workers report one by one", "messages": [4]},
}


def by_hand(messages: list[Message]) -> dict[str, Any]:
    """Any function, sync or async: messages in, the fields of a summary out."""
    return {"user_goal": messages[0].text[:60], "last_step": messages[-1].text[:60]}


def show(who: str, summarizer: Any) -> None:
    with Memory.open(":memory:", pre_rot_threshold=2_000, keep_recent_count=4, summarizer=summarizer) as memory:
        session = memory.session("anna")
        session.add("The database times out, please fix it.")
        session.add("Pool raised from 10 to 50.", "assistant")
        for number in range(80):
            session.add(f"Worker {number} of 80 opens a connection of its own. {'It is slow. ' * 9}")
            session.settle()  # so that it is the same each time: what an add sets off happens in the background
        print(f"--- {who}, {session.stats().summarizer_failures} failures", session.view().summaries[0].text, sep="\n")


show("a function", by_hand)
model = FakeListChatModel(responses=[f"Here are the notes:\n{json.dumps(NOTES)}"])  # or the name "openai:gpt-5-mini"
show("a chat model", ChatModelSummarizer(model))  # in LlamaIndex: LLMSummarizer(llm)
