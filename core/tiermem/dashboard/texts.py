"""The words of the screen in English and Chinese, and which of the two a reader wants.

Rule: words of ours only; what was said, and reasons that decisions give, are shown as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = {ENGLISH: "English", CHINESE: "中文"}


class Texts:
    """The words of one language, by name; an unknown name is a mistake of ours."""

    def __init__(self, code: str, words: Mapping[str, str]) -> None:
        self.code = code
        self._words = words

    def __getattr__(self, name: str) -> str:
        try:
            return self._words[name]
        except KeyError:
            raise AttributeError(name) from None

    def of(self, group: str, name: str) -> str:
        """The word for one of a group, like the kind of a decision; as it is where it has none."""
        return self._words.get(f"{group}_{name}", name)


def _read() -> dict[str, Texts]:
    table = files("tiermem.dashboard").joinpath("texts.txt").read_text("utf-8")
    rows = [line.split(" | ") for line in table.splitlines() if not line.startswith("#")]
    return {code: Texts(code, {row[0]: row[place] for row in rows}) for place, code in enumerate(LANGUAGES, 1)}


_BY_CODE = _read()


def texts(code: str) -> Texts:
    """The words of that language; English where there are none."""
    return _BY_CODE.get(code, _BY_CODE[ENGLISH])


def wanted(accepted: str) -> str:
    """The code of the language that comes first in a header Accept-Language, of those that there are."""
    ranked: list[tuple[float, str]] = []
    for part in accepted[:1_000].split(","):
        name, _, rest = part.strip().partition(";")
        weight = rest.strip().removeprefix("q=")
        code = name.strip().lower().partition("-")[0]
        if code in LANGUAGES:
            ranked.append((_weight(weight), code))
    return max(ranked, key=lambda one: one[0])[1] if ranked else ENGLISH


def _weight(told: str) -> float:
    try:
        return float(told) if told else 1.0
    except ValueError:
        return 0.0
