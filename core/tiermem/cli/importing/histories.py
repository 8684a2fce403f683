"""Which way a file comes in: our own export of a user, one conversation into a named session, or all there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tiermem.cli.importing import bringing, transfer
from tiermem.cli.importing.piping import name_of, readable
from tiermem.cli.terminal.screen import console
from tiermem.errors import InvalidMessage, InvalidSettings
from tiermem.histories import unpacking
from tiermem.histories.bringing import bring
from tiermem.histories.catalogue import source_of
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.sources import plain
from tiermem.histories.tables.databases import is_database
from tiermem.histories.tables.servers import is_server
from tiermem.importers import files as opened
from tiermem.importers import formats
from tiermem.providers.clock import zone_of
from tiermem.times.instants import Order

_BEGINNING = 400_000  # characters by which a format is known


class ImportOptions(NamedTuple):
    """What the options say of the files."""

    conversation: str | None = None
    dates: Order | None = None
    timezone: str | None = None
    dry_run: bool = False
    as_json: bool = False

    @property
    def wishes(self) -> ReadOptions:
        """The same for whoever reads them.

        Raises:
            InvalidSettings: the time zone is none.
        """
        return ReadOptions(self.dates, None if self.timezone is None else zone_of(self.timezone))


def without_session(
    files: Sequence[str], namespace: str | tuple[str, str] | None, path: str | None, asked: ImportOptions
) -> None:
    """Bring in all that *files* hold, or say what that is."""
    screen = console()
    if asked.dry_run:
        bringing.survey(screen, files, asked.wishes, only=asked.conversation, as_json=asked.as_json)
        return
    if len(files) == 1 and not is_server(files[0]) and not Path(files[0]).is_dir() and not _is_pattern(files[0]):
        with readable(Path(files[0])) as there:
            if there.is_file() and _begins(there).lstrip().startswith('{"row":"'):
                transfer.bring_in(screen, there, namespace, path, as_json=asked.as_json)
                return
            if str(there) != files[0]:  # a pipe can be read once
                _bring([str(there)], namespace, path, asked, name_of(Path(files[0])))
                return
    _bring(files, namespace, path, asked)


def _bring(
    files: Sequence[str], namespace: str | tuple[str, str] | None, path: str | None, asked: ImportOptions,
    called: str | None = None,
) -> None:  # fmt: skip
    user = namespace or "default"
    only, as_json = asked.conversation, asked.as_json
    bringing.bring_all(console(), files, user, path, asked.wishes, only=only, as_json=as_json, called=called)


def into_session(
    files: Sequence[str], session: str, namespace: str | tuple[str, str], path: str | None, asked: ImportOptions
) -> None:
    """Bring one conversation into *session*.

    Raises:
        InvalidMessage: there are several, or none. InvalidSettings: several files are named.
    """
    from tiermem.memory import Memory

    if len(files) != 1 or (Path(files[0]).is_dir()):
        raise InvalidSettings("--session takes one file; without it, each conversation gets a session of its own")
    if is_server(files[0]):
        _bring_one(files[0], None, session, namespace, path, asked)
        return
    screen = console()
    with readable(Path(files[0])) as there:
        if not _is_foreign(there):
            survey = formats.survey(there, asked.conversation, asked.dates)
            with Memory.open(path) as memory:
                entries = formats.entries(there, asked.conversation, asked.dates)
                transfer.add(screen, memory.session(session, namespace), entries, survey, as_json=asked.as_json)
            return
        _bring_one(str(there), name_of(Path(files[0])), session, namespace, path, asked)


def _bring_one(
    file: str, called: str | None, session: str, namespace: str | tuple[str, str], path: str | None,
    asked: ImportOptions,
) -> None:  # fmt: skip
    from tiermem.memory import Memory

    one, tally = bringing.chosen([file], asked.wishes, asked.conversation, called)
    with Memory.open(path) as memory:
        tally.keep(one, bring(memory, one, namespace, session))
        memory.settle()
    bringing.end(console(), tally, as_json=asked.as_json, found=True, only=asked.conversation)


def _is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[") and not Path(name).exists()


def _begins(path: Path) -> str:
    text = ""
    try:
        for line in opened.text_lines(path):
            text += line
            if len(text) > _BEGINNING:
                break
    except InvalidMessage:
        return ""  # an archive, or no text; whoever reads it says so
    return text


def _is_foreign(path: Path) -> bool:
    """Whether another program wrote the file; what is messages as such goes the way that reads line by line."""
    beginning = _begins(path)
    if not beginning:
        return not path.exists() or unpacking.is_archive(path) or is_database(path)
    begun = beginning.lstrip()
    if begun[:1] == "{" and "\n" in begun.strip() and opened.are_lines(begun.split("\n"), path.name):
        whole = beginning.rpartition("\n")[0] if len(beginning) > _BEGINNING else beginning
        return source_of(Contents(path.name, path.name, whole)) is not plain.SOURCE
    (contents,) = unpacking.found(path)
    try:
        return source_of(contents) not in {plain.SOURCE, None}
    except InvalidMessage:
        return False
