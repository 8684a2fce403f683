"""What a language model is sent and what it gives, as values that no framework knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from tiermem.text.clipping import shorten

_SHOWN_AGAIN = 6_000  # characters of an unusable answer that the model is shown when it is asked to mend it
_MEND: Mapping[bool, str] = {
    False: "This answer cannot be used: {reason}. {form}",
    True: "这个回答无法使用：{reason}。{form}",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a prompt: `role` is "system", "user" or "assistant"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model: the turns to send, and whether structured output is wanted.

    `schema` is what to ask for then; without structured output the last turn says the form of the answer.
    """

    turns: tuple[Turn, ...]
    structured: bool
    schema: type[BaseModel]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model gave: a structured value, or text, or both, and the tokens that it counted, where it says so."""

    value: Any = None
    text: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None


class Prompt(Protocol):
    """What is asked, in either way."""

    def turns(self, *, as_json: bool) -> tuple[Turn, ...]:
        """The messages of the prompt; *as_json* says the form of the answer, which a schema says otherwise."""
        ...

    def mending(self, answer: str, reason: str) -> tuple[Turn, ...]:
        """The prompt again, with an *answer* that could not be used, for *reason*."""
        ...


def mended(asked: tuple[Turn, ...], answer: str, reason: str, form: str, *, chinese: bool) -> tuple[Turn, ...]:
    """The turns *asked*, with an *answer* that could not be used for *reason*, and the *form* that it must have."""
    wrong = Turn("assistant", shorten(answer.strip(), _SHOWN_AGAIN))
    mend = _MEND[chinese].format(reason=reason, form=form)
    if not wrong.text:  # providers refuse an empty turn, and two turns of one role
        return *asked[:-1], Turn("user", f"{asked[-1].text}\n\n{mend}")
    return *asked, wrong, Turn("user", mend)
