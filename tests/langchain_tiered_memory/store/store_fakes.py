"""An embedder that counts letters, and an index configuration with it."""

import threading
from typing import Any

from langchain_core.embeddings import Embeddings

from tests.waiting import PATIENCE


class Letters(Embeddings):
    """How often each letter stands in a text; keeps what it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.texts += texts
        return [self.vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.vector(text)

    @staticmethod
    def vector(text: str) -> list[float]:
        return [float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"]


class Gated(Letters):
    """Says when it is asked for vectors of texts, and waits until its gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.gate = threading.Event(), threading.Event()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.asked.set()
        assert self.gate.wait(PATIENCE)
        return super().embed_documents(texts)


def letters(embed: Any = None, **more: Any) -> Any:
    return {"dims": 26, "embed": embed or Letters(), "fields": ["text"], **more}
