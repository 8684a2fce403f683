"""A LlamaIndex chat engine that remembers what was said hundreds of messages ago, within 1,500 tokens. Offline."""

import re
from typing import Any

from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.llms import ChatMessage, CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from llamaindex_tiered_memory import TieredChatMemory


class QuotingModel(CustomLLM):
    """Stands for a real model: answers with the line of its prompt that shares most words with the question."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=2000)

    def complete(self, prompt: str, *_: Any, **__: Any) -> CompletionResponse:
        lines = [line for line in prompt.splitlines() if line.strip() and not line.startswith("assistant:")]
        asked = set(re.findall(r"\w+", lines[-1].lower()))
        best = max(lines[:-1] or lines, key=lambda line: len(asked & set(re.findall(r"\w+", line.lower()))))
        return CompletionResponse(text=best.strip())

    def stream_complete(self, prompt: str, *_: Any, **__: Any) -> CompletionResponseGen:
        yield self.complete(prompt)


memory = TieredChatMemory(session_id="support-7", path=":memory:", token_limit=1500)  # really: path="chat.db"
engine = SimpleChatEngine.from_defaults(llm=QuotingModel(), memory=memory)
engine.chat("The production pool has 10 connections and the timeout is 30 seconds.")
for number in range(150):
    memory.put(ChatMessage(role="user", content=f"Look at log file {number}: it has {number * 7} lines."))
    memory.put(ChatMessage(role="assistant", content=f"File {number} shows nothing unusual."))
print("answer:   ", engine.chat("How many connections has the production pool?"))
print("in prompt:", len(shown := memory.get()), "messages,", memory.tally.messages(shown), "tokens")
print("in log:   ", len(memory.get_all()), "messages,", memory.session.stats().tokens, "tokens")
print("source:   ", memory.session.expand(memory.session.search("production pool", k=1)[0].ref).messages[0].text)
