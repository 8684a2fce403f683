"""Clients of the official SDK at `tiermem mcp`: two processes at once, a restart between calls, nothing lost."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
pytest.importorskip("typer")

import httpx2
from mcp import Client, StdioServerParameters

from tests.cli.command_line import refused
from tiermem import Memory
from tiermem.mcp import serving
from tiermem.mcp.offer import Whose
from tiermem.mcp.server import server
from tiermem.memory import AsyncMemory

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


@asynccontextmanager
async def here(database: Path, whose: Whose) -> AsyncIterator[Client]:
    """A client of a server in this process, which opens the database and closes it as a process would."""
    async with await AsyncMemory.open(database) as memory, Client(server(memory, whose)) as client:
        yield client


async def test_clients_of_two_processes_write_at_once_and_one_starts_again(tmp_path: Path) -> None:
    database = tmp_path / "m.db"
    whose = Whose("b", "anna")
    async with here(database, whose) as first:
        async with Client(process(database, *ANNA, "--session", "a")) as second:
            await asyncio.gather(write(first, "A", range(NOTES)), write(second, "B", range(NOTES)))
        await write(first, "A", range(NOTES, NOTES + 2))  # the other process is gone
    async with here(database, whose) as again:
        await write(again, "B", range(NOTES, NOTES + 2))
        for name in "AB":
            assert f"glaze {name}3" in await text(again, "search_memory", query=f"fact number of glaze {name}3")
    with Memory.open(database) as memory:
        kept = {one.source for one in memory.knowledge("anna").sources()}
        assert len(kept) == 2 * (NOTES + 2)
        assert all(proof.ok for proof in memory.verify().values())


@asynccontextmanager
async def served(database: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[str]:
    """The address of a server that speaks HTTP, in this process: starting one costs seconds."""
    running = asyncio.create_task(serving.by_http(str(database), Whose("a", "anna"), 0))
    said = ""
    while "MCP on " not in said and not running.done():
        await asyncio.sleep(0.01)
        said += capsys.readouterr().err
    try:
        yield said.rpartition("MCP on ")[2].strip()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_several_clients_by_http_share_one_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with served(tmp_path / "m.db", capsys) as address:
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


async def test_with_a_token_nobody_is_answered_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(serving.TOKEN, "over-there")
    async with served(tmp_path / "m.db", capsys) as address, httpx2.AsyncClient() as other:
        for given in (None, "Bearer elsewhere", "Bearer", "Basic over-there", "over-there"):
            head = {"Authorization": given} if given else {}
            assert (await other.post(address, json={}, headers=head)).status_code == 401
        for given in ("Bearer over-there", "bearer over-there", "BEARER  over-there"):
            assert (await other.post(address, json={}, headers={"Authorization": given})).status_code != 401


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_token_serves_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    monkeypatch.setenv(serving.TOKEN, empty)
    assert "TIERMEM_MCP_TOKEN is set, but empty" in refused("mcp", "--http", "0", "--path", str(tmp_path / "m.db"))
    assert not (tmp_path / "m.db").exists()


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    assert "no memory tool is called" in refused("mcp", "--tool", "remembr", "--path", str(tmp_path / "m.db"))
    (tmp_path / "x.db").write_bytes(b"no database" * 100)
    assert "tiermem: " in refused("mcp", "--path", str(tmp_path / "x.db"))
    told = refused("mcp", "--tool", "remember", "--read-only", "--path", str(tmp_path / "m.db"))
    assert "remember would change something; read-only" in told
