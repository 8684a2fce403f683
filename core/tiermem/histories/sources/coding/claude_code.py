"""Claude Code's sessions: `~/.claude/projects/…/SESSION.jsonl`.

Seen: files of versions 1 and 2. One content block stands on a line: those of one `message.id` are one answer. The lines
are a tree, but parallel calls and their results make branches of it that nobody took; compaction begins anew, and says
with `logicalParentUuid` where it goes on. `isSidechain` lines are conversations of agents of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, session_id, titled
from tiermem.histories.parts.pieces import StepPiece, steps
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.parts.trees import Node, Path, paths
from tiermem.histories.parts.wording import Block
from tiermem.importers import fields
from tiermem.messages import ToolCall
from tiermem.times.instants import instant

KEY = "claude-code"
_SPOKEN = frozenset({"user", "assistant"})
_RECORD = frozenset({"sessionId", "uuid", "message"})


@dataclass(slots=True)
class _Group:
    """Lines that are one step: an answer, the results of its calls, or what somebody said."""

    parent: str | None
    lines: list[Mapping[str, Any]] = field(default_factory=list)


def _known(contents: Contents) -> bool:
    return contents.is_json and any(
        one.keys() >= _RECORD or {"leafUuid", "summary"} <= one.keys() for one in contents.head
    )


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    records = contents.records
    spoken = [one for one in records if str(one.get("type")) in _SPOKEN and isinstance(one.get("message"), Mapping)]
    titles = [str(one.get("summary") or one.get("title")) for one in records if str(one.get("type")) in _TITLES]
    own = [one for one in spoken if not one.get("isSidechain")]
    name = next((one["sessionId"] for one in spoken if one.get("sessionId")), contents.stem)
    kept = Gathered()
    kept.left_out.update(contents.broken)
    kept.leave(
        "records that are no messages (states, progress, snapshots of files)", len(records) - len(spoken) - len(titles)
    )
    if own or not spoken:
        yield _told(session_id(KEY, name), own, records, titles[-1] if titles else "", kept)
    for agent, lines in _agents(spoken).items():
        yield _told(session_id(KEY, f"{name}.agent-{agent}"), lines, records, "", Gathered())


_TITLES = frozenset({"summary", "ai-title", "custom-title"})


def _agents(spoken: list[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The lines of each agent of its own, by the agent's id, or that of its first line."""
    roots: dict[str, str] = {}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for line in spoken:
        if line.get("isSidechain"):
            uuid, parent = str(line.get("uuid")), line.get("parentUuid")
            agent = str(line.get("agentId") or roots.get(str(parent)) or uuid)
            roots[uuid] = agent
            found.setdefault(agent, []).append(line)
    return found


def _told(
    name: str, spoken: list[Mapping[str, Any]], records: list[Mapping[str, Any]], title: str, kept: Gathered
) -> Conversation:
    parents = {
        str(one["uuid"]): one.get("parentUuid") or one.get("logicalParentUuid") for one in records if one.get("uuid")
    }
    groups, place = _grouped(spoken)
    nodes: dict[str, Node] = {}
    for key, group in groups.items():
        above = group.parent
        seen: set[str] = set()
        while isinstance(above, str) and above not in place and above not in seen:  # lines between that are no messages
            seen.add(above)
            above = parents.get(above)
        parent = place.get(above) if isinstance(above, str) else None
        nodes[key] = Node(None if parent == key else parent, _messages(group, kept))
    path, branches = paths(nodes)
    return Conversation(
        id=name,
        source=SOURCE.name,
        title=title,
        path=titled(path, title),
        branches=tuple(titled(one, title) for one in branches),
        left_out=kept.left_out,
    )


def _grouped(spoken: list[Mapping[str, Any]]) -> tuple[dict[str, _Group], dict[str, str]]:
    """The groups by name, and the name of the group of each line."""
    groups: dict[str, _Group] = {}
    place: dict[str, str] = {}
    callers: dict[str, str] = {}  # the group in which a call stands
    for line in spoken:
        uuid, message = str(line.get("uuid") or len(place)), wording.mapping(line.get("message"))
        blocks = wording.objects(message.get("content"))
        key, parent = uuid, line.get("parentUuid") or line.get("logicalParentUuid")
        if line.get("type") == "assistant" and message.get("id"):
            key = str(message["id"])
            callers |= {str(one.get("id")): key for one in blocks if one.get("type") == "tool_use"}
        caller = next((callers[one["tool_use_id"]] for one in blocks if one.get("tool_use_id") in callers), None)
        if caller is not None:
            key, parent = f"{caller}:results", caller
            place.setdefault(caller, caller)
        groups.setdefault(key, _Group(parent)).lines.append(line)
        place[uuid] = key
    _behind_results(groups, place)
    return groups, place


def _behind_results(groups: Mapping[str, _Group], place: Mapping[str, str]) -> None:
    """What names a line of an answer as its parent stands behind the results of that answer's calls."""
    for key, group in groups.items():
        above = place.get(group.parent) if isinstance(group.parent, str) else None
        results = f"{above}:results"
        if above is not None and results in groups and key not in {results, above}:
            group.parent = str(groups[results].lines[-1].get("uuid"))


def _messages(group: _Group, kept: Gathered) -> Path:
    first = group.lines[0]
    if first.get("isMeta") or first.get("isCompactSummary"):
        kept.leave("messages that Claude Code adds itself (notes for the model, summaries of what stands here in full)")
        return ()
    message = wording.mapping(first["message"])
    pieces: list[StepPiece] = []
    for line in group.lines:
        content = wording.mapping(line["message"]).get("content")
        pieces += [StepPiece(wording.text(content))] if isinstance(content, str) else []
        pieces += [piece for block in wording.objects(content) for piece in _pieces(block)]
    role = str(message.get("role") or first.get("type"))
    made = steps(
        pieces, role, str(first.get("uuid")), instant(first.get("timestamp")), state={"model": message.get("model")}
    )
    if not made:
        kept.leave("messages without words")
    return made


def _pieces(block: Mapping[str, Any]) -> list[StepPiece]:
    kind = block.get("type")
    if kind == "tool_use":
        return [
            StepPiece(call=ToolCall(str(block.get("id")), str(block.get("name")), fields.arguments(block.get("input"))))
        ]
    if kind == "tool_result":
        content = block.get("content")
        told: list[Block] = wording.text(content) or [dict(one) for one in wording.objects(content)]
        return [StepPiece(told, answers=str(block.get("tool_use_id")))]
    if kind == "thinking":
        return [StepPiece(wording.thought(block.get("thinking")))]
    return [StepPiece([{"type": "text", "text": block.get("text") or ""}] if kind == "text" else [dict(block)])]


SOURCE = HistoryFormat(KEY, "Claude Code", _known, _read)
