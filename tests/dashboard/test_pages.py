"""Every page in both languages, with names and words that attack it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.screens import BASE, HOSTILE, NAME, SESSION, addresses, browser, hostile, of
from tiermem import Memory
from tiermem.dashboard import charts, rendering, routes
from tiermem.dashboard.addresses import address, asked, of_session, packed
from tiermem.dashboard.pages import conversation, people, question
from tiermem.dashboard.texts import LANGUAGES, texts, wanted
from tiermem.errors import InvalidMessage, UnknownReference

ACTS = {"script", "style", "iframe", "object", "embed", "base", "animate", "foreignobject"}
OWN = {"b", "i", "u"}  # what the hostile words would bring in; we use none of these


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    with hostile(tmp_path_factory.mktemp("screen") / "m.db") as opened:
        yield opened


@pytest.fixture(scope="module")
def client(memory: Memory) -> Any:
    return browser(memory)


class Looked(HTMLParser):
    """What stands on a page that could act, or leave the machine, or is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTS | OWN:
            self.wrong.append(tag)
        for name, value in attrs:
            if (
                name.startswith("on")
                or name == "style"
                or (name in {"href", "src", "action"} and value[:1] not in "/#")
            ):
                self.wrong.append(f"{tag} {name}={value}")
            if value and value.startswith("//"):
                self.wrong.append(value)
        if tag not in {"meta", "link", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


def wrong(html: str) -> list[str]:
    looked = Looked()
    looked.feed(html)
    acting = re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)
    return [*looked.wrong, *looked.open, *acting]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", addresses())
def test_no_page_is_broken_by_what_it_shows(client: Any, name: str, language: str) -> None:
    answer = client.get(addresses()[name], headers={"accept-language": language})
    assert answer.status_code == 200
    # A field that is sent back has what was typed, as it is.
    assert wrong(re.sub(r'value="[^"]*"', "", answer.text)) == []
    assert f'lang="{"zh-Hans" if language == "zh" else "en"}"' in answer.text[:60]
    assert ("用户" in answer.text) == (language == "zh")


def test_what_was_said_is_there_to_be_read(client: Any) -> None:
    text = client.get(addresses()["message"]).text
    assert "&lt;script&gt;alert(&#34;m&#34;)&lt;/script&gt;\\u202egnp.exe\\x00\\x1b[31m\\ud800 &amp; &lt;b" in text
    assert "W" * 300 in text


def test_a_language_is_kept_once_it_is_chosen(memory: Memory) -> None:
    client = browser(memory)
    assert ">用户<" in client.get("/?lang=zh", headers={"accept-language": "en"}).text
    assert ">用户<" in client.get("/", headers={"accept-language": "en"}).text
    assert ">Users<" in client.get("/?lang=en").text
    assert ">Users<" in client.get("/?lang=xx").text


@pytest.mark.parametrize(
    ("header", "code"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-US,zh;q=0.1", "en"), ("de, zh;q=0.2", "zh"), ("", "en"), ("fr", "en"),
     ("zh;q=x, en;q=0.1", "en"), ("*" * 5_000, "en")],
)  # fmt: skip
def test_the_first_language_that_there_is(header: str, code: str) -> None:
    assert wanted(header) == code


