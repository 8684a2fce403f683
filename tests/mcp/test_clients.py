"""Clients of the official SDK at processes of `tiermem mcp`: two at once, a restart between calls, nothing lost."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
pytest.importorskip("typer")

import httpx2
from mcp import Client, StdioServerParameters

from tests.cli.command_line import refused
from tiermem import Memory

NOTES = 12
ANNA = ("--namespace", "anna")


def process(database: Path, *words: str) -> StdioServerParameters:
    arguments = ["-m", "tiermem", "mcp", "--path", str(database), *words]
    return StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))


async def text(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    return str(result.content[0].text)  # type: ignore[union-attr]


async def write(client: Client, name: str, numbers: range) -> None:
    for number in numbers:
        assert "Noted as" in await text(
            client, "remember", note=f"Writer {name} keeps fact number {number} of glaze {name}{number}."
        )


async def test_two_clients_write_at_once_and_one_starts_again(tmp_path: Path) -> None:
    database = tmp_path / "m.db"
    async with Client(process(database, *ANNA, "--session", "a")) as first:
        async with Client(process(database, *ANNA, "--session", "b")) as second:
            await asyncio.gather(write(first, "A", range(NOTES)), write(second, "B", range(NOTES)))
        await write(first, "A", range(NOTES, NOTES + 2))  # the other process is gone
    async with Client(process(database, *ANNA, "--session", "b")) as again:
        await write(again, "B", range(NOTES, NOTES + 2))
        for name in "AB":
            assert f"glaze {name}3" in await text(again, "search_memory", query=f"fact number of glaze {name}3")
    async with Client(process(database, "--namespace", "ben")) as stranger:
        assert "glaze A3" not in await text(stranger, "search_memory", query="fact number of glaze A3")
    with Memory.open(database) as memory:
        kept = {one.source for one in memory.knowledge("anna").sources()}
        assert len(kept) == 2 * (NOTES + 2)
        assert all(proof.ok for proof in memory.verify().values())


@contextmanager
def served(database: Path, **variables: str) -> Iterator[str]:
    """The address of a server that speaks HTTP."""
    command = [sys.executable, "-m", "tiermem", "mcp", "--http", "0", "--path", str(database), *ANNA]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}) as running:
        try:
            assert running.stderr is not None
            line = next(line for line in running.stderr if "MCP on " in line)
            yield line.rpartition("MCP on ")[2].strip()
        finally:
            running.terminate()


async def test_several_clients_by_http_share_one_process(tmp_path: Path) -> None:
    with served(tmp_path / "m.db") as address:
        assert address.startswith("http://127.0.0.1:")
        async with Client(address) as first, Client(address) as second:
            await asyncio.gather(write(first, "A", range(4)), write(second, "B", range(4)))
            assert "glaze B2" in await text(first, "search_memory", query="fact number of glaze B2")
        async with httpx2.AsyncClient() as other:  # a page of another site, in a browser on this machine
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            for head in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
                answer = await other.post(
                    address, json=body, headers={"Accept": "application/json, text/event-stream", **head}
                )
                assert answer.status_code in {400, 403, 421}
    with Memory.open(tmp_path / "m.db") as memory:
        assert len(memory.knowledge("anna").sources()) == 8


async def test_with_a_token_nobody_is_answered_without_it(tmp_path: Path) -> None:
    with served(tmp_path / "m.db", TIERMEM_MCP_TOKEN="over-there") as address:
        async with httpx2.AsyncClient() as other:
            for head in ({}, {"Authorization": "Bearer elsewhere"}):
                assert (await other.post(address, json={}, headers=head)).status_code == 401
            head = {"Authorization": "Bearer over-there"}
            assert (await other.post(address, json={}, headers=head)).status_code != 401


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    assert "no memory tool is called" in refused("mcp", "--tool", "remembr", "--path", str(tmp_path / "m.db"))
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    assert "tiermem: " in refused("mcp", "--path", str(tmp_path / "x.db"))
