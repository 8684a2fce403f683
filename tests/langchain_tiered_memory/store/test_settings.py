"""TieredMemoryStore's configuration: times to live, sweeping, pickles, and what it refuses."""

import copy
import pickle
from pathlib import Path

import pytest

from langchain_tiered_memory import TieredMemoryStore
from tests.langchain_tiered_memory.store.store_fakes import letters
from tests.waiting import PATIENCE, until
from tiermem import Memory
from tiermem.errors import InvalidNamespace, InvalidSettings
from tiermem.testing import StoppedClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


# --- times to live


def test_ttl_is_langgraphs_configuration(tmp_path: Path) -> None:
    clock = StoppedClock()
    store = TieredMemoryStore(
        memory=Memory.open(tmp_path / "a.db", clock=clock), ttl={"default_ttl": 1, "refresh_on_read": False}
    )
    assert store.supports_ttl
    store.put(("n",), "default", {})
    store.put(("n",), "longer", {}, ttl=3)
    store.put(("n",), "never", {}, ttl=None)
    clock.tick(40)
    assert store.get(("n",), "default") is not None
    assert store.get(("n",), "longer", refresh_ttl=True) is not None
    clock.tick(40)
    assert [one.key for one in store.search(())] == ["longer", "never"]
    assert store.sweep_ttl() == 1
    clock.tick(160)
    assert [one.key for one in store.search(())] == ["never"]
    store.memory.close()


def test_the_sweeper_removes_what_has_expired_until_it_is_stopped(path: Path) -> None:
    clock = StoppedClock()
    memory = Memory.open(path, clock=clock)
    with TieredMemoryStore(memory=memory, ttl={"sweep_interval_minutes": 1}) as store:
        store.put(("n",), "k", {}, ttl=1)
        clock.tick(61)
        done = store.start_ttl_sweeper(0.0005)
        assert store.start_ttl_sweeper() is done
        until(lambda: rows(memory) == 0)
        assert not done.done()
        assert store.stop_ttl_sweeper(PATIENCE)
        assert done.done()
        again = store.start_ttl_sweeper()
    assert again.done()
    assert store.stop_ttl_sweeper()
    memory.close()


def rows(memory: Memory) -> int:
    import sqlalchemy as sa

    from tiermem.storage.tables.items import item

    count = sa.select(sa.func.count()).select_from(item)
    return int(memory._performer._database.read(lambda connection: connection.execute(count).scalar_one()))


# --- as a value


def test_a_pickled_store_opens_the_same_items(path: Path) -> None:
    store = TieredMemoryStore(path, namespace=("firm", "anna"), index=letters(), ttl={"default_ttl": 5})
    store.put(("n",), "k", {"text": "abc"})
    size = len(pickle.dumps(store))
    again = pickle.loads(pickle.dumps(store))
    assert size < 2_000
    assert again.search((), query="abc") == store.search((), query="abc")
    assert (again.ttl_config, again.namespace) == (store.ttl_config, store.namespace)
    for other in (copy.copy(store), copy.deepcopy(store)):
        assert other.memory is store.memory
        assert other.get(("n",), "k") == store.get(("n",), "k")
    with Memory.open(":memory:") as memory, pytest.raises(TypeError, match="path="):
        pickle.dumps(TieredMemoryStore(memory=memory))


def test_arguments_that_contradict_each_other_are_refused(path: Path) -> None:
    with Memory.open(":memory:") as memory:
        for wrong in ({"memory": memory, "path": path}, {"memory": memory, "durability": "full"}, {"colour": 1}):
            with pytest.raises(InvalidSettings):
                TieredMemoryStore(**wrong)
        with pytest.raises(InvalidSettings):
            TieredMemoryStore(memory=memory, ttl={"minutes": 5})  # type: ignore[arg-type]
        with pytest.raises(InvalidNamespace):
            TieredMemoryStore(memory=memory, namespace="")
    assert not path.exists()
