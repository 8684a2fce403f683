"""A chat memory as JSON, and back: to the same object while it lives, or to one on the same conversation.

Rule 1: in the process that has the object, a dump leads back to the object itself (workflows re-encode their state
  between two runs, and both the context and the caller must keep the conversation). A dump is a name, not a branch.
Rule 2: elsewhere a dump leads to the file or database it names. A memory in RAM carries its messages in the dump.
Rule 3: functions (tokenizer, summariser, embedder), zones without a name, and passwords are not in a dump; give them to
  `from_dict` again.
"""

from __future__ import annotations

import dataclasses
import uuid
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llamaindex_tiered_memory.memory.closing import hold_too
from tiermem import Memory
from tiermem.errors import InvalidMessage, InvalidSettings
from tiermem.messages import from_json, to_json

if TYPE_CHECKING:
    from llamaindex_tiered_memory.memory.memory import TieredChatMemory

VERSION = 1
IN_RAM = ":memory:"
live: weakref.WeakValueDictionary[str, TieredChatMemory] = weakref.WeakValueDictionary()
_in_ram: weakref.WeakValueDictionary[str, Memory] = weakref.WeakValueDictionary()


def dumped(memory: TieredChatMemory) -> dict[str, Any]:
    """*memory* as JSON values: where it is, and, if that is only RAM, its messages."""
    core, namespace = memory.opened.memory, memory.namespace
    place = _place_of(core, memory.object_name)
    return {
        "class_name": memory.class_name(),
        "version": VERSION,
        "object": memory.object_name,
        "session_id": memory.session_id,
        "namespace": list(namespace) if isinstance(namespace, tuple) else namespace,
        "token_limit": memory.token_limit,
        "chat_store_key": memory.chat_store_key,
        "within": memory.within,
        "profile": memory.profile,
        "timezone": getattr(memory.opened.core.zone, "key", None),
        "settings": dataclasses.asdict(core.settings),
        "place": place,
        "messages": [to_json(message) for message in memory.opened.messages()] if place["path"] == IN_RAM else [],
    }


def rebuilt(kind: type[TieredChatMemory], data: Mapping[str, Any], options: Mapping[str, Any]) -> TieredChatMemory:
    """A new object on the conversation that *data* names, with *options* of the class.

    Raises:
        InvalidSettings: the dump is of another version.
        InvalidMessage: *data* is no dump of a memory.
    """
    if "place" not in data:
        raise InvalidMessage("not a dump of a memory")
    if data.get("version") != VERSION:
        raise InvalidSettings(f"a dump of version {data.get('version')!r}; this tiermem reads {VERSION}")
    place, namespace = data["place"], data["namespace"]
    named = {name: data[name] for name in ("session_id", "token_limit", "chat_store_key")}
    named |= {name: data[name] for name in ("timezone", "within", "profile") if data.get(name)}
    named["namespace"] = tuple(namespace) if isinstance(namespace, list) else namespace
    memory = in_ram(place)
    if memory is not None:
        attached = kind(**(named | {"memory": memory} | dict(options)))
        hold_too(memory, attached)
        return attached
    made = kind(**(named | {"path": place["path"]} | dict(data["settings"]) | dict(options)))
    if data["messages"] and not made.session.messages():
        made.session.add([from_json(values) for values in data["messages"]])
    return made


def _place_of(memory: Memory, name: str) -> dict[str, Any]:
    """Where *memory* keeps its messages; *name* stands for one in RAM as long as this process has it."""
    if memory.path != IN_RAM:
        return {"path": _without_password(memory.path)}
    for known, one in list(_in_ram.items()):
        if one is memory:
            return {"path": IN_RAM, "ram": known}
    _in_ram[name] = memory
    return {"path": IN_RAM, "ram": name}


def opened(memory: Memory) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where *memory* keeps its messages, and its settings; both JSON values."""
    return _place_of(memory, uuid.uuid4().hex), dataclasses.asdict(memory.settings)


def in_ram(place: Mapping[str, Any]) -> Memory | None:
    """The memory in this process's RAM that *place* names, while somebody holds it."""
    return _in_ram.get(place.get("ram", ""))


def _without_password(path: str) -> str:
    if "://" not in path:
        return path
    import sqlalchemy as sa

    url = sa.make_url(path)
    return url.set(password=None).render_as_string() if url.password else path
