"""Which program wrote a file: the first in this list that knows it as its own; the most telling stand first."""

from __future__ import annotations

from collections.abc import Iterator

from tiermem.errors import InvalidMessage
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation
from tiermem.histories.parts.dating import dated
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.sources import plain
from tiermem.histories.sources.agents import adk, agents_sdk, langgraph, langsmith, letta, mem0, threads
from tiermem.histories.sources.assistants import chatgpt, claude, librechat, lmstudio, openwebui, takeout
from tiermem.histories.sources.coding import (
    aider,
    claude_code,
    cline,
    codex,
    continue_dev,
    cursor,
    gemini_cli,
    opencode,
)
from tiermem.histories.sources.datasets import lists
from tiermem.histories.sources.datasets import trees as oasst
from tiermem.histories.sources.people import discord, matrix, sillytavern, slack, tables, telegram, vtt, whatsapp
from tiermem.importers import recognition

PROGRAMS: tuple[HistoryFormat, ...] = (
    *(one.SOURCE for one in (chatgpt, claude, claude_code, codex, gemini_cli, takeout, librechat, lmstudio, openwebui)),
    *(
        one.SOURCE
        for one in (cline, opencode, continue_dev, cursor, letta, mem0, langsmith, langgraph, adk, agents_sdk, threads)
    ),
    *(one.SOURCE for one in (telegram, slack, discord, matrix, sillytavern, oasst)),
    *(lists.SHAREGPT, lists.WILDCHAT, lists.LINES),
    *(one.SOURCE for one in (aider, vtt, whatsapp, tables)),
)


def source_of(contents: Contents) -> HistoryFormat | None:
    """The program that wrote the file; None where it is none of those that are known, nor messages as JSON.

    Raises:
        InvalidMessage: the file is damaged.
    """
    if not contents.text.strip():
        raise InvalidMessage(f"{contents.name} is empty")
    found = next((one for one in PROGRAMS if one.known(contents)), None)
    return found or (plain.SOURCE if plain.SOURCE.known(contents) else None)


def conversations(contents: Contents, wishes: ReadOptions = ReadOptions()) -> Iterator[Conversation]:  # noqa: B008  # a value
    """The conversations of a file; a message without a time has that of its neighbour, where one has a time.

    Raises:
        UnreadFormat: it is of a program whose files are not read.
        InvalidMessage: it is no history, or something in it is not as its program writes it.
    """
    source = source_of(contents)
    if source is None:
        recognition.refuse_text(contents.text, contents.name)
        raise InvalidMessage(f"{contents.name}: neither JSON nor a transcript, chat or table that is known")
    return map(dated, source.read(contents, wishes))
