"""Events as OpenTelemetry spans and metrics, through its API alone (`opentelemetry-api`); we never import it first.

Where the process has set providers of OpenTelemetry, events go there by themselves, and nothing needs to be done.
`to_opentelemetry` is for providers of one's own. A span is a child of the one that is current where the memory was
called, and as long as what it tells of took.
"""

from __future__ import annotations

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


def used() -> bool:
    """Whether this process has set a provider of OpenTelemetry."""
    return _set(*_TRACES) or _set(*_METRICS)


def _set(module: str, name: str) -> bool:
    """The API's stand-ins, which do nothing, are of its own modules. Another thread may have half imported one."""
    loaded = sys.modules.get(module)
    given = getattr(loaded, name, None) if loaded is not None else None
    return given is not None and not type(given()).__module__.startswith(module)


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
    """Turns events into spans, a counter `tiermem.events` and a histogram `tiermem.duration` in seconds.

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

    def __call__(self, event: Event) -> None:
        """One event."""
        ended, took = time.time_ns(), float(event.fields.get("ms", 0.0))
        attributes = {"tiermem.session": event.digest} | _attributes(event.nameless)
        start = ended - int(took * _MILLISECOND)
        self._tracer.start_span(event.name, start_time=start, attributes=attributes).end(ended)
        self._events.add(1, {"tiermem.kind": event.kind})
        if "ms" in event.fields:
            self._duration.record(took / 1000, {"tiermem.kind": event.kind})


def _attributes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as attributes; tuples hold values of one type, as they must."""
    return {f"tiermem.{name}": value for name, value in fields.items() if name != "ms"}


@cache
def _own() -> Telemetry:
    """For the global providers; what was imported before they were set finds them later."""
    return Telemetry(None, None, only_given=False)
