"""An LLM that has each question answered by the LLM of its tier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection

from tiermem.errors import InvalidSettings
from tiermem.routing import Router
from tiermem.window.quotation import unquoted

NOTE_KEY = "tiermem_routing"
OBSERVED = "Observation:"  # how ReAct agents begin what a tool answered, on the user's side


class RoutedLLM(FunctionCallingLLM):
    """Chooses the LLM of each call by how difficult the user's newest question is; one turn has one LLM.

    It stands wherever an LLM does: in agents, chat engines, query engines::

        llm = RoutedLLM(Router({"easy": small, "medium": middle, "hard": large}))
        answer = await FunctionAgent(llm=llm, tools=tools).run("Which pump did we order?", memory=memory)
        llm.router.report(llm.router.route("Which pump did we order?"), worked=True)

    The router is the application's: what it counts, and what difficulty it goes by, is told there. Each response has
    its route in ``additional_kwargs``. The context window is the smallest of all, and it calls functions where all do.

    Args:
        router: a `Router` whose models are LLMs of LlamaIndex.

    Raises:
        InvalidSettings: *router* is none, or a model is no LLM.
    """

    _router: Router[Any] = PrivateAttr()

    def __init__(self, router: Router[Any], **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(router, Router):
            raise InvalidSettings(f"a Router is needed, not {type(router).__name__}")
        for model in router.models.values():
            if not isinstance(model, LLM):
                raise InvalidSettings(f"models must be LLMs of LlamaIndex, not {type(model).__name__}")
        self._router = router

    @classmethod
    def class_name(cls) -> str:
        """By which LlamaIndex knows it."""
        return "RoutedLLM"

    @property
    def router(self) -> Router[Any]:
        """What chooses."""
        return self._router

    @property
    def metadata(self) -> LLMMetadata:
        """What holds of all the LLMs."""
        every = [model.metadata for model in self._router.models.values()]
        return LLMMetadata(
            context_window=min(one.context_window for one in every),
            num_output=max(one.num_output for one in every),
            is_chat_model=all(one.is_chat_model for one in every),
            is_function_calling_model=all(one.is_function_calling_model for one in every),
            model_name=", ".join(dict.fromkeys(one.model_name for one in every)),
            system_role=every[0].system_role,
        )

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """The answer of the LLM that is chosen."""
        route = self._router.route(asked_in(messages))
        return _noted(route.model.chat(messages, **kwargs), route.note())

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """`chat` without blocking the event loop."""
        route = await self._router.aroute(asked_in(messages))
        return _noted(await route.model.achat(messages, **kwargs), route.note())

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """`chat`, part by part."""
        route = self._router.route(asked_in(messages))
        return (_noted(part, route.note()) for part in route.model.stream_chat(messages, **kwargs))

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """`stream_chat` without blocking the event loop."""
        route = await self._router.aroute(asked_in(messages))
        parts = await route.model.astream_chat(messages, **kwargs)
        return (_noted(part, route.note()) async for part in parts)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """The completion of the LLM that is chosen for *prompt*."""
        done: CompletionResponse = self._router.route(unquoted(prompt)).model.complete(prompt, formatted, **kwargs)
        return done

    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """`complete` without blocking the event loop."""
        route = await self._router.aroute(unquoted(prompt))
        done: CompletionResponse = await route.model.acomplete(prompt, formatted, **kwargs)
        return done

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """`complete`, part by part."""
        parts: CompletionResponseGen = self._router.route(unquoted(prompt)).model.stream_complete(
            prompt, formatted, **kwargs
        )
        return parts

    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """`stream_complete` without blocking the event loop."""
        route = await self._router.aroute(unquoted(prompt))
        parts: CompletionResponseAsyncGen = await route.model.astream_complete(prompt, formatted, **kwargs)
        return parts

    # --- with tools: each LLM has its own form of them, so all of it is done by the one that is chosen

    def chat_with_tools(
        self, tools: Any, user_msg: Any = None, chat_history: Any = None, *args: Any, **kwargs: Any
    ) -> ChatResponse:
        """`chat` of the LLM that is chosen, with tools in its own form."""
        route = self._router.route(asked_in(_said(user_msg, chat_history)))
        return _noted(route.model.chat_with_tools(tools, user_msg, chat_history, *args, **kwargs), route.note())

    async def achat_with_tools(
        self, tools: Any, user_msg: Any = None, chat_history: Any = None, *args: Any, **kwargs: Any
    ) -> ChatResponse:
        """`chat_with_tools` without blocking the event loop."""
        route = await self._router.aroute(asked_in(_said(user_msg, chat_history)))
        return _noted(await route.model.achat_with_tools(tools, user_msg, chat_history, *args, **kwargs), route.note())

    def stream_chat_with_tools(
        self, tools: Any, user_msg: Any = None, chat_history: Any = None, *args: Any, **kwargs: Any
    ) -> ChatResponseGen:
        """`chat_with_tools`, part by part."""
        route = self._router.route(asked_in(_said(user_msg, chat_history)))
        parts = route.model.stream_chat_with_tools(tools, user_msg, chat_history, *args, **kwargs)
        return (_noted(part, route.note()) for part in parts)

    async def astream_chat_with_tools(
        self, tools: Any, user_msg: Any = None, chat_history: Any = None, *args: Any, **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """`stream_chat_with_tools` without blocking the event loop."""
        route = await self._router.aroute(asked_in(_said(user_msg, chat_history)))
        parts = await route.model.astream_chat_with_tools(tools, user_msg, chat_history, *args, **kwargs)
        return (_noted(part, route.note()) async for part in parts)

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """The calls in *response*, read by the LLM that gave it."""
        tier = response.additional_kwargs.get(NOTE_KEY, {}).get("tier")
        model = self._router.models.get(tier) or next(iter(self._router.models.values()))
        calls: list[ToolSelection] = model.get_tool_calls_from_response(response, error_on_no_tool_call, **kwargs)
        return calls

    def _prepare_chat_with_tools(
        self, tools: Any, user_msg: Any = None, chat_history: Any = None, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        route = self._router.route(asked_in(_said(user_msg, chat_history)))
        prepare = route.model._prepare_chat_with_tools  # noqa: SLF001  # the framework's own hook of each LLM
        made: dict[str, Any] = prepare(tools, user_msg, chat_history, *args, **kwargs)
        return made


def asked_in(messages: Sequence[ChatMessage]) -> str:
    """What the user said last in *messages*, without what we quoted beside it and what tools of a ReAct agent said."""
    for message in reversed(messages):
        said = unquoted(message.content or "").strip()
        if message.role is MessageRole.USER and said and not said.startswith(OBSERVED):
            return said
    return ""


def _said(user_msg: Any, chat_history: Any) -> list[ChatMessage]:
    asked = ChatMessage(role=MessageRole.USER, content=user_msg) if isinstance(user_msg, str) else user_msg
    return [*(chat_history or []), *([asked] if asked is not None else [])]


def _noted(response: ChatResponse, note: dict[str, Any]) -> ChatResponse:
    response.additional_kwargs = {**response.additional_kwargs, NOTE_KEY: note}
    return response
