from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiermem.errors import EmbeddingMismatch, InvalidSettings
from tiermem.providers.embedders import Embedder, HashEmbedder, as_embedder
from tiermem.text.analyzer import RULES, analyser

HOSTILE = st.text(st.one_of(st.characters(), st.characters(categories=["Cs"])), max_size=80)


def likeness(one: str, other: str) -> float:
    embedder = HashEmbedder()
    return float(embedder.embed_query(one) @ embedder.embed_query(other))


@given(st.lists(HOSTILE, max_size=5), st.sampled_from([1, 7, 512]))
def test_vectors_have_length_one_or_zero(texts: list[str], dimensions: int) -> None:
    vectors = HashEmbedder(dimensions).embed(texts)
    assert vectors.shape == (len(texts), dimensions)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert all(length == 0 or length == pytest.approx(1, abs=1e-5) for length in lengths)


def test_a_text_without_words_gives_the_zero_vector() -> None:
    assert not HashEmbedder().embed(["", "😀 \ud800", "the of"]).any()


def test_vectors_are_the_same_in_every_process_and_release() -> None:
    # Stored vectors of this name must stay comparable; whoever changes them changes the name.
    vector = HashEmbedder(8).embed_query("用Redis缓存session_id")
    assert HashEmbedder(8).name == f"tiermem-hash-1/{analyser()}/8"
    assert RULES == "tiermem-words-23"
    wanted = [0.289, 0, 0.289, 0.577, 0.289, 0, 0.289, 0.577]
    np.testing.assert_allclose(vector, wanted, atol=5e-4)


@pytest.mark.parametrize(
    ("query", "right", "wrong"),
    [
        ("deployment", "the deployments went well", "the weather was fine"),
        ("deploymnet", "a deployment", "an employee"),
        ("喝什么拿铁", "我早上喝了一杯拿铁", "数据库连接池的配置"),
        ("學園", "我們在科學園區工作", "今天天氣很好"),
        ("session id in Redis", "用Redis缓存session_id", "用数据库保存日志"),
        ("PostgreSQL", "we run postgres", "we run on Sundays"),
    ],
)
def test_the_right_text_is_nearer(query: str, right: str, wrong: str) -> None:
    assert likeness(query, right) > 0.1 + likeness(query, wrong)


def test_endings_hardly_matter() -> None:
    assert likeness("deployment", "deployments") > 0.8
    assert likeness("station", "nation") < 0.5


@pytest.mark.parametrize("dimensions", [0, -1, True, 2.5, 10**6])
def test_impossible_dimensions_are_refused(dimensions: Any) -> None:
    with pytest.raises(InvalidSettings):
        HashEmbedder(dimensions)


class LangChainLike:
    model = "small-1"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(len(text)), 1.0] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [-1.0, float(len(text))]


class LlamaIndexLike:
    model_name = "large-2"

    def get_text_embedding_batch(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, 2.0, 3.0] for _ in texts]

    def get_query_embedding(self, query: str) -> list[float]:
        return [3.0, 2.0, 1.0]


def by_length(texts: list[str]) -> list[list[float]]:
    return [[len(text), 1] for text in texts]


def test_nothing_means_the_built_in_embedder_and_ours_stay_themselves() -> None:
    assert isinstance(as_embedder(), HashEmbedder)
    ours = HashEmbedder(16)
    assert as_embedder(ours) is ours
    adapted = as_embedder(by_length)
    assert as_embedder(adapted) is adapted
    assert isinstance(ours, Embedder)
    assert isinstance(adapted, Embedder)


