"""`python -m benchmarks.agents.repeated`: ten tasks, each done four times on threads of their own, with and without
procedures.

The model is made up, and knows of a task only what its prompt says: where the steps stand there it follows them, else
it tries one operation after the other. So what is counted is whether a procedure that was learned stands in the prompt
when its task comes back, and nothing of how well a real model would write or follow one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from pydantic import Field

from benchmarks.report import table
from langchain_tiered_memory import TieredMemoryMiddleware, memory_tools
from tiermem import Memory

ROUNDS = 4
OPERATIONS = ("check stock", "ask for offers", "book", "notify Maja", "sign", "file the receipt", "inspect", "pay")
TASKS = {
    "order a pump for the harbour": (0, 1, 4, 7),
    "renew the insurance of the van": (1, 6, 4, 5),
    "hire a crane for the bridge": (1, 2, 3, 7),
    "return the broken sensors": (0, 6, 3, 5),
    "invite the auditors to the mill": (2, 3, 5, 6),
    "replace the lights of the chapel": (0, 2, 6, 7),
    "给码头订购水泵": (0, 1, 4, 7),
    "为货车续保": (1, 6, 4, 5),
    "租用大桥的起重机": (1, 2, 3, 7),
    "退回损坏的传感器": (0, 6, 3, 5),
}
_LEARNED = re.compile(r"(?:How to: |做法：)(?P<name>[^\n]+)(?P<body>(?:\n.*)*?)(?=\n\[d|\n</)")
_STEP = re.compile(r"\n\s*\d+\. (?P<step>[^\n]+)")


@dataclass
class Worker:
    """What plays the model: the next call by what the prompt says; `turns` counts how often it was asked."""

    task: str = ""
    done: list[str] = field(default_factory=list)
    tried: int = 0
    known: tuple[str, ...] = ()
    turns: int = 0
    stage: str = "work"

    def begin(self, task: str) -> None:
        """Take on *task*."""
        self.task, self.done, self.tried, self.known, self.turns, self.stage = task, [], 0, (), 0, "work"

    def next(self, prompt: str, answered: str, *, learns: bool) -> tuple[str, dict[str, Any]] | None:
        """The tool to call, with its arguments; None where all is done."""
        self.turns += 1
        if self.turns == 1:
            self.known = steps_in(prompt, self.task)
        if answered == "done":
            self.done.append(self.now)
            self.tried = 0
        elif answered:
            self.tried += 1
        if len(self.done) < len(TASKS[self.task]):
            return "operate", {"operation": self.now}
        if learns and self.stage == "work":
            self.stage = "learned"
            if self.known:
                return "report_outcome", {"name": self.task, "worked": True}
            return "learn_procedure", {"name": self.task, "steps": self.done}
        return None

    @property
    def now(self) -> str:
        """The operation that comes next: the learned one, or the next of all that were not tried yet."""
        if self.known:
            return self.known[min(len(self.done), len(self.known) - 1)]
        return OPERATIONS[self.tried % len(OPERATIONS)]

    def operate(self, operation: str) -> str:
        """Whether *operation* is what comes next."""
        wanted = OPERATIONS[TASKS[self.task][len(self.done)]]
        return "done" if operation == wanted else "not yet: something else comes first"


def steps_in(prompt: str, task: str) -> tuple[str, ...]:
    """The steps of the procedure for *task* that stand in *prompt*."""
    found = (match for match in _LEARNED.finditer(prompt) if match["name"].strip() == task)
    return next((tuple(step["step"].strip() for step in _STEP.finditer(match["body"])) for match in found), ())


class Played(BaseChatModel):
    """A `Worker` as a chat model."""

    worker: Worker = Field(default_factory=Worker)
    learns: bool = True

    @property
    def _llm_type(self) -> str:
        return "played"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Played:
        return self

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        last = messages[-1]
        answered = str(last.content) if isinstance(last, ToolMessage) and last.name == "operate" else ""
        wanted = self.worker.next("\n".join(str(one.content) for one in messages), answered, learns=self.learns)
        calls = [] if wanted is None else [{"name": wanted[0], "args": wanted[1], "id": f"c{self.worker.turns}"}]
        return ChatResult(
            generations=[ChatGeneration(message=AIMessage("" if calls else "All done.", tool_calls=calls))]
        )


def run(memory: Memory, tasks: Sequence[str], rounds: int, *, learns: bool) -> list[list[int]]:
    """How often the model was asked for each of *tasks*, by round."""
    model, numbers = Played(learns=learns), count(1)

    @tool
    def operate(operation: str) -> str:
        """Do one operation."""
        return model.worker.operate(operation)

    names = ("learn_procedure", "report_outcome")
    own = memory_tools(resolve=lambda runtime: _session(memory, runtime), names=names) if learns else []
    middleware = TieredMemoryMiddleware(memory=memory, namespace="anna", tools=False)
    agent = create_agent(model, [operate, *own], middleware=[middleware])

    def asked(task: str) -> int:
        model.worker.begin(task)
        place = {"configurable": {"thread_id": f"t{next(numbers)}"}, "recursion_limit": 200}
        agent.invoke({"messages": [HumanMessage(f"Please {task}." if task.isascii() else f"请{task}。")]}, place)
        return model.worker.turns

    return [[asked(task) for task in tasks] for _ in range(rounds)]


def _session(memory: Memory, runtime: Any) -> Any:
    return memory.session(runtime.config["configurable"]["thread_id"], "anna")


def main(measured: Callable[..., list[list[int]]] = run) -> None:
    """Print calls of the model a task, by round."""
    rows = []
    for learns in (False, True):
        with Memory.open(":memory:") as memory:
            rounds = measured(memory, tuple(TASKS), ROUNDS, learns=learns)
        means = [f"{sum(one) / len(one):.1f}" for one in rounds]
        rows.append(["with procedures" if learns else "without", *means])
    print(f"{len(TASKS)} tasks of 4 steps among {len(OPERATIONS)} operations; calls of the model a task, by round")
    print(table(("", *(f"round {number}" for number in range(1, ROUNDS + 1))), rows))


if __name__ == "__main__":
    main()
