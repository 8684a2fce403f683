"""aider's `.aider.chat.history.md`.

Seen: files of 0.86. "#### " begins a line of the user, "> " one of the program, everything else is the answer: also
lines that begin with "#", which are comments in code. A new "# aider chat started at" begins a new conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tiermem.histories.parts import wording
from tiermem.histories.parts.clocks import local
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, said, session_id
from tiermem.histories.parts.source import HistoryFormat
from tiermem.messages import Message
from tiermem.text import late

KEY = "aider"
_START = late.compile(r"# aider chat started at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*")
_USER, _PROGRAM, _FENCE = "#### ", "> ", "```"


def _known(contents: Contents) -> bool:
    return not contents.is_json and _START.match(contents.text.lstrip()) is not None


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    began, lines = None, list[str]()
    for line in [*contents.text.splitlines(), None]:
        start = _START.fullmatch(line) if line is not None else None
        if line is None or start:
            if began is not None:
                yield _told(began, lines, wishes)
            began, lines = start[1] if start else None, []
        else:
            lines.append(line)


def _told(began: str, lines: list[str], wishes: ReadOptions) -> Conversation:
    kept, when = Gathered(), local(datetime.fromisoformat(began), wishes.zone)
    made: list[Message] = []
    for role, words in _parts(lines):
        if role == "program":
            kept.leave("lines of the program (costs, files added, edits applied)", words.count("\n") + 1)
        elif words:
            identity = kept.unique(digest(began, role, words))
            made.append(said(role, wording.text(words), identity, when if not made else None))
    return Conversation(id=session_id(KEY, began), source=SOURCE.name, path=tuple(made), left_out=kept.left_out)


def _parts(lines: list[str]) -> Iterator[tuple[str, str]]:
    """What each side said, in order; inside of a fence of an answer nothing is a mark."""
    role, held, fenced = "assistant", list[str](), False
    for line in lines:
        begins = "assistant"
        if not fenced and (line.startswith(_USER) or line == _USER.strip()):
            begins = "user"
        elif not fenced and (line.startswith(_PROGRAM) or line == _PROGRAM.strip()):
            begins = "program"
        if begins == "assistant" and line.lstrip().startswith(_FENCE):
            fenced = not fenced
        if begins != role and (line.strip() or role == "assistant"):
            yield role, "\n".join(held).strip()
            role, held = begins, []
        held.append(line.removeprefix(_USER.strip()).removeprefix(" ") if begins == "user" else line)
    yield role, "\n".join(held).strip()


SOURCE = HistoryFormat(KEY, "aider", _known, _read)
