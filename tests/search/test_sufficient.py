"""How likely a context and a recalled block answer, by level; paging that stops where it is enough."""

from __future__ import annotations

import pytest

from tests.conftest import Open
from tiermem import Memory, Session, Thresholds
from tiermem.errors import InvalidMessage
from tiermem.records import Likely, Until

SMALL = {"pre_rot_threshold": 1_500, "keep_recent_count": 4, "context_budget": 800}
FACTS = {
    "Which port does the Kestrel service listen on?": "The Kestrel service listens on port 4471 since the move.",
    "小明的生日是哪一天？": "小明的生日是五月七日，他想要一本关于海洋的书。",
}
FOREIGN = ["Who painted the ceiling of the opera house in Manaus?", "谁发明了蒸汽机车的调速器？"]


@pytest.fixture
def talk(store: Open) -> Session:
    memory = store(**SMALL)
    session = memory.session("friday", "anna")
    session.add([*FACTS.values()])
    session.add([f"Row {n} of the allotment has beans, week {n}; the fence there was mended again." for n in range(60)])
    session.settle()
    return session


@pytest.mark.parametrize("question", FACTS)
def test_what_answers_is_likely_to_and_what_has_no_answer_is_not(talk: Session, question: str) -> None:
    assert talk.recall(question).likely > 0.45
    for foreign in FOREIGN:
        assert talk.recall(foreign).likely < 0.3
    nothing = talk.recall("q")
    assert (nothing.text, nothing.likely) == ("", 0.0)


def test_each_level_says_how_likely_it_answers_and_the_trace_shows_it(talk: Session) -> None:
    (question, *_) = FACTS
    context = talk.context(question)
    likely = context.likely
    assert likely is not None
    assert likely.archive > 0.6 > likely.window
    assert likely.together >= likely.archive
    levels = [line for line in context.trace if line[:3] in {"L1:", "L2:", "L3:"}]
    assert [line.partition(":")[0] for line in levels] == ["L1", "L2", "L3"]
    assert levels[2].endswith(f"likely {likely.archive:.2f}")
    assert sum(int(line.split()[3]) for line in levels) == context.tokens


def test_where_the_answer_stands_in_view_the_window_is_the_level_that_answers(talk: Session) -> None:
    (question, *_) = FACTS
    talk.add("The Kestrel service listens on port 9 as of today.")
    likely = talk.context(question).likely
    assert likely is not None
    assert likely.window > 0.5
    talk.add("Which port does the Kestrel service listen on now, please?")  # who asks has the words, and no answer
    asked = talk.context("Kestrel service port", budget=800).likely
    assert asked is not None
    assert asked.window > 0.5


def test_a_stub_says_as_much_as_it_keeps_of_the_words(store: Open) -> None:
    memory = store(**SMALL)
    session = memory.session("log", "anna")
    long = " ".join(f"The pump {n} ran at {n + 300} turns." for n in range(40))
    session.add([f"Kestrel moved to port 4471. {long}", "Fine.", *(f"Row {n} has beans." for n in range(12))])
    session.manage_context(Thresholds(pre_rot_threshold=400))
    context = session.context("Which port did Kestrel move to?", budget=500, recall_tokens=200)
    assert context.likely is not None
    assert any(line.startswith("L2 message") for line in context.trace) or "L2 summary" in " ".join(context.trace)
    assert context.likely.short_term > 0


def test_all_in_view_looks_nothing_up(store: Open) -> None:
    session = store().session("short", "anna")
    session.add("The key hangs behind the barometer.")
    context = session.context("Where is the key?")
    assert context.likely is None
    assert context.trace[-1] == "L3: 0 pieces, 0 tokens"


@pytest.mark.parametrize("question", [*FACTS, *FOREIGN])
def test_until_sufficient_never_costs_more_and_keeps_the_answer(talk: Session, question: str) -> None:
    all_of_it, enough = talk.recall(question, 800), talk.recall(question, 800, until="sufficient")
    assert enough.tokens <= all_of_it.tokens
    assert set(enough.refs) <= set(all_of_it.refs)
    if question in FACTS:
        assert FACTS[question][:12] in enough.text
        assert enough.tokens < all_of_it.tokens or len(all_of_it.hits) == 1
    context, short = talk.context(question), talk.context(question, until="sufficient")
    assert short.tokens <= context.tokens


@pytest.mark.parametrize("until", ["complete", "", None, 3, ["budget"]])
def test_other_words_are_refused(talk: Session, until: Until) -> None:
    with pytest.raises(InvalidMessage, match='until must be "budget" or "sufficient"'):
        talk.recall("port", until=until)
    with pytest.raises(InvalidMessage, match="until must be"):
        talk.context("port", until=until)
    with pytest.raises(InvalidMessage, match="steady"):
        talk.context("port", steady=True, until="sufficient")


async def test_async_says_the_same(talk: Session) -> None:
    (question, *_) = FACTS
    later, recalled = talk.as_async(), talk.recall(question, until="sufficient")
    assert await later.recall(question, until="sufficient") == recalled
    assert (await later.context(question)).likely == talk.context(question).likely


def test_documents_and_other_conversations_are_told_of_too(store: Open) -> None:
    memory: Memory = store(**SMALL)
    memory.session("monday", "anna").add("The Kestrel service listens on port 4471.")
    memory.knowledge("anna").add_documents(
        "Heron is deployed with the blue script from the ops folder.", source="ops.md"
    )
    today = memory.session("today", "anna")
    today.add("Good morning.")
    assert today.recall("Which port does Kestrel listen on?", within="user").likely > 0.5
    assert today.recall("Which script deploys Heron?", within="knowledge").likely > 0.5
    context = today.context("Which script deploys Heron?", within="everything")
    assert isinstance(context.likely, Likely)
    assert context.likely.archive > 0.5
