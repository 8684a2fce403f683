"""WebVTT transcripts of meetings: Zoom's "Ann: words", Teams' `<v Ann>words</v>`.

Seen: those of Zoom and Teams, 2024. Cues of one speaker that follow one another are one message. Times are those of the
recording, so they stand in `state`; when it was recorded, nobody says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, said, session_id
from tiermem.histories.parts.source import HistoryFormat
from tiermem.text import late

KEY = "transcript"
_TIME = late.compile(r"(?P<start>(?:\d+:)?\d\d:\d\d\.\d{3})\s+-->\s+(?:\d+:)?\d\d:\d\d\.\d{3}.*")
_VOICE = late.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_TAG = late.compile(r"</?[a-z][^>]*>|<\d[\d:.]*>")
_SPEAKER = late.compile(r"([^\s:<>\d][^:<>]{0,60}):\s+(.*)", re.DOTALL)
_SILENT = ("WEBVTT", "NOTE", "STYLE", "REGION")


def _known(contents: Contents) -> bool:
    return not contents.is_json and contents.text.lstrip("\ufeff").lstrip().startswith("WEBVTT")


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    kept, turns = Gathered(), list[tuple[str, str, list[str]]]()
    for start, cue in _cues(contents.text.replace("\r", ""), kept):
        for name, words in _voices(cue):
            if turns and turns[-1][1] == name:
                turns[-1][2].append(words)
            else:
                turns.append((start, name, [words]))
    made = [
        said("user", "\n".join(words), kept.unique(digest(start, name, *words)), name=name, state={"start": start})
        for start, name, words in turns
    ]
    yield Conversation(id=session_id(KEY, contents.stem), source=SOURCE.name, path=tuple(made), left_out=kept.left_out)


def _cues(text: str, kept: Gathered) -> Iterator[tuple[str, str]]:
    """Where each cue starts, and what is said in it."""
    for part in text.split("\n\n"):
        lines = part.strip("\n").split("\n")
        place = next((number for number, line in enumerate(lines[:2]) if _TIME.match(line)), None)
        if place is None:
            if any(lines) and not lines[0].lstrip("\ufeff").startswith(_SILENT):
                kept.leave("parts that are no cue")
            continue
        match = _TIME.match(lines[place])
        words = "\n".join(lines[place + 1 :]).strip()
        if match and words:
            yield match["start"], words
        else:
            kept.leave("cues without words")


def _voices(cue: str) -> Iterator[tuple[str, str]]:
    """Who says what in a cue: each voice that it names, or the name before a colon."""
    parts = _VOICE.split(cue)
    if len(parts) > 1:
        if parts[0].strip():
            yield "", _plain(parts[0])
        for name, words in zip(parts[1::2], parts[2::2], strict=True):
            yield wording.unescaped(name.strip()), _plain(words)
        return
    plain = _plain(cue)
    match = _SPEAKER.fullmatch(plain)
    yield (match[1].strip(), match[2].strip()) if match else ("", plain)


def _plain(words: str) -> str:
    return wording.unescaped(_TAG.sub("", words)).strip()


SOURCE = HistoryFormat(KEY, "WebVTT", _known, _read)
