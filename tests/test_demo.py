"""The shortened demo, end to end: what it shows must be what happened."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from examples.demo import months
from examples.demo import run as demo
from examples.demo.conversation import ANSWER
from examples.demo.diary import NUMBER
from examples.demo.reader import NOTHING, ExtractiveReader, quote
from examples.demo.screen import Outcome, render


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> Outcome:
    model, called = demo.chat_model(None)
    return demo.run(folder, Console(file=io.StringIO(), width=100), model, called, short=True)


def events(outcome: Outcome, kind: str) -> list[int]:
    return [point.messages for point in outcome.points if kind in {one.kind for one in point.decisions}]


def test_compaction_comes_before_a_summary_and_both_come(outcome: Outcome) -> None:
    compacted, covered = events(outcome, "compact"), events(outcome, "cover")
    assert compacted
    assert covered
    assert compacted[0] <= covered[0]


def test_the_window_stays_below_the_threshold_while_the_session_grows_far_above_it(outcome: Outcome) -> None:
    limit = outcome.settings.pre_rot_threshold
    assert max(point.window for point in outcome.points) < limit
    assert outcome.points[-1].full > 2 * limit


def test_the_session_costs_less_than_sending_everything(outcome: Outcome) -> None:
    assert sum(point.read for point in outcome.points) < sum(point.full for point in outcome.points)
    assert all(point.read > 0 for point in outcome.points)


def test_the_answer_about_the_beginning_has_the_values_that_were_measured_then(outcome: Outcome, folder: Path) -> None:
    log = (folder / "webshop" / "checkout.log").read_text(encoding="utf-8")
    assert "load test 1 begins: 48 clients" in log
    measured = outcome.restored.before
    error = re.search(r"exact error, (\d+) times: (PoolTimeout: .*)", measured)
    latency = re.search(r"p95 ([\d.]+) ms", measured)
    assert error
    assert latency
    assert error[2] in outcome.answer
    assert f"p95 {latency[1]} ms" in outcome.answer
    assert list(outcome.sources) == [outcome.restored.ref]


def test_the_summary_keeps_goal_decisions_files_and_numbers(outcome: Outcome) -> None:
    assert outcome.summary
    structure = outcome.summary.structure
    assert "fix the database timeout" in structure.user_goal
    assert any("from 10 to 50" in decision for decision in structure.key_decisions)
    assert "config.toml" in structure.modified_files
    assert structure.last_step
    assert structure.critical_context


def test_a_compacted_output_comes_back_byte_for_byte(outcome: Outcome) -> None:
    restored = outcome.restored
    assert f"{restored.ref} is" in restored.shown  # explained as compacted or covered
    assert "verbatim" not in restored.shown
    assert restored.after == restored.before
    assert restored.sha256[0] == restored.sha256[1]
    assert len(restored.before) > 10_000


def test_verify_finds_no_difference(outcome: Outcome) -> None:
    assert outcome.verification.problems == ()
    assert outcome.verification.messages >= outcome.points[-1].messages


def test_the_repair_is_real(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "shop.checks"], cwd=folder / "webshop", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_the_screen_is_readable_without_a_terminal(outcome: Outcome) -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(render(outcome))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 100
    for part in ("not an LLM", "saved", "structured summary", "identical", "no difference"):
        assert part in text


def test_the_reader_quotes_only_what_it_was_given() -> None:
    context = (
        "Quoted from the conversation (m3):\n> tool, 2026-01-31 10:00: pool_size = 10\n> pool_timeout_s = 0.1\n\n"
        "Quoted from the conversation (m9):\n> latency p95 812.5 ms\n> What is the p95 latency?"
    )
    assert [str(line) for line in quote("What is the p95 latency?", context)] == ['"latency p95 812.5 ms" [m9]']
    assert quote("Who wrote the novel?", context) == []
    reader = ExtractiveReader(count=len)
    for question, answer in (("How large is pool_size?", '"pool_size = 10" [m3]'), ("Who wrote the novel?", NOTHING)):
        assert reader.invoke(ANSWER.format(context=context, chat_history="", question=question)).text == answer


@pytest.mark.parametrize("name", ["nowhere:model", "openai:any"])
def test_a_model_that_cannot_be_had_is_a_clear_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_openai", None)  # as if it were not installed
    with pytest.raises(SystemExit, match=f"--model {name}: (?s:.*)package"):
        demo.chat_model(name)


def test_nine_months_of_a_user_show_what_changed_held_faded_and_came_back(tmp_path: Path) -> None:
    lived = months.live(tmp_path)
    assert [one.home for one in lived.months] == ["Oslo"] * 6 + ["Bergen"] * 3
    assert any("answer in two sentences" in line for line in lived.rules)
    assert sum(one.faded for one in lived.months) > 10
    assert (lived.level_faded, lived.in_view) == ("long-term", False)
    assert NUMBER in lived.found
    assert lived.level_used != "long-term"
    assert lived.ok
    console = Console(file=io.StringIO(), width=100)
    console.print(months.render(lived))
    assert len(console.file.getvalue().splitlines()) < 40  # type: ignore[attr-defined]
