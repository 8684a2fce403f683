"""Who is answered, and who may write."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.dashboard.screens import BASE, PORT, SESSION, TOKEN, addresses, browser, hostile, of
from tiermem import Memory
from tiermem.dashboard.addresses import of_session, packed
from tiermem.dashboard.guard import HEADERS, MOST_QUERY, MOST_QUESTION, mark

OURS = {"origin": BASE}


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    with hostile(tmp_path_factory.mktemp("guarded") / "m.db", turns=2) as opened:
        yield opened


def test_nobody_is_answered_without_the_token(memory: Memory) -> None:
    client = browser(memory, entered=False)
    for path in (*addresses().values(), "/style.css", "/?token=", "/?token=another", "/undo", "/no"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "anna" not in answer.text
        assert "set-cookie" not in answer.headers
    for cookie in (f"tiermem-{PORT}=another", "tiermem-1=" + TOKEN, "tiermem=" + TOKEN, "a=\x01;;=", f"tiermem-{PORT}"):
        assert client.get("/", headers={"cookie": cookie}).status_code == 403


def test_the_token_leaves_the_address(memory: Memory) -> None:
    client = browser(memory, entered=False)
    answer = client.get(f"/session?token={TOKEN}&user=anna")
    assert (answer.status_code, answer.headers["location"]) == (303, "/session?user=anna")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert client.get("/").status_code == 200
    assert client.get(f"//evil.example/?token={TOKEN}").headers["location"] in {"/", "/evil.example/"}


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", "", "[::1]:8123"]
)
def test_a_name_that_leads_here_is_not_ours(memory: Memory, host: str) -> None:
    answer = browser(memory).get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "anna" not in answer.text


def test_our_own_names_are(memory: Memory) -> None:
    for host in (f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}"):
        cookie = f"tiermem-{PORT}={TOKEN}"
        assert browser(memory, entered=False).get("/", headers={"host": host, "cookie": cookie}).status_code == 200


def test_every_answer_says_what_a_browser_may_do(memory: Memory) -> None:
    client = browser(memory)
    for path in ("/", "/style.css", "/nothing", "/session"):
        answer = client.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
    assert "script-src" not in HEADERS["content-security-policy"]
    assert "default-src 'none'" in HEADERS["content-security-policy"]


def form(memory: Memory, number: int, token: str = TOKEN) -> dict[str, str]:
    scope = of(memory).scope
    return {"of": packed(scope.tenant, scope.user, scope.session), "number": str(number), "mark": mark(token)}


def test_a_decision_is_undone_with_write_alone(memory: Memory) -> None:
    session = of(memory)
    hidden = next(one.number for one in session.journal() if one.kind == "hide" and not one.undone)
    reading = browser(memory)
    assert "/undo" not in reading.get(addresses()["decisions"]).text
    assert reading.post("/undo", data=form(memory, hidden), headers=OURS).status_code == 403
    writing = browser(memory, write=True)
    assert 'action="/undo"' in writing.get(addresses()["decisions"]).text
    for data, headers in (
        (form(memory, hidden), {}),
        (form(memory, hidden), {"origin": "https://evil.example"}),
        (form(memory, hidden), {"origin": "null"}),
        (form(memory, hidden), {"origin": "http://127.0.0.1:9999"}),
        (form(memory, hidden, "another"), OURS),
        (form(memory, hidden) | {"mark": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}, OURS),
        (form(memory, hidden) | {"mark": ""}, OURS),
    ):
        assert writing.post("/undo", data=data, headers=headers).status_code == 403
    assert writing.get("/undo").status_code == 405
    assert writing.post("/undo", content=b"x" * 20_000, headers=OURS).status_code == 413
    assert writing.post("/undo", content=b"\xff", headers=OURS).status_code == 400
    assert not next(one for one in session.journal() if one.number == hidden).undone

    for number in ("", "x", "-1", "0"):
        data = {**form(memory, hidden), "number": number}
        assert writing.post("/undo", data=data, headers=OURS).status_code == 400
    answer = writing.post("/undo", data=form(memory, hidden), headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, addresses()["decisions"])
    assert next(one for one in session.journal() if one.number == hidden).undone
    assert writing.post("/undo", data=form(memory, hidden), headers=OURS).status_code == 404


def test_a_decision_about_a_user_is_undone_on_the_page_of_the_profile(memory: Memory) -> None:
    user = of(memory).scope.user
    pinned = next(one.number for one in memory.profile(user).journal() if one.kind == "pin")
    assert "/undo-profile" not in browser(memory).get(addresses()["profile"]).text
    assert browser(memory).post("/undo-profile", data=form(memory, pinned), headers=OURS).status_code == 403
    writing = browser(memory, write=True)
    assert 'action="/undo-profile"' in writing.get(addresses()["profile"]).text
    assert writing.post("/undo-profile", data=form(memory, pinned, "another"), headers=OURS).status_code == 403
    answer = writing.post("/undo-profile", data=form(memory, pinned), headers=OURS)
    assert (answer.status_code, answer.headers["location"].startswith("/profile?")) == (303, True)
    assert next(one for one in memory.profile(user).journal() if one.number == pinned).undone
    assert writing.post("/undo-profile", data=form(memory, pinned), headers=OURS).status_code == 404


def test_looking_writes_nothing(tmp_path: Path) -> None:
    with hostile(tmp_path / "m.db", turns=3) as memory:
        before = memory.session(SESSION, of(memory).scope.user).head()
    with Memory.open(tmp_path / "m.db", read_only=True) as memory:
        client = browser(memory)
        assert {client.get(at).status_code for name, at in addresses().items() if name != "summary"} == {200}
        assert of(memory).head() == before
        answer = browser(memory, write=True).post("/undo", data=form(memory, 1), headers=OURS)
        assert answer.status_code in {403, 404}
    assert of_session(of(memory).scope)["session"] == SESSION


def test_a_long_question_is_answered_and_one_that_is_too_long_refused_in_our_words(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        memory.session("s", "anna").add("窑烧到一千二百六十度。")
    command = [sys.executable, "-m", "tiermem", "dashboard", "--port", "0", "--path", str(tmp_path / "m.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            line = next(line for line in served.stdout if "http" in line)
            port, token = re.findall(r"127.0.0.1:(\d+)/\?token=(\S+)", line)[0]
            asked = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
            for words, answer in (("窑" * MOST_QUESTION, (200, b"<main")), ("k" * MOST_QUERY, (414, b"20,000"))):
                where = f"/ask?user=anna&session=s&q={quote(words)}"
                asked.request("GET", where, headers={"cookie": f"tiermem-{port}={token}"})
                answered = asked.getresponse()
                assert (answered.status, answer[1] in answered.read()) == (answer[0], True)
        finally:
            served.terminate()
