"""What happens to the background when its process is killed, ends, or forks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from tests.flows.indexing.embedders import Counting, embedded, near, stored
from tests.waiting import PATIENCE, until
from tiermem import Memory, Message
from tiermem.flows.indexing.vectors import PROBE

ROOT = Path(__file__).parents[2]
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")


def length(text: str) -> int:
    return len(text)


def talk(count: int, first: int = 1) -> list[str]:
    return [f"number {n} speaks of bread and thing{n}" for n in range(first, first + count)]


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=PATIENCE,
    )


HANGS = """
import sys, threading
from tiermem import Memory
from tiermem.runtime import background
background.JOIN = 0.5  # seconds
def embed(texts):
    threading.Event().wait()
session = Memory.open(sys.argv[1], embedder=embed, embedder_timeout=1e6, index_batch=5, counter=len).session("s")
session.add([f"text {n}" for n in range(50)])
"""


def test_work_in_the_background_does_not_keep_a_process_alive(file: Path) -> None:
    done = run(HANGS, str(file))
    assert (done.returncode, done.stderr) == (0, "")


KILLED = """
import os, signal, sys
from tests.flows.indexing.embedders import Counting
from tiermem import Memory
embedder = Counting()
inner = embedder.embed_documents
def embed(texts):
    if len(embedder.texts) > 300:
        os.kill(os.getpid(), signal.SIGKILL)
    return inner(texts)
embedder.embed_documents = embed
session = Memory.open(sys.argv[1], embedder=embedder, index_batch=5, counter=len).session("s")
session.add([f"text {n}" for n in range(1000)])
session.index()
"""


KILLED_READING = """
import os, signal, sys
from tiermem import Memory
asked = []
def read(messages):
    asked.append(1)
    if len(asked) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return [{"attribute": "likes", "value": one.text.split()[-1], "message": one.sequence} for one in messages]
memory = Memory.open(sys.argv[1], extractor=read, extract_batch=5, counter=len)
memory.session("s", "anna").add([f"Give me thing{n}" for n in range(30)])
memory.settle()
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no kill -9 on this platform")
@pytest.mark.parametrize("where", ["file", "postgres"])
def test_after_a_kill_an_extractor_repeats_one_batch_at_most(
    where: str, request: pytest.FixtureRequest, file: Path
) -> None:
    target = str(file) if where == "file" else str(request.getfixturevalue("postgres_url"))
    assert run(KILLED_READING, target).returncode == -signal.SIGKILL
    read: list[int] = []

    def reader(messages: list[Message]) -> list[dict[str, object]]:
        new = [one for one in messages if one.sequence >= messages.first]  # type: ignore[attr-defined]
        read.extend(one.sequence for one in new)
        return [{"attribute": "likes", "value": one.text.split()[-1], "message": one.sequence} for one in new]

    with Memory.open(target, extractor=reader, extract_batch=5, counter=length) as memory:
        assert memory.session("s", "anna").settle(PATIENCE)
        assert read == list(range(16, 31))
        kept = memory.facts("anna").history()
        assert [one.attribute for one in kept] == [f"like thing{n}" for n in range(30)]
        assert all(proof.ok for proof in memory.verify().values())


@pytest.mark.skipif(os.name != "posix", reason="there is no kill -9 on this platform")
@pytest.mark.parametrize("where", ["file", "postgres"])
def test_after_a_kill_it_goes_on_where_it_was(where: str, request: pytest.FixtureRequest, file: Path) -> None:
    target = str(file) if where == "file" else str(request.getfixturevalue("postgres_url"))
    assert run(KILLED, target).returncode == -signal.SIGKILL
    embedder = Counting()
    with Memory.open(target, embedder=embedder, index_batch=5, counter=length) as memory:
        session = memory.session("s")
        came_to = embedded(session)
        assert came_to in {128, 256, 384}
        session.index()
        assert embedder.texts == [PROBE, *[f"text {n}" for n in range(came_to, 1_000)]]
        assert stored(memory) == 1_000
        assert near(session, "text 77").sequences.tolist() == list(range(1, 1_001))


@forks
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("where", ["file", "postgres"])
def test_a_fork_has_a_background_of_its_own(where: str, request: pytest.FixtureRequest, file: Path) -> None:
    target = str(file) if where == "file" else str(request.getfixturevalue("postgres_url"))
    with Memory.open(target, embedder=Counting(), index_batch=5, counter=length) as memory:
        session = memory.session("s")
        session.add(talk(300))
        assert memory._performer._follower.running
        child = os.fork()
        if child == 0:
            code = 1
            try:
                assert not memory._performer._follower.running
                session.add(talk(10, 301))
                until(lambda: embedded(session) == 310)
                assert memory._performer._follower.running
                code = 0
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)  # pytest's own has another process behind it
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        session.add(talk(10, 311))
        until(lambda: embedded(session) == 320)
        assert session.verify().ok


@forks
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_what_another_thread_was_at_is_begun_anew_in_the_child(file: Path) -> None:
    with Memory.open(file, embedder=Counting(), index_batch=5, counter=length) as memory:
        core, session = memory.wiring[0], memory.session("s")
        session.add(talk(10))
        memory.settle()
        for under_way in (core.managing, core.indexing, core.shelving, core.extracting):
            under_way.add(session.scope)
        child = os.fork()
        if child == 0:
            os._exit(0 if not (core.managing or core.indexing or core.shelving or core.extracting) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert core.managing


@forks
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_lock_that_another_thread_held_at_the_fork_is_free_in_the_child(file: Path) -> None:
    with Memory.open(file, embedder=Counting(), index_batch=5, counter=length) as memory:
        core = memory.wiring[0]
        held = [core.texts, core.bodies, core.embedded, core.indexes, core.vectors]
        for one in held:
            one._lock.__enter__()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                memory.session("s").add(talk(10))
                until(lambda: embedded(memory.session("s")) == 10)
                code = 0
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(code)
        for one in held:
            one._lock.__exit__()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
