"""What the tests of the command line share: running a command, and a conversation to run it on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from tiermem.cli.commands import app

START = datetime(2024, 5, 1, 9, tzinfo=UTC)
TOPICS = ["接口文档", "前端样式", "登录流程", "缓存策略", "日志格式", "发布计划"]


def tiermem(*words: str, **env: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "160", **env})


def ok(*words: str, **env: str) -> str:
    result = tiermem(*words, **env)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*words: str) -> str:
    result = tiermem(*words)
    assert result.exit_code in {1, 2}  # 2: what was asked for makes no sense
    assert isinstance(result.exception, SystemExit)
    assert len(result.stderr.strip().splitlines()) == 1
    return result.stderr.strip()


def conversation(turns: int = 120) -> list[dict[str, Any]]:
    """A Chinese conversation whose third message holds a fact that the rest never names again."""
    records: list[dict[str, Any]] = [
        {"speaker": "小王", "role": "user", "content": "订单服务的数据库总是超时，请帮我修好。"},
        {"role": "assistant", "content": "好的，先看连接池的配置。"},
        {"speaker": "小王", "role": "user", "content": "我们决定把连接池从 10 改成 50，密码保险箱在青石巷七号。"},
    ]
    for turn in range(turns):
        topic = TOPICS[turn % len(TOPICS)]
        records.append(
            {"role": "assistant", "content": f"第 {turn} 步：{topic}已经检查过，没有发现新的问题，继续下一项。"}
        )
        records.append({"speaker": "小李", "role": "user", "content": f"好，第 {turn} 步之后请再看一遍{topic}的细节。"})
    return [
        record | {"created_at": (START + timedelta(minutes=place)).isoformat()} for place, record in enumerate(records)
    ]


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    return path