@pytest.mark.parametrize(
    ("given_", "name", "many", "one"),
    [
        (LangChainLike(), f"{__name__}.LangChainLike:small-1", [[2, 1], [1, 1]], [-1, 2]),
        (LlamaIndexLike(), f"{__name__}.LlamaIndexLike:large-2", [[1, 2, 3], [1, 2, 3]], [3, 2, 1]),
        (by_length, f"{__name__}.by_length", [[2, 1], [1, 1]], [2, 1]),
        (partial(by_length), f"{__name__}.by_length", [[2, 1], [1, 1]], [2, 1]),
        (lambda texts: np.ones((len(texts), 4)), f"{__name__}.<lambda>", np.ones((2, 4)), np.ones(4)),
        (lambda texts: (tuple(row) for row in by_length(texts)), f"{__name__}.<lambda>", [[2, 1], [1, 1]], [2, 1]),
    ],
)
def test_foreign_embedders_are_known_by_their_methods(given_: Any, name: str, many: Any, one: Any) -> None:
    embedder = as_embedder(given_)
    assert embedder.name == name
    assert embedder.dimensions is None
    np.testing.assert_array_equal(embedder.embed(["ab", "c"]), np.array(many, dtype=np.float32))
    np.testing.assert_array_equal(embedder.embed_query("ab"), np.array(one, dtype=np.float32))
    assert embedder.dimensions == len(one)


def test_real_framework_embedders_are_accepted() -> None:
    langchain = pytest.importorskip("langchain_core.embeddings")
    llama = pytest.importorskip("llama_index.core.embeddings")
    fake = as_embedder(langchain.DeterministicFakeEmbedding(size=6))
    assert fake.embed(["a", "b"]).shape == (2, 6)
    assert "DeterministicFakeEmbedding" in fake.name
    mock = as_embedder(llama.MockEmbedding(embed_dim=5))
    assert mock.embed(["a", "b"]).shape == (2, 5)
    assert mock.embed_query("a").shape == (5,)


def test_an_embedder_of_the_protocol_is_checked_too() -> None:
    class Own:
        name = "own"
        dimensions = 2

        def embed(self, texts: Any) -> Any:
            return [[0.0, 1.0]]

        def embed_query(self, text: str) -> Any:
            return [0.0, 1.0]

    embedder = as_embedder(Own())
    assert embedder.name == "own"
    with pytest.raises(EmbeddingMismatch, match="1 vectors for 2 texts"):
        embedder.embed(["a", "b"])


async def coroutine(texts: list[str]) -> list[list[float]]:
    return [[1.0] for _ in texts]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda texts: [],
        lambda texts: [[1.0]] * (len(texts) + 1),
        lambda texts: [[1.0], [1.0, 2.0]],
        lambda texts: [[], []],
        lambda texts: [[1.0], [float("nan")]],
        lambda texts: [[1.0], [float("inf")]],
        lambda texts: [[1.0], [1e300]],
        lambda texts: [[1.0], [10**400]],
        lambda texts: [["one"], ["two"]],
        lambda texts: [[None], [None]],
        lambda texts: [1.0, 2.0],
        lambda texts: [[[1.0]], [[1.0]]],
        lambda texts: None,
        lambda texts: 3,
        lambda texts: "ab",
        coroutine,
    ],
)
@pytest.mark.filterwarnings("error")
def test_wrong_answers_are_refused(wrong: Any) -> None:
    with pytest.raises(EmbeddingMismatch):
        as_embedder(wrong).embed(["secret a", "secret b"])


def test_a_length_that_changes_between_calls_is_refused() -> None:
    embedder = as_embedder(lambda texts: [[1.0] * len(texts)] * len(texts))
    embedder.embed(["a", "b"])
    with pytest.raises(EmbeddingMismatch, match=r"\[2, 3\]"):
        embedder.embed(["a", "b", "c"])
    assert embedder.dimensions == 2


def test_no_text_means_no_call() -> None:
    def never(texts: list[str]) -> list[list[float]]:
        raise AssertionError

    assert as_embedder(never).embed([]).shape == (0, 0)


def test_errors_of_the_embedder_pass_through() -> None:
    def broken(texts: list[str]) -> list[list[float]]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        as_embedder(broken).embed(["a"])


@pytest.mark.parametrize("wrong", ["text", 3, object(), HashEmbedder, [1.0]])
def test_other_things_are_no_embedders(wrong: Any) -> None:
    with pytest.raises(InvalidSettings):
        as_embedder(wrong)


@given(st.permutations(["喝什么拿铁", "deploy", "", "session_id"]))
@settings(max_examples=24)
def test_a_vector_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    together = HashEmbedder().embed(texts)
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_array_equal(row, HashEmbedder().embed_query(text))
