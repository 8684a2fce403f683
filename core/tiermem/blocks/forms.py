"""The table of block kinds: what a block is, and under which of its keys its words, its parts and its links stand.

Rule 1: this is the only place that knows the name of a kind. A new kind is a row here and nothing else.
Rule 2: what a row names as words is what is counted, indexed, quoted and summarised of such a block.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Sort(StrEnum):
    """What a block is. A DEED is what a provider did by itself: nobody has to answer it, and it answers nobody."""

    TEXT = "text"
    THOUGHT = "thought"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    CALL = "call"
    RESULT = "result"
    DEED = "deed"
    OTHER = "other"


MEDIA = frozenset({Sort.IMAGE, Sort.AUDIO, Sort.VIDEO, Sort.FILE})
CAPTIONS = ("caption", "title", "alt", "alt_text", "description")  # keys of what is said of a medium
NAMES = ("filename", "file_name", "name")  # and of what it is called
DESCRIBED = "tiermem:described"  # of what a function of the user's says of it; in no block that anybody handed over
MEDIA_WORDS = (*CAPTIONS, *NAMES, "transcript", "mood", DESCRIBED)
BESIDE = ("extras", "metadata")  # keys under which frameworks put what a block of theirs has no field for


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of block.

    Args:
        sort: what it is.
        texts: keys of strings that are words of it; in a thought they may stand deeper.
        inner: keys of what is made of blocks.
        data: keys of any value, which is told as JSON where it is neither text nor blocks.
        ids, names, arguments: keys of a call, or of the call that a result answers; the first that is there counts.
    """

    sort: Sort
    texts: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()


_IDS = ("call_id", "tool_call_id", "toolCallId", "toolUseId", "tool_use_id", "id")
_NAMES = ("name", "tool_name", "toolName")
_ARGUMENTS = ("input", "args", "arguments", "tool_kwargs", "partial_json", "action", "operation")


def _rows(kinds: str, sort: Sort, **keys: Iterable[str]) -> dict[str, Form]:
    form = Form(sort, **{name: tuple(given) for name, given in keys.items()})
    return dict.fromkeys(kinds.split(), form)


def _calls(kinds: str, sort: Sort = Sort.CALL) -> dict[str, Form]:
    return _rows(kinds, sort, ids=_IDS, names=_NAMES, arguments=_ARGUMENTS)


def _results(kinds: str, data: Iterable[str], sort: Sort = Sort.RESULT) -> dict[str, Form]:
    return _rows(kinds, sort, ids=_IDS, names=_NAMES, data=data)


# Where two providers mean different things by one word, the row has the keys of both.
FORMS: dict[str, Form] = {
    # what is said
    **_rows("text input_text output_text summary_text error-text plain_text", Sort.TEXT, texts=("text", "value")),
    **_rows("refusal", Sort.TEXT, texts=("refusal",)),
    **_rows("message content non_standard", Sort.TEXT, inner=("content", "value")),
    **_rows("json error-json", Sort.TEXT, data=("json", "value")),
    **_rows("guardContent guard_content", Sort.TEXT, inner=("text",)),
    # sources
    **_rows("citation", Sort.TEXT, texts=("title",), inner=("cited_content",)),
    **_rows("citable search_result searchResult citationsContent", Sort.TEXT, texts=("title",), inner=("content",)),
    **_rows("web_search_result web_fetch_result", Sort.TEXT, texts=("title", "url"), inner=("content",)),
    **_rows("source source-url source-document", Sort.TEXT, texts=("title", "url")),
    **_rows("resource_link", Sort.TEXT, texts=("title", "name", "description", "uri")),
    # what code printed
    **_rows(
        "code_execution_result bash_code_execution_result codeExecutionResult",
        Sort.TEXT,
        texts=("stdout", "stderr", "output", "code_execution_result"),
    ),
    **_rows("logs", Sort.TEXT, texts=("logs",)),
    **_rows("executableCode executable_code", Sort.TEXT, texts=("code", "executable_code")),
    # thoughts
    **_rows(
        "thinking reasoning reasoning_content reasoning_text reasoningContent thought",
        Sort.THOUGHT,
        texts=(
            "thinking", "reasoning", "reasoning_content", "reasoningText", "content", "summary", "text", "details",
        ),
    ),
    # media
    **_rows("image image_url input_image computer_screenshot", Sort.IMAGE, texts=MEDIA_WORDS),
    **_rows("image_generation_call", Sort.IMAGE, texts=("revised_prompt", DESCRIBED)),
    **_rows("audio audio_url input_audio output_audio", Sort.AUDIO, texts=MEDIA_WORDS),
    **_rows("video video_url input_video", Sort.VIDEO, texts=MEDIA_WORDS),
    **_rows(
        "file document input_file text-plain media inlineData inline_data fileData file_data resource container_upload",
        Sort.FILE,
        texts=("context", *MEDIA_WORDS),
    ),
    # calls that somebody has to answer, and the answers
    **_calls(
        "tool_use toolUse tool_call tool_call_chunk invalid_tool_call tool-call function_call functionCall "
        "custom_tool_call computer_call local_shell_call shell_call apply_patch_call"
    ),
    **_results("tool_result toolResult", data=("content",)),
    **_results(
        "function_call_output custom_tool_call_output computer_call_output local_shell_call_output shell_call_output "
        "apply_patch_call_output",
        data=("output",),
    ),
    **_results("tool-result", data=("output", "result")),
    **_results("functionResponse function_response", data=("response", "parts")),
    # what a provider did by itself
    **_calls("server_tool_use server_tool_call server_tool_call_chunk mcp_tool_use", Sort.DEED),
    **_results(
        "server_tool_result mcp_tool_result web_search_tool_result web_fetch_tool_result code_execution_tool_result "
        "bash_code_execution_tool_result text_editor_code_execution_tool_result tool_search_tool_result",
        data=("content", "output"),
        sort=Sort.DEED,
    ),
    **_rows("web_search_call", Sort.DEED, data=("action",)),
    **_rows("file_search_call", Sort.DEED, data=("queries", "results")),
    **_rows("code_interpreter_call", Sort.DEED, texts=("code",), inner=("outputs",)),
    **_rows("mcp_call", Sort.DEED, names=("name",), arguments=("arguments",), data=("output", "error")),
    **_rows(
        "tool-invocation dynamic-tool",
        Sort.DEED,
        ids=("toolCallId",),
        names=("toolName",),
        arguments=("args", "input"),
        data=("result", "output"),
        texts=("errorText",),
    ),
}  # fmt: skip

TOOL_PART = "tool-"  # a part of a user interface's message: "tool-weather" is what the tool weather was asked and said
# Kinds that Bedrock, Google and others name by the one key that holds the block, in the order in which they are asked.
KEYED = (
    "toolUse", "toolResult", "functionCall", "function_call", "functionResponse", "function_response",
    "inlineData", "inline_data", "fileData", "file_data", "executableCode", "executable_code",
    "codeExecutionResult", "code_execution_result", "reasoningContent", "citationsContent", "searchResult",
    "guardContent", "image", "document", "video", "audio", "json", "text",
)  # fmt: skip
# Where the key that holds the fields of a block is not the kind's own name; "" where none does.
HELD = {"tool-invocation": "toolInvocation", "json": ""}
LOOSE = ("title", "text", "content", "output", "transcript", "caption")  # where words stand in kinds nobody knows
