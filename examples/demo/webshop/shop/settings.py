"""The settings of the service, read from config.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    database: Path
    pool_size: int
    pool_timeout_s: float
    gateway_latency_s: float
    expected_clients: int
    history_length: int


def load(folder: Path) -> Settings:
    values = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    database, service = values["database"], values["service"]
    return Settings(
        database=folder / database["path"],
        pool_size=database["pool_size"],
        pool_timeout_s=database["pool_timeout_s"],
        gateway_latency_s=values["gateway"]["latency_s"],
        expected_clients=service["expected_clients"],
        history_length=service["history_length"],
    )
