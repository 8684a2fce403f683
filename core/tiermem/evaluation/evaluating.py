"""The evaluation itself: own questions at budgets, others' questions, and the conversation talked again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from tiermem.errors import InvalidMessage, InvalidSettings, brief_repr
from tiermem.evaluation.asking import (
    BlockMemory,
    FedMemory,
    TimelyMemory,
    UserContextMemory,
    UserMemory,
    asked,
)
from tiermem.evaluation.counting import Scored, tokens
from tiermem.evaluation.generating import generated
from tiermem.evaluation.reading import together
from tiermem.evaluation.replaying import MOST_TURNS, Replayed, replayed
from tiermem.evaluation.results import CONTEXT, RECALL, Evaluation, Silence
from tiermem.evaluation.talks import Probe, ProbedTalk, strangers
from tiermem.text.analyzer import han_share

BUDGETS: Final = (256, 512, 1024, 2048)
QUIET: Final = 1_024  # tokens that a question may recall to which nothing is an answer
STRANGERS: Final = 20  # such questions a conversation
SEEN: Final = 200  # messages, and characters of each, by which its language is known
BUILT_IN: Final = "that were made up"
GIVEN: Final = "of the other file"
BESIDE: Final = "of the other conversations"


def evaluate(
    talks: Sequence[ProbedTalk],
    *,
    budgets: Sequence[int] = BUDGETS,
    ways: Sequence[str] = (RECALL, CONTEXT),
    others: Sequence[ProbedTalk] = (),
    foreign: int = STRANGERS,
    one_user: bool = False,
    window: int | None = None,
    turns: int = MOST_TURNS,
    embedder: Any = None,
    **options: Any,
) -> Evaluation:
    """Ask *talks* their questions, or questions made of them where they have none, and talk them again.

    Args:
        talks: as `reading.talks_of` reads them.
        budgets: tokens, cl100k.
        ways: "recall", "context" or both.
        others: whose questions are asked besides, for which nothing should be recalled. Without them those of the other
            conversations, and of a single one questions that are made up.
        foreign: such questions a conversation, at most; 0 asks none.
        one_user: all of *talks* are conversations of one user, asked from a new one.
        window: tokens of a prompt when a conversation is talked again; None: a quarter of it, 2,000 at least.
        turns: of a conversation that are talked again, at most; 0: none.
        embedder, options: of `Memory.open`.

    Raises:
        InvalidSettings: an argument makes no sense. InvalidMessage: no question can be made.
    """
    _check(budgets, ways, others)
    own = any(talk.questions for talk in talks)
    probed = list(talks) if own else [generated(talk) for talk in talks]
    if not any(talk.questions for talk in probed):
        raise InvalidMessage(
            "nobody wrote questions, and none can be made: no message names a detail that no other has"
        )
    whole = [together(probed)] if one_user else probed
    made = _makers(one_user)
    rows = {way: _rows(made[way](embedder, **options), whole, budgets) for way in ways}
    quiet = _Quiet(made[RECALL](embedder, **options), whole, others, foreign)
    return Evaluation(
        conversations=len(talks),
        messages=sum(len(talk.messages) for talk in talks),
        questions="own" if own else "generated",
        rows=rows,
        strangers=quiet.strangers,
        unanswered=quiet.unanswered,
        replays=tuple(_replays(talks, window, turns, embedder, options)),
    )


def _check(budgets: Sequence[int], ways: Sequence[str], others: Sequence[ProbedTalk]) -> None:
    if others and not any(question.evidence for talk in others for question in talk.questions):
        raise InvalidMessage("the others have no question that something there answers: name an evaluation set")
    if not budgets or any(isinstance(one, bool) or not isinstance(one, int) or one < 1 for one in budgets):
        raise InvalidSettings(f"budgets are whole numbers above 0, not {brief_repr(budgets)}")
    if not ways or set(ways) - {RECALL, CONTEXT}:
        raise InvalidSettings(f"ways are {RECALL} and {CONTEXT}, not {brief_repr(ways)}")


def _makers(one_user: bool) -> dict[str, type[FedMemory]]:
    if one_user:
        return {RECALL: UserMemory, CONTEXT: UserContextMemory}
    return {RECALL: BlockMemory, CONTEXT: TimelyMemory}


def _rows(memory: FedMemory, talks: Sequence[ProbedTalk], budgets: Sequence[int]) -> tuple[Scored, ...]:
    try:
        return tuple(asked(memory, talks, sorted(set(budgets))))
    finally:
        memory.close()


class _Quiet:
    """What was recalled for questions to which nothing is an answer."""

    def __init__(
        self, memory: FedMemory, talks: Sequence[ProbedTalk], others: Sequence[ProbedTalk], foreign: int
    ) -> None:
        sizes, own = list[int](), list[int]()
        told = GIVEN if others else BESIDE if len(talks) > 1 else BUILT_IN
        try:
            for talk in talks:
                known = strangers(talk, others or talks, foreign) if foreign else []
                probes = _built_in(talk)[:foreign] if told == BUILT_IN else known
                silent = [one for one in talk.questions if not one.evidence]
                if probes or silent:
                    memory.feed(talk)
                sizes += [_recalled(memory, Probe(one.id, one.text)) for one in probes]
                own += [_recalled(memory, one) for one in silent]
        finally:
            memory.close()
        self.strangers = Silence.of(sizes, told)
        self.unanswered = Silence.of(own, "of its own")


def _recalled(memory: FedMemory, question: Probe) -> int:
    return tokens(memory.ask(question, QUIET).text.strip())


def _built_in(talk: ProbedTalk) -> list[Probe]:
    chinese = han_share("\n".join(one.text[:SEEN] for one in talk.messages[:SEEN])) > 1 / 2
    return [Probe(f"made up {number}", text) for number, text in enumerate(_made_up()["zh" if chinese else "en"])]


@cache
def _made_up() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    language = ""
    for line in files("tiermem.evaluation").joinpath("others.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            language = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(language, []).append(line)
    return found


def _replays(
    talks: Sequence[ProbedTalk], window: int | None, turns: int, embedder: Any, options: dict[str, Any]
) -> list[Replayed]:
    return [replayed(talk, window, turns, embedder, **options) for talk in talks] if turns else []
