"""A message read for what it states, by the rules of both languages. Pure."""

from tiermem.facts.stated.reading.events import events
from tiermem.facts.stated.reading.statements import MOST, PASTED, stated

__all__ = ["MOST", "PASTED", "events", "stated"]
