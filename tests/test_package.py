"""What is published: the page on an index, and sources that hold what their tests read."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tiermem

ROOT = Path(__file__).parents[1]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The build hook, without the build backend that calls it."""
    name = "hatchling.metadata.plugin.interface"
    interface = ModuleType(name)
    interface.MetadataHookInterface = object  # type: ignore[attr-defined]
    for end in range(1, 5):
        monkeypatch.setitem(sys.modules, ".".join(name.split(".")[:end]), interface)
    spec = spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_on_an_index_has_no_link_that_is_dead_there(hook: Any) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    page = hook.without_links(text)
    assert [link for link in re.findall(r"\]\(([^)]+)\)", page) if not link.startswith("http")] == []
    assert "core/ARCHITECTURE.md" in page
    assert len(page) > 0.9 * len(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see [examples/fakes.py](examples/fakes.py)", "see examples/fakes.py"),
        ("[中文](README.zh.md)", "中文 (README.zh.md)"),
        ("[pass an embedder](#embedders)", "pass an embedder"),
        ("[docs](https://a.example/b)", "[docs](https://a.example/b)"),
        ("![a picture](docs/a.svg) seen", " seen"),
        ("`a[0](x)` and [1]", "`a[0](x)` and [1]"),
        ("```python\na[0](x)\n```\n[b](b)", "```python\na[0](x)\n```\nb"),
    ],
)
def test_a_link_into_the_repository_becomes_its_words(hook: Any, text: str, shown: str) -> None:
    assert hook.without_links(text) == shown


def test_the_version_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == tiermem.__version__
    assert f"\n## {project['version']} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_releases_are_published_without_a_token_by_actions_of_fixed_versions() -> None:
    text = (ROOT / ".github" / "workflows" / "publish.yml").read_text("utf-8")
    build, publish = text.split("\n  publish:\n")
    used = re.findall(r"uses: (\S+)", text)
    assert len(used) == 5
    assert [one for one in used if not re.search(r"@(v\d+\.\d+\.\d+|[0-9a-f]{40})$", one)] == []
    assert "secrets." not in text
    assert "password" not in text
    assert "id-token: write" not in build
    assert "id-token: write" in publish
    assert "if: github.event_name == 'release'" in publish


def test_every_package_says_that_it_is_typed() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert [one for one in packages["packages"] if not (ROOT / one / "py.typed").exists()] == []


def test_the_sources_hold_all_that_the_tests_read() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    included = {
        entry.strip("/").split("/")[0] for entry in project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    }
    named = re.compile(r'ROOT / "([^"/]+)"|parents\[\d\] / "([^"/]+)"')
    read = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for match in named.findall(path.read_text("utf-8"))
        for name in match
        if name and (ROOT / name).exists()
    }
    assert read - included <= {
        "pyproject.toml",
        "dist",
        ".matrix",
        ".mypy_cache",
        ".gitignore",
    }  # the first is always there
    assert {"core", "benchmarks", "README.zh.md"} <= included
