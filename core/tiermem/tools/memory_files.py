"""The files of Anthropic's memory tool: what its six commands do to them, and what a model is answered. Pure.

Rule 1: a path is names between slashes below /memories; nothing else is one, whatever a model writes.
Rule 2: a command changes files or is refused in words, never half of it. A folder is there while it holds files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeAlias
from unicodedata import category

ROOT = "memories"
Place: TypeAlias = tuple[str, ...]  # the names of a path below the root; of the root itself none
Files: TypeAlias = Mapping[Place, str]
Changes: TypeAlias = dict[Place, str | None]  # None where a file is gone
Asked: TypeAlias = Mapping[str, Any]
LONGEST_NAME = 200  # characters
WIDTH = 6  # of the numbers before lines
AROUND = 3  # lines that are shown on either side of a change
DEPTH = 2  # levels of a listing
LONGEST_VIEW = 100_000  # characters of a file or folder that are shown at once
TOLD = 20  # places of a text that stands there several times


class FileRefused(Exception):
    """A command that cannot be done; its words are what the model is answered."""


def shown(files: Files, asked: Asked) -> str:
    """What `view` answers: the lines of a file, or what stands in a folder.

    Raises:
        FileRefused: nothing stands there.
    """
    place = placed(asked.get("path"))
    if place in files:
        return _numbered(files[place], asked.get("view_range"), place)
    inside = {one: text for one, text in files.items() if one[: len(place)] == place}
    if not inside and place:
        raise FileRefused(f"Nothing stands at {_path(place)}. View /{ROOT} to see what there is.")
    if not inside:
        return f"/{ROOT} is empty. Create a file to keep something, for example /{ROOT}/notes.md."
    return "\n".join(_listed(inside, place))


def decided(files: Files, asked: Asked) -> tuple[Changes, str]:
    """What a command that changes something does to *files*, and its answer.

    Raises:
        FileRefused: it cannot be done; nothing is to be changed.
    """
    command = _COMMANDS.get(str(asked.get("command")))
    if command is None:
        raise FileRefused(f"There is no such command; there are view, {', '.join(_COMMANDS)}.")
    return command(files, asked)


def refuse_flags(asked: Any) -> None:
    """Refuses true and false in the place of line numbers in *asked*, a command before an SDK makes numbers of them.

    Raises:
        FileRefused: it says where a number is needed.
    """
    given: Mapping[str, Any] = asked if isinstance(asked, Mapping) else {}
    wished = given.get("view_range")
    for name, numbers in (("insert_line", [given.get("insert_line")]), ("view_range", wished)):
        if isinstance(numbers, list | tuple) and any(isinstance(one, bool) for one in numbers):
            raise FileRefused(f"{name} is made of line numbers; true and false are none.")


def placed(path: Any) -> Place:
    """The names of *path* below the root.

    Raises:
        FileRefused: it is none.
    """
    names = path.split("/") if isinstance(path, str) else []
    if names[:2] != ["", ROOT]:
        raise FileRefused(f"A path begins with /{ROOT}, like /{ROOT}/notes.md.")
    inner = names[2:-1] if names[-1] == "" and len(names) > 2 else names[2:]
    if any(one in {"", ".", ".."} or len(one) > LONGEST_NAME or _controls(one) for one in inner):
        raise FileRefused(
            f"A path is made of names of at most {LONGEST_NAME} characters, without . and .. among them, and without "
            "line breaks, tabs and other control characters."
        )
    return tuple(inner)


def _controls(name: str) -> bool:
    """Whether *name* could break the line on which a listing shows it."""
    return any(category(one) in {"Cc", "Zl", "Zp"} for one in name)


def _create(files: Files, asked: Asked) -> tuple[Changes, str]:
    place, text = _file(asked.get("path")), _written(asked, "file_text", "what the file says; it may be empty")
    if place in files:
        raise FileRefused(f"{_path(place)} is there already. Change it with str_replace or insert, or delete it first.")
    _refuse_folder(files, place)
    if above := next((place[:n] for n in range(1, len(place)) if place[:n] in files), None):
        raise FileRefused(f"{_path(above)} is a file, so nothing can stand below it.")
    return {place: text}, f"Created {_path(place)}."


def _replace(files: Files, asked: Asked) -> tuple[Changes, str]:
    place, old = _there(files, asked.get("path")), asked.get("old_str")
    new, text = _written(asked, "new_str", "what is to stand there; empty text deletes it"), files[place]
    if not isinstance(old, str) or not old:
        raise FileRefused("Say in old_str which text to replace, word for word.")
    starts = [*islice(_found(text, old), TOLD + 1)]
    if not starts:
        raise FileRefused(f"{_path(place)} has no such text. View it, and copy old_str from there.")
    if len(starts) > 1:
        lines = ", ".join(str(text.count("\n", 0, start) + 1) for start in starts[:TOLD])
        raise FileRefused(f"{_path(place)} has that text several times, in lines {lines}. Give more in old_str.")
    changed = text.replace(old, new)
    return {place: changed}, _changed(place, changed, text.count("\n", 0, starts[0]))


def _insert(files: Files, asked: Asked) -> tuple[Changes, str]:
    place, line = _there(files, asked.get("path")), asked.get("insert_line")
    new = _written(asked, "insert_text", "what to insert")
    lines = files[place].split("\n")
    most = len(lines) - (lines[-1] == "")  # what ends with a line end has no line behind it
    if not isinstance(line, int) or isinstance(line, bool) or not 0 <= line <= most:
        raise FileRefused(f"insert_line is a number from 0 (the beginning) to {most} (behind the last line).")
    told = new.removesuffix("\n").split("\n")
    changed = "\n".join([*lines[:line], *told, *lines[line:]])
    return {place: changed}, _changed(place, changed, line)


def _delete(files: Files, asked: Asked) -> tuple[Changes, str]:
    place = placed(asked.get("path"))
    gone = _below(files, place)
    if not place:
        raise FileRefused(f"/{ROOT} itself stays; delete what is in it.")
    return dict.fromkeys(gone), f"Deleted {_path(place)}{_counted(gone, place)}."


def _rename(files: Files, asked: Asked) -> tuple[Changes, str]:
    old, new = _file(asked.get("old_path")), _file(asked.get("new_path"))
    moved = _below(files, old)
    if new[: len(old)] == old:
        raise FileRefused(f"{_path(old)} cannot be moved into itself.")
    if new in files or any(one[: len(new)] == new for one in files):
        raise FileRefused(f"{_path(new)} is there already; delete it first, or choose another name.")
    if above := next((new[:n] for n in range(1, len(new)) if new[:n] in files), None):
        raise FileRefused(f"{_path(above)} is a file, so nothing can stand below it.")
    changes: Changes = dict.fromkeys(moved)
    changes |= {(*new, *one[len(old) :]): files[one] for one in moved}
    return changes, f"Moved {_path(old)} to {_path(new)}{_counted(moved, old)}."


_COMMANDS: Mapping[str, Callable[[Files, Asked], tuple[Changes, str]]] = MappingProxyType(
    {"create": _create, "str_replace": _replace, "insert": _insert, "delete": _delete, "rename": _rename}
)


def _written(asked: Asked, name: str, meaning: str) -> str:
    text = asked.get(name)
    if not isinstance(text, str):
        raise FileRefused(f"Say in {name}, as text, {meaning}.")
    return text


def _file(path: Any) -> Place:
    place = placed(path)
    if not place:
        raise FileRefused(f"/{ROOT} is the folder of all; name a file in it.")
    return place


def _there(files: Files, path: Any) -> Place:
    place = _file(path)
    if place not in files:
        _refuse_folder(files, place)
        raise FileRefused(f"Nothing stands at {_path(place)}. View /{ROOT} to see what there is.")
    return place


def _refuse_folder(files: Files, place: Place) -> None:
    if any(one[: len(place)] == place for one in files):
        raise FileRefused(f"{_path(place)} is a folder.")


def _below(files: Files, place: Place) -> list[Place]:
    found = [one for one in files if one[: len(place)] == place]
    if not found:
        raise FileRefused(f"Nothing stands at {_path(place)}. View /{ROOT} to see what there is.")
    return found


def _found(text: str, part: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


def _path(place: Place) -> str:
    return "/".join(("", ROOT, *place))


def _counted(files: Sequence[Place], place: Place) -> str:
    return "" if list(files) == [place] else f", {len(files)} file{'s' if len(files) != 1 else ''}"


def _listed(files: Files, place: Place) -> Iterator[str]:
    """Files and folders at most two levels below *place*, with their sizes in characters."""
    entries: dict[Place, int] = {}
    for one, text in files.items():
        for end in range(len(place) + 1, min(len(one), len(place) + DEPTH) + 1):
            entries[one[:end]] = entries.get(one[:end], 0) + len(text)
    yield f"Characters and names of what is in {_path(place)}, {DEPTH} levels deep:"
    room = LONGEST_VIEW
    for number, one in enumerate(sorted(entries)):
        line = f"{entries[one]}\t{_path(one)}{'' if one in files else '/'}"
        room -= len(line) + 1
        if room < 0:
            yield f"{len(entries) - number} more are not shown; view one of the folders."
            return
        yield line


def _numbered(text: str, wished: Any, place: Place) -> str:
    lines = text.split("\n")
    first, last = _span(wished, len(lines))
    if first > last:
        raise FileRefused(f"{_path(place)} has {len(lines)} lines; view_range names none of them.")
    shown = [*_lines(lines, first, last)]
    end = first + len(shown) - 1
    head = f"{_path(place)}, lines {first} to {end} of {len(lines)}:"
    more = [f"Lines {end + 1} to {last} are not shown; view them with view_range [{end + 1}, {last}]."] * (end < last)
    return "\n".join([head, *shown, *more])


def _span(wished: Any, count: int) -> tuple[int, int]:
    """The first and the last line that *wished*, a model's view_range, names of *count* lines."""
    if wished is None:
        return 1, count
    if not isinstance(wished, list | tuple) or len(wished) != 2 or any(type(one) is not int for one in wished):
        raise FileRefused("view_range is two whole numbers, the first and last line: [1, 20], or [5, -1] to the end.")
    first, last = wished
    return max(1, first), count if last == -1 else min(last, count)


def _changed(place: Place, text: str, line: int) -> str:
    lines = text.split("\n")
    first, last = max(1, line + 1 - AROUND), min(len(lines), line + 1 + AROUND)
    return "\n".join([f"Changed {_path(place)}; it reads now:", *_lines(lines, first, last)])


def _lines(lines: Sequence[str], first: int, last: int) -> Iterator[str]:
    """Lines with their numbers, as many as may be shown at once; of a first one that is too long its beginning."""
    room = LONGEST_VIEW
    for number in range(first, last + 1):
        line = lines[number - 1]
        if len(line) > room and number == first:
            yield f"{number:>{WIDTH}}\t{line[:room]}… (of this line {len(line) - room:,} characters are not shown)"
            return
        room -= len(line) + WIDTH + 2
        if room < 0 and number > first:
            return
        yield f"{number:>{WIDTH}}\t{line}"
