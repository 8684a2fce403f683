import pytest
from llama_index.core import Settings

from tests.llamaindex_tiered_memory.fakes import ScriptedLLM


@pytest.fixture(autouse=True)
def no_network_and_no_home(monkeypatch, tmp_path):
    """A default LLM that answers offline, and a user data directory of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(Settings, "_llm", ScriptedLLM("from the default llm"), raising=False)
