"""`python -m benchmarks.terminal [FILE]`: every command of `tiermem` in a terminal of 80 columns, to be looked at.

The commands run in a pseudo-terminal of that width, on a conversation in English and Chinese that is made here. What is
wider than the terminal is named at the end, with the exit code of each command.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tiermem import Memory

COLUMNS = 80
START = datetime(2024, 5, 1, 9, tzinfo=UTC)
TOPICS = ("接口文档", "the login page", "缓存策略", "the release plan", "日志格式")
QUESTIONS = [
    {"question": "密码保险箱在哪里？", "evidence": ["青石巷七号"], "language": "zh"},
    {"question": "How large is the pool?", "evidence": ["m3"], "language": "en"},
    {"question": "What does the axolotl eat?", "evidence": []},
]
HERE = ("--session", "orders", "--namespace", "ann")
USER = ("--namespace", "ann")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("--help",),
    ("import", "--dry-run", "chat.jsonl", *USER),
    ("import", "chat.jsonl", *HERE),
    ("import", "whatsapp.txt", *USER, "--dates", "day-first"),
    ("sessions", *USER),
    ("stats", *HERE),
    ("ask", "密码保险箱在哪里？", *HERE),
    ("search", "How large is the pool?", *HERE, "--limit", "2"),
    ("search", "密码保险箱", *USER, "--limit", "2", "--explain"),
    ("context", "密码保险箱在哪里？", *HERE, "--budget", "300"),
    ("show", *HERE, "--last", "2"),
    ("show", *HERE),
    ("show", "m3", *HERE),
    ("explain", "m4", *HERE),
    ("journal", *HERE),
    ("rules", *HERE),
    ("dropped", *HERE, "--limit", "2"),
    ("restore", "m4", *HERE),
    ("forget", "m5", "--reason", "private", *HERE),
    ("undo", "4", *HERE),
    ("fork", "m10", "--as", "orders-2", *HERE),
    ("branches", *HERE),
    ("rewind", "m8", "--session", "orders-2", *USER),
    ("head", *HERE),
    ("verify", *HERE),
    ("documents", "--add", "handbook.md", *USER),
    ("documents", "handbook.md", *USER),
    ("search", "Wie viele Urlaubstage, days of leave?", *USER, "--within", "knowledge", "--limit", "1"),
    ("profile", *USER),
    ("turns", *USER, "--limit", "2"),
    ("conversations", *USER),
    ("interests", *USER),
    ("graph", *USER, "--limit", "4"),
    ("export", "orders.jsonl", *HERE),
    ("export", "ann.jsonl", "--everything", *USER),
    ("verify", "ann.jsonl"),
    ("retain", "--keep-for", "3650"),
    ("expire", *USER, "--dry-run"),
    ("erase", "m5", *HERE, "--yes", "--receipt", "receipt.json"),
    ("verify-erased", "receipt.json"),
    ("erasures", *USER),
    ("backup", "copy.db"),
    ("migrate", "copy.db", "moved.db"),
    ("rescue", "copy.db", "rescued.db"),
    ("doctor", "memory.db"),
    ("eval", "chat.jsonl", "--questions", "questions.jsonl", "--budget", "128,512,2048"),
    ("search", "nothing of the kind xyzzy", "--session", "orders-2", *USER, "--role", "tool"),
    ("show", "--session", "ordres", *USER),
    ("undo", "99", *HERE),
)


def chat() -> list[dict[str, str]]:
    """Talk in both languages, with long lines, a table and something laid down."""
    said = [
        ("user", "小王", "订单服务的数据库总是超时，请帮我修好。不要重启生产环境。"),
        ("assistant", "", "好的，先看连接池的配置。"),
        ("user", "小王", "We decided to raise the pool from 10 to 50 connections；密码保险箱在青石巷七号。"),
        (
            "assistant",
            "",
            "Noted: 50 connections. 我会记住保险箱的地址，并在每次发布之前检查连接池的大小和超时的设置。" * 3,
        ),
    ]
    for turn in range(60):
        topic = TOPICS[turn % len(TOPICS)]
        said += [("user", "小李", f"好，第 {turn} 步之后请再看一遍{topic}的细节, and tell me what has changed since.")]
        said += [("assistant", "", f"第 {turn} 步：{topic}已经检查过，没有发现新的问题，继续下一项。")]
    return [
        {"role": role, "content": text, "created_at": (START + timedelta(minutes=n)).isoformat()}
        | ({"name": name} if name else {})
        for n, (role, name, text) in enumerate(said)
    ]


def files(folder: Path) -> None:
    """What the commands read."""
    (folder / "chat.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in chat()), "utf-8")
    (folder / "questions.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in QUESTIONS), "utf-8")
    lines = [
        "[01.05.24, 10:00:00] Ann: I am moving to Leipzig in June",
        "[01.05.24, 10:01:00] Bo: 太好了，我帮你搬家！",
    ]
    (folder / "whatsapp.txt").write_text("\n".join(lines), "utf-8")
    (folder / "handbook.md").write_text(
        "# Handbook\n\nEverybody has 30 days of leave.\n\n第二章 每人有三十天假期。\n", "utf-8"
    )


def ran(words: tuple[str, ...], folder: Path) -> tuple[str, int]:
    """What a person sees who types it, and its exit code."""
    program = "import sys; sys.argv[0] = 'tiermem'; from tiermem.cli.main import main; main()"
    code = f"import pty, sys; sys.exit(pty.spawn([sys.executable, '-c', {program!r}, *sys.argv[1:]]) >> 8)"
    env = os.environ | {"COLUMNS": str(COLUMNS), "TIERMEM_PATH": "", "TERM": "xterm-256color", "NO_COLOR": "1"}
    if (
        words[:2] != ("verify", "ann.jsonl")
        and words[0] not in {"--help", "migrate", "rescue", "eval", "doctor"}
        and "--dry-run" not in words[:2]
    ):
        words = (*words, "--path", "memory.db")
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=folder, env=env, capture_output=True, check=False)
    text = done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text), done.returncode


def width(line: str) -> int:
    """Columns of a terminal: a Chinese character has two."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line
    )


def transcript(folder: Path) -> Iterator[str]:
    """Every command with what it prints, and at the end what is too wide and how each ended."""
    files(folder)
    wide, codes = [], []
    for number, words in enumerate(COMMANDS):
        if number == 5:  # enough has been said for something to be compacted and summarised
            with Memory.open(folder / "memory.db", pre_rot_threshold=1_500) as memory:
                memory.manage_context("orders", "ann")
        text, code = ran(words, folder)
        yield f"$ tiermem {' '.join(words)}\n{text}"
        codes.append(f"{code} {words[0]}")
        wide += [f"{words[0]}: {line}" for line in text.splitlines() if width(line) > COLUMNS]
    yield f"Exit codes: {', '.join(codes)}\n"
    yield f"{len(wide)} lines above {COLUMNS} columns\n" + "\n".join(wide) + "\n"


def main() -> None:
    """Write it to a file, or print it."""
    with tempfile.TemporaryDirectory() as folder:
        text = "\n".join(transcript(Path(folder)))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
