"""What was recalled for an older question leaves an agent's prompt with the next decision, and not before."""

from llama_index.core.base.llms.types import ChatMessage
from workflows import Context

from tests.llamaindex_tiered_memory.agents.agent_fakes import LIMIT, WatchedLLM, agent_of
from tests.llamaindex_tiered_memory.helpers import assistant, fresh, said, user

FACTS = (
    "The harbour office is the one whose checksum was odd. ",
    "The violin of the museum was lent to the planetarium. ",
)


QUESTIONS = ("Which office has the odd checksum?", "Which violin of the museum was lent?")


def asked(question: str, messages: list[ChatMessage]) -> str:
    """The message with *question*, and with what is quoted before it."""
    return next(text for text in map(str, said(messages)) if question in text)


async def test_a_block_stays_before_its_question_until_a_decision_and_goes_with_it():
    memory = fresh(token_limit=LIMIT)
    for fact in FACTS:
        memory.put_messages([user(f"{'filler ' * 60}{fact}{'filler ' * 60}"), assistant("Noted.")])
    for number in range(150):
        memory.put_messages([user(f"Subject {number}. {'filler ' * 60}"), assistant(f"Fine, {number}.")])
    llm = WatchedLLM("the harbour office", "the violin", "hello")
    agent = agent_of(llm)
    talk = Context(agent)
    await agent.run(QUESTIONS[0], memory=memory, ctx=talk)
    for number in range(2):  # the window is nearly full
        memory.put_messages([user(f"One thing more {number}. {'filler ' * 60}"), assistant(f"Fine too, {number}.")])
    for question in (QUESTIONS[1], "Hello!"):
        await agent.run(question, memory=memory, ctx=talk)
    assert FACTS[0].strip() in asked(QUESTIONS[0], llm.sent[0])
    assert len(llm.sent[1]) < len(llm.sent[0])  # a decision: older messages left the window
    assert FACTS[0].strip() not in asked(QUESTIONS[0], llm.sent[1])
    assert FACTS[1].strip() in asked(QUESTIONS[1], llm.sent[1])
    assert len(llm.sent[2]) > len(llm.sent[1])  # none
    assert asked(QUESTIONS[1], llm.sent[2]) == asked(QUESTIONS[1], llm.sent[1])
    assert max(llm.tokens(memory)) <= LIMIT
