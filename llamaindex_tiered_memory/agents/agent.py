"""TieredFunctionAgent: a FunctionAgent whose single run may take any number of tool calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.agent.workflow.agent_context import AgentContext
from llama_index.core.agent.workflow.workflow_events import (
    AgentOutput,
    AgentWorkflowStartEvent,
    ToolCall,
    ToolCallResult,
)
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.memory.types import BaseMemory
from llama_index.core.tools import AsyncBaseTool
from llama_index.core.workflow import Context
from llama_index.core.workflow.decorators import step

from llamaindex_tiered_memory.agents.recording import BEGINNINGS, Batch, recorded, surviving_prompt
from llamaindex_tiered_memory.agents.run import RunNote, RunPrompt, asked_text, limit_for
from llamaindex_tiered_memory.memory.memory import TieredChatMemory
from llamaindex_tiered_memory.memory.view import so_far, unread
from tiermem.agents.budget import Costs
from tiermem.agents.note import owner_of
from tiermem.agents.view import WITHIN, ViewRequest
from tiermem.records import Within

NOTE_KEY = "tiered_run"  # in the store of the run's Context
STAND_IN_KEY = "tiered_run_memory"
WORKFLOW_KEY = "agents"  # in the store of a run of several agents
HANDOFF = "handoff"  # LlamaIndex's own name of that tool
NOT_CALLED = "[not called: the run had no iterations left]"


class TieredFunctionAgent(FunctionAgent):
    """A FunctionAgent that keeps one run within a limit, and loses nothing of it.

    The scratchpad keeps every message as it is, and so does the memory's session, at once: a run that is aborted is
    there all the same. What the model is sent is a view: stale tool results are replaced by stubs with references
    ("m12"), then the oldest steps by a summary, at the memory's thresholds. Give the agent `memory_tools(memory)`, so
    that it can look behind a reference::

        memory = TieredChatMemory(session_id="ann-1", path="chat.db", token_limit=30_000)
        agent = TieredFunctionAgent(llm=llm, tools=[*tools, *memory_tools(memory)])
        await agent.run("…", memory=memory, max_iterations=60)

    Alone or as one of several agents in an AgentWorkflow. Without memory= it has a TieredChatMemory in RAM, which lasts
    as long as the run's Context: pass ctx= to go on, or memory=. With a memory of LlamaIndex's the run is kept within
    the limit as well, but is in that memory only when it has ended.
    """

    max_tokens: int | None = Field(
        default=None,
        description="Tokens of everything that the model is sent: system prompt, tool schemas, messages. By default "
        "the memory's token_limit, within the window that the LLM names.",
    )
    recall: bool = Field(
        default=True, description="Quote what an answer may need and the window no longer shows, once a question."
    )
    recall_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens of what is quoted for one question; by default 5 % of the limit, from 400 to 2,000.",
    )
    within: Within = Field(
        default=WITHIN,
        description='"everything" recalls from all conversations of the user that the memory\'s namespace names, and '
        'from their notes and documents; "user" from the conversations alone, "conversation" from this one. Without a '
        'namespace "everything" has this conversation alone, and "user" is refused when the run begins.',
    )

    profile: int = Field(
        default=0,
        ge=0,
        description="Tokens of each prompt for what is known of the user that the memory's namespace names, behind the "
        "system prompt; 0 leaves it out. Without a namespace it is refused when the run begins.",
    )

    _costs: Costs = PrivateAttr(default_factory=Costs)

    async def take_step(
        self, ctx: AgentContext, llm_input: list[ChatMessage], tools: Sequence[AsyncBaseTool], memory: BaseMemory
    ) -> AgentOutput:
        """One call of the model, with the view of the conversation and the run.

        Raises:
            BudgetTooSmall: system prompt, tool schemas and the newest message do not fit.
        """
        scratchpad, note = await self._begun(ctx, llm_input)
        system = self._system(llm_input)
        target = await self._target(ctx, memory, None if scratchpad else llm_input[len(system) :])
        note = note.owned_by(owner_of(target.session.scope))
        wanted, said = self._wanted(target, system, tools, fresh=not scratchpad), llm_input[len(system) :]
        if not scratchpad:
            BEGINNINGS.note(note.run, said)
        otherwise = RunPrompt(BEGINNINGS.so_far(note.run, scratchpad, said), note)
        prompt = await surviving_prompt(target, note, wanted, otherwise)
        output = await super().take_step(_without(ctx, self.scratchpad_key), [*system, *prompt.messages], tools, memory)
        added = [output.response, *await self._never_called(ctx, output)]
        await ctx.store.set(self.scratchpad_key, [*scratchpad, *added])
        await self._record(ctx, target, prompt.note, added, len(scratchpad))
        return output

    async def handle_tool_call_results(self, ctx: Context, results: list[ToolCallResult], memory: BaseMemory) -> None:
        """Puts the results into the scratchpad, and into the session."""
        before = len(await ctx.store.get(self.scratchpad_key, default=[]))
        await super().handle_tool_call_results(ctx, results, memory)
        scratchpad = await ctx.store.get(self.scratchpad_key, default=[])
        names = {one.tool_id: one.tool_name for one in results}
        target, note = await self._target(ctx, memory), await _note(ctx)
        await self._record(ctx, target, note, scratchpad[before:], before, names)
        so_far.set(BEGINNINGS.so_far(note.run, scratchpad))
        if HANDOFF not in names.values():  # or another agent may read what the memory shows
            unread.set(BEGINNINGS.begun(note.run))

    async def finalize(self, ctx: Context, output: AgentOutput, memory: BaseMemory) -> AgentOutput:
        """Ends the run, or this agent's part of it: what the session has is not put a second time."""
        note = await _note(ctx)
        if isinstance(memory, TieredChatMemory):
            scratchpad = await ctx.store.get(self.scratchpad_key, default=[])
            await self._record(ctx, memory, note, scratchpad[note.count :], note.count)
            so_far.set(BEGINNINGS.so_far(note.run, scratchpad))
            if not (output.tool_calls or await self._shown_at_the_end(ctx)):
                unread.set([])
            await ctx.store.set(self.scratchpad_key, [])
        else:
            output = await super().finalize(ctx, output, memory)
            await ctx.store.set(STAND_IN_KEY, None)
        await _keep(ctx, replace(note, run=RunNote().run, count=0))
        return output

    @step
    async def call_tool(self, ctx: Context, ev: ToolCall) -> ToolCallResult:
        """Calls the tool; of several calls at once each result is in the session when it comes."""
        result: ToolCallResult = await super().call_tool(ctx, ev)
        if await ctx.store.get("num_tool_calls", default=0) > 1:
            target = await self._target(ctx, await ctx.store.get("memory"))
            place = len(await ctx.store.get(self.scratchpad_key, default=[]))
            message = ChatMessage(
                role=MessageRole.TOOL,
                blocks=result.tool_output.blocks,
                additional_kwargs={"tool_call_id": result.tool_id},
            )
            ids, names = (await _note(ctx)).ids([message], place), {result.tool_id: result.tool_name}
            await recorded(target, Batch([message], ids, names))
        return result

    async def _init_context(self, ctx: Context, ev: AgentWorkflowStartEvent) -> None:
        if not await ctx.store.get("memory", default=None) and not ev.get("memory", default=None):
            await ctx.store.set("memory", TieredChatMemory(llm=self.llm, token_limit=self.max_tokens, path=":memory:"))
        await super()._init_context(ctx, ev)
        memory = await ctx.store.get("memory", default=None)
        if isinstance(memory, TieredChatMemory):  # what an earlier run could not put comes before the new question
            await recorded(memory)

    # -- inside -------------------------------------------------------------------------------------------------

    async def _shown_at_the_end(self, ctx: Context) -> bool:
        """Whether somebody may read what the memory shows when the run has ended: what makes a structured answer."""
        several = await ctx.store.get(WORKFLOW_KEY, default=None)  # which may have an answer's form of its own
        return bool(several or self.output_cls or self.structured_output_fn)

    def _system(self, llm_input: Sequence[ChatMessage]) -> list[ChatMessage]:
        """The agent's system prompt, which the framework puts in front of what the memory shows."""
        first = llm_input[0] if llm_input else None
        mine = first is not None and first.role is MessageRole.SYSTEM and first.content == self.system_prompt
        return [first] if first is not None and mine else []

    async def _begun(self, ctx: AgentContext, llm_input: Sequence[ChatMessage]) -> tuple[list[ChatMessage], RunNote]:
        """Scratchpad and note; of a new run, where it is one. An aborted run is in the session, and not repeated."""
        scratchpad: list[ChatMessage] = await ctx.store.get(self.scratchpad_key, default=[])
        note = await _note(ctx)
        if await ctx.store.get("num_iterations", default=0) == 0:
            scratchpad = []
            note = replace(note, run=RunNote().run, count=0, asked=0, question_sent=asked_text(llm_input))
            await _keep(ctx, note)
        return scratchpad, note

    async def _target(
        self, ctx: AgentContext, memory: BaseMemory, begin: Sequence[ChatMessage] | None = None
    ) -> TieredChatMemory:
        """The memory, or one in RAM that stands in for another class's; it begins with what that one shows."""
        if isinstance(memory, TieredChatMemory):
            return memory
        held = await ctx.store.get(STAND_IN_KEY, default=None)
        if isinstance(held, TieredChatMemory) and begin is None:
            return held
        made = TieredChatMemory(list(begin or ()), llm=self.llm, token_limit=self.max_tokens, path=":memory:")
        await ctx.store.set(STAND_IN_KEY, made)
        return made

    def _wanted(
        self, memory: TieredChatMemory, system: Sequence[ChatMessage], tools: Sequence[AsyncBaseTool], *, fresh: bool
    ) -> ViewRequest:
        """What is asked of the view; its room is the limit less system prompt and schemas, by the tokenizer."""
        count, prompt = memory.tally.text, system[0].content if system else None
        beside = self._costs.beside(count, prompt, tools, _shape)
        return ViewRequest(
            room=limit_for(memory, self.llm.metadata, self.max_tokens) - beside,
            count=count,
            settings=memory.session.memory.settings,
            fresh=fresh,
            recall=self.recall,
            recall_tokens=self.recall_tokens,
            within=self.within,
            profile=self.profile,
            beside=beside,
            counter=memory.own_counter,
        )

    async def _never_called(self, ctx: AgentContext, output: AgentOutput) -> list[ChatMessage]:
        """A result for each call that the framework will not make, because the iterations are used up."""
        done = await ctx.store.get("num_iterations", default=0)
        most = await ctx.store.get("max_iterations", default=None)
        if most is None or done + 1 < most:
            return []
        ids = [call.tool_id for call in output.tool_calls]
        return [ChatMessage(role="tool", content=NOT_CALLED, additional_kwargs={"tool_call_id": one}) for one in ids]

    async def _record(
        self,
        ctx: AgentContext,
        target: TieredChatMemory,
        note: RunNote,
        messages: Sequence[ChatMessage],
        place: int,
        names: Mapping[str, str] | None = None,
    ) -> None:
        if messages:
            await recorded(target, Batch(list(messages), note.ids(messages, place), names))
        await _keep(ctx, replace(note, count=place + len(messages)))


