"""Messages of a running agent that are no JSON: a tool's artifact may be anything, and must not end the run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from langchain_tiered_memory.convert import to_core
from tiermem import Message, plain_json
from tiermem.errors import InvalidMessage
from tiermem.plain_json import Inside, bare_number

DEEPEST = 29  # level of lists and dictionaries that is followed; a structure may contain itself
_WORDED = (date, time, Decimal, PurePath, UUID)  # their text says all of them
_log = logging.getLogger("tiermem.langchain")


def core_form(message: BaseMessage) -> Message:
    """`to_core`, and where a value is no JSON the message with its nearest JSON form; the log says which it was.

    Raises:
        InvalidMessage: it cannot be stored in that form either.
    """
    try:
        return to_core(message)
    except InvalidMessage as error:
        _log.warning("a message is stored in its nearest JSON form: %s", error)
        values = message.model_dump(warnings="none", exclude={"type"})
        return to_core(message.model_copy(update={name: plain(value) for name, value in values.items()}))


def plain(value: Any) -> Any:
    """The nearest JSON value; of an object of no known form only its type, for an address would differ each time."""
    return plain_json.plain(value, "value", _form, lambda part, _: f"<{type(part).__name__}>", DEEPEST)


def _form(value: Any, inside: Inside) -> Any:
    formed: Any = NotImplemented
    if isinstance(value, Enum):
        formed = inside(value.value)
    elif isinstance(value, int | float):
        number = bare_number(value)
        formed = str(value) if number is None else number
    elif isinstance(value, _WORDED):
        formed = str(value)
    elif isinstance(value, BaseModel):
        formed = inside(value.model_dump(warnings="none"))
    elif isinstance(value, Mapping):
        formed = {str(inside(key)): inside(part) for key, part in value.items()}
    elif isinstance(value, tuple):
        formed = [inside(part) for part in value]
    elif isinstance(value, set | frozenset):
        formed = sorted((inside(part) for part in value), key=repr)
    return formed
