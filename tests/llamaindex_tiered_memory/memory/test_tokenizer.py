"""`token_limit` holds by LlamaIndex's own tokenizer, which counts wherever no other one was named."""

from __future__ import annotations

from collections.abc import Iterator

import llama_index.core
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_index.core import set_global_tokenizer
from llama_index.core.llms import ChatMessage
from llama_index.core.utils import get_tokenizer

from llamaindex_tiered_memory import TieredChatMemory, TieredMemoryBlock, counting
from tests.llamaindex_tiered_memory.helpers import user
from tiermem import Memory

CHINESE = "可能是热点key导致负载不均，建议做一次采样分析，再考虑分片。"
ENGLISH = "It may be a hot key that loads one shard; let us sample the keys first, then think of splitting. "


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = llama_index.core.global_tokenizer
    llama_index.core.global_tokenizer = None
    yield
    llama_index.core.global_tokenizer = before


def filled(memory: TieredChatMemory, text: str, turns: int = 40) -> TieredChatMemory:
    """*memory* after that many turns."""
    for number in range(turns):
        memory.put_messages(
            [user(f"{number}: {text * 3}"), ChatMessage(role="assistant", content=f"{number}, {text[:40]}")]
        )
    return memory


def size(messages: list[ChatMessage], tokenizer: object = None) -> int:
    """Tokens of *messages*, by LlamaIndex's tokenizer."""
    count = tokenizer or get_tokenizer()
    return sum(len(count(message.content or "")) for message in messages)  # type: ignore[operator]


@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
@pytest.mark.parametrize("limit", [300, 2_000, 8_000])
def test_the_limit_holds_by_the_tokenizer_of_llama_index(text: str, limit: int) -> None:
    """Chinese has half as many tokens more by that of GPT-3.5 than by ours."""
    memory = filled(TieredChatMemory(session_id="a", path=":memory:", token_limit=limit), text)
    shown = memory.get(input=text[:8])
    assert limit * 0.6 < size(shown) <= limit or size(memory.get_all()) <= limit
    assert memory.session.messages()[0].tokens >= len(get_tokenizer()(f"0: {text * 3}"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(alphabet="热点key负载均衡 the pool，。\n12", min_size=1, max_size=400), min_size=2, max_size=14),
    st.integers(60, 900),
)
def test_the_limit_holds_for_any_talk(texts: list[str], limit: int) -> None:
    """In Chinese, English and both."""
    memory = TieredChatMemory(session_id="a", path=":memory:", token_limit=limit)
    for text in texts:
        memory.put_messages([user(text), ChatMessage(role="assistant", content=text[::-1])])
    assert size(memory.get(input="key负载")) <= limit
    memory.session.memory.close()


def test_a_tokenizer_that_is_set_later_counts_from_then_on() -> None:
    """`set_global_tokenizer` may come after a memory was made at import."""
    memory = filled(TieredChatMemory(session_id="a", path=":memory:", token_limit=1_000), CHINESE)
    assert size(memory.get()) <= 1_000
    set_global_tokenizer(list)
    assert sum(len(message.content or "") for message in memory.get(input="热点")) <= 1_000
    filled(memory, CHINESE, 3)
    assert sum(len(message.content or "") for message in memory.get(input="热点")) <= 1_000


@pytest.mark.parametrize("how", ["tokenizer_fn", "counter"])
def test_a_tokenizer_of_the_callers_own_wins(how: str) -> None:
    """By either name."""
    set_global_tokenizer(list)
    memory = TieredChatMemory(session_id="a", path=":memory:", token_limit=600, **{how: str.split})  # type: ignore[misc]
    filled(memory, ENGLISH, 20)
    assert (
        sum(len((one.content or "").split()) for one in memory.get())
        <= 600
        < sum(len(one.content or "") for one in memory.get())
    )


def test_an_encoding_that_is_named_wins() -> None:
    """It is a tokenizer that was chosen, too."""
    set_global_tokenizer(list)
    named = TieredChatMemory(session_id="a", path=":memory:", token_limit=600, encoding="o200k_base")
    assert len(named.tokenizer_fn("热点 key")) == named.session.memory.counter("热点 key") < 6


def test_an_open_memory_keeps_its_counter_and_the_limit_is_by_llama_indexs() -> None:
    """What its opener chose for it wins; the default of the core is no choice."""
    with Memory.open(":memory:") as core:
        memory = filled(TieredChatMemory(session_id="a", memory=core, token_limit=1_000), CHINESE)
        assert size(memory.get(input="热点")) <= 1_000
    with Memory.open(":memory:", counter=list) as core:
        memory = filled(TieredChatMemory(session_id="a", memory=core, token_limit=1_000), CHINESE)
        assert size(memory.get(input="热点"), list) <= 1_000


async def test_a_block_keeps_its_limit_by_that_tokenizer() -> None:
    """As `Memory` around it counts; also where an open memory counts by another one."""
    for block in (
        TieredMemoryBlock(":memory:", max_tokens=250),
        TieredMemoryBlock(memory=Memory.open(":memory:"), max_tokens=250),
    ):
        await block.aput([user(f"{number}: {CHINESE * 3}") for number in range(30)], session_id="a")
        shown = await block.aget([user("热点key导致什么？")], session_id="a")
        assert 0 < size(shown) <= 250


def test_counting_costs_little() -> None:
    """A text is counted when it comes, and not again at each `get`."""
    counted: list[str] = []

    def tokenizer(text: str) -> list[str]:
        counted.append(text)
        return list(text)

    set_global_tokenizer(tokenizer)
    memory = filled(TieredChatMemory(session_id="a", path=":memory:", token_limit=20_000), CHINESE, 60)
    memory.get()
    counted.clear()
    for _ in range(5):
        memory.put(user("Nothing new."))
        memory.get()
    assert len(counted) <= 5 * 10


def test_without_a_tokenizer_ours_counts_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """LlamaIndex's may have to be downloaded, and is asked for once."""
    asked: list[int] = []

    def unreachable() -> None:
        asked.append(1)
        raise OSError("no network")

    monkeypatch.setattr(counting, "get_tokenizer", unreachable)
    monkeypatch.setattr(counting, "_unavailable", [])
    memory = filled(TieredChatMemory(session_id="a", path=":memory:", token_limit=500), CHINESE, 5)
    assert memory.get()
    assert asked == [1]
    assert [record.message for record in caplog.records].count(
        "LlamaIndex has no tokenizer (OSError: no network); o200k_base counts"
    ) == 1
