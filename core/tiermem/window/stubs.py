"""Reversible compaction of one message: what is shown in its place, and the original kept beside it.

Rule: a stub is one line, says in a few words what the message was about, and ends with the reference by which
the original comes back. Whether a stub is shorter than its message is for the planner to see, which counts tokens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from tiermem.blocks.forms import MEDIA, Sort
from tiermem.blocks.reading import read
from tiermem.blocks.rewording import each_reworded, result_names, results_reworded, reworded, sections
from tiermem.messages import COMPACTION_KEY, Content, Message, ToolCall
from tiermem.records import Compacted
from tiermem.text import late
from tiermem.text.clipping import both_ends, shorten_to_tokens, shorten_with_length
from tiermem.text.cues import ACKNOWLEDGEMENT, DECISION, ERROR, ERROR_NAME, FIGURE, OUTCOME, REQUEST, TOTAL, seeking
from tiermem.text.readable import TOOL_ROLES
from tiermem.text.sanitizing import in_chinese, one_line, unbracketed
from tiermem.text.sentences import sentences
from tiermem.tokens.beside import shortened
from tiermem.window.media.showing import one_medium
from tiermem.window.voices import own_text, voices

ARGUMENT = 200  # characters of a text among the arguments of a call that a stub keeps
MEDIUM_TOKENS = 48  # for those of a medium: its type, size, name and caption, of hundreds of tokens that it cost
STUB_TOKENS = 16  # for the words of a stub; frame and reference take about nine, which makes 25
BESIDE = "tool_output_beside_text"  # the strategy of a stub that stands for the results of a message alone
OWN = 4_000  # characters of what somebody says beside results up to which it stays as it is
_ROUGH = 24_000  # characters looked at from each end: a stub needs no more, and 10 MB messages exist
_JSON_LIMIT = 200_000  # characters that are parsed as JSON
_LATE = 12  # characters before the name of an error that a stub can spare
_SHORTENED = MEDIA | {Sort.RESULT}
_MEDIA_ZH = {"image": "张图片", "audio": "段音频", "video": "段视频", "file": "个文件"}
_MEDIA_TEXT = 200  # characters of text beside media up to which the media are what the message is about

_FENCE = late.compile(r"(?<!`)```+[ \t]*([\w+#.-]*)[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_DEFINED = late.compile(
    r"^[ \t]*(?:export\s+|default\s+|pub(?:\(\w+\))?\s+|public\s+|private\s+|static\s+|async\s+|abstract\s+)*"
    r"(class|def|func|function|fn|struct|enum|trait|interface|impl|type|module"
    r"|create\s+(?:or\s+replace\s+)?(?:table|view|index|function))\s+(?:if\s+not\s+exists\s+)?([\w.:]{1,60})",
    re.MULTILINE | re.IGNORECASE,
)
_ARROW = late.compile(
    r"^[ \t]*(?:export\s+)?(?:const|let|var)\s+(\w{1,60})\s*=\s*(?:async\s*)?\(?[\w\s,{}]{0,80}\)?\s{0,4}=>",
    re.MULTILINE,
)
_CODE_LINE = late.compile(
    r"^\s*(?:(?:def|class|import|from|return|if|for|while|elif|else|try|except|with|func|fn|let|const|var"
    r"|public|private"
    r"|package|using|namespace|#include|SELECT|INSERT|UPDATE|CREATE|ALTER|WHERE|JOIN)\b.*[\w:;{(),*]$"
    r"|[})\];]+,?$|@\w+|//|/\*|.*[;{}]$|\w[\w.]* = .+)"
)
_LANGUAGES = (  # first match wins; TypeScript before JavaScript, since it holds it
    ("python", late.compile(r"^\s*(?:def \w+\(.*:|class \w+.*:$|from [\w.]+ import |import \w+$|elif )", re.MULTILINE)),
    (
        "sql",
        late.compile(r"^\s*(?:SELECT|INSERT INTO|UPDATE|CREATE TABLE|ALTER TABLE)\b", re.MULTILINE | re.IGNORECASE),
    ),
    ("rust", late.compile(r"^\s*(?:pub )?(?:fn \w+|impl |let mut )", re.MULTILINE)),
    ("go", late.compile(r"^(?:package \w+|func (?:\(\w+ \*?\w+\) )?\w+\()", re.MULTILINE)),
    (
        "typescript",
        late.compile(r"^\s*(?:export )?(?:interface \w+|type \w+ =)|: (?:string|number|boolean)\b", re.MULTILINE),
    ),
    ("javascript", late.compile(r"\bfunction \w*\(|^\s*(?:const|let|var) \w+ =|=>|require\(", re.MULTILINE)),
    ("java", late.compile(r"\bpublic (?:static |final )*(?:class|void|interface)\b")),
    ("c", late.compile(r"^#include\b", re.MULTILINE)),
    ("shell", late.compile(r"^#!.*sh$|^\s*(?:sudo|apt|cd|export) ", re.MULTILINE)),
)
_ROWS = late.compile(r"\((\d+) rows?\)|\b(\d[\d,]*) rows? (?:in set|affected|returned|selected)\b|共?\s*(\d+)\s*行")
_TIMESTAMP = late.compile(r"^[\[(]?\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*\s*|^\d\d:\d\d:\d\d\S*\s*")
_CUES = ((3.0, DECISION), (2.0, ERROR), (1.5, REQUEST), (1.5, OUTCOME), (1.0, ERROR_NAME), (0.5, TOTAL))
_CLAUSE = late.compile(r"(?<=[;；:：])\s*|(?<=[,，])\s+(?=but |so |and |which |但|所以|因此)|\s[-–—]\s")


def stub(message: Message) -> Compacted | None:
    """What to show in place of *message*: ``[COMPACTED: what it was about · m57]``; None when there is nothing in it.

    Where somebody speaks beside results of tools, it stands for the results, and what is said stays.

    Strategies: "media" (images, sound, little text), "tool_output", "code_compression", "extract" (prose, pasted
    records), "tool_output_beside_text". The words are Chinese where the message is. About 25 tokens; the reference is
    `m` and the sequence.

    Where several results stand in one message, each has its own: content, with a stub in place of each.
    """
    several = _stub_each(message)
    return several if several is not None else _stub(message)


def _stub_each(message: Message) -> Compacted | None:
    """A stub for each result in *message*, and for what is said beside them; None where there is one result at most."""
    named = result_names(message.content)
    if len(named) < 2:
        return None
    said: list[str] = []
    for place, text in enumerate(sections(message.content)):
        if place == len(named) and len(text) <= OWN:
            break
        role, name = ("tool", named[place] or message.name) if place < len(named) else (message.role, None)
        made = _stub(message.shown_as(text, role=role, name=name, tool_calls=(), tool_call_id=None))
        short = made.content if made is not None and isinstance(made.content, str) else text
        said.append(min(text, short, key=len))
    return Compacted(content=each_reworded(message.content, said, _clipped_arguments), strategy="tool_output")


def own_words(message: Message, words: str) -> Content:
    """What a compactor wrote in place of *message*; of several results in it, the others refer to the whole."""
    named = result_names(message.content)
    if len(named) < 2:
        return words
    others = [f"[… m{message.sequence} …]"] * (len(named) - 1)
    beside = [""] * (len(sections(message.content)) - len(named))
    return each_reworded(message.content, [words, *others, *beside], _clipped_arguments)


def _stub(message: Message) -> Compacted | None:
    if results := _results(message):
        made = _stub(results)
        return replace(made, strategy=BESIDE) if made else None
    text = message.text
    media = _media(message, in_chinese(text)) if len(text) <= _MEDIA_TEXT else ""
    if media:
        single = one_medium(message)
        media, text = single or (media, text)
        strategy, words = "media", f'{media} "{one_line(text)}"' if text.strip() else media
    elif not text.strip():
        strategy, words = "tool_output", _calls(message)
    elif message.acts_as in TOOL_ROLES or message.answers:
        strategy, words = "tool_output", _outcome(message, text)
    elif code := _code(text):
        strategy, words = "code_compression", code
    else:
        strategy, words = "extract", _records(text) or telling_clause(text)
    room = MEDIUM_TOKENS if strategy == "media" else STUB_TOKENS
    words = shorten_to_tokens(unbracketed(words), room).rstrip(" :：")
    words += '"' * (words.count('"') % 2)  # a quotation that was cut
    return Compacted(content=f"[COMPACTED: {words} · m{message.sequence}]", strategy=strategy) if words else None


def as_stub(message: Message, compacted: Compacted, *, tokens_saved: int, compacted_at: datetime | None) -> Message:
    """*message* as it is shown once compacted: the stub, clipped arguments, and in its state the original content.

    Of `raw`, the form of the framework, stays what does not hold the content again: ids, a failed status, thoughts.
    """
    note = {
        "original_content": message.content,
        "tokens_saved": tokens_saved,
        "compacted_at": compacted_at.isoformat() if compacted_at else None,
        "strategy": compacted.strategy,
    }
    shown = compacted.content
    change = results_reworded if compacted.strategy == BESIDE else reworded
    return replace(
        message,
        content=change(message.content, shown, _clipped_arguments) if isinstance(shown, str) else shown,
        tool_calls=clip_arguments(message.tool_calls),
        state={**message.state, COMPACTION_KEY: note},
        raw=shortened(message.raw),
    )


def clip_arguments(calls: tuple[ToolCall, ...], limit: int = ARGUMENT) -> tuple[ToolCall, ...]:
    """*calls* with the same ids and names, and every text in their arguments within *limit* characters.

    A clipped text ends with how many characters it had. Clipping twice changes nothing more.
    """
    return tuple(replace(call, arguments=_clipped(call.arguments, limit)) for call in calls)


def _results(message: Message) -> Message | None:
    """The results and media of *message* as a tool's message, where somebody says something beside them, not too long
    to stay."""
    spoken = voices(message)
    if len(spoken) == 1 or not 0 < len(own_text(message).strip()) <= OWN:
        return None
    beside: list[str | dict[str, Any]] = [
        part for part in message.content or () if isinstance(part, dict) and read(part).sort in _SHORTENED
    ]
    name = next((voice.name for voice in spoken if voice.acts_as in TOOL_ROLES), None)
    return replace(message, role="tool", content=beside, name=name)


def _clipped_arguments(arguments: Any) -> Any:
    return _clipped(arguments, ARGUMENT)


def _clipped(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return shorten_with_length(value, limit)
    if isinstance(value, dict):
        return {key: _clipped(inner, limit) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clipped(inner, limit) for inner in value]
    return value


def _media(message: Message, chinese: bool) -> str:
    if not isinstance(message.content, list):
        return ""
    counts: dict[str, int] = {}
    for block in message.content:
        sort = read(block).sort if isinstance(block, dict) else None
        if sort in MEDIA:
            counts[sort] = counts.get(sort, 0) + 1
    if chinese:
        return "、".join(f"{number} {_MEDIA_ZH[name]}" for name, number in counts.items())
    return ", ".join(f"{number} {name}{'s' * (number > 1)}" for name, number in counts.items())


def _calls(message: Message) -> str:
    """Words for a turn that only calls tools; "" unless clipping its arguments saves something."""
    if clip_arguments(message.calls) == message.calls:
        return ""
    words = []
    for call in message.calls:
        values = call.arguments.values() if isinstance(call.arguments, dict) else [call.arguments]
        short = next(
            (argument for argument in values if isinstance(argument, str) and argument and len(argument) <= 60), ""
        )
        words.append(f"{call.name}({short})" if short else call.name)
    return "calls " + ", ".join(words)


def _outcome(message: Message, text: str) -> str:
    name = message.name or ("工具" if in_chinese(text) else "tool")
    result = f"{name} 结果" if in_chinese(text) else f"{name} result"
    if records := _records(text):
        return f"{result}, {records}"
    lines = text.count("\n") + 1
    size = (f"{lines} 行" if in_chinese(text) else f"{lines} lines") if lines > 9 else ""
    return ", ".join(part for part in (result, size, f'"{_pointed(telling_line(text))}"') if part)


def _records(text: str) -> str:
    """Words for JSON, tables and logs: how many, of what, and the worst line; "" for anything else."""
    summed_up = _json(text)
    if summed_up or text.lstrip()[:1] in {"{", "["}:
        return summed_up
    rows = list(dict.fromkeys(_rows(text)))
    if not rows:
        return ""
    worst = next((line for line in rows if ERROR.search(line)), None) or telling_line(text)
    count = _row_count(text)
    return f'{count} {"行" if in_chinese(text) else "rows"}, "{_pointed(worst)}"'


def _pointed(line: str) -> str:
    """*line* from where it tells something: without a time stamp, and from the name of an error that comes late."""
    line = _TIMESTAMP.sub("", line)
    error = ERROR_NAME.search(line)
    return line[error.start() :] if error and error.start() > _LATE else line


def _rows(text: str) -> list[str]:
    """The rows of a table or log, from both ends of *text*; [] when it is neither."""
    lines = [line.strip() for line in both_ends(text, _ROUGH).splitlines() if line.strip()]
    marked = sum(1 for line in lines if "|" in line or "\t" in line or _TIMESTAMP.match(line))
    return lines if len(lines) >= 3 and marked * 2 > len(lines) else []


def _row_count(text: str) -> str:
    counted = _ROWS.search(text[-_ROUGH:])
    if counted:
        return next(group for group in counted.groups() if group)
    return f"{sum(1 for line in text.splitlines() if line.strip(' |-+='))}"


def _json(text: str) -> str:
    if text.lstrip()[:1] not in {"{", "["} or len(text) > _JSON_LIMIT:
        return ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # broken or absurdly nested: it is told like any other text
        return ""
    unit = "行" if in_chinese(text) else "rows"
    if isinstance(value, list):
        keys = list(value[0]) if value and isinstance(value[0], dict) else []
        return f"{len(value)} {unit}" + (f": {', '.join(keys[:5])}" if keys else "")
    fault = next((value[key] for key in ("error", "message", "detail") if isinstance(value.get(key), str)), "")
    if fault:
        return f'"{fault}"'
    sizes = (f"{key} ({len(held)})" if isinstance(held, list) else key for key, held in value.items())
    return "JSON: " + ", ".join(sizes) if value else "JSON {}"


def telling_line(text: str) -> str:
    """The line of an output that says most: an error, an outcome, a figure, else the first one."""
    lines = [line.strip(' \t|*-=#`"') for line in both_ends(text, _ROUGH).splitlines()]
    return _best(line for line in lines if any(map(str.isalnum, line)))


def telling_clause(text: str) -> str:
    """The clause of prose that says most: a decision, a request, an error, figures; greetings and thanks last."""
    start = text[:_ROUGH]
    return _best(part for sentence in sentences(start) for part in _CLAUSE.split(sentence)) or one_line(start)


def _best(parts: Iterable[str]) -> str:
    best, highest = "", -1e9
    for place, part in enumerate(parts):
        score = _telling(part) - 0.02 * min(place, 50)
        if score > highest and any(map(str.isalnum, part)):
            best, highest = part.strip(" \t\n*#`>-"), score
    return best


def _telling(part: str) -> float:
    part = part[:600]
    found = seeking(part)
    cued = sum(weight for weight, cue in _CUES if found(cue)) + sum(1 for _ in islice(FIGURE.finditer(part), 2))
    short = not cued and len(one_line(part)) < 12
    return cued - 2.0 * bool(ACKNOWLEDGEMENT.match(part.strip())) - 1.0 * short + min(len(part), 80) / 160


def _code(text: str) -> str:
    """Words for a message that is mostly code: language, lines, what it defines; "" for other messages."""
    start = text[:_ROUGH]
    fences = list(_FENCE.finditer(start))
    code = "\n".join(fence[2] for fence in fences)
    if len(code) * 5 < len(start) * 2:  # 40 %: below it the prose is what the message is about
        lines = [line for line in start.splitlines() if line.strip()]
        if len(lines) < 4 or 5 * sum(1 for line in lines if _CODE_LINE.match(line)) < 3 * len(lines):
            return ""
        code = start
    language = next((fence[1] for fence in fences if fence[1]), "") or _language(code)
    names = list(dict.fromkeys(_names(code)))
    size = text.count("\n") + 1 if code == start else code.count("\n")
    head = f"{language} 代码, {size} 行" if in_chinese(text) else f"{language} code, {size} lines".strip()
    return f"{head}: {', '.join(names)}" if names else f'{head}, "{telling_line(code)}"'


def _names(code: str) -> list[str]:
    named = [(match.start(), f"{' '.join(match[1].lower().split())} {match[2]}") for match in _DEFINED.finditer(code)]
    named += [(match.start(), f"function {match[1]}") for match in _ARROW.finditer(code)]
    return [name.rstrip(":.") for _, name in sorted(named)]


def _language(code: str) -> str:
    return next((name for name, sign in _LANGUAGES if sign.search(code)), "")