async def _note(ctx: AgentContext) -> RunNote:
    return RunNote.from_plain(await ctx.store.get(NOTE_KEY, default=None) or {})


async def _keep(ctx: AgentContext, note: RunNote) -> None:
    await ctx.store.set(NOTE_KEY, note.plain())


def _shape(tool: AsyncBaseTool) -> dict[str, Any]:
    """The schema of a tool as providers are sent it."""
    return tool.metadata.to_openai_tool(skip_length_check=True)


class _Beside:
    """An object that is like another one but for what it defines itself."""

    def __init__(self, like: Any) -> None:
        self._like = like

    def __getattr__(self, name: str) -> Any:
        return getattr(self._like, name)


class _Empty(_Beside):
    """A store in which one key has an empty list: the view has its messages already."""

    def __init__(self, like: Any, key: str) -> None:
        super().__init__(like)
        self._key = key

    async def get(self, path: str, default: Any = ...) -> Any:
        """As of the store."""
        return [] if path == self._key else await self._like.get(path, default=default)

    async def set(self, path: str, value: Any) -> None:
        """As of the store, but for the key."""
        if path != self._key:
            await self._like.set(path, value)


def _without(ctx: AgentContext, key: str) -> Any:
    """*ctx* for `FunctionAgent.take_step`, which would send the scratchpad behind the view."""
    beside = _Beside(ctx)
    beside.store = _Empty(ctx.store, key)  # type: ignore[attr-defined]
    return beside
