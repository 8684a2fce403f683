"""An export as a person reads it: conversations, documents, what is kept of the user, and items, in Markdown. Pure.

Rule: whatever somebody said stands behind "> ", so that no words of theirs pass for a heading of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tiermem.messages import Message
from tiermem.portability import lines
from tiermem.settings import Scope
from tiermem.window.view import within

_KINDS = {
    "conversation": "Conversation",
    "knowledge": "Documents",
    "facts": "What was stated, pinned or corrected",
    "media": "What was described",
}


def title(scope: Scope) -> str:
    """How it begins."""
    tenant = f" of {_one_line(scope.tenant)}" if scope.tenant else ""
    return f"# All that tiermem holds of {_one_line(scope.user)}{tenant}\n"


def heading(scope: Scope, messages: int, shared: int) -> str:
    """Before the messages of a session, of which the first *shared* are those of the one that it was forked from."""
    name = f" {_one_line(scope.session)}" if scope.kind == "conversation" else ""
    count = f"{messages:,} message{'' if messages == 1 else 's'}"
    fork = f"; a fork, m1 to m{shared} are another's" if shared else ""
    return f"\n## {_KINDS.get(scope.kind, scope.kind)}{name} ({count}{fork})\n"


def message(said: Message, scope: Scope, hidden: Sequence[tuple[int, int]]) -> str:
    """One message, with who said it, when, and under which reference."""
    when = said.when
    source = said.state.get("source") if scope.kind == "knowledge" else None
    who = source if isinstance(source, str) else said.name or said.role
    facts = [
        f"**{_one_line(who)}**" + (f" ({_one_line(said.role)})" if said.name and not source else ""),
        when.isoformat(" ", "seconds") if when is not None else "",
        f"{ {'conversation': 'm', 'knowledge': 'd', 'facts': 'f'}.get(scope.kind, 'm') }{said.sequence}",
        "hidden" if within(hidden, said.sequence) else "",
    ]
    calls = [f"calls {call.name}({json.dumps(call.arguments, ensure_ascii=False)})" for call in said.tool_calls]
    words = [said.text, *calls] if said.text or not calls else calls
    return f"\n{' · '.join(filter(None, facts))}\n\n{_quoted(chr(10).join(words))}\n"


def summary(fields: Mapping[str, Any]) -> str:
    """One summary."""
    text = fields["body"].get("text", "") if isinstance(fields.get("body"), dict) else ""
    return f"\n**Summary s{fields['number']}** of m{fields['first']} to m{fields['last']}\n\n{_quoted(text)}\n"


def items(raws: Iterable[bytes]) -> Iterator[str]:
    """The items."""
    begun = False
    for raw in raws:
        if lines.kind_of(raw) != "item":
            continue
        if not begun:
            yield "\n## Items\n"
            begun = True
        fields = lines.parsed(raw, 0)
        where = _one_line(" / ".join([*fields["path"], fields["key"]]))
        value = json.dumps(fields["value"], ensure_ascii=False, indent=1, sort_keys=True)
        yield f"\n**{where}** · {fields['updated_at']}\n\n{_quoted(value)}\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {part}".rstrip() for part in text.splitlines() or [""])


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "-"
