"""An embedder that counts letters, and an index configuration with it."""

import time
from typing import Any

from langchain_core.embeddings import Embeddings


class Letters(Embeddings):
    """How often each letter stands in a text; keeps what it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.pause = 0.0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        time.sleep(self.pause)
        self.texts += texts
        return [self.vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.vector(text)

    @staticmethod
    def vector(text: str) -> list[float]:
        return [float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"]


def letters(embed: Any = None, **more: Any) -> Any:
    return {"dims": 26, "embed": embed or Letters(), "fields": ["text"], **more}