def test_both_languages_have_every_word() -> None:
    english, chinese = (texts(code)._words for code in LANGUAGES)
    assert english.keys() == chinese.keys()
    assert all(english.values())
    assert all(chinese.values())
    with pytest.raises(AttributeError):
        _ = texts("en").no_such_word
    assert texts("xx").users == "Users"
    assert texts("zh").of("kind", "cover") == "摘要"
    assert texts("zh").of("kind", "some kind of later") == "some kind of later"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/session?user=anna", 404), ("/session", 404), ("/session?user=anna&session=no", 404), ("/nothing", 404),
     ("/message?user=anna&session=no&ref=m1", 404), ("/user", 404), ("/user?of=zz", 400),
     ("/user?user=" + "x" * 300, 400), ("/?" + "&".join(f"{place}=1" for place in range(99)), 400)],
)  # fmt: skip
def test_what_is_not_there_is_told(client: Any, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_names_come_back_from_addresses_and_forms_as_they_are() -> None:
    scope = of_session(conversation.Scope("\ud800\r\n", NAME, SESSION))
    query = address("/session", **scope).partition("?")[2].encode()
    assert dict(asked(query).values) == scope
    assert asked(f"of={packed(*scope.values())}".encode()).scope == conversation.Scope("\ud800\r\n", NAME, SESSION)
    assert asked(b"first=12&before=-3&start=9999999999999999999&a=%C2%B2").number("first") == 12
    assert [
        asked(b"before=-3&s=9999999999999999999&a=%C2%B2").number(name, 7) for name in ("before", "s", "a", "no")
    ] == [7] * 4
    with pytest.raises(UnknownReference):
        _ = asked(b"tenant=a").namespace


def test_a_window_is_shown_a_page_at_a_time(memory: Memory) -> None:
    session = of(memory)
    whole = [message.sequence for message in session.view().messages]
    found, after = [], 0
    while True:
        page = conversation.window(memory, session.scope, after, page=3)
        assert page.shown is not None
        assert page.count == len(whole)
        assert bool(page.summaries) == (not after)
        found += [one.message.sequence for one in page.shown]
        if not (after := page.following):
            break
    assert found == whole
    last = conversation.messages(memory, session.scope, page=4)
    assert [one.message.sequence for one in last.shown] == [14, 15, 16, 17]
    assert (last.first, last.last) == (14, 17)


def test_what_became_of_a_hit(memory: Memory) -> None:
    asked_for = question.ask(memory, of(memory).scope, "Which pool was raised to 50?", 900, "conversation")
    context = asked_for.context
    assert context is not None
    quoted = {hit.ref for hit in context.hits}
    view = {ref for piece in context.pieces if piece.kind == "message" for ref in piece.refs}
    assert asked_for.found
    for one in asked_for.found:
        assert (one.fate == "quoted") == (one.hit.ref in quoted and one.hit.ref not in view)
        assert (one.fate == "view") <= (one.hit.ref in view)
    assert question.ask(memory, of(memory).scope).context is None
    with pytest.raises(InvalidMessage):
        question.ask(memory, of(memory).scope, "Which?", within="nowhere")


def test_nothing_is_known_of_nobody(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        client = browser(memory)
        assert "tiermem import" in client.get("/").text
        memory.session("s").add("Hello there.")
        assert people.profile(memory, "default").interests is None
        assert people.facts(memory, "default").count == 0
        assert client.get(addresses("s", user="default")["facts"]).status_code == 200
        assert client.get(addresses("s", user="default")["profile"]).status_code == 200
        assert client.get(addresses("s", user="default")["question"]).text.count("<option") == 2
        assert client.get(addresses("s", user="default")["said"]).status_code == 400


def test_numbers_and_times_are_told_in_few_characters() -> None:
    assert [rendering.size(count) for count in (0, 999, 1_000, 99_600_000)] == ["0 B", "999 B", "1 kB", "99.6 MB"]
    assert [rendering.seconds(one) for one in (0.0, 90.0, 7200.0, 200_000.0)] == ["0.0 s", "90.0 s", "2.0 h", "2.3 d"]
    assert charts.thinned(range(1_000), 5) == [0, 250, 500, 749, 999]
    svg = charts.columns("<n>", ["a"], {"<t>": [1.0], "u": [2.0]})
    assert svg.count("<rect") >= 3
    assert wrong(svg.replace("image/svg", "")) == []


def test_a_page_loads_its_style_and_nothing_else(client: Any) -> None:
    for text in (client.get(addresses()[name]).text for name in ("users", "window", "costs", "dropped")):
        assert set(re.findall(r'(?:src|href)="(/[^"?]*\.[a-z]+)"', text)) == {"/style.css", "/icon.svg"}
    style = client.get("/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
    assert "@import" not in style.text
    assert HOSTILE[:20] not in style.text
    assert client.get("/icon.svg").headers["content-type"] == "image/svg+xml"
    assert BASE not in style.text


def test_charts_leave_the_imports_of_the_process_alone() -> None:
    assert charts.pygal
    assert all(hasattr(finder, "find_spec") for finder in sys.meta_path)


@pytest.mark.parametrize("name", ["window", "profile", "question"])
def test_a_page_that_takes_long_begins_at_once_and_is_the_same_in_the_end(
    memory: Memory, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, place = browser(memory), addresses()[name]
    whole = client.get(place).text
    monkeypatch.setattr(routes, "PATIENCE", 0.0)
    late = client.get(f"{place}&lang=zh")
    assert late.status_code == 200
    assert late.cookies.get(routes.LANGUAGE) == "zh"
    assert late.text.count("<main") == late.text.count("</html>") == late.text.count('<header class="top">') == 1
    assert late.text.index('class="waiting note"') < late.text.index("<main")
    client.cookies.delete(routes.LANGUAGE)
    assert client.get(place).text.partition("<main")[2] == whole.partition("<main")[2]
