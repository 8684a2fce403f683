#!/usr/bin/env bash
# A conversation that waits for an answer inside a subgraph is over, and has lost what was said, once it is in DynamoDB.
#
# langgraph-dynamodb-checkpoint 0.5.0 looks for the latest checkpoint of a thread by the beginning of its key, which
# ends with the namespace. The namespace of the whole graph is the empty text, with which the key of each of its
# subgraphs begins as well, and the first that is found, the newest, is taken. While a subgraph waits at an `interrupt`,
# the newest is the subgraph's own. So the state of the conversation is the subgraph's: what only the whole graph knows
# is not in it, nothing is left to be done, and the answer that the graph waits for, `Command(resume=...)`, does nothing
# and raises nothing. All is still in the table, and a graph without a subgraph, or whose subgraph does not wait, works.
# Its page names subgraphs among what is supported, and that it passes all of LangGraph's tests of conformance.
#
# Seen: what other checkpointers make of one conversation was compared, for importing from them;
# langgraph-dynamodb-checkpoint 0.5.0, langgraph 1.2.24, boto3 1.44.8 with moto 5.2.5 in place of DynamoDB (the keys are
# compared in the package, not by the database), Python 3.11. Needs python3 with pip and venv; installs into a temporary
# folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
"$folder/venv/bin/uv" pip install --quiet --python "$python" "langgraph-dynamodb-checkpoint==0.5.0" \
  "langgraph==1.2.24" "boto3==1.44.8" "moto[dynamodb]==5.2.5"
cat > "$folder/wait.py" <<'PY'
import logging
import operator
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt
from langgraph_dynamodb_checkpoint import DynamoDBSaver
from moto import mock_aws

logging.disable(logging.CRITICAL)


class Asking(TypedDict, total=False):
    said: Annotated[list[str], operator.add]


class Conversation(TypedDict, total=False):
    name: str
    said: Annotated[list[str], operator.add]


def graph(saver: Any) -> Any:
    asking: Any = StateGraph(Asking)
    asking.add_node("think", lambda _: {"said": ["hm"]})
    asking.add_node("ask", lambda _: {"said": [interrupt("May I book it?")]})
    asking.add_edge(START, "think")
    asking.add_edge("think", "ask")
    conversation: Any = StateGraph(Conversation)
    conversation.add_node("asking", asking.compile())
    conversation.add_node("book", lambda state: {"said": [f"booked for {state['name']}"]})
    conversation.add_edge(START, "asking")
    conversation.add_edge("asking", "book")
    return conversation.compile(checkpointer=saver)


thread = {"configurable": {"thread_id": "t"}}
with mock_aws():
    for saver in (InMemorySaver(), DynamoDBSaver("checkpoints")):
        booking = graph(saver)
        booking.invoke({"name": "Ann", "said": ["A room in Bergen"]}, thread)
        state = booking.get_state(thread)
        print(f"{type(saver).__name__} waits with {sorted(state.values)}, to be done: {state.next}")
        booking.invoke(Command(resume="yes"), thread)
        print("  after the answer:", booking.get_state(thread).values.get("said")[-1])
PY
export AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1
"$python" -W ignore "$folder/wait.py" 2> "$folder/errors" | tee "$folder/output" || { cat "$folder/errors"; exit 1; }
diff - "$folder/output" <<'EXPECTED'
InMemorySaver waits with ['name', 'said'], to be done: ('asking',)
  after the answer: booked for Ann
DynamoDBSaver waits with ['said'], to be done: ()
  after the answer: hm
EXPECTED
echo "as described"
