"""No deprecation warning of our own, no blocking call on the event loop, and imports that load only what is used."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]

EXERCISE = """
import asyncio, sys, warnings
import langchain_classic.chains
from langchain_core._api import LangChainDeprecationWarning
warnings.filterwarnings("error", category=LangChainDeprecationWarning)
warnings.filterwarnings("error", category=DeprecationWarning, module="langchain_tiered_memory")

import langchain_tiered_memory as ours
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

async def everything(path):
    history = ours.TieredChatMessageHistory("s", path=path, pre_rot_threshold=500, keep_recent_count=2)
    history.add_messages([HumanMessage("a " * 90), AIMessage("b " * 90)] * 5)
    await history.aadd_messages([HumanMessage([{"type": "text", "text": "c"}]), ToolMessage("d", tool_call_id="1")])
    history.messages = [*history.messages, AIMessage("e")]
    history.messages, await history.aget_messages(), history.originals(), str(history), history == history
    memory = ours.ConversationTieredMemory(chat_memory=history)
    other = ours.ConversationTieredMemory(path=path)
    memory.save_context({"question": "x"}, {"answer": "y"})
    await memory.asave_context({"question": "x"}, {"answer": "y"})
    memory.load_memory_variables({"question": "b"}), await memory.aload_memory_variables({"question": "b"})
    memory.buffer, await memory.abuffer(), memory.buffer_as_str
    retriever = memory.as_retriever(ours.TieredArchiveRetriever("s", path=path))
    retriever.invoke("b"), await retriever.ainvoke("b", k=2)
    other.clear()
    await memory.aclear()
    ours.close_all()

asyncio.run(everything(sys.argv[1]))
print("clean")
"""


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "core"), str(ROOT)])}
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600, check=False)


def test_every_class_of_ours_is_free_of_deprecation_warnings(tmp_path: Path) -> None:
    done = python(EXERCISE, str(tmp_path / "chat.db"))
    assert done.stdout.strip() == "clean", done.stderr
    assert "Deprecat" not in done.stderr


def test_the_error_filter_of_that_test_catches_a_deprecated_class() -> None:
    code = EXERCISE.split("import langchain_tiered_memory", maxsplit=1)[0]
    done = python(
        code + "\nfrom langchain_classic.memory import ConversationBufferMemory\nConversationBufferMemory()\n"
    )
    assert "LangChainDeprecationWarning" in done.stderr
    assert done.returncode == 1


def test_importing_the_package_loads_nothing_of_langchain() -> None:
    code = """
    import sys, langchain_tiered_memory
    assert not [name for name in sys.modules if name.startswith("langchain_c")], "not before it is used"
    assert sorted(langchain_tiered_memory.__all__) == dir(langchain_tiered_memory)
    langchain_tiered_memory.TieredChatMessageHistory
    assert not [name for name in sys.modules if name.startswith(("langchain_classic", "faiss", "llama_index"))]
    print("light")
    """
    done = python(code)
    assert done.stdout.strip() == "light", done.stderr


def test_a_missing_langchain_names_the_extra_to_install() -> None:
    code = """
    import sys
    sys.modules["langchain_classic"] = None
    sys.modules["langchain_classic.memory"] = None
    sys.modules["langchain_classic.memory.chat_memory"] = None
    import langchain_tiered_memory
    from tiermem.errors import MissingExtra
    langchain_tiered_memory.TieredChatMessageHistory
    try:
        langchain_tiered_memory.ConversationTieredMemory
    except MissingExtra as error:
        print(error)
    try:
        langchain_tiered_memory.Nothing
    except AttributeError as error:
        print(error)
    """
    done = python(code)
    assert "pip install 'tiermem[langchain]'" in done.stdout, done.stderr
    assert "has no attribute 'Nothing'" in done.stdout
