"""Events are OpenTelemetry spans and metrics where a process uses it, and cost no import where it does not."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Open
from tiermem import Memory
from tiermem.errors import InvalidSettings, MissingExtra
from tiermem.telemetry import OPERATIONS, to_opentelemetry

sdk = pytest.importorskip("opentelemetry.sdk.trace")
SMALL: dict[str, Any] = {"pre_rot_threshold": 800, "keep_recent_count": 3, "counter": lambda text: len(text) // 4 + 1}
TEXT = "Decision {}: we decided to raise the pool of service {} to 50. "


OURS = ["tiermem.duration", "tiermem.events"]


def providers() -> tuple[Any, Any, Any, Any]:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, reader, tracing = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(exporter))
    return tracing, exporter, MeterProvider([reader]), reader


def points(reader: Any, name: str, by: str = "tiermem.kind") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for resource in reader.get_metrics_data().resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if metric.name == name:
                    found |= {point.attributes[by]: point for point in metric.data.data_points}
    return found


def test_each_event_is_a_span_with_its_numbers_and_is_counted(store: Open) -> None:
    memory = store(**SMALL)
    tracing, exporter, metering, reader = providers()
    told: list[Any] = []
    memory.subscribe(told.append)
    stop = to_opentelemetry(memory, tracer_provider=tracing, meter_provider=metering)
    session = memory.session("s", "anna-lee")
    before = time.time_ns()
    with tracing.get_tracer("app").start_as_current_span("turn") as turn:
        for number in range(40):
            session.add(TEXT.format(number, number) * 3)
        session.search("pool of service 3")
    after = time.time_ns()
    stop()
    session.add("unheard")
    spans = [one for one in exporter.get_finished_spans() if one.name != "turn"]
    assert [one.attributes["tiermem.kind"] for one in spans] == [one.kind for one in told[:-1]]
    assert [one.name for one in spans] == [OPERATIONS.get(one.kind, one.name) for one in told[:-1]]
    assert {"create_memory", "search_memory", "tiermem.compacted"} <= {one.name for one in spans}
    assert {one.parent.span_id for one in spans} == {turn.get_span_context().span_id}
    for span, event in zip(spans, told, strict=False):
        assert span.attributes["tiermem.session"] == event.digest
        own = {name: one for name, one in event.fields.items() if name != "ms"}
        assert {name: span.attributes[f"tiermem.{name}"] for name in own} == own
        assert before <= span.start_time <= span.end_time <= after
        assert span.end_time - span.start_time == int(event.fields.get("ms", 0) * 1_000_000)
        assert "anna" not in span.to_json()
    counted = {kind: point.value for kind, point in points(reader, "tiermem.events").items()}
    kinds = [one.kind for one in told[:-1]]
    assert counted == {kind: kinds.count(kind) for kind in kinds}
    assert points(reader, "tiermem.duration")["added"].count == 40


async def test_async_calls_have_the_span_of_their_task_as_parent(store: Open) -> None:
    tracing, exporter, _, _ = providers()
    session = store().session("s")
    to_opentelemetry(session.memory, tracer_provider=tracing)
    with tracing.get_tracer("app").start_as_current_span("turn") as turn:
        await session.as_async().add("hello")
        await session.as_async().search("hello")
    ours = [one for one in exporter.get_finished_spans() if one.name != "turn"]
    assert [one.name for one in ours] == ["create_memory", "search_memory"]
    assert {one.parent.span_id for one in ours} == {turn.get_span_context().span_id}


BROKEN = """
import json
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from tiermem import Memory

class Broken(SpanProcessor):
    def on_end(self, span):
        raise OSError("no collector")

provider = TracerProvider()
provider.add_span_processor(Broken())
trace.set_tracer_provider(provider)
session = Memory.open(":memory:").session("s")
print(json.dumps([[one.sequence for one in session.add(["one", "two"])], list(session.stats().degraded)]))
"""


def test_spans_that_fail_undo_nothing_and_are_visible(tmp_path: Path) -> None:
    added, degraded = ran(BROKEN, tmp_path)
    assert added == [1, 2]
    assert any("no collector" in line for line in degraded)


def test_a_provider_must_be_named() -> None:
    with Memory.open(":memory:") as memory, pytest.raises(InvalidSettings):
        to_opentelemetry(memory)


def test_without_the_api_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with Memory.open(":memory:") as memory, pytest.raises(MissingExtra, match="tiermem\\[otel\\]"):
        to_opentelemetry(memory, tracer_provider=object())


def ran(code: str, cwd: Path) -> Any:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=cwd)
    return json.loads(done.stdout.splitlines()[-1])


OWN = """
import json
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tiermem import Memory

memory = Memory.open(":memory:")
memory.session("s").add("before any provider")
exporter, reader, provider = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider([reader]))
with trace.get_tracer("app").start_as_current_span("turn"):
    memory.session("s").add("hello")
