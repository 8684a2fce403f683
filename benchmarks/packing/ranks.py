"""Pack the two tiktoken vocabularies that tiermem carries, from the copies in llama-index-core.

    python benchmarks/packing/ranks.py [llama_index_core-*.whl]

Without a wheel, the installed llama-index-core is read. Nothing is downloaded. A source file counts only if its SHA-256
is the one that the installed tiktoken expects. The packed form is, in rank order, one length byte and the token's
bytes, compressed with xz; the printed SHA-256 values are those that `tiermem.providers.tokenizers` checks at load.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import lzma
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

TARGET = Path(__file__).resolve().parents[2] / "core" / "tiermem" / "providers" / "ranks"
CACHE = "llama_index/core/_static/tiktoken_cache"
ENCODINGS = ("o200k_base", "cl100k_base")


def source_of(encoding: str) -> tuple[str, str]:
    """The address and SHA-256 of *encoding* as the installed tiktoken states them; its loader is kept from running."""
    from tiktoken_ext import openai_public  # type: ignore[import-untyped]

    seen: list[tuple[str, str]] = []

    def note(address: str, expected_hash: str) -> dict[bytes, int]:
        seen.append((address, expected_hash))
        return {}

    with patch.object(openai_public, "load_tiktoken_bpe", note):
        openai_public.ENCODING_CONSTRUCTORS[encoding]()
    (stated,) = seen
    return stated


def reader(wheel: str | None) -> Callable[[str], bytes]:
    """Reads a file of llama-index-core's vocabulary folder, from a wheel or from the installed package."""
    if wheel is not None:
        return lambda name: zipfile.ZipFile(wheel).read(f"{CACHE}/{name}")
    package = importlib.util.find_spec("llama_index.core")
    if package is None or package.origin is None:
        raise SystemExit("llama-index-core is not installed; name its wheel")
    folder = Path(package.origin).parent.parent.parent / CACHE
    return lambda name: (folder / name).read_bytes()


def pack(listing: bytes) -> bytes:
    """A .tiktoken listing (base64 token, space, rank; one a line) as length bytes and tokens in rank order."""
    packed = bytearray()
    for expected, line in enumerate(listing.splitlines()):
        token, rank = line.split()
        if int(rank) != expected:
            raise SystemExit(f"rank {expected} is missing: the packed form has no place for gaps")
        piece = base64.b64decode(token)
        packed.append(len(piece))  # ValueError above 255; the longest token of both is 128 bytes
        packed += piece
    return bytes(packed)


def main() -> None:
    read = reader(sys.argv[1] if len(sys.argv) > 1 else None)
    for encoding in ENCODINGS:
        address, expected_hash = source_of(encoding)
        listing = read(hashlib.sha1(address.encode()).hexdigest())  # the file name that tiktoken's own cache uses
        if hashlib.sha256(listing).hexdigest() != expected_hash:
            raise SystemExit(f"{encoding}: not the file that tiktoken expects")
        packed = pack(listing)
        squeezed = lzma.compress(packed, preset=9 | lzma.PRESET_EXTREME)
        (TARGET / f"{encoding}.xz").write_bytes(squeezed)
        print(encoding, hashlib.sha256(packed).hexdigest(), f"{len(squeezed):,} of {len(listing):,} bytes")


if __name__ == "__main__":
    main()
