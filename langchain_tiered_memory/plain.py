"""Messages of a running agent that are no JSON: a tool's artifact may be anything, and must not end the run."""

from __future__ import annotations

import logging
import math
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
from tiermem import Message
from tiermem.errors import InvalidMessage

DEPTH = 30  # levels of lists and dictionaries that are followed; a structure may contain itself
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


def plain(value: Any, depth: int = DEPTH) -> Any:
    """The nearest JSON value; of an object of no known form only its type, for an address would differ each time."""
    found: Any = f"<{type(value).__name__}>"
    if isinstance(value, Enum):
        found = plain(value.value, depth - 1)
    elif value is None or isinstance(value, bool | int | str):
        found = value
    elif isinstance(value, float):
        found = value if math.isfinite(value) else str(value)
    elif isinstance(value, _WORDED):
        found = str(value)
    elif depth > 0:
        found = _inside(value, depth - 1, found)
    return found


def _inside(value: Any, depth: int, otherwise: str) -> Any:
    if isinstance(value, BaseModel):
        return plain(value.model_dump(warnings="none"), depth)
    if isinstance(value, Mapping):
        return {str(plain(key, 0)): plain(one, depth) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, depth) for one in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(one, depth) for one in value), key=repr)
    return otherwise
