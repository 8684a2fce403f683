"""Google Takeout's "My Activity" of Gemini: `MyActivity.json`.

Seen: files of March 2025 and later. One row is a question and its answer, the newest first; the verb before the
question and `header` are in the language of the account; answers are HTML. Newer rows name their conversation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, said, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.messages import Message
from tiermem.text import late
from tiermem.times.instants import instant

KEY = "gemini"
_LINK = late.compile(r"gemini\.google\.com/(?:app|share|gem/[^/]+)/([\w-]+)")
_VERBS = (
    "Prompted ",
    "ImportOptions ",
    "Said ",
    "Eingegebener Prompt: ",
    "Prompt: ",
    "Requête : ",
    "Petición: ",
    "输入了提示：",
)
_ENOUGH = 0.6  # of the rows that begin alike: that is the verb of a language that is not listed


def _known(contents: Contents) -> bool:
    first = contents.first
    if not has(first, "header", "title", "time"):
        return False
    told = f"{first.get('header')} {first.get('products')}"
    return any(word in told for word in ("Gemini", "Bard"))


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    found: dict[str, tuple[Gathered, list[Message]]] = {}
    verbs = (*_VERBS, *_common([str(row.get("title") or "") for row in contents.records]))
    for row in reversed(contents.records):
        kept, made = found.setdefault(_conversation(row), (Gathered(), []))
        made += _messages(row, verbs, kept)
    for name, (kept, made) in found.items():
        yield Conversation(
            id=session_id(KEY, name), source=SOURCE.name, path=tuple(made), log=True, left_out=kept.left_out
        )


def _conversation(row: Mapping[str, Any]) -> str:
    links = [str(one.get("url") or "") for one in wording.objects(row.get("details"))] + [
        str(row.get("titleUrl") or "")
    ]
    return next((match[1] for link in links if (match := _LINK.search(link))), "")


def _common(titles: list[str]) -> tuple[str, ...]:
    """The word that most titles begin with."""
    firsts = Counter(title.split(" ", 1)[0] for title in titles if " " in title)
    if len(titles) < 3 or not firsts:
        return ()
    word, times = firsts.most_common(1)[0]
    return (f"{word} ",) if times >= _ENOUGH * len(titles) else ()


def _messages(row: Mapping[str, Any], verbs: tuple[str, ...], kept: Gathered) -> Iterator[Message]:
    title, when = str(row.get("title") or ""), instant(row.get("time"))
    verb = next((one for one in verbs if title.startswith(one)), None)
    answers = [str(one.get("html") or "") for one in wording.objects(row.get("safeHtmlItem"))]
    answer = wording.joined(map(wording.plain, answers), "\n\n")
    if verb is None and not answer:
        kept.leave("activity that is no question (feedback, settings)")
        return
    name = kept.unique(digest(row.get("time"), title))
    files = [one for one in row.get("attachedFiles") or () if isinstance(one, str)]
    blocks = [block for one in files for block in wording.document(one.rpartition("/")[2], None)]
    blocks += wording.picture(row.get("imageFile"))
    yield said("user", [*blocks, *wording.text(title.removeprefix(verb or ""))], name, when)
    if answer:
        yield said("assistant", answer, f"{name}/2", when)


SOURCE = HistoryFormat(KEY, "Google Takeout (Gemini)", _known, _read)
