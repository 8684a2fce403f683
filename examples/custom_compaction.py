"""What an old message is shown as: of pasted code only the signatures, of everything else tiermem's own stub."""

import ast
import re

from tiermem import Compacted, Memory, Message


def signatures(message: Message) -> Compacted | None:
    """A message in, what to show in its place out; None leaves it to tiermem. It may fail: then tiermem's is shown."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", message.text, re.DOTALL))
    if not code:
        return None
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]
    lines = [f"def {one.name}({ast.unparse(one.args)}): …" for one in found]
    return Compacted(content="\n".join([f"[COMPACTED m{message.sequence}]", *lines]), strategy="code_compression")


body = "".join(f"    total += places * {number}\n" for number in range(40))
code = f"def raise_pool(places: int, spare: int = 5):\n    total = 0\n{body}    return total\n"

with Memory.open(":memory:", compactor=signatures, pre_rot_threshold=2_000, keep_recent_count=4) as memory:
    session = memory.session("anna")
    session.add(f"This raises the pool:\n```python\n{code}```")
    session.add("The trace of the load test:\n" + "worker waits for a connection\n" * 60)
    for number in range(40):
        session.add(f"Worker {number} of 40 opens a connection of its own, which takes long. {'It is slow. ' * 3}")
        session.settle()  # so that it is the same each time: what an add sets off happens in the background
    print("shown:", *(one.text for one in session.view().messages[:3]), sep="\n")
    for one in session.journal()[:1]:
        print(f"why: {one.kind} by {one.strategy}, {one.reason}; {one.tokens_before} tokens -> {one.tokens_after}")
    print(
        "the original is kept:", session.expand("m1").messages[0].text == f"This raises the pool:\n```python\n{code}```"
    )
