#!/usr/bin/env bash
# The same question has an id in a LangChain agent's state and none in that of a deep agent, unless it is an object.
#
# LangGraph's `add_messages` gives every message of a state an id; code that compares states, removes messages
# (`RemoveMessage(id=…)`) or keeps what is new relies on it. deepagents 0.7 keeps its messages in a channel of
# differences whose reducer gives ids to message objects and dictionaries, but not to what is a message only after it:
# `("user", text)`, or a text alone. Such messages come out of the checkpoint with `id=None`, in the same agent whose
# answers have one, so that the user's half of a conversation cannot be named.
#
# Seen: a memory that stored a deep agent's conversation again in each turn; deepagents 0.7.32, langchain 1.4.7,
# langgraph 1.2.22, Python 3.11. Needs python3 with pip and venv; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check \
  "deepagents==0.7.32" "langchain==1.4.7" "langgraph==1.2.22" "langchain-core==1.7.2"
cat > "$folder/ids.py" <<'PY'
from typing import Any

from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver


class Model(GenericFakeChatModel):
    def bind_tools(self, tools: Any, **_: Any) -> Any:
        return self


FORMS = {"a message": HumanMessage("hello"), "a dictionary": {"role": "user", "content": "hello"}, "a pair": ("user", "hello")}
MAKERS = {"create_agent": lambda **given: create_agent(tools=[], **given), "create_deep_agent": create_deep_agent}
for maker, make in MAKERS.items():
    for form, message in FORMS.items():
        agent = make(model=Model(messages=iter([AIMessage("hi")])), checkpointer=InMemorySaver())
        config = {"configurable": {"thread_id": "t"}}
        agent.invoke({"messages": [message]}, config)
        kept = agent.get_state(config).values["messages"]
        print(f"{maker}, {form}: {['an id' if one.id else 'none' for one in kept]}")
PY
"$python" -W ignore "$folder/ids.py" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
create_agent, a message: ['an id', 'an id']
create_agent, a dictionary: ['an id', 'an id']
create_agent, a pair: ['an id', 'an id']
create_deep_agent, a message: ['an id', 'an id']
create_deep_agent, a dictionary: ['an id', 'an id']
create_deep_agent, a pair: ['none', 'an id']
EXPECTED
echo "as described"
