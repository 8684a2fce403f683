"""Token counters: exact ones without a network, and the caller's own behind a check.

Rule 1: nothing here opens a connection. tiktoken's own `get_encoding` would download, so it is never called; the
vocabularies lie packed beside this file (`ranks/README.md` names their origin and licence).
Rule 2: a vocabulary is loaded once per process, at the first count, not at import.
Rule 3: if it cannot be loaded, the estimator counts, `name` says "estimate" and a warning is logged.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sized
from importlib import resources
from numbers import Integral
from typing import Any, NamedTuple, TypeAlias

from tiermem.errors import InvalidSettings, TokenCounterError, brief_repr
from tiermem.index.cache import Recent
from tiermem.text.clipping import Count
from tiermem.tokens.estimate import estimate

GivenCount: TypeAlias = Callable[[str], "int | Sized"]

SLICE = 32_768
"""Characters that tiktoken sees at once: 1,000,000 blanks overflow the stack of its pattern engine, which ends in a
panic, and its speed falls to a quarter on one long run of letters. At this size neither happens."""
REMEMBERED = 4_096  # messages whose count a counter knows, where it shall
_LOOK_BACK = 4_096  # how far before the end of a slice an exact place to cut is looked for

_log = logging.getLogger("tiermem.tokenizers")


class _Vocabulary(NamedTuple):
    """What defines an encoding besides its ranks. `sha256` is that of the unpacked ranks."""

    sha256: str
    pattern: str


_CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_UPPER, _LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_VOCABULARIES = {  # the patterns belong to the encodings' definitions; the tests compare them with tiktoken's
    "o200k_base": _Vocabulary(
        sha256="bac143fe7fe950090c6e4ed9a2f80de5412a92495758b52becbbe5a7eea25ecb",
        pattern="|".join(
            (
                rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+{_CONTRACTION}",
                rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*{_CONTRACTION}",
                r"\p{N}{1,3}",
                r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
                r"\s*[\r\n]+",
                r"\s+(?!\S)",
                r"\s+",
            )
        ),
    ),
    "cl100k_base": _Vocabulary(
        sha256="6bfd43f7b31b50b645b3228413547e662af1ae4801e9b192b9791680a71d650c",
        pattern="|".join(
            (
                "'(?i:[sdmt]|ll|ve|re)",
                r"[^\r\n\p{L}\p{N}]?+\p{L}++",
                r"\p{N}{1,3}+",
                r" ?[^\s\p{L}\p{N}]++[\r\n]*+",
                r"\s++$",
                r"\s*[\r\n]",
                r"\s+(?!\S)",
                r"\s",
            )
        ),
    ),
}

# Both patterns always split here, whatever stands further left or right: before a blank that follows something
# visible, and after a letter or digit that is followed by white space or by one of these marks (not an apostrophe,
# which may begin a contraction).
_EXACT_CUT = re.compile(
    r"(?<=\S)(?=[ \t])|(?<=[^\W_])(?=[\s\"#$%&()*+,\-./:;<=>?@\[\\\]^`{|}~，。、！？；：（）《》…])"
)


class Counter:
    """Counts the tokens of a text.

    Args:
        encoding: "o200k_base" or "cl100k_base"; unused when *given* is there.
        given: the caller's own counter: a function from text to a number, or to a sized list of tokens.
        remembering: know what the messages cost that were counted last (`tokens.counting.message_tokens`): for one that
            counts the same window again and again, and is not the memory's, whose counts are stored.

    Raises:
        InvalidSettings: there is no such encoding.
    """

    def __init__(
        self, encoding: str = "o200k_base", given: GivenCount | None = None, *, remembering: bool = False
    ) -> None:
        if encoding not in _VOCABULARIES:
            raise InvalidSettings(f"unknown encoding {brief_repr(encoding)}; there are {', '.join(_VOCABULARIES)}")
        self._encoding = encoding
        self._given = given
        self.by_message: Recent[tuple[Any, int]] | None = Recent(REMEMBERED) if remembering else None

    @property
    def given(self) -> GivenCount | None:
        """The caller's own function; None where an encoding counts."""
        return self._given

    @property
    def name(self) -> str:
        """Who counts: the encoding, "estimate" where it cannot be loaded, or the caller's function. May load."""
        if self._given is None:
            return _loaded(self._encoding).name
        return getattr(self._given, "__qualname__", type(self._given).__qualname__)

    @property
    def adds_up_to(self) -> int:
        """Characters up to which the tokens of a text are those of its lines, each with its line end, added up; 0 where
        nobody can say so. No line may begin with white space or "/", which may be one token with the line end before
        it. May load.

        Both patterns part a text behind the last of several line ends, and nowhere between white space and that.
        """
        return SLICE if self._given is None and _loaded(self._encoding).name == self._encoding else 0

    def __call__(self, text: str) -> int:
        """Tokens of *text*. Special tokens such as ``<|endoftext|>`` are ordinary text; lone surrogates count.

        With a vocabulary the count is exact up to `SLICE` characters, and beyond wherever the text has a blank or a
        mark every 4,096 characters. A run without any is cut blindly: measured, such a
        cut is off by -2 to +2 tokens, on average 0 to 0.4 above the truth.

        Raises:
            TokenCounterError: the caller's counter raised, or returned no count.
        """
        if self._given is None:
            return _loaded(self._encoding).count(text)
        return _checked(self._given, text)

    def __repr__(self) -> str:
        return f"Counter({self._encoding!r})" if self._given is None else f"Counter(given={self.name})"


