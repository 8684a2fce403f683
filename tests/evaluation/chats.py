"""A short chat with its questions, as files."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2024, 5, 1, 9, tzinfo=UTC)
SAID = [
    ("user", "Never use red in the posters, please."),
    ("assistant", "Noted, no red."),
    ("user", "The spare key hangs behind the barometer in the hall."),
    ("assistant", "I will remember where the key hangs."),
    ("user", "We raised the pool of the order service to 50 connections."),
    ("assistant", "Good, that is large enough for the order service."),
]
TOPICS = ("garden fence", "summer timetable", "choir rehearsal", "bicycle repair", "bread recipe")
QUESTIONS: list[dict[str, Any]] = [
    {"question": "Where does the spare key hang?", "evidence": ["behind the barometer"], "category": "place"},
    {"question": "How large is the pool of the order service?", "evidence": "m5", "language": "en"},
    {"question": "What does the axolotl of Leopold eat?", "evidence": []},
]


def records(turns: int = 40) -> list[dict[str, Any]]:
    said = list(SAID)
    for turn in range(turns):
        topic = TOPICS[turn % len(TOPICS)]
        said += [("user", f"Let us talk about the {topic} again, part {turn}, as slowly as we did before.")]
        said += [("assistant", f"Part {turn} of the {topic}: nothing new has come up, all goes on as it was.")]
    return [
        {
            "role": role,
            "content": text,
            "id": f"id{place}",
            "created_at": (START + timedelta(minutes=place)).isoformat(),
        }
        for place, (role, text) in enumerate(said, start=1)
    ]


def write(file: Path, lines: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines), "utf-8")
    return file


def normalised() -> dict[str, Any]:
    """The same chat as a line of an evaluation set."""
    return {
        "conversation_id": "posters",
        "messages": [
            {"id": one["id"], "role": one["role"], "speaker": one["role"], "text": one["content"], "timestamp": None}
            for one in records()
        ],
        "questions": [{"id": "q", "question": "Where is the key?", "category": "place", "evidence_ids": ["id3"]}],
    }
