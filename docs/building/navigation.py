"""Which pages the site has, in which order, and what they are called in each language.

A page that is not there yet is left out, so that a capability may come with its page later. One that is there and not
named here fails a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
LANGUAGES = ("en", "zh")


class Page(NamedTuple):
    """One page: where it stands below docs/ (below docs/zh/ in Chinese), and its titles."""

    path: str
    en: str
    zh: str


class Section(NamedTuple):
    """Pages that stand together, with the titles of the group."""

    en: str
    zh: str
    pages: tuple[Page, ...]


Entry: TypeAlias = Page | Section

NAVIGATION: tuple[Entry, ...] = (
    Page("index.md", "tiermem", "tiermem"),
    Section(
        "Start in five minutes",
        "五分钟上手",
        (
            Page("start/core.md", "Without a framework", "不用框架"),
            Page("start/langchain.md", "LangChain and LangGraph", "LangChain 与 LangGraph"),
            Page("start/llamaindex.md", "LlamaIndex", "LlamaIndex"),
            Page("start/command-line.md", "Command line", "命令行"),
        ),
    ),
    Section(
        "Ideas",
        "概念",
        (
            Page("ideas/index.md", "The whole picture", "全貌"),
            Page("ideas/window.md", "Window, stubs, summaries", "窗口、占位与摘要"),
            Page("ideas/recall.md", "Archive, recall, budget", "归档、取回与预算"),
            Page("ideas/user.md", "What is known of a user", "关于用户的一切"),
            Page("ideas/levels.md", "Levels and forgetting", "层级与遗忘"),
            Page("ideas/erasure.md", "Forget, erase, prove", "隐藏、删除与证明"),
        ),
    ),
    Section(
        "How to",
        "怎么做",
        (
            Page("howto/conversations.md", "Keep a conversation", "保存一段对话"),
            Page("howto/agents.md", "Agents", "智能体"),
            Page("howto/chains.md", "Chains and engines", "链与引擎"),
            Page("howto/recall.md", "Recall and answer", "取回与回答"),
            Page("howto/knowledge.md", "Documents and media", "文档与媒体"),
            Page("howto/users.md", "Users and isolation", "用户与隔离"),
            Page("howto/erasing.md", "Erase and retain", "删除与保留"),
            Page("importing.md", "Bring your history", "导入历史对话"),
            Page("howto/moving.md", "Export, move, back up", "导出、搬迁与备份"),
            Page("howto/embedders.md", "Embedders and Chinese", "嵌入模型与中文"),
            Page("howto/own-parts.md", "Your own parts", "您自己的部件"),
            Page("howto/settings.md", "Choose settings", "选择设置"),
            Page("mcp.md", "MCP and coding agents", "MCP 与编程助手"),
            Page("dashboard.md", "Dashboard", "监控页面"),
            Page("evaluating.md", "Evaluate on your own chats", "用您的对话评测"),
            Page("scaling.md", "More than one machine", "多台机器"),
        ),
    ),
    Section(
        "Coming from",
        "从别处迁移",
        (
            Page("migrate/conversation-buffer-memory.md", "ConversationBufferMemory", "ConversationBufferMemory"),
            Page("migrate/chat-memory-buffer.md", "ChatMemoryBuffer", "ChatMemoryBuffer"),
            Page("migrate/mem0.md", "mem0", "mem0"),
            Page("migrate/letta.md", "Letta", "Letta"),
        ),
    ),
    Section(
        "Reference",
        "参考",
        (
            Page("reference/settings.md", "Settings and options", "设置与选项"),
            Page("reference/commands.md", "Commands", "命令"),
            Page("reference/tiermem.md", "API: tiermem", "API：tiermem"),
            Page("reference/faces.md", "API: what it hands out", "API：各个门面"),
            Page("reference/langchain.md", "API: LangChain", "API：LangChain"),
            Page("reference/llamaindex.md", "API: LlamaIndex", "API：LlamaIndex"),
            Page("glossary.md", "Glossary", "术语"),
        ),
    ),
    Section(
        "What is measured",
        "测量与承诺",
        (
            Page("performance.md", "Performance", "性能"),
            Page("trust.md", "What you can rely on", "可以信赖什么"),
            Page("project/results.md", "All results", "全部测量结果"),
            Page("project/recall.md", "How recall is measured", "取回如何测量"),
        ),
    ),
    Section(
        "Project",
        "项目",
        (
            Page("project/changelog.md", "Changes", "更新记录"),
            Page("project/examples.md", "Examples", "示例"),
            Page("project/architecture.md", "How it is built", "架构"),
            Page("project/contributing.md", "Contributing", "参与开发"),
            Page("project/security.md", "Security", "安全"),
        ),
    ),
)

# Texts that live elsewhere in the repository and are pages of the English site.
BORROWED = {
    "project/results.md": "benchmarks/RESULTS.md",
    "project/recall.md": "benchmarks/recall/README.md",
    "project/changelog.md": "CHANGELOG.md",
    "project/examples.md": "examples/README.md",
    "project/architecture.md": "core/ARCHITECTURE.md",
    "project/contributing.md": "CONTRIBUTING.md",
    "project/security.md": "SECURITY.md",
}
# Made from the code while the site is built.
GENERATED = tuple(
    f"reference/{name}.md" for name in ("settings", "commands", "tiermem", "faces", "langchain", "llamaindex")
)


def pages() -> Iterator[Page]:
    """All pages that are named, in order."""
    for entry in NAVIGATION:
        yield from entry.pages if isinstance(entry, Section) else (entry,)


def source(page: str, language: str) -> Path:
    """The file that a page of *language* is made of; it need not be there."""
    if language == "zh":
        return DOCS / "zh" / page
    return ROOT / BORROWED[page] if page in BORROWED else DOCS / page


def there(page: str, language: str) -> bool:
    """Whether the site has that page in *language*."""
    return (language == "en" and page in GENERATED) or source(page, language).is_file()
