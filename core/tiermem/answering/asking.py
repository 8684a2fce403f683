"""A prompt with sources from what is recalled, within its tokens; and the verbs for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tiermem.answering.prompt import RULES, AnswerPrompt, prompt_of
from tiermem.arguments import reaching, recollecting, wanting
from tiermem.errors import BudgetTooSmall, InvalidMessage
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.records import Within
from tiermem.settings import Scope
from tiermem.text.sanitizing import in_chinese

if TYPE_CHECKING:
    from tiermem.memory import Memory

FRAME = 4  # tokens between the block and the question


def answer_prompt(
    core: Core,
    scope: Scope,
    question: str,
    budget: int,
    within: Within,
    sessions: Iterable[str] | None,
    exclude: Iterable[str],
    template: str | None,
) -> Flow[AnswerPrompt]:
    """The prompt for *question*, of at most *budget* tokens.

    Raises:
        InvalidMessage: an argument is wrong. MissingNamespace: as of `recall`. BudgetTooSmall: rule and question alone
            do not leave a token for sources.
    """
    wanting(question)
    if not question.strip():
        raise InvalidMessage("question must not be empty")
    if not isinstance(template, (str, type(None))):
        raise InvalidMessage(f"template must be text, not {type(template).__name__}")
    language = "zh" if in_chinese(question) else "en"
    fixed = core.count(RULES[language, False] if template is None else template) + core.count(question) + FRAME
    if isinstance(budget, int) and budget <= fixed:
        raise BudgetTooSmall(fixed + 1, budget, "an answer prompt")
    room = budget - fixed if isinstance(budget, int) else budget
    recalled = yield from recollecting(core, scope, question, room, reaching(within, sessions, exclude))
    return prompt_of(question, recalled, template, core.count)


class Answering:
    """A conversation whose archive answers with sources."""

    memory: Memory
    scope: Scope
    _core: Core

    def answer_prompt(
        self,
        question: str,
        budget: int = 2_000,
        *,
        within: Within = "everything",
        sessions: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        template: str | None = None,
    ) -> AnswerPrompt:
        """Messages that ask a model to answer *question* from what is recalled, each source with a number, in at most
        *budget* tokens; and the way back: `sources[1].refs` opens what [1] stands for, `cited(answer)` says which of
        them an answer names, and what it states without one.

        Args:
            question: in English or Chinese, which is the language of the rule, too.
            budget: tokens of rule, sources and question together.
            within, sessions, exclude: where it is looked for: as for `search`.
            template: a rule of your own, in place of ours; it should say how sources are named ("[1]").

        Raises:
            BudgetTooSmall: no room is left for sources; it says both numbers.
            InvalidMessage, MissingNamespace: an argument is wrong, as of `search`.
        """
        asked = answer_prompt(self._core, self.scope, question, budget, within, sessions, exclude, template)
        return self.memory.drive(asked)


class AsyncAnswering:
    """`Answering` with `await`; the docstrings are there."""

    memory: Memory
    scope: Scope
    _core: Core

    async def answer_prompt(
        self,
        question: str,
        budget: int = 2_000,
        *,
        within: Within = "everything",
        sessions: Iterable[str] | None = None,
        exclude: Iterable[str] = (),
        template: str | None = None,
    ) -> AnswerPrompt:
        """See `Session.answer_prompt`."""
        asked = answer_prompt(self._core, self.scope, question, budget, within, sessions, exclude, template)
        return await self.memory.drive_async(asked)
