"""LlamaIndex's own unit tests for memories, chat engines and agents, run with tiermem's class in the memories' place.

    python benchmarks/peer_suites/llamaindex.py --checkout DIR [--agents]

DIR holds a checkout of LlamaIndex (`llama-index-core/tests` is enough; its sdists have no tests). `ChatMemoryBuffer`
and `Memory` are exchanged while the tests run, and with `--agents` `FunctionAgent` too; nothing of LlamaIndex's is
copied or changed. Every suite runs twice, with its classes and with ours, each in a process of its own. LlamaIndex's
conftest imports the openai package; an empty module stands for it. Take the checkout of the installed version: the
tests of one version do not all pass with another.

The stock classes keep their messages in RAM when no store is given; so does ours here (`path=":memory:"`).
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE]
sys.path.insert(0, str(HERE.parents[1]))

from benchmarks.peer_suites.suites import Outcomes, Results, counted, explain, passed, ran, run, tests_of  # noqa: E402

SUITES = [
    ("ChatMemoryBuffer", "tests/memory/test_chat_memory_buffer.py"),
    ("Memory", "tests/memory/test_memory_base.py"),
    ("Memory and its blocks", "tests/memory/test_memory_blocks_base.py"),
    ("Memory and database schemas", "tests/memory/test_memory_schema.py"),
    ("Memory and custom chat stores", "tests/memory/test_memory_custom_chat_store.py"),
    ("SimpleChatEngine", "tests/chat_engine/test_simple.py"),
    ("ContextChatEngine", "tests/chat_engine/test_context.py"),
    ("CondensePlusContextChatEngine", "tests/chat_engine/test_condense_plus_context.py"),
    ("CondenseQuestionChatEngine", "tests/chat_engine/test_condense_question.py"),
    ("MultiModalContextChatEngine", "tests/chat_engine/test_multi_modal_context.py"),
    ("MultiModalCondensePlusContext", "tests/chat_engine/test_mm_condense_plus_context.py"),
    ("one agent", "tests/agent/workflow/test_single_agent_workflow.py"),
    ("several agents", "tests/agent/workflow/test_multi_agent_workflow.py"),
    ("ReActAgent", "tests/agent/workflow/test_react_agent.py"),
    ("CodeActAgent", "tests/agent/workflow/test_code_act_agent.py"),
    ("structured output", "tests/agent/workflow/test_agent_with_structured_output.py"),
    ("return_direct", "tests/agent/workflow/test_return_direct_e2e.py"),
    ("function calls", "tests/agent/workflow/test_function_call.py"),
    ("thinking", "tests/agent/workflow/test_thinking_delta.py"),
    ("events", "tests/agent/workflow/test_events.py"),
    ("streaming of tools", "tests/agent/workflow/test_tool_streaming.py"),
    ("reasoning only", "tests/agent/workflow/test_function_agent_reasoning_only.py"),
    ("tool of structured output", "tests/agent/workflow/test_structured_output_tool.py"),
    ("streamed history", "tests/chat_engine/test_streaming_history.py"),
    ("SimpleComposableMemory", "tests/agent/memory/test_simple_composable.py"),
]
CONSUMERS = (
    "memory.memory",
    "chat_engine",
    "chat_engine.multi_modal_context",
    "chat_engine.multi_modal_condense_plus_context",
    "agent.workflow",
    "llms.function_calling",
    "indices.base",
)
PRIVATE = "calls a private method of the stock class"
SYSTEM = "expects the text of memory blocks in a system message by default; ours leads the last user message"
STORE = "looks into the stock class's own SQL store; ours has none"
REASONS: dict[str, str] = {
    "test_get_when_initial_tokens_same_as_limit_removes_message": "expects an empty list where not one message fits; "
    "ours is a typed error with both numbers",
    "test_get_when_space_for_assistant_message_removes_assistant_message_at_start_of_history": "expects an empty list "
    "where only the answer fits; ours shows it",
    "test_estimate_token_count_text": PRIVATE,
    "test_estimate_token_count_image": PRIVATE,
    "test_estimate_token_count_video": PRIVATE,
    "test_estimate_token_count_audio": PRIVATE,
    "test_estimate_token_count_document": PRIVATE,
    "test_estimate_token_count_tool_call": PRIVATE,
    "test_estimate_token_count_thinking": PRIVATE,
    "test_estimate_token_count_citable_block": PRIVATE,
    "test_text_memory_block": PRIVATE,
    "test_content_blocks_memory_block": PRIVATE,
    "test_chat_messages_memory_block": PRIVATE,
    "test_complex_memory_block_text_mode": PRIVATE,
    "test_complex_memory_block_blocks_mode": PRIVATE,
    "test_parameterized_memory_block": PRIVATE,
    "test_truncation_of_content_blocks": PRIVATE,
    "test_memory_with_all_block_types": SYSTEM,
    "test_default_memory_preserves_url_backed_video_and_document_blocks": SYSTEM,
    "TestMemorySchema::test_from_defaults_schema_parameter": STORE,
    "TestMemorySchema::test_schema_parameter_passing": "names a server that does not exist; ours connects at once",
    "TestMemorySchema::test_memory_operations_with_schema": STORE,
    "TestMemorySchema::test_memory_reset_preserves_schema": STORE,
}


def main() -> int:
    arguments = _arguments()
    if arguments.inside:
        return _inside(arguments.inside, exchanged=arguments.exchanged, agents=arguments.agents)
    home = _home(arguments.checkout)
    unknown = total_stock = total_ours = total = 0
    print(f"{'suite':<36}{'LlamaIndex':>12}{'tiermem':>12}")
    for name, test_file in SUITES:
        if not (home / test_file).is_file():
            print(f"{name:<36}{'not there':>12}")
            continue
        flags = ["--exchanged", *(["--agents"] if arguments.agents else [])]
        stock, ours = (_run(home, test_file, given) for given in ([], flags))
        print(f"{name:<36}{counted(stock):>12}{counted(ours):>12}", flush=True)
        unknown += explain(ours, REASONS, stock)
        total_stock, total_ours, total = total_stock + passed(stock), total_ours + passed(ours), total + ran(ours)
    print(f"{'all':<36}{f'{total_stock}/{total}':>12}{f'{total_ours}/{total}':>12}")
    return 1 if unknown else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, help="a checkout of LlamaIndex")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--exchanged", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--agents", action="store_true", help="exchange FunctionAgent too")
    arguments = parser.parse_args()
    if not arguments.inside and arguments.checkout is None:
        parser.error("--checkout is needed")
    return arguments


def _home(checkout: Path) -> Path:
    """The folder that holds llama-index-core's tests."""
    for home in (checkout / "llama-index-core", checkout):
        if (home / "tests" / "memory").is_dir():
            return home.resolve()
    raise SystemExit(f"{checkout} holds no tests of llama-index-core")


