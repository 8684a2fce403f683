"""`python -m benchmarks.media.filling FILE COUNT COPIES`: a session of pictures, with the packages of whatever tree it
is given; a line of JSON with what they cost. Only what an older tree has too is used: the public face.

Times are milliseconds of processor time of the whole process, so that no thread works unseen.
"""

from __future__ import annotations

import base64
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tiermem import Memory, Message

SIZE = 100_000  # bytes of a picture
ASKED = 15  # contexts
WORDS = ("harbour", "tower", "market", "garden", "bridge", "library", "station", "meadow", "island", "castle")


def picture(number: int) -> bytes:
    """The bytes of something that says it is a PNG of 1,024 x 768, and does not get smaller by packing."""
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (1024).to_bytes(4, "big") + (768).to_bytes(4, "big")
    return header + random.Random(number).randbytes(SIZE - len(header))


def said(number: int, copies: int) -> list[Message]:
    """A turn: a picture with a caption, and an answer."""
    word, drawn = WORDS[number % len(WORDS)], number // copies
    text = base64.b64encode(picture(drawn)).decode("ascii")
    block = {"type": "image", "base64": text, "mime_type": "image/png", "caption": f"the {word} number {number}"}
    asked = Message(role="user", content=[{"type": "text", "text": f"What do you see in picture {number}?"}, block])
    return [asked, Message(role="assistant", content=f"A {word}, and people in front of it, by day {number}.")]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and the result."""
    began = time.process_time()
    value = work()
    return (time.process_time() - began) * 1_000, value


def measured(file: Path, count: int, copies: int) -> dict[str, float]:
    """What the session cost."""
    turns = [said(number, copies) for number in range(count)]
    with Memory.open(file) as memory:
        session = memory.session("s", "anna")
        adds = [timed(lambda turn=turn: session.add(turn))[0] for turn in turns]
        settled, _ = timed(lambda: memory.settle(600))
        stats = session.stats()
    size = sum(path.stat().st_size for path in file.parent.iterdir() if path.name.startswith(file.name))
    with Memory.open(file) as memory:
        session = memory.session("s", "anna")
        first, context = timed(lambda: session.context("Which picture shows the castle?"))
        again = [timed(lambda n=n: session.context(f"Which is number {n}?"))[0] for n in range(ASKED)]
        sent = json.dumps([message.content for message in context.messages])
        pictures = sent.count('"image/png"')
        restored = [message.content for message in session.messages()] == [
            one.content for turn in turns for one in turn
        ]
    return {
        "bytes": size,
        "tokens": stats.tokens,
        "add": median(adds),
        "settle": settled,
        "first": first,
        "again": median(again),
        "sent": len(sent),
        "pictures": pictures,
        "context": context.tokens,
        "restored": restored,
    }


def main() -> None:
    """Print it."""
    file, count, copies = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    file.parent.mkdir(parents=True, exist_ok=True)
    print(json.dumps(measured(file, count, copies)))


if __name__ == "__main__":
    main()
