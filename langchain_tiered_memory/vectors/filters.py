"""How the vector stores of LangChain write "this field of the metadata is that value": each has a form of its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from tiermem.errors import InvalidSettings

Where: TypeAlias = Callable[[str, str], Any]


def _called(field: str, value: str) -> Callable[[Any], bool]:
    return lambda document: document.metadata.get(field) == value


def _equal(field: str, value: str) -> dict[str, str]:
    return {field: value}


def _qdrant(field: str, value: str) -> Any:
    models = import_module("qdrant_client.models")  # which is there, where its store is

    match = models.MatchValue(value=value)
    return models.Filter(must=[models.FieldCondition(key=f"metadata.{field}", match=match)])


def _lance(field: str, value: str) -> str:
    return f"metadata.{field} = '{value}'"  # digests, without a quote


_KNOWN: dict[str, Where] = {
    "InMemoryVectorStore": _called,
    "Chroma": _equal,
    "PGVector": _equal,
    "QdrantVectorStore": _qdrant,
    "LanceDB": _lance,
}


def where_of(store: object) -> Where:
    """How *store*, or what it derives from, is told a filter.

    Raises:
        InvalidSettings: nobody knows; `where=` says it.
    """
    for kind in type(store).__mro__:
        if kind.__name__ in _KNOWN:
            return _KNOWN[kind.__name__]
    raise InvalidSettings(
        f"how {type(store).__name__} filters is not known: where= makes its filter of a metadata field and a value"
    )
