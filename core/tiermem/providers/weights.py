"""Weights of models that come with packages, checked once against the SHA-256 that they had when this was written: a
changed model would give other vectors under the same name."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from tiermem.errors import InvalidSettings


def check_weights(file: Path, known: str, extra: str) -> None:
    """Compare the SHA-256 of a *file* of weights, which the *extra* installs, with the one *known*.

    Raises:
        InvalidSettings: it is another file, or there is none.
    """
    if not file.is_file():
        raise InvalidSettings(f"{file.name} of the local embedder is missing; install {extra} again")
    digest = sha256()
    with file.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != known:
        raise InvalidSettings(
            f"{file.name} of the local embedder is not the one this version knows; its vectors differ"
        )