spans = exporter.get_finished_spans()
scopes = [s for r in reader.get_metrics_data().resource_metrics for s in r.scope_metrics]
print(json.dumps([[s.name, s.parent.span_id == spans[-1].context.span_id if s.parent else None] for s in spans]
                 + [scopes[0].scope.name, sorted(m.name for m in scopes[0].metrics)]))
"""


def test_the_providers_of_the_process_are_told_by_themselves(tmp_path: Path) -> None:
    told = ran(OWN, tmp_path)
    assert told == [["create_memory", True], ["turn", None], "tiermem", ["gen_ai.client.operation.duration", *OURS]]


UNUSED = """
import json, sys
from tiermem import Memory
with Memory.open(":memory:") as memory:
    memory.session("s").add("hello")
    memory.session("s").search("hello")
print(json.dumps([name for name in sys.modules if name.startswith("opentelemetry")]))
"""


def test_a_process_without_opentelemetry_does_not_get_it(tmp_path: Path) -> None:
    assert ran(UNUSED, tmp_path) == []


def conventional(span: Any) -> dict[str, Any]:
    return {name: value for name, value in span.attributes.items() if name.startswith("gen_ai.")}


def test_memory_operations_have_the_names_of_the_conventions_and_no_words(store: Open) -> None:
    memory = store(counter=len)
    tracing, exporter, metering, reader = providers()
    to_opentelemetry(memory, tracer_provider=tracing, meter_provider=metering)
    session = memory.session("s", "anna-lee")
    session.add(["The spare key hangs behind the barometer.", "Noted."])
    (forgotten,) = session.forget("m2")
    session.undo(forgotten)
    session.search("spare key", 1)
    session.erase("m2")
    store_id = {"gen_ai.memory.store.id": exporter.get_finished_spans()[0].attributes["tiermem.session"]}
    found = {f"tiermem.{one.attributes['tiermem.kind']}": conventional(one) for one in exporter.get_finished_spans()}
    named = {"gen_ai.operation.name": "create_memory", "gen_ai.memory.record.count": 2}
    assert found["tiermem.added"] == store_id | named
    named = {"gen_ai.operation.name": "update_memory", "gen_ai.memory.record.id": "m2"}
    assert found["tiermem.forgotten"].items() >= (store_id | named).items()
    assert found["tiermem.undone"]["gen_ai.operation.name"] == "update_memory"
    named = {"gen_ai.operation.name": "search_memory", "gen_ai.memory.record.count": 1}
    assert found["tiermem.recalled"] == store_id | named
    assert found["tiermem.erased"]["gen_ai.operation.name"] == "delete_memory"
    assert not any("key" in one.to_json() for one in exporter.get_finished_spans())
    durations = points(reader, "gen_ai.client.operation.duration", "gen_ai.operation.name")
    assert {name: point.count for name, point in durations.items()} == {"create_memory": 1, "search_memory": 1}
    assert durations["search_memory"].explicit_bounds[:2] == (0.01, 0.02)


@pytest.mark.parametrize(
    ("wish", "told"), [("true", True), ("SPAN_ONLY", True), ("false", False), ("event_only", False)]
)
def test_words_are_told_where_the_process_says_so(
    store: Open, monkeypatch: pytest.MonkeyPatch, wish: str, *, told: bool
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", wish)
    tracing, exporter, _, _ = providers()
    memory = store(counter=len, redactor=lambda text: text.replace("4711", "[code]"))
    to_opentelemetry(memory, tracer_provider=tracing)
    session = memory.session("s")
    events: list[Any] = []
    memory.subscribe(events.append)
    session.add("The code of the gate is 4711.")
    session.recall("Is 4711 the code of the gate?")
    added, recalled = (conventional(one) for one in exporter.get_finished_spans())
    assert ("gen_ai.memory.query.text" in recalled) is told
    assert all("gate" not in str(one.as_dict()) and "gate" not in repr(one) for one in events)
    if told:
        assert recalled["gen_ai.memory.query.text"] == "Is [code] the code of the gate?"
        (record,) = json.loads(recalled["gen_ai.memory.records"])
        assert record.keys() == {"id", "content", "score"}
        stored = [{"id": "m1", "content": "The code of the gate is [code]."}]
        assert json.loads(added["gen_ai.memory.records"]) == stored


def test_a_redactor_that_fails_leaves_the_words_out_and_is_told(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    tracing, exporter, _, _ = providers()
    failing = False

    def redactor(text: str) -> str:
        if failing:
            raise OSError("the model is away")
        return text

    memory = store(counter=len, redactor=redactor)
    to_opentelemetry(memory, tracer_provider=tracing)
    memory.session("s").add("The code of the gate is 4711.")
    failing = True
    assert memory.session("s").search("code", 1)
    assert "gen_ai.memory.query.text" not in exporter.get_finished_spans()[-1].attributes
    assert any("redact" in words.lower() for words in memory.session("s").stats().degraded)
