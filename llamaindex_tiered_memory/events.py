"""What a memory did, told to LlamaIndex's instrumentation.

Every event of a memory that a `TieredChatMemory` or a retriever of this package uses becomes a `TieredMemoryEvent` of
the dispatcher "llamaindex_tiered_memory.events", and so of the root's handlers::

    class Watch(BaseEventHandler):
        def handle(self, event, **kwargs):
            if isinstance(event, TieredMemoryEvent):
                print(event.kind, event.session, event.fields)

    get_dispatcher().add_event_handler(Watch())  # of llama_index.core.instrumentation

It names the span in which the memory was called and carries that context's `instrument_tags`.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

from llama_index.core.bridge.pydantic import Field
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
from llama_index.core.instrumentation.event_handlers import NullEventHandler
from llama_index.core.instrumentation.events.base import BaseEvent  # type: ignore[attr-defined]

from tiermem.events import Event
from tiermem.runtime.opening import Opened

dispatcher = get_dispatcher(__name__)
_heard: weakref.WeakSet[Any] = weakref.WeakSet()  # what the faces of one memory share
_lock = threading.Lock()


class TieredMemoryEvent(BaseEvent):
    """Something that a memory did, after its commit; see `tiermem.events.Event`. No words that were said."""

    kind: str = Field(description="One of tiermem.events.KINDS.")
    tenant: str = Field(description="Whose tenant.")
    user: str = Field(description="Whose session.")
    session: str = Field(description="Which session; of documents, their collection.")
    fields: dict[str, Any] = Field(default_factory=dict, description="Numbers, ids and reasons, by kind.")

    @classmethod
    def class_name(cls) -> str:
        """The name by which handlers and dumps know it."""
        return "TieredMemoryEvent"


def attach(memory: Opened) -> None:
    """Let LlamaIndex hear of *memory* from now on; again changes nothing. Our classes do this by themselves."""
    with _lock:
        shared = memory.wiring[1]
        if shared not in _heard:
            memory.wiring[1].listeners.add(_dispatched, None, _handled)
            _heard.add(shared)


def _handled() -> bool:
    """Whether a handler would see an event now; LlamaIndex itself brings one that does nothing."""
    asked = dispatcher
    while not any(type(handler) is not NullEventHandler for handler in asked.event_handlers):
        if not asked.propagate:
            return False
        asked = asked.parent
    return True


def _dispatched(event: Event) -> None:
    told = TieredMemoryEvent(
        kind=event.kind,
        tenant=event.scope.tenant,
        user=event.scope.user,
        session=event.scope.session,
        fields=event.numbers(),
    )
    dispatcher.event(told)
