"""How texts of store items get vectors: the caller's embedder with its two ways, sync and async, answers checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from inspect import isawaitable, iscoroutinefunction
from typing import Any

import numpy as np

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.items.item import checked_fields
from tiermem.items.texts import WHOLE
from tiermem.providers.embedders import Vectors, as_rows, name_of

# For each framework: many texts, one question, and both with `await`.
_METHODS = (
    ("embed_documents", "embed_query", "aembed_documents", "aembed_query"),
    ("get_text_embedding_batch", "get_query_embedding", "aget_text_embedding_batch", "aget_query_embedding"),
)
KEYS = frozenset({"embed", "dims", "fields"})
# Of LangGraph's stores: how PostgreSQL is to index and compare, which is decided here.
PASSED_OVER = frozenset({"ann_index_config", "distance_type"})


class VectorSpace:
    """What makes the vectors of a collection's items, and of which of their texts.

    Args:
        embed: an embedder of LangChain or LlamaIndex, or a function of a list of texts, sync or async.
        dims: length of its vectors; None takes what it gives.
        fields: paths of the texts in a value; each text has a vector of its own, and the best one counts.

    Raises:
        InvalidSettings: it is none of these.
    """

    def __init__(self, embed: Any, dims: int | None = None, fields: Sequence[str] | None = None) -> None:
        if dims is not None and (type(dims) is not int or dims < 1):
            raise InvalidSettings(f"dims must be a whole number above 0, not {brief_repr(dims)}")
        self.dims = dims
        self.fields = checked_fields(fields) if fields else (WHOLE,)
        self.embed = embed
        self.name = f"{name_of(embed)}/{dims or ''}"
        many, one, amany, aone = _ways(embed)
        self.many: Callable[[list[str]], Any] = many
        self.amany: Callable[[list[str]], Any] = amany or many
        self.questions: Callable[[list[str]], Any] = _each(one)
        self.aquestions: Callable[[list[str]], Any] = _together(aone) if aone else _each(one)

    def units(self, answer: Any, wanted: int) -> Vectors:
        """*answer* as float32 rows of length 1; a zero vector stays one.

        Raises:
            EmbeddingMismatch: it is not one vector of `dims` finite numbers for each text.
        """
        rows = as_rows(answer, wanted, self.name, self.dims)
        lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
        return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def space_of(index: Mapping[str, Any] | VectorSpace | None) -> VectorSpace | None:
    """The space that an index configuration describes: {"embed": …, "dims": …, "fields": …}.

    Raises:
        InvalidSettings: it is no such thing.
    """
    if index is None or isinstance(index, VectorSpace):
        return index
    if not isinstance(index, Mapping) or index.get("embed") is None:
        raise InvalidSettings('index must name an embedder: {"embed": …, "dims": …, "fields": […]}')
    known = {name: value for name, value in index.items() if name in KEYS}
    if (texts := index.get("text_fields")) is not None:  # so LangGraph's store for SQLite calls them
        known.setdefault("fields", texts)
    others = index.keys() - KEYS - PASSED_OVER - {"text_fields"}
    if unknown := sorted(brief_repr(name) for name in others if not str(name).startswith("__")):  # notes of a store
        raise InvalidSettings(f"index knows embed, dims and fields, not {', '.join(unknown)}")
    return VectorSpace(**known)


def _ways(embed: Any) -> tuple[Callable[..., Any], Callable[..., Any], Any, Any]:
    for names in _METHODS:
        many, one, amany, aone = (getattr(embed, name, None) for name in names)
        if callable(many) and callable(one):
            return many, one, amany if iscoroutinefunction(amany) else None, aone if iscoroutinefunction(aone) else None
    if not callable(embed) or isinstance(embed, type):
        raise InvalidSettings(
            f"an embedder has a method that embeds, or is a function; {type(embed).__name__} is neither"
        )
    if iscoroutinefunction(embed) or iscoroutinefunction(getattr(embed, "__call__", None)):  # noqa: B004
        # An object whose __call__ is async is no coroutine function to those who look at it from outside.
        async def amany(texts: list[str]) -> Any:
            return await embed(texts)

        async def aone(text: str) -> Any:
            return (await embed([text]))[0]

        return amany, aone, amany, aone
    return embed, lambda text: embed([text])[0], None, None


def _each(embed: Callable[[str], Any]) -> Callable[[list[str]], Any]:
    """A function of questions, one after another; its answer may be awaitable."""

    def questions(texts: list[str]) -> Any:
        answers = [embed(text) for text in texts]
        return _gathered(answers) if any(map(isawaitable, answers)) else answers

    return questions


def _together(embed: Callable[[str], Any]) -> Callable[[list[str]], Any]:
    async def questions(texts: list[str]) -> Any:
        return await asyncio.gather(*map(embed, texts))

    return questions


async def _gathered(answers: Sequence[Any]) -> list[Any]:
    return list(await asyncio.gather(*answers))
