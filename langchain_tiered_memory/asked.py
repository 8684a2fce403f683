"""A chat model as what summarises and extracts: how it is asked, whatever for."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import merge_configs

from langchain_tiered_memory.convert import SOURCE_KEY
from tiermem.errors import InvalidSettings, MissingExtra
from tiermem.models.requests import Answer, Request

NO_STREAM = "nostream"  # langgraph.constants.TAG_NOSTREAM; named here, because langchain-core alone is enough for us


class AskedModel:
    """A chat model, or any other `Runnable` from messages to a message or text, that is asked in the background.

    Args:
        model: it, or a name for `init_chat_model`.
        run: the name of its runs in traces; the words of none of them appear in ``stream_mode="messages"``.
        source: what its runs are for, as LangChain marks it.

    Raises:
        InvalidSettings: the model is none.
        MissingExtra: *model* is a name and `langchain` is not installed.
    """

    def __init__(self, model: Runnable[Any, Any] | str, run: str, source: str) -> None:
        self.model = _named(model) if isinstance(model, str) else model
        if not isinstance(self.model, Runnable):
            raise InvalidSettings(f"a chat model or its name is needed, not {type(model).__name__}")
        self._not_shown: RunnableConfig = {"tags": [NO_STREAM], "run_name": run, "metadata": {SOURCE_KEY: source}}
        self._structured_model: Runnable[Any, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_structured_model": None}  # LangChain's holds lambdas; it is bound again when needed

    def ask(self, config: RunnableConfig | None, request: Request) -> Answer:
        """The answer to *request*."""
        model = self._asked(request)
        return _answer(model.invoke(_turns(request), merge_configs(config, self._not_shown)))

    async def aask(self, config: RunnableConfig | None, request: Request) -> Answer:
        """`ask` without blocking the event loop."""
        model = self._asked(request)
        return _answer(await model.ainvoke(_turns(request), merge_configs(config, self._not_shown)))

    def _asked(self, request: Request) -> Runnable[Any, Any]:
        """The model that a request goes to.

        Raises:
            NotImplementedError: the model has no structured output.
        """
        if not request.structured:
            return self.model
        if self._structured_model is None:
            bind = getattr(self.model, "with_structured_output", None)
            if bind is None:
                raise NotImplementedError("no structured output")
            self._structured_model = bind(request.schema, include_raw=True)
        return self._structured_model


def _named(name: str) -> Runnable[Any, Any]:
    try:
        from langchain.chat_models import init_chat_model
    except ModuleNotFoundError as error:
        raise MissingExtra(f"a model by name needs {error.name}: pip install 'tiermem[langchain]'") from error
    return init_chat_model(name)


def window(model: Any) -> int | None:
    """Input tokens that the model declares: in its profile, or as the context of a local model."""
    profile = getattr(model, "profile", None)
    declared = profile.get("max_input_tokens") if isinstance(profile, dict) else None
    windows = (declared, getattr(model, "num_ctx", None), getattr(model, "n_ctx", None))
    return next((window for window in windows if type(window) is int and window > 0), None)


def _turns(request: Request) -> list[tuple[str, str]]:
    roles = {"system": "system", "user": "human", "assistant": "ai"}
    return [(roles[turn.role], turn.text) for turn in request.turns]


def _answer(result: Any) -> Answer:
    """What a model's result comes to: a message, text, or what `include_raw` wraps."""
    if isinstance(result, dict) and isinstance(result.get("raw"), BaseMessage):
        return _of_message(result["raw"], result.get("parsed"))
    if isinstance(result, BaseMessage):
        return _of_message(result, None)
    return Answer(text=result) if isinstance(result, str) else Answer(value=result)


def _of_message(message: BaseMessage, value: Any) -> Answer:
    """*value*, or else the arguments of a tool call that broke the schema; the core reads what is whole in them."""
    if value is None and (calls := getattr(message, "tool_calls", None)):
        value = calls[0]["args"]
    counted = getattr(message, "usage_metadata", None) or {}
    return Answer(value, str(message.text), counted.get("input_tokens"), counted.get("output_tokens"))
