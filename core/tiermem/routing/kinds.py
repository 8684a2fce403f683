"""Whether a question is about code. Pure.

Rule: what can be pointed at decides: a fenced block, a traceback, a diff, a line that only code has, a file of code,
or that code is asked for by name. Anything else is general, also what talks about software.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from tiermem.text import late
from tiermem.text.analyzer import words_of
from tiermem.text.entities import paths

Kind: TypeAlias = Literal["code", "general"]
CODE, GENERAL = "code", "general"

_ENDINGS: Final = words_of(
    "py js ts tsx jsx java kt go rs c h cc cpp hpp cs rb php swift scala sh bash sql html css vue lua r m pl"
)
_LANGUAGES = (
    r"python|javascript|typescript|java|kotlin|golang|rust|c\+\+|c#|ruby|php|swift|scala|bash|shell|powershell|sql|html"
    r"|css|regex|regular expression"
)
_THINGS = r"code|program|function|script|method|class|algorithm|quer(?:y|ies)|unit tests?|snippet|website"
_MARKS = late.compile(
    r"^\s*(?:```|~~~)"  # a fence
    r"|^Traceback \(most recent call last\)|^\s+at [\w.$<>]+\([\w.]+:\d+\)|^\s*File \"[^\"\n]+\", line \d+"
    r"|^(?:diff --git |@@ -\d+(?:,\d+)? \+\d+)"
    r"|^\s*(?:def \w+\(|class \w+[:(]|import \w+(?:\.\w+)*\s*$|from \w+(?:\.\w+)* import |#include\s*[<\"]|#!/"
    r"|(?:public|private|static) [\w<>\[\]]+ \w+|(?:const|let|var) \w+ =|func \w+\(|fn \w+\(|SELECT .{1,200}\bFROM\b)"
    r"|\b(?:Syntax|Type|Value|Key|Index|Attribute|Name|Import|ModuleNotFound|Reference|Runtime)Error\b"
    r"|\bNullPointerException\b|\bsegmentation fault\b",
    re.MULTILINE,
)
_ASKED = late.compile(
    rf"\b(?:write|implement|develop|create|build|refactor|debug|fix|optimi[sz]e|complete|compile)\b[^.?!\n]{{0,60}}"
    rf"\b(?:{_THINGS})\b[^.?!\n]{{0,80}}?(?<![\w+#])(?:{_LANGUAGES})(?![\w+#])"
    rf"|\b(?:write|implement|develop|create|build|refactor|debug|fix|optimi[sz]e|complete|compile)\b[^.?!\n]{{0,60}}"
    rf"(?<![\w+#])(?:{_LANGUAGES})(?![\w+#])[^.?!\n]{{0,40}}\b(?:{_THINGS})\b"
    r"|\b(?:write|implement|refactor|debug)\b[^.?!\n]{0,40}\b(?:code|function|script|algorithm|program|unit tests?)\b"
    r"|(?:写|实现|编写|重构|调试|优化|修复|修改)[^。？！\n]{0,30}(?:代码|函数|脚本|程序|算法|类|接口|单元测试|SQL)"
    r"|(?:代码|函数|脚本|程序)[^。？！\n]{0,20}(?:报错|出错|编译|异常|崩溃)",
    re.IGNORECASE,
)


def kind_of(text: str) -> Kind:
    """ "code" where *text* shows code or asks for it, else "general"."""
    if _MARKS.search(text) or _ASKED.search(text) or any(_is_code(path) for path in paths(text)):
        return "code"
    return "general"


def _is_code(path: str) -> bool:
    return path.rpartition(".")[2].lower() in _ENDINGS
