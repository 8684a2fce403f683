"""A conversation talked again, turn by turn, as agents are sent it: what a prompt keeps, costs, and reuses.

Rule 1: the prompts are those that the agents of both frameworks send: managed at a limit of *window* tokens, steady.
Rule 2: what no memory sends is the whole conversation so far, at every turn, by the same counter.
Rule 3: what was laid down and holds at the end counts as kept in a prompt when it stands there word for word, or a line
has four fifths of its words. It is looked for in `LOOKED` prompts, spread evenly over those behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from tiermem.agents.note import Note
from tiermem.agents.view import AgentView, ViewRequest, viewing
from tiermem.evaluation.counting import ENCODING, Look, in_common
from tiermem.evaluation.talks import ProbedTalk
from tiermem.flows.driving import drive
from tiermem.memory import Memory
from tiermem.messages import Message
from tiermem.providers.tokenizers import encoding_counter
from tiermem.records import Context
from tiermem.session import Session
from tiermem.settings import Settings

LOOKED: Final = 25
LEAST_WINDOW: Final = 2_000
MOST_TURNS: Final = 1_000


@dataclass(frozen=True)
class Replayed:
    """What the prompts of one conversation came to. Shares are from 0 to 1.

    Args:
        turns: prompts, one for each message on the user's side.
        window: tokens that a prompt may have.
        sent, whole: tokens of all prompts, and of the same ones without a memory.
        reused: of each prompt but the first, the share that begins as the one before, which a provider's cache knows.
        managed: stubs and summarised messages at the end.
        rules: what was laid down and holds at the end.
        kept: of these, those that stand in every prompt that was looked at behind them; None where there are none.
        cut: turns that were not talked again.
    """

    turns: int
    window: int
    sent: int
    whole: int
    reused: float | None
    managed: int
    rules: int
    kept: float | None
    cut: int = 0

    @property
    def saved(self) -> float:
        """The share of the tokens that was not sent."""
        return 1 - self.sent / self.whole if self.whole else 0.0


@dataclass(frozen=True)
class _Prompt:
    upto: int  # the number of the newest message in it
    text: str


def window_of(talk: ProbedTalk, given: int | None) -> int:
    """Tokens of a prompt: what was *given*, else a quarter of the conversation, and room for its longest message."""
    if given is not None:
        return given
    sizes = [encoding_counter(ENCODING)(one.text) for one in talk.messages]
    quarter = min(Settings().pre_rot_threshold, sum(sizes) // 4)
    return max(LEAST_WINDOW, quarter, 2 * max(sizes, default=0))


def replayed(
    talk: ProbedTalk, window: int | None = None, most: int = MOST_TURNS, embedder: Any = None, **options: Any
) -> Replayed:
    """Talk *talk* again, at most *most* turns of it."""
    room = window_of(talk, window)
    said = _shortened(talk.messages, most)
    opened = {"encoding": ENCODING, "embedder": embedder, "enable_context_management": False, **options}
    with Memory.open(":memory:", **opened) as memory:
        return _talked(memory.session("replayed"), said, room, _turns(talk.messages) - _turns(said))


def _talked(session: Session, said: Sequence[Message], room: int, cut: int) -> Replayed:
    count = encoding_counter(ENCODING)
    settings = session.memory.settings
    note, before, prompts, shares = Note(), "", list[_Prompt](), list[float]()
    sent = whole = talked = 0
    for message in said:
        (stored,) = session.add(message)
        talked += stored.tokens
        if message.acts_as != "user":
            continue
        session.index()  # as in the pause that a person makes
        request = ViewRequest(room, count, settings, fresh=True)
        view: AgentView[Note] = drive(viewing(note, request), lambda step: step(session))
        note, text = view.note, prompt_of(view.context)
        shares += [in_common(before, text) / len(text)] if before and text else []
        before, sent, whole = text, sent + view.context.tokens, whole + talked
        prompts.append(_Prompt(stored.sequence, text))
    stats = session.stats()
    rules, kept = _rules(session, prompts)
    reused = fmean(shares) if shares else None
    return Replayed(len(prompts), room, sent, whole, reused, stats.compacted + stats.covered, rules, kept, cut)


def prompt_of(context: Context) -> str:
    """The messages of a prompt as one text, for comparing it with another."""
    return "\n".join(f"{one.acts_as}: {one.text}" for one in context.messages)


def _rules(session: Session, prompts: Sequence[_Prompt]) -> tuple[int, float | None]:
    laid_down = [one for one in session.rules() if one.holds]
    if not laid_down or not prompts:
        return len(laid_down), None
    looks = [(one.upto, Look(one.text)) for one in prompts[:: max(1, len(prompts) // LOOKED)]]
    kept = []
    for one in laid_down:
        number = int(one.ref.rpartition("m")[2])
        kept.append(all(look.has(one.text) for upto, look in looks if upto >= number))
    return len(laid_down), fmean(kept)


def _turns(messages: Sequence[Message]) -> int:
    return sum(one.acts_as == "user" for one in messages)


def _shortened(messages: Sequence[Message], most: int) -> Sequence[Message]:
    turns = 0
    for place, message in enumerate(messages):
        turns += message.acts_as == "user"
        if turns > most:
            return messages[:place]
    return messages
