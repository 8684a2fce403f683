"""Compression of a conversation: which of its messages, read in stretches, and by which counter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias, get_args

from tiermem.arguments import expanding, wanting
from tiermem.compression.compressed import Compressed
from tiermem.compression.compressing import Wanted, checked, compressed
from tiermem.compression.opening import Detail, opened
from tiermem.compression.preserving import Preserved
from tiermem.compression.reading.clauses import Material, material_of
from tiermem.compression.writing import ModelWords, to_tell, told_by
from tiermem.errors import InvalidMessage, brief_repr, described
from tiermem.flows import reporting
from tiermem.flows.effects import Compute, Flow, Summarize, Tell
from tiermem.flows.reading import report
from tiermem.flows.services import Core
from tiermem.flows.writing import decide
from tiermem.messages import Message
from tiermem.records import Original
from tiermem.settings import Scope

Summarizer: TypeAlias = Callable[[Sequence[Message]], Any]


def compress(
    core: Core,
    scope: Scope,
    refs: Sequence[str],
    ratio: float,
    least: float,
    at_most: float,
    preserve: Iterable[Preserved],
    questions: Iterable[tuple[str, str]],
    summarizer: Summarizer | None,
) -> Flow[Compressed]:
    """The messages behind *refs*, without any all that is not hidden, as a shorter text.

    Raises:
        UnknownReference: one of *refs* names nothing. InvalidSettings, InvalidMessage: an argument is wrong.
    """
    wanted = Wanted.of(ratio, least, at_most, preserve, questions)
    checked(summarizer)
    messages = yield from _named(scope, refs)
    material: Material = yield Compute(partial(material_of, messages, core.count))
    words = ModelWords()
    if summarizer is not None and wanted.ratio < 1:
        words = yield from _told(core, scope, messages, material, summarizer)
    made: Compressed = yield Compute(partial(compressed, material, wanted, core.count, words))
    return made


def _told(
    core: Core,
    scope: Scope,
    messages: Sequence[tuple[str, Message]],
    material: Material,
    summarizer: Summarizer,
) -> Flow[ModelWords]:
    """What *summarizer* tells of *messages* that holds; where it fails, why."""
    asked: list[Message] = yield Compute(lambda: core.local(to_tell(messages, material)))
    if not asked:
        return ModelWords()
    try:
        answer = yield Summarize(summarizer, asked, scope, core.settings.summarizer_timeout)
        words: ModelWords = yield Compute(partial(told_by, answer, asked, messages, material, core.count))
    except Exception as error:  # noqa: BLE001  # the caller's model; sentences of the original take its place
        words = ModelWords(error=described(error))
    if words.error:
        yield Tell("degraded", scope, lambda: {"mode": "summarizer", "reason": reporting.brief(words.error)})
    return words


def expand(core: Core, scope: Scope, ref: str, query: str, detail: Detail | None, budget: int | None) -> Flow[Original]:
    """`expanding`, and of what it opens only as much as *query*, *detail* and *budget* say.

    Raises:
        UnknownReference, MissingNamespace: as of `expanding`. InvalidMessage: another argument is wrong.
    """
    _check(query, detail, budget)
    behind = yield from expanding(core, scope, ref)
    if not query.strip() and detail is None and budget is None:
        return behind
    level: Detail = detail or ("passages" if query.strip() else "original")
    named = _names(scope, ref, behind)
    refs, text, told = yield Compute(partial(opened, list(named.items()), query.strip(), level, budget, core.count))
    kept = tuple(named[one] for one in refs)
    return replace(behind, messages=kept, note=behind.note | {"text": text, "detail": told})


def _check(query: str, detail: Detail | None, budget: int | None) -> None:
    wanting(query)
    if detail is not None and detail not in get_args(Detail):
        raise InvalidMessage(f"detail must be one of {', '.join(get_args(Detail))}, not {brief_repr(detail)}")
    if budget is not None and (isinstance(budget, bool) or not isinstance(budget, int) or budget < 1):
        raise InvalidMessage(f"budget must be a whole number above 0, not {brief_repr(budget)}")


def _named(scope: Scope, refs: Sequence[str]) -> Flow[list[tuple[str, Message]]]:
    """The messages meant that are not hidden, each with its reference, once, in the order in which they are named."""
    if not refs:
        return [(f"m{message.sequence}", message) for message in (yield from decide.messages(scope, 1, None))]
    found: dict[str, Message] = {}
    for ref in refs:
        behind = yield from report.expand(scope, ref)
        hidden = frozenset(behind.note.get("hidden", ()))
        found |= {name: message for name, message in _names(scope, ref, behind).items() if name not in hidden}
    return list(found.items())


def _names(scope: Scope, ref: str, behind: Original) -> dict[str, Message]:
    """What *ref* opened, by the reference of each message seen from *scope*."""
    where = behind.note.get("session")
    prefix = f"{where}/" if where and where != scope.session else ""
    chunk = "source" in behind.note
    return {ref if chunk else f"{prefix}m{message.sequence}": message for message in behind.messages}
