"""The generator's configuration of one language, made of the navigation."""

from __future__ import annotations

import json

from docs.building.navigation import NAVIGATION, Page, Section, there

# Nothing of this fetches anything: system fonts, no analytics, no diagrams drawn by a script from elsewhere. The plugin
# "offline" would have search work from a folder without a server; it loads a script from elsewhere for that.
_FRAME = """[project]
site_name = "tiermem"
site_description = {description}
docs_dir = "docs"
site_dir = "site"
use_directory_urls = false
extra_css = ["assets/site.css"]
nav = [
{nav}
]

[project.theme]
language = "{language}"
font = false
logo = "assets/logo.svg"
favicon = "assets/logo.svg"
features = [
  "content.code.copy", "content.tooltips", "navigation.footer", "navigation.sections",
  "navigation.top", "search.highlight", "toc.follow",
]

[[project.theme.palette]]
media = "(prefers-color-scheme)"
toggle.icon = "lucide/sun-moon"
toggle.name = {to_light}

[[project.theme.palette]]
media = "(prefers-color-scheme: light)"
scheme = "default"
toggle.icon = "lucide/sun"
toggle.name = {to_dark}

[[project.theme.palette]]
media = "(prefers-color-scheme: dark)"
scheme = "slate"
toggle.icon = "lucide/moon"
toggle.name = {to_system}

[project.extra]
generator = false
alternate = [
  {{ name = "English", link = "{english}", lang = "en" }},
  {{ name = "中文", link = "{chinese}", lang = "zh" }},
]

[project.markdown_extensions]
admonition = {{}}
attr_list = {{}}
md_in_html = {{}}
tables = {{}}
toc.permalink = true
toc.slugify = {{ object = "pymdownx.slugs.slugify", kwds = {{ case = "lower" }} }}
pymdownx.highlight.pygments_lang_class = true
pymdownx.inlinehilite = {{}}
pymdownx.superfences = {{}}

[project.plugins.search]
"""
_API = """
[project.plugins.mkdocstrings.handlers.python]
paths = [{paths}]

[project.plugins.mkdocstrings.handlers.python.options]
docstring_style = "google"
docstring_options = {{ warnings = false }}
docstring_section_style = "list"
filters = ["!^_", "!^core$", "!^wiring$", "!^drive", "!^model_"]
heading_level = 2
inherited_members = true
line_length = 100
members_order = "source"
separate_signature = true
show_root_heading = true
show_signature_annotations = true
show_bases = false
show_source = false
"""
_WORDS = {
    "en": (
        "Memory for chat applications that never loses a word",
        "Switch to light",
        "Switch to dark",
        "As the system",
    ),
    "zh": ("聊天应用的记忆，一个字也不会丢", "切换到浅色", "切换到深色", "跟随系统"),
}


def configuration(language: str) -> str:
    """The text of zensical.toml for *language*, for sources in docs/ beside it."""
    description, light, dark, system = (json.dumps(word, ensure_ascii=False) for word in _WORDS[language])
    frame = _FRAME.format(
        language=language,
        description=description,
        nav="\n".join(_lines(language)),
        to_light=light,
        to_dark=dark,
        to_system=system,
        english="./index.html" if language == "en" else "../index.html",
        chinese="./zh/index.html" if language == "en" else "./index.html",
    )
    api = _API.format(paths='"../../core", "../.."') if language == "en" else ""
    return frame + api


def _lines(language: str) -> list[str]:
    lines = []
    for entry in NAVIGATION:
        if isinstance(entry, Page):
            lines += [f"  {_entry(entry, language)}," for _ in range(there(entry.path, language))]
        elif shown := [_entry(page, language) for page in entry.pages if there(page.path, language)]:
            lines.append(f"  {{ {_title(entry, language)} = [{', '.join(shown)}] }},")
    return lines


def _entry(page: Page, language: str) -> str:
    return f"{{ {_title(page, language)} = {json.dumps(page.path)} }}"


def _title(entry: Page | Section, language: str) -> str:
    return json.dumps(entry.zh if language == "zh" else entry.en, ensure_ascii=False)
