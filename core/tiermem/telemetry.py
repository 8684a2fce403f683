"""Events as OpenTelemetry spans and metrics, through its API alone (`opentelemetry-api`); we never import it first.

Beside our names a span of a memory operation has those of OpenTelemetry's conventions for generative AI, as they were
merged (semantic-conventions-genai 140, status Development): `gen_ai.operation.name`, which is the span's name, and
`gen_ai.memory.*`. The store is the session, as a digest; a record is a message. `tiermem.kind` says which event it is.
Words (`query.text`, `records`) are there only where the process sets the conventions' own variable,
OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, to true or span_only.

Where the process has set providers of OpenTelemetry, events go there by themselves, and nothing needs to be done.
`to_opentelemetry` is for providers of one's own. A span is a child of the one that is current where the memory was
called, and as long as what it tells of took.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tiermem.events import Event
    from tiermem.runtime.opening import Opened

# The modules of its API, each with the function that gives what the process has set, or a stand-in of its own.
_TRACES = ("opentelemetry.trace", "get_tracer_provider")
_METRICS = ("opentelemetry.metrics", "get_meter_provider")
_MILLISECOND = 1_000_000  # nanoseconds, in which spans count
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURING = frozenset({"true", "1", "span_only", "span_and_event"})
# Forgetting hides and can be undone, so it changes records; only erasing deletes them. What managing a window decides
# changes none, and what is told of in no such word has none.
OPERATIONS = {
    "added": "create_memory",
    "imported": "create_memory",
    "recalled": "search_memory",
    "forgotten": "update_memory",
    "restored": "update_memory",
    "undone": "update_memory",
    "erased": "delete_memory",
}
# What the conventions advise for durations in seconds.
_BOUNDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)


def used() -> bool:
    """Whether this process has set a provider of OpenTelemetry."""
    return _set(*_TRACES) or _set(*_METRICS)


def _set(module: str, name: str) -> bool:
    """The API's stand-ins, which do nothing, are of its own modules. Another thread may have half imported one."""
    loaded = sys.modules.get(module)
    given = getattr(loaded, name, None) if loaded is not None else None
    return given is not None and not type(given()).__module__.startswith(module)


def captures() -> bool:
    """Whether the process wants words in its telemetry, which hold what people said."""
    return os.environ.get(CAPTURE, "").strip().lower() in _CAPTURING


def record(event: Event) -> None:
    """Tell the process's own providers of *event*, where it has any."""
    if used():
        _own()(event)


def to_opentelemetry(memory: Opened, *, tracer_provider: Any = None, meter_provider: Any = None) -> Callable[[], None]:
    """Tell these providers of every event of *memory*, beside the process's own; returns a function that ends it.

    Raises:
        InvalidSettings: neither is given; the process's own are told anyway.
        MissingExtra: opentelemetry-api is not installed.
    """
    from tiermem.errors import InvalidSettings, MissingExtra

    if tracer_provider is None and meter_provider is None:
        raise InvalidSettings("name a tracer_provider or a meter_provider: those of the process are told already")
    try:
        return memory.subscribe(Telemetry(tracer_provider, meter_provider))
    except ModuleNotFoundError as error:
        raise MissingExtra("to_opentelemetry needs opentelemetry-api: pip install 'tiermem[otel]'") from error


class Telemetry:
    """Turns events into spans, a counter `tiermem.events`, and two histograms in seconds: `tiermem.duration`, and for
    memory operations `gen_ai.client.operation.duration`.

    The session is there as a digest (`Event.digest`), and only on spans: a metric has one series for each kind.
    """

    def __init__(self, tracer_provider: Any, meter_provider: Any, *, only_given: bool = True) -> None:
        from opentelemetry import metrics, trace

        from tiermem import __version__

        traced = trace.NoOpTracerProvider() if only_given and tracer_provider is None else tracer_provider
        metered = metrics.NoOpMeterProvider() if only_given and meter_provider is None else meter_provider
        self._tracer = trace.get_tracer("tiermem", __version__, traced)
        meter = metrics.get_meter("tiermem", __version__, metered)
        self._events = meter.create_counter("tiermem.events", unit="{event}", description="Events by kind")
        self._duration = meter.create_histogram("tiermem.duration", unit="s", description="What was told of took")
        self._operation = meter.create_histogram(
            "gen_ai.client.operation.duration",
            unit="s",
            description="GenAI operation duration.",
            explicit_bucket_boundaries_advisory=_BOUNDS,
        )

    def __call__(self, event: Event) -> None:
        """One event."""
        ended, took = time.time_ns(), float(event.fields.get("ms", 0.0))
        operation = OPERATIONS.get(event.kind)
        attributes = {"tiermem.kind": event.kind, "tiermem.session": event.digest} | _attributes(event.nameless)
        if operation is not None:
            attributes |= _conventional(event, operation)
        start = ended - int(took * _MILLISECOND)
        name = operation or event.name  # the store's id would make a name of its own for each conversation
        self._tracer.start_span(name, start_time=start, attributes=attributes).end(ended)
        self._events.add(1, {"tiermem.kind": event.kind})
        if "ms" in event.fields:
            self._duration.record(took / 1000, {"tiermem.kind": event.kind})
            if operation is not None:
                self._operation.record(took / 1000, {"gen_ai.operation.name": operation})


def _attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as attributes; tuples hold values of one type, as they must."""
    return {f"tiermem.{name}": value for name, value in fields.items() if name != "ms"}


def _conventional(event: Event, operation: str) -> dict[str, Any]:
    """The attributes of a memory operation by OpenTelemetry's conventions."""
    fields, words = event.fields, event.words
    found: dict[str, Any] = {"gen_ai.operation.name": operation, "gen_ai.memory.store.id": event.digest}
    if "count" in fields:
        found["gen_ai.memory.record.count"] = fields["count"]
    if "first" in fields and fields["first"] == fields.get("last"):
        found["gen_ai.memory.record.id"] = f"m{fields['first']}"
    if words.get("query"):
        found["gen_ai.memory.query.text"] = words["query"]
    if words.get("records"):
        found["gen_ai.memory.records"] = json.dumps(words["records"], ensure_ascii=False)
    return found


@cache
def _own() -> Telemetry:
    """For the global providers; what was imported before they were set finds them later."""
    return Telemetry(None, None, only_given=False)
