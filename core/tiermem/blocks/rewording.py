"""Content whose words change while its calls and results keep their places, or a provider would refuse what is left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tiermem.blocks.forms import FORMS, HELD, Sort
from tiermem.blocks.linking import LINKS, Content
from tiermem.blocks.reading import ReadBlock, read, words

_Part = dict[str, Any]


def reworded(content: Content, text: str, clip: Callable[[Any], Any] = lambda value: value) -> Content:
    """*text* in place of all words of *content*; its calls stay, with clipped arguments, and its results say *text*.

    Of several results the first one says it. Where there is neither call nor result, the text is all that is left.
    """
    parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    links = [(part, block) for part in parts if (block := read(part)).sort in LINKS]
    if not links:
        return text
    first = next((place for place, (_, block) in enumerate(links) if block.sort is Sort.RESULT), None)
    kept: list[str | _Part] = [text_block(text, links[0][0])] if text and first is None else []
    for place, (part, block) in enumerate(links):
        if block.sort is Sort.CALL:
            kept.append(_called(part, block, clip))
        else:
            kept.append(_saying(part, block, text if place == first else ""))
    return kept


def sections(content: Content) -> list[str]:
    """What each result in *content* says, in order, and what is said beside them, last; [] unless that is several.

    In one message the results of several calls stand, and a user's words, and each has its own size.
    """
    parts = content if isinstance(content, list) else []
    results = [part for part in parts if _sort(part) is Sort.RESULT]
    beside = "\n".join(word for part in parts if _sort(part) not in LINKS for word in words(part))
    said = ["\n".join(words(part)) for part in results]
    return said + [beside] * bool(beside) if results and len(said) + bool(beside) > 1 else []


def result_names(content: Content) -> list[str]:
    """The tools of the results in *content*, in order; "" for one that names none."""
    parts = content if isinstance(content, list) else []
    blocks = [read(part) for part in parts if isinstance(part, Mapping)]
    return [block.name for block in blocks if block.sort is Sort.RESULT]


def each_reworded(content: Content, said: Sequence[str], clip: Callable[[Any], Any] = lambda value: value) -> Content:
    """*content* with *said* in place of its `sections`; its calls stay, with clipped arguments.

    Where *said* is of the results alone, what is said beside them stays as it is, in its place.
    """
    told = list(said)
    own = len(told) <= len(result_names(content))
    beside = "" if own else told.pop()
    kept: list[str | _Part] = []
    for part in content if isinstance(content, list) else []:
        block = read(part) if isinstance(part, Mapping) else None
        if isinstance(part, Mapping) and block is not None and block.sort in LINKS:
            kept.append(_called(part, block, clip) if block.sort is Sort.CALL else _saying(part, block, told.pop(0)))
        elif own and (block is None or block.sort is Sort.TEXT):
            kept.append(part)
        elif beside and any(words(part)):
            kept.append(beside if isinstance(part, str) else text_block(beside, part))
            beside = ""
    return kept


def results_reworded(content: Content, text: str, clip: Callable[[Any], Any] = lambda value: value) -> Content:
    """`reworded`, but what is said beside the results stays as it is, in its place."""
    return each_reworded(content, [text, *[""] * (len(result_names(content)) - 1)], clip)


def _sort(part: Any) -> Sort | None:
    return read(part).sort if isinstance(part, Mapping) else None


def without_results(content: Content, ids: Collection[str], shown: Callable[[_Part], str]) -> Content:
    """*content* with the results of these calls told as text, each as it is *shown*."""
    if not isinstance(content, list):
        return content

    def told(part: str | _Part) -> str | _Part:
        if isinstance(part, str) or not ((block := read(part)).sort is Sort.RESULT and block.id in ids):
            return part
        return text_block(shown(part), part)

    return [told(part) for part in content]


def text_block(text: str, beside: Mapping[str, Any]) -> _Part:
    """A block of text in the form of the block *beside* it."""
    return {**{key: "text" for key in ("type", "block_type") if key in beside}, "text": text}


def reply(call: ReadBlock, text: str) -> dict[str, Any] | None:
    """The block by which *call* is answered with *text*; None for a call whose result is a message of its own."""
    made = _REPLIES.get(call.kind)
    return None if made is None else made(call, text)


def _inside(part: Mapping[str, Any], block: ReadBlock, change: Callable[[_Part], _Part]) -> _Part:
    """*part* with the object changed that holds its fields: itself, or that under the name of its kind."""
    key = HELD.get(block.kind, block.kind)
    held = part.get(key)
    return {**part, key: change(dict(held))} if isinstance(held, Mapping) else change(dict(part))


def _called(part: Mapping[str, Any], block: ReadBlock, clip: Callable[[Any], Any]) -> _Part:
    keys = FORMS[block.kind].arguments
    return _inside(part, block, lambda fields: {key: clip(one) if key in keys else one for key, one in fields.items()})


def _saying(part: Mapping[str, Any], block: ReadBlock, text: str) -> _Part:
    """A result like *part* that says *text*."""
    keys = FORMS[block.kind].data

    def change(fields: _Part) -> _Part:
        key = next((key for key in keys if key in fields), keys[0])
        kept = {name: one for name, one in fields.items() if name not in keys}
        return kept | {key: _RESULTS.get((block.kind, key), str)(text)}

    return _inside(part, block, change)


# How a result says its text, where that is not the text itself.
_RESULTS: dict[tuple[str, str], Callable[[str], Any]] = {
    ("toolResult", "content"): lambda text: [{"text": text}],
    ("functionResponse", "response"): lambda text: {"result": text},
    ("function_response", "response"): lambda text: {"result": text},
    ("tool-result", "output"): lambda text: {"type": "text", "value": text},
}


def _google(kind: str) -> Callable[[ReadBlock, str], _Part]:
    return lambda call, text: {kind: {"name": call.name, "response": {"result": text}} | _id(call)}


def _id(call: ReadBlock) -> _Part:
    return {"id": call.id} if call.id else {}


def _openai(call: ReadBlock, text: str) -> _Part:
    return {"type": f"{call.kind}_output", "call_id": call.id, "output": text}


_REPLIES: dict[str, Callable[[ReadBlock, str], _Part]] = {
    "tool_use": lambda call, text: {"type": "tool_result", "tool_use_id": call.id, "content": text},
    "toolUse": lambda call, text: {"toolResult": {"toolUseId": call.id, "content": [{"text": text}]}},
    "functionCall": _google("functionResponse"),
    "function_call": lambda call, text: (_openai if call.id else _google("function_response"))(call, text),
    "tool-call": lambda call, text: {
        "type": "tool-result",
        "toolCallId": call.id,
        "toolName": call.name,
        "output": {"type": "text", "value": text},
    },
    **dict.fromkeys(("custom_tool_call", "computer_call", "local_shell_call", "shell_call"), _openai),
    "apply_patch_call": _openai,
}
