"""A middleware that has each question of an agent answered by the model of its tier."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import AgentState, ExtendedModelResponse, ModelRequest, ModelResponse
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from langchain_tiered_memory.convert import SOURCE_KEY
from tiermem.errors import InvalidSettings
from tiermem.routing import Route, Router, TierName
from tiermem.window.quotation import unquoted

Answered = ModelResponse[Any] | AIMessage | ExtendedModelResponse[Any]
NOTE_KEY = "tiermem_routing"


class TieredRoutingMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Chooses the model of each call by how difficult the user's newest question is; one turn has one model.

    Put it in front of `TieredMemoryMiddleware`, so that its limit is that of the model which is chosen::

        router = Router({"easy": "openai:gpt-5-nano", "medium": "openai:gpt-5-mini", "hard": "openai:gpt-5"})
        agent = create_agent("openai:gpt-5", tools, middleware=[TieredRoutingMiddleware(router), memory])
        answer = agent.invoke(...)["messages"][-1]
        router.report(answer.response_metadata["tiermem_routing"], worked=True)

    The router is the application's: what it counts, and what difficulty it goes by, is told there. The route stands in
    the answer's ``response_metadata``, which no provider is sent.

    Args:
        router: a `Router` whose models are chat models, or names for `init_chat_model`.

    Raises:
        InvalidSettings: *router* is none, or a model is neither.
    """

    def __init__(self, router: Router[Any]) -> None:
        super().__init__()
        if not isinstance(router, Router):
            raise InvalidSettings(f"a Router is needed, not {type(router).__name__}")
        self.router = router
        self._models: Mapping[TierName, BaseChatModel] = {tier: _model(one) for tier, one in router.models.items()}

    def wrap_model_call(self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Answered]) -> Answered:
        """Calls the model of the question's tier."""
        route = self.router.route(newest_question(request.state["messages"]))
        return _noted(handler(request.override(model=self._models[route.tier])), route)

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[Answered]]
    ) -> Answered:
        """`wrap_model_call` without blocking the event loop."""
        route = await self.router.aroute(newest_question(request.state["messages"]))
        return _noted(await handler(request.override(model=self._models[route.tier])), route)


def newest_question(messages: Sequence[BaseMessage]) -> str:
    """What the user said last; not what other middleware put there."""
    said = (one for one in reversed(messages) if isinstance(one, HumanMessage))
    newest = next((one for one in said if SOURCE_KEY not in one.additional_kwargs), None)
    return "" if newest is None else unquoted(newest.text)


def _model(given: Any) -> BaseChatModel:
    model = init_chat_model(given) if isinstance(given, str) else given
    if not isinstance(model, BaseChatModel):
        raise InvalidSettings(f"models must be chat models or their names, not {type(given).__name__}")
    return model


def _noted(answer: Answered, route: Route[Any]) -> Answered:
    response = answer.model_response if isinstance(answer, ExtendedModelResponse) else answer
    for message in [response] if isinstance(response, AIMessage) else response.result:
        if isinstance(message, AIMessage):
            message.response_metadata = {**message.response_metadata, NOTE_KEY: route.note()}
    return answer
