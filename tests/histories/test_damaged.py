"""Files in which something is missing, doubled or of another kind: refused in words or read, and what is read comes in
once."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.histories.shapes import FILES
from tests.properties.thinned import share
from tiermem import Memory
from tiermem.histories import reading
from tiermem.histories.bringing import bring
from tiermem.histories.parts.contents import ReadOptions

ODD: list[Any] = [None, 0, -1, 1.5, True, "", [], {}, "x", [None], {"a": None}, [[]], 10**30, "2024-13-99", ["x"]]
JSON = sorted(path for path in FILES.iterdir() if path.suffix in {".json", ".jsonl", ".af"})
EVERY = sorted(FILES.iterdir())
TRIES = share(25)  # of each file


def changed(value: Any, chance: random.Random) -> Any:
    """*value* with one thing in it missing, doubled, or replaced by something odd."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.2:
        return chance.choice(ODD)
    place = chance.choice([*value]) if isinstance(value, dict) else chance.randrange(len(value))
    copied: Any = value.copy()
    how = chance.random()
    if how < 0.2:
        del copied[place]
    elif how < 0.35 and isinstance(copied, list):
        copied.append(copied[place])
    else:
        copied[place] = changed(copied[place], chance)
    return copied


def damaged(path: Path, chance: random.Random) -> str:
    text = path.read_text("utf-8")
    if path.suffix == ".jsonl":
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        return "\n".join(json.dumps(changed(line, chance)) for line in lines)
    if path in JSON:
        return json.dumps(changed(json.loads(text), chance))
    place = chance.randrange(len(text))
    return text[:place] + chance.choice(["", "\x00", "\n\n", ": ", "[", "-->"]) + text[place + chance.randrange(5) :]


@pytest.mark.parametrize("path", EVERY, ids=[path.name for path in EVERY])
def test_whatever_a_file_holds_it_is_read_or_refused_and_comes_in_once(path: Path, tmp_path: Path) -> None:
    chance, file = random.Random(path.name), tmp_path / path.name
    with Memory.open(":memory:", enable_context_management=False) as memory:
        for number in range(TRIES):
            file.write_text(damaged(path, chance), encoding="utf-8")
            (found,) = reading.read(file, ReadOptions("day-first"))
            assert not (found.refused and found.conversations)
            for conversation in found.conversations if number % 5 == 0 else ():
                first = bring(memory, conversation, f"user {number}")
                again = bring(memory, conversation, f"user {number}")
                assert (again.added, again.session, again.forks) == (0, first.session, first.forks)
        assert all(proof.ok for proof in memory.verify().values())
