"""Which files a conversation changed: written, edited, created, patched, moved or removed; not those only read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tiermem.messages import Message, ToolCall
from tiermem.summaries.lines import LIST_LIMITS, Line
from tiermem.text import cues, late
from tiermem.text.entities import paths
from tiermem.text.readable import TOOL_ROLES

_PATH_KEYS = (
    "path",
    "file_path",
    "filepath",
    "file",
    "filename",
    "target_file",
    "notebook_path",
    "destination",
    "target",
)
_COMMAND_KEYS = ("command", "cmd", "script", "bash", "input", "code")
_PATCH_LIMIT = 100_000  # characters of a patch that are read for its file names
_OUTPUT_LINES = 20  # an output says at its start what was written; below follow contents of files
_SEPARATOR = late.compile(r"&&|\|\||;|\n")
_FILE = late.compile(r"\.[A-Za-z][\w-]{0,9}$|^[~.]?/|(?:^|/)[A-Z]\w*file$")  # not "CI/CD", not "N/A"
_REDIRECT = late.compile(r">{1,2}\s*([^\s;&|<>\"']+)")


def changed_files(messages: Sequence[Message], said: Iterable[tuple[int, str, str]]) -> list[Line]:
    """One line a file, in the order of the first change; of more than fit, those changed most often and latest.

    Args:
        messages: for their tool calls.
        said: (sequence, role, sentence) of every sentence.
    """
    changed: dict[str, list[int]] = {}
    changes = [(message.sequence, path) for message in messages for path in _by_calls(message)]
    lines_seen: dict[int, int] = {}
    for sequence, role, sentence in said:
        lines_seen[sequence] = lines_seen.get(sequence, 0) + 1
        if role not in TOOL_ROLES or lines_seen[sequence] <= _OUTPUT_LINES:
            changes += [(sequence, path) for path in _by_words(sentence, role)]
    for sequence, path in sorted(changes, key=lambda change: change[0]):
        name = path.removeprefix("./").strip("`'\"").replace("\\", "/")
        if 1 < len(name) <= 240 and name not in {"dev/null", "/dev/null"}:
            changed.setdefault(name, []).append(sequence)
    ranked = sorted(changed, key=lambda name: (-min(3, len(changed[name])), -changed[name][-1], name))
    kept = set(ranked[: LIST_LIMITS["modified_files"]])
    return [Line("modified_files", name, tuple(sequences)) for name, sequences in changed.items() if name in kept]


def _by_calls(message: Message) -> Iterator[str]:
    for call in message.calls:
        yield from _by_call(call)


def _by_call(call: ToolCall) -> Iterator[str]:
    arguments: dict[str, Any] = call.arguments if isinstance(call.arguments, dict) else {"input": call.arguments}
    command = next((arguments[key] for key in _COMMAND_KEYS if isinstance(arguments.get(key), str)), "")
    writes = cues.WRITING_TOOL.search(call.name) and not cues.READING_COMMAND.match(command)
    if writes:
        for key in _PATH_KEYS:
            if isinstance(arguments.get(key), str) and "\n" not in arguments[key]:
                yield arguments[key]
    for text in arguments.values():
        if isinstance(text, str) and ("*** " in text[:_PATCH_LIMIT] or "+++ " in text[:_PATCH_LIMIT]):
            yield from (match[1] for match in cues.PATCH_PATH.finditer(text[:_PATCH_LIMIT]))
    if command and not writes:
        yield from _by_shell(command[:_PATCH_LIMIT])


def _by_shell(command: str) -> Iterator[str]:
    """What a shell command writes: redirections, and the files that sed -i, tee, touch, mv, cp and git are given."""
    for part in _SEPARATOR.split(command):
        if not cues.SHELL_WRITE.search(part):
            continue
        redirected = [match[1] for match in _REDIRECT.finditer(part) if paths(match[1])]
        named = paths(part)
        yield from redirected or (named[-1:] if re.search(r"\bcp\b|[<>]", part) else named)


def _by_words(sentence: str, role: str) -> Iterator[str]:
    """The paths of *sentence* whose nearest verb is one of writing, stated as done or being done."""
    edits = [match.start() for match in cues.EDIT.finditer(sentence)]
    if role in TOOL_ROLES:
        yield from (match[1] for match in cues.PATCH_PATH.finditer(sentence))
        if not edits or edits[0] > 40 or len(sentence) > 200:
            return
    if not edits or sentence.endswith(("?", "？")):
        return
    reads = [match.start() for match in cues.READ.finditer(sentence)]
    for path in paths(sentence):
        verb = _verb(sentence, sentence.find(path), edits, reads)
        if (
            _FILE.search(path)
            and "://" not in path
            and verb >= 0
            and not cues.NOT_DONE.search(sentence, max(0, verb - 30), verb)
        ):
            yield path


def _verb(sentence: str, place: int, edits: list[int], reads: list[int]) -> int:
    """Where the verb of writing stands that governs the path at *place*; -1 when it is one of reading, or far."""
    before = [verb for verb in (*edits, *reads) if verb < place]
    if before:
        nearest = max(before)
        return nearest if nearest in edits and place - nearest <= 120 else -1
    after = min(verb for verb in (*edits, *reads, len(sentence)) if verb > place)
    return after if after in edits and after - place <= 80 else -1
