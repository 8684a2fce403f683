"""The answer that a model is asked for, and what it gives in its place, read as a list of entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from tiermem.errors import FactsRejected
from tiermem.models.lenient_json import read_object

_ENTRY = ("subject", "attribute", "value", "message")


class StatedFact(BaseModel):
    """One fact that a message states."""

    subject: str = Field(description='"user", "user\'s sister", a name, or "" for a thing that is nobody\'s')
    attribute: str = Field(description="what it is about, in one to four words")
    value: str = Field(description='in the words of the message; "yes" or "no" of what is so or not')
    status: str = Field(description='"current", "new", "correction", "past" or "never"')
    several: bool = Field(description="whether several such values hold beside each other")
    message: int = Field(description="number n of the message that says it")


class ConversationFacts(BaseModel):
    """The facts that users state in a conversation; an empty list where they state none."""

    facts: list[StatedFact] = Field(description="one entry for each fact")


def entries_of(value: Any, text: str = "") -> list[Any]:
    """The entries in *value*, an object or model, or else in the JSON somewhere in *text*; [] where it says that there
    are none.

    Raises:
        FactsRejected: there is no list of facts.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump()
    for held in (value, read_object(text, ("facts",)), _bare(text), read_object(text, _ENTRY)):
        found = _inside(held)
        if found is not None:
            return found
    raise FactsRejected("an empty answer" if not text.strip() else "an answer without a list of facts")


def _bare(text: str) -> Any:
    """The list in *text*, where it stands without an object around it."""
    start = text.find("[")
    held = read_object(f'{{"facts": {text[start:]}}}', ("facts",)) if start >= 0 else None
    return held["facts"] if held and isinstance(held.get("facts"), list) else None


def _inside(value: Any, depth: int = 0) -> list[Any] | None:
    """The list of facts: of *value*, or of what a model wrapped in one more object."""
    if isinstance(value, list):
        return value if all(isinstance(one, Mapping) for one in value) else None
    if not isinstance(value, Mapping) or depth > 1:
        return None
    if isinstance(value.get("facts"), list):
        return list(value["facts"])
    if all(name in value for name in _ENTRY):
        return [value]
    return next((found for one in value.values() if (found := _inside(one, depth + 1)) is not None), None)
