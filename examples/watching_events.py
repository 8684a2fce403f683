"""What a memory does, as it does it: events for a callback of yours, and records for the logging that you have."""

import logging
import sys
from collections import Counter

from tiermem import Memory
from tiermem.events import Event

logging.basicConfig(stream=sys.stdout, format="log: %(message)s")
logging.getLogger("tiermem").setLevel(logging.INFO)  # DEBUG tells of every message added and every recall too

counts: Counter[str] = Counter()


def watch(event: Event) -> None:
    """Called after the commit: ids, numbers and reasons, never words that were said."""
    counts[event.kind] += 1
    if event.kind == "recalled":
        print(f"callback: {event.fields['by']} found {event.fields['count']}, first {event.fields['refs'][0]}")


with Memory.open(":memory:", pre_rot_threshold=2_000, keep_recent_count=4) as memory:
    stop = memory.subscribe(
        watch
    )  # or session.subscribe(watch); also LangChain's callbacks and LlamaIndex's dispatcher
    session = memory.session("anna")
    session.add("We decided to raise the pool from 10 to 50.", "assistant")
    for number in range(60):
        session.add(f"Worker {number} of 60 opens a connection of its own. {'It is slow. ' * 9}")
        session.settle()  # so that it is the same each time: what an add sets off happens in the background
    session.recall("What did we decide about the pool?")
    session.restore("m2")
    stop()
    session.add("Nobody is told of this by a callback.")
print("events:", dict(counts))
