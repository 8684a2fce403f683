"""`Weights(importance=)`: what was pinned is found before what was not."""

from __future__ import annotations

import pytest

from tiermem import Memory, Message, Weights

IMPORTANT = Weights(semantic=0.30, keyword=0.40, graph=0.05, recency=0.0, importance=0.25)


@pytest.mark.parametrize("weights", [IMPORTANT, Weights()])
@pytest.mark.parametrize("said", [("the pump needs oil", "the pump needs water"), ("水泵需要加油", "水泵需要加水")])
@pytest.mark.parametrize("indexed", [True, False])
def test_a_pinned_message_counts_more(target: str, said: tuple[str, str], weights: Weights, indexed: bool) -> None:
    with Memory.open(target, weights=weights) as memory:
        session = memory.session("s")
        session.add([Message(role="system", content=said[0]), Message(role="user", content=said[0])])
        session.add([Message(role="assistant", content="noted"), Message(role="user", content=said[1], pinned=True)])
        session.add("nothing of that, only the weather")
        if indexed:
            session.index()
        hits = {hit.ref: hit for hit in session.search(said[0])}
        wanted = 0.25 if weights.importance else None
        assert hits["m4"].why.get("importance") == wanted
        assert {hit.why.get("importance", 0.0) for ref, hit in hits.items() if ref != "m4"} == {0.0}
        assert all(sum(hit.why.values()) == pytest.approx(hit.score) for hit in hits.values())
        if weights.importance:
            assert hits["m4"].score > hits["m2"].score + 0.2  # which has the very words that were asked for
