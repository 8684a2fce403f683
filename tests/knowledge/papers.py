"""Documents, and what tests ask of the knowledge they were added to."""

from __future__ import annotations

from tiermem.knowledge.knowledge import Knowledge

PUMP = "The cooling pump of hall 3 is a Grundfos CR 32. It is checked every Monday by Petra Lang.\n\n"
PAINT = "The fence is painted green. The paint is stored in the shed behind the canteen.\n\n"
CHINESE = "三号车间的冷却泵每周一由李娜检查。维修记录保存在档案室的蓝色文件夹里。备用零件放在仓库二层。"


def manual(topic: str = "bearing", pages: int = 6) -> str:
    return "".join(
        f"# Part {n}\n\nStep {n} of the {topic} manual says: turn valve {n} slowly.\n\n" for n in range(pages)
    )


def found(knowledge: Knowledge, query: str, k: int = 5) -> list[str]:
    return [hit.message.state["source"] for hit in knowledge.search(query, k)]


def numbers(knowledge: Knowledge) -> tuple[int, int, int]:
    stats = knowledge.stats()
    return stats.messages, stats.verbatim, stats.decisions