def encoding_counter(name: str) -> Counter:
    """The exact counter of encoding *name*: "o200k_base" (GPT-4o and later) or "cl100k_base" (GPT-3.5, GPT-4).

    Raises:
        InvalidSettings: there is no such encoding.
    """
    return Counter(name)


def as_counter(given: GivenCount | None, encoding: str = "o200k_base") -> Counter:
    """The caller's counter behind a check, or that of *encoding* where none was given.

    Raises:
        InvalidSettings: *given* cannot be called, or there is no such encoding.
    """
    if isinstance(given, Counter):
        return given
    if given is not None and not callable(given):
        raise InvalidSettings(f"a counter must be a function of a text, not {type(given).__name__}")
    return Counter(encoding, given)


def _checked(given: GivenCount, text: str) -> int:
    try:
        result = given(text)
        size = result if isinstance(result, Integral) else _length(result)
    except TokenCounterError:
        raise
    except Exception as error:  # the caller's code may raise anything; it is raised again under our name
        raise TokenCounterError(f"the token counter raised {type(error).__name__}") from error
    if isinstance(size, bool) or size < 0:
        raise TokenCounterError(f"the token counter returned {brief_repr(size)}, which is no count")
    return int(size)


def _length(result: object) -> int:
    """Tokens in a list of tokens. A mapping's length is no count: Hugging Face tokenizers return two or three keys."""
    if isinstance(result, Sized) and not isinstance(result, (str, bytes, Mapping)):
        return len(result)
    raise TokenCounterError(f"the token counter returned {type(result).__name__}; a number or a list is needed")


class _Loaded(NamedTuple):
    name: str
    count: Count


_cache: dict[str, _Loaded] = {}
_lock = threading.Lock()


def _loaded(encoding: str) -> _Loaded:
    loaded = _cache.get(encoding)
    if loaded is None:
        with _lock:
            loaded = _cache.get(encoding)
            if loaded is None:
                loaded = _cache[encoding] = _load(encoding)
    return loaded


def _load(encoding: str) -> _Loaded:
    try:
        return _Loaded(encoding, _exact(encoding))
    except (ImportError, OSError, EOFError, ValueError) as error:
        _log.warning("%s cannot be loaded (%s); tokens are estimated", encoding, type(error).__name__)
        return _Loaded("estimate", estimate)


def _exact(encoding: str) -> Count:
    from tiktoken import Encoding

    # Without special tokens: `encode_ordinary` never looks at them.
    built = Encoding(
        encoding, pat_str=_VOCABULARIES[encoding].pattern, mergeable_ranks=_ranks(encoding), special_tokens={}
    )
    return lambda text: sum(len(built.encode_ordinary(piece)) for piece in slices(text))


def _ranks(encoding: str) -> dict[bytes, int]:
    """Token bytes to rank, from the packed file.

    Raises:
        ImportError, OSError, EOFError, ValueError: this Python has no xz, the file is missing or damaged.
    """
    import lzma

    packed = (resources.files(__package__) / "ranks" / f"{encoding}.xz").read_bytes()
    try:
        tokens = lzma.decompress(packed)
    except lzma.LZMAError as error:
        raise ValueError(f"{encoding}: the packed ranks are damaged") from error
    if hashlib.sha256(tokens).hexdigest() != _VOCABULARIES[encoding].sha256:
        raise ValueError(f"{encoding}: the packed ranks have another SHA-256")
    return {token: rank for rank, token in enumerate(_unpacked(tokens))}


def _unpacked(tokens: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(tokens):
        end = place + 1 + tokens[place]
        yield tokens[place + 1 : end]
        place = end


def slices(text: str, size: int = SLICE) -> Iterator[str]:
    """*text* in pieces of at most *size* characters, cut where the count stays exact if there is such a place."""
    start = 0
    while len(text) - start > size:
        end = start + size
        places = _EXACT_CUT.finditer(text, max(start + 1, end - _LOOK_BACK), end)
        cut = max((match.start() for match in places), default=end)
        yield text[start:cut]
        start = cut
    yield text[start:]
