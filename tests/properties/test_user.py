"""Whatever is hidden, forgotten or cleared in one session, by whomever, is in no answer of another one; the rest is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.thinned import share
from tiermem import Memory, Session
from tiermem.errors import UnknownReference
from tiermem.tools import memory_tools

NAMES = ["monday", "friday/1", "m1"]
QUESTION = "Which bird sings at the pond?"
WORDS = st.sampled_from(["heron", "wren", "finch", "robin", "crane"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(NAMES), WORDS),
        st.tuples(st.just("forget"), st.sampled_from(NAMES), st.integers(1, 6)),
        st.tuples(st.just("forget from elsewhere"), st.sampled_from(NAMES), st.integers(1, 6)),
        st.tuples(st.just("forget by a tool"), st.sampled_from(NAMES), st.integers(1, 6)),
        st.tuples(st.just("restore"), st.sampled_from(NAMES), st.integers(1, 6)),
        st.tuples(st.just("clear"), st.sampled_from(NAMES), st.just(0)),
        st.tuples(st.just("undo"), st.sampled_from(NAMES), st.integers(0, 3)),
    ),
    min_size=4,
    max_size=16,
)


def step(memory: Memory, asking: Session, kind: str, name: str, value: int | str) -> None:
    session = memory.session(name, "anna")
    if kind == "add":
        session.add(f"The {value} number {session.stats().messages} of {name} sings at the pond.")
    elif kind == "forget":
        session.forget(f"m{value}")
    elif kind == "forget from elsewhere":
        asking.forget(f"{name}/m{value}")
    elif kind == "forget by a tool":
        memory_tools(asking)["forget_memory"].call(ref=f"{name}/m{value}")
    elif kind == "restore":
        asking.restore(f"{name}/m{value}")
    elif kind == "clear":
        session.clear()
    else:
        session.undo([one.number for one in session.journal() if not one.undone and one.kind != "undo"][int(value)])


@given(STEPS)
@settings(max_examples=share(60))
def test_an_answer_holds_what_its_session_shows_and_nothing_it_hides(steps: list[tuple[str, str, int | str]]) -> None:
    with Memory.open(":memory:", index_batch=2) as memory:
        asking = memory.session("asking", "anna")
        memory.session("monday", "ben").add("The owl of ben sings at the pond.")
        for kind, name, value in steps:
            try:
                step(memory, asking, kind, name, value)
            except (UnknownReference, IndexError):
                continue  # it names nothing that is there
            shown = {
                f"{other}/m{message.sequence}": message.text
                for other in NAMES
                for message in memory.session(other, "anna").messages()
            }
            hits = asking.search(QUESTION, 200, within="user")
            assert {hit.ref: hit.message.text for hit in hits} == shown
            for words in (
                asking.recall(QUESTION, 20_000, within="user").text,
                "\n".join(message.text for message in asking.context(QUESTION, 20_000, within="everything").messages),
                memory_tools(asking, max_tokens=20_000)["search_memory"].call(query=QUESTION),
            ):
                said = {text for text in shown.values() if text in words}
                assert words.count("sings at the pond") == len(said)