def _run(home: Path, test_file: str, flags: list[str]) -> Results:
    with tempfile.TemporaryDirectory() as data:  # IS_TESTING: LlamaIndex's default llm and embedder are mocks
        return run(__file__, home, test_file, flags, IS_TESTING="1", XDG_DATA_HOME=data)


# --- in the process of one suite


def _inside(test_file: str, *, exchanged: bool, agents: bool) -> int:
    sys.modules.setdefault("openai", types.ModuleType("openai"))
    if exchanged:
        _exchange()
    if agents:
        _exchange_agent()
    return tests_of(test_file, Outcomes(), "--rootdir", ".")


def _exchange() -> None:
    """Put our class in the place of both stock ones, in every module of llama_index.core that has taken their names."""
    from llama_index.core.memory import ChatMemoryBuffer, Memory

    from llamaindex_tiered_memory import TieredChatMemory

    class InRam(TieredChatMemory):
        def __init__(self, *positional: Any, **options: Any) -> None:
            if options.get("memory") is None:
                options.setdefault("path", ":memory:")
            super().__init__(*positional, **options)

    InRam.__qualname__ = "InRam"
    globals()["InRam"] = InRam  # pickle looks it up by name
    for found in CONSUMERS:
        importlib.import_module(f"llama_index.core.{found}")
    for name, module in list(sys.modules.items()):
        if name.startswith("llama_index.core"):
            for key, value in list(vars(module).items()):
                if value is ChatMemoryBuffer or value is Memory:
                    setattr(module, key, InRam)


def _exchange_agent() -> None:
    """Put our agent where the tests import the stock one from."""
    workflow = importlib.import_module("llama_index.core.agent.workflow")
    workflow.FunctionAgent = importlib.import_module("llamaindex_tiered_memory").TieredFunctionAgent  # type: ignore[attr-defined]


if __name__ == "__main__":
    raise SystemExit(main())
