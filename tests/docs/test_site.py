"""What the site is made of: pages with their places, links that hold in both languages, tables that are the code's."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from docs.building import commands, links, reference, repository, sources
from docs.building.configuration import configuration
from docs.building.navigation import BORROWED, DOCS, GENERATED, LANGUAGES, ROOT, pages, source, there
from tiermem.runtime.options import OPTION_NAMES

LINK = re.compile(r"\]\(([^)\s]+)\)")


def files(language: str) -> list[Path]:
    folder = DOCS if language == "en" else DOCS / language
    return [one for one in folder.rglob("*.md") if language != "en" or not one.is_relative_to(DOCS / "zh")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_its_place(language: str) -> None:
    named = {source(page.path, language) for page in pages()}
    assert [one for one in files(language) if one not in named] == []
    places = [page.path for page in pages()]
    assert len(places) == len(set(places))


def test_every_page_of_these_folders_is_there_in_both_languages() -> None:
    folders = ("start", "ideas", "howto", "migrate")
    places = (DOCS, DOCS / "zh")
    english, chinese = ({one.relative_to(at) for name in folders for one in (at / name).iterdir()} for at in places)
    assert english == chinese


CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def places(page: Path) -> set[str]:
    """The places of a page that a link may name, as GitHub makes them of its headings."""
    heads = re.findall(r"^#+ (.*)$", re.sub(r"(?ms)^```.*?^```", "", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def dead_in(page: Path) -> list[tuple[str, str]]:
    """The links of a page that lead nowhere where the repository itself is read."""
    found = []
    for target in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        path, _, place = target.partition("#")
        file = Path(page.parent / path).resolve() if path else page
        if not target.startswith(("http", "mailto:")) and (
            not file.exists() or (place and file.suffix == ".md" and place not in places(file))
        ):
            found.append((str(page.relative_to(ROOT)), target))
    return found


def test_every_link_holds_in_the_repository_too() -> None:
    read = [*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / name for name in BORROWED.values())]
    assert [one for page in read for one in dead_in(page)] == []


def test_a_link_that_leads_nowhere_in_the_repository_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    page = tmp_path / "a.md"
    page.write_text("# A b, c\n[x](#a-b-c) [y](#b) [z](c.md) `[w](d)`\n")
    assert dead_in(page) == [("a.md", "#b"), ("a.md", "c.md")]


def test_the_pages_made_of_the_code_stand_in_the_repository() -> None:
    stale = [path for path, text in repository.written().items() if (DOCS / path).read_text("utf-8") != text]
    assert stale == [], "run: python -m docs.building.repository"
    assert {f"reference/{one.name}" for one in (DOCS / "reference").iterdir()} == set(GENERATED)
    listed = repository.written()["reference/tiermem.md"]
    assert "(../../core/tiermem/session/session.py) | One conversation" in listed


def test_the_same_blocks_stand_in_the_same_order_in_both_languages() -> None:
    for page in (one.path for one in pages() if one.path.startswith("start/")):
        kinds = [
            re.findall(r"^```(\w*)", source(page, language).read_text("utf-8"), re.MULTILINE) for language in LANGUAGES
        ]
        assert kinds[0] == kinds[1], page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_configuration_names_the_pages_and_nothing_elsewhere(language: str) -> None:
    text = configuration(language)
    project = tomllib.loads(text)["project"]
    named = re.findall(r'"([\w/-]+\.md)"', str(project["nav"]).replace("'", '"'))
    assert named == [page.path for page in pages() if there(page.path, language)]
    assert "http" not in text
    assert project["theme"]["font"] is False


def test_a_link_leads_to_the_page_that_its_target_becomes() -> None:
    text = "[a](../glossary.md#x) [b](../../benchmarks/RESULTS.md) `[c](d)` [e](../zh/index.md) [lock](../../uv.lock)"
    turned = sources.relinked(text, "start/core.md", "en")
    assert turned == (
        "[a](../glossary.md#x) [b](../project/results.md) `[c](d)` [e](../zh/index.html) lock (`uv.lock`)"
    )
    assert sources.relinked("[a](../../trust.md)", "ideas/user.md", "zh") == "[a](../../trust.html)"


def test_a_line_break_between_chinese_characters_is_no_space() -> None:
    text = "保持原文，\n旧消息\n\n- 一\nadd 二\n```\n三\n四\n```\n"
    assert sources.relinked(text, "ideas/user.md", "zh") == "保持原文，旧消息\n\n- 一\nadd 二\n```\n三\n四\n```\n"


def test_a_dead_link_and_a_script_from_elsewhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="x"></h1><a href="b.html#y">b</a><a href="c.html">c</a><a href="https://a.example/">d</a>'
        '<script src="https://cdn.example/a.js"></script><a href="#x">e</a>'
    )
    (tmp_path / "b.html").write_text("<h1 id='z'></h1>")
    assert list(links.faults(tmp_path)) == [
        "a.html: fetches https://cdn.example/a.js",
        "a.html: b.html#y: no such place in it",
        "a.html: c.html: no such file",
    ]


def test_the_page_of_settings_says_what_each_option_is() -> None:
    page = reference.settings_page()
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", page, re.MULTILINE))
    assert rows.keys() >= OPTION_NAMES
    assert [name for name, said in rows.items() if len(said.rsplit("|", 1)[1].strip()) < 10] == []
    assert "150_000" in rows["pre_rot_threshold"]


def test_the_pages_of_the_code_name_what_is_public() -> None:
    import langchain_tiered_memory
    import llamaindex_tiered_memory
    import tiermem

    for package in (tiermem, langchain_tiered_memory, llamaindex_tiered_memory):
        named = {name.rpartition(".")[2] for name in reference.public_names(package.__name__)}
        assert named == set(package.__all__) - {"__version__"}


def test_the_page_of_commands_has_all_of_them() -> None:
    import typer.main

    from tiermem.cli.commands import app

    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    page = commands.commands_page()
    named = dict(re.findall(r"^### tiermem (\S+)\n\n(.*)$", page, re.MULTILINE))
    assert named.keys() == {name for name, one in known.items() if not one.hidden}
    assert [name for name, said in named.items() if len(said) < 20] == []
    for name, one in known.items():
        part = page.partition(f"### tiermem {name}\n")[2].partition("\n###")[0]
        for option in (first for told in one.params for first in told.opts[:1] if first.startswith("--")):
            assert f"`{option}`" in part or f"`{option}`" in page.partition("## ")[0] or option == "--help", (
                name,
                option,
            )


def test_borrowed_pages_are_there() -> None:
    assert [one for one in BORROWED.values() if not (ROOT / one).is_file()] == []
