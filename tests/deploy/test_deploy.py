"""What `deploy/` starts: the application on a real server, started by hand; and files that fit together."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tiermem import Memory

DEPLOY = Path(__file__).parents[2] / "deploy"


@contextmanager
def serving(url: str) -> Iterator[str]:
    """One process of the application; where it serves."""
    command = [sys.executable, str(DEPLOY / "application.py"), "--port", "0"]
    with subprocess.Popen(
        command, env={**os.environ, "TIERMEM_URL": url}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield "http://" + process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def asked(where: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(where, data)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_application_serves_turns_on_a_server(opened_url: str) -> None:
    with serving(opened_url) as one:
        said = {"user": "ann", "session": "s", "text": "The pool has 50 connections."}
        status, turn = asked(f"{one}/turn", said)
        assert (status, json.loads(turn)["ref"]) == (200, "m1")
        assert asked(f"{one}/answer", {**said, "text": "Noted."})[0] == 200
        status, turn = asked(f"{one}/turn", {**said, "text": "How many connections has the pool?"})
        assert [message["content"] for message in json.loads(turn)["messages"]][:2] == [said["text"], "Noted."]
        assert asked(f"{one}/health") == (200, '{"ok": true}')
        assert asked(f"{one}/turn", {"user": "ann"})[0] == 400
        assert asked(f"{one}/nothing")[0] == 404
        metrics = asked(f"{one}/metrics")[1]
        assert 'tiermem_requests_total{path="/turn",status="200"} 2' in metrics
        assert 'tiermem_request_seconds_bucket{path="/turn",le="+Inf"} 3' in metrics
        assert re.search(r'tiermem_request_seconds_sum\{path="/turn"\} \d', metrics)
    with Memory.open(opened_url) as memory:
        assert len(memory.session("s", "ann").messages()) == 3


def test_the_files_fit_together() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"app", "postgres", "prometheus", "qdrant"}
    assert services["qdrant"]["profiles"] == ["qdrant"]
    used = {one.partition(":")[0] for service in services.values() for one in service.get("volumes", ())}
    assert {one for one in used if not one.startswith(".")} == set(compose["volumes"])
    assert all((DEPLOY / one).exists() for one in used if one.startswith("."))
    scraped = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"][0]
    target = scraped["dns_sd_configs"][0]
    docker = (DEPLOY / "Dockerfile").read_text()
    assert target["names"] == ["app"]
    assert f"EXPOSE {target['port']}" in docker
    assert (DEPLOY.parent / services["app"]["build"]["dockerfile"]).exists()
    assert "deploy/application.py" in docker


@pytest.mark.parametrize("published", ["app", "prometheus"])
def test_nothing_is_published_beyond_this_machine(published: str) -> None:
    ports = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"][published]["ports"]
    assert all(port.startswith("127.0.0.1:") for port in ports)
