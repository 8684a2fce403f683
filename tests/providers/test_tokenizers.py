"""Exact counting without a network, and the caller's counter behind its check."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import pickle
import socket
import subprocess
import sys
import threading
from pathlib import Path
from unittest.mock import patch

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public

from tests.properties.thinned import share
from tiermem.errors import InvalidSettings, TokenCounterError
from tiermem.providers import tokenizers
from tiermem.providers.tokenizers import SLICE, Counter, as_counter, encoding_counter, slices

ENCODINGS = ("o200k_base", "cl100k_base")
TEXTS = [
    "",
    "Hello, world!",
    "I'll say it's DON'T'RE  'S",
    "用户喜欢喝咖啡，昨天去了上海。",
    "def f(x):\n\treturn {'a': [1, 22, 333, 4444]}  \n\n\n",
    '{"id":"3f9a0c","score":0.125,"tags":["a","b"]}',
    "😀👨\u200d👩\u200d👧 e\u0301 ∑ \u3000\xa0 \r\n \t ",
    "<|endoftext|><|fim_prefix|><|endofprompt|>",
    "\x00\x1c\x7f",
    " " * 1000 + "x",
]


def from_llama_index(address: str, expected_hash: str | None = None) -> dict[bytes, int]:
    import llama_index.core

    folder = Path(llama_index.core.__file__).parent / "_static" / "tiktoken_cache"
    listing = (folder / hashlib.sha1(address.encode()).hexdigest()).read_bytes()
    assert hashlib.sha256(listing).hexdigest() == expected_hash
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in listing.splitlines())}


@pytest.fixture(scope="module")
def reference() -> dict[str, tiktoken.Encoding]:
    with patch.object(openai_public, "load_tiktoken_bpe", from_llama_index):
        return {name: tiktoken.Encoding(**openai_public.ENCODING_CONSTRUCTORS[name]()) for name in ENCODINGS}


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizers, "_cache", {})


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("text", TEXTS)
def test_counts_equal_tiktokens_own(name, text, reference):
    assert encoding_counter(name)(text) == len(reference[name].encode_ordinary(text))


@pytest.mark.parametrize("name", ENCODINGS)
@settings(max_examples=share(300), deadline=None)
@given(text=st.text(st.characters() | st.sampled_from(" \n\t'sSaA1.,你é\u0301ſ")))
def test_counts_equal_tiktokens_own_for_any_text_lone_surrogates_included(name, text, reference):
    assert encoding_counter(name)(text) == len(reference[name].encode_ordinary(text))


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_vocabulary_is_the_published_one_byte_for_byte(name):
    ranks = tokenizers._ranks(name)
    listing = b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items())
    stated = []

    def note(_address: str, expected_hash: str) -> dict[bytes, int]:
        stated.append(expected_hash)
        return {}

    with patch.object(openai_public, "load_tiktoken_bpe", note):
        openai_public.ENCODING_CONSTRUCTORS[name]()
    assert [hashlib.sha256(listing).hexdigest()] == stated


def test_special_tokens_are_ordinary_text():
    assert encoding_counter("o200k_base")("<|endoftext|>") > 1


@settings(max_examples=share(300), deadline=None)
@given(
    words=st.lists(
        st.text(st.sampled_from("aBé你，。 '\"\n\r\t1½.,(/\u0301\x1c😀-_"), min_size=1, max_size=12), min_size=20
    ),
    size=st.integers(8, 40),
)
@pytest.mark.parametrize("name", ENCODINGS)
def test_a_slice_that_ends_at_an_exact_place_costs_nothing(name, words, size, reference):
    text = " ".join(words)
    pieces = list(slices(text, size))
    places = {match.start() for match in tokenizers._EXACT_CUT.finditer(text)}
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= size
    cuts, place = [], 0
    for piece in pieces[:-1]:
        place += len(piece)
        cuts.append(place)
    exact = [0, *(cut for cut in cuts if cut in places), len(text)]
    count = reference[name].encode_ordinary
    assert sum(len(count(text[a:b])) for a, b in itertools.pairwise(exact)) == len(count(text))


@pytest.mark.parametrize("name", ENCODINGS)
def test_long_texts_with_blanks_are_counted_exactly(name, reference):
    text = ("He said: “it's 12:30, isn't it?”\n\n\t用户说，好的。 foo_bar(x=1)\r\n" * 3000)[: 4 * SLICE + 17]
    assert len(list(slices(text))) > 4
    assert encoding_counter(name)(text) == len(reference[name].encode_ordinary(text))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("unit", ["a", "A", "中", " ", "\n", " \t", "!", "=", "😀", "e\u0301", "\ud800", "qzx"])
def test_long_runs_are_counted_in_time_and_nearly_exactly(name, unit, reference):
    text = (unit * 400_000)[:400_000]
    with_slices = encoding_counter(name)(text)
    cuts = len(text) // SLICE
    # The whole at once up to a size that tiktoken's pattern survives; a run's cost is proportional to its length.
    part = reference[name].encode_ordinary(text[:100_000])
    assert 4 * len(part) - 4 * (cuts + 4) <= with_slices <= 4 * len(part) + 4 * (cuts + 4)


def test_a_million_blanks_do_not_overflow_tiktokens_stack():
    assert encoding_counter("o200k_base")(" " * 1_000_000 + "x") > 1_000


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("name", ENCODINGS)
def test_no_connection_is_opened(name, monkeypatch):
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(tiktoken, "get_encoding", refuse)
    counter = encoding_counter(name)
    assert (counter("Hello, world!"), counter.name) == (4, name)


def test_import_loads_no_tiktoken_until_the_first_count():
    code = (
        "import sys; from tiermem.providers.tokenizers import as_counter; count = as_counter(None); "
        "before = 'tiktoken' in sys.modules; count('x'); print(before, 'tiktoken' in sys.modules)"
    )
    assert run(code) == "False True"


@pytest.mark.usefixtures("fresh")
def test_threads_load_a_vocabulary_once(monkeypatch):
    loads = []
    ranks = tokenizers._ranks
    monkeypatch.setattr(tokenizers, "_ranks", lambda name: loads.append(name) or ranks(name))
    counter = encoding_counter("cl100k_base")
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(counter("one two"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (results, loads) == ([2] * 8, ["cl100k_base"])


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("missing", ["tiktoken", "lzma"])
def test_without_its_libraries_the_estimator_counts_and_says_so(missing, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, missing, None)
    counter = as_counter(None, "o200k_base")
    assert counter("Hello, world, this is a sentence.") >= 8
    assert counter.name == "estimate"
    assert "o200k_base cannot be loaded" in caplog.text


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "other", "noise"])
def test_a_damaged_vocabulary_is_never_used(damage, monkeypatch, tmp_path):
    packed = (Path(tokenizers.__file__).parent / "ranks" / "cl100k_base.xz").read_bytes()
    (tmp_path / "ranks").mkdir()
    if damage == "other":  # a sound xz file with other content
        import lzma

        packed = lzma.compress(lzma.decompress(packed)[:-1] + b"!")
    content = {"empty": b"", "cut": packed[:-5000], "other": packed, "noise": b"\xfd7zXZ\x00" + b"\x01" * 100}
    if damage != "gone":
        (tmp_path / "ranks" / "cl100k_base.xz").write_bytes(content[damage])
    monkeypatch.setattr(tokenizers.resources, "files", lambda _package: tmp_path)
    assert encoding_counter("cl100k_base").name == "estimate"


def test_unknown_encodings_and_counters_that_cannot_be_called_are_refused():
    with pytest.raises(InvalidSettings, match="gpt2"):
        encoding_counter("gpt2")
    with pytest.raises(InvalidSettings, match="int"):
        as_counter(5)  # type: ignore[arg-type]


def words(text: str) -> int:
    return len(text.split())


def test_a_given_counter_counts_and_gives_its_name():
    counter = as_counter(words, "cl100k_base")
    assert (counter("one two three"), counter.name) == (3, "words")
    assert as_counter(str.split)("one two three") == 3
    assert as_counter(counter) is counter


def test_counters_with_integers_of_other_types_are_taken():
    import numpy as np

    result = as_counter(lambda text: np.int64(len(text)))("abc")
    assert (result, type(result)) == (3, int)
    assert as_counter(lambda text: np.zeros(len(text)))("abc") == 3


@pytest.mark.parametrize(
    "result",
    [-1, 2.5, float("nan"), None, True, False, "12", b"12", {"input_ids": [1, 2, 3]}, object()],
    ids=lambda result: type(result).__name__,
)
def test_what_is_no_count_is_refused(result):
    with pytest.raises(TokenCounterError):
        as_counter(lambda _text: result)("text")


def test_a_counter_that_raises_is_named_without_the_text():
    def broken(text: str) -> int:
        raise RuntimeError(text)

    with pytest.raises(TokenCounterError, match="RuntimeError") as caught:
        as_counter(broken)("secret")
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("counter", [Counter("o200k_base"), Counter(given=words)], ids=repr)
def test_counters_survive_copies_and_pickles(counter):
    for twin in (copy.deepcopy(counter), pickle.loads(pickle.dumps(counter))):
        assert (twin("one two"), twin.name) == (2, counter.name)
