"""Messages of about 56 tokens for the cost benchmark: plain English about a slow database, the same in every run.

Words repeat from message to message, so that most words of a question are in a large part of the archive: that is the
dear case for a search by words.
"""

from __future__ import annotations

from random import Random

_PEOPLE = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Margaret", "Alan", "Radia", "Ken", "Frances")
_THINGS = ("index", "query", "table", "plan", "cache", "replica", "lock", "vacuum", "trigger", "view", "cursor", "pool")
_DOES = ("slows", "blocks", "reads", "scans", "rewrites", "skips", "fills", "drops", "merges", "sorts", "retries")
_PLACES = (
    "on the staging server",
    "during the nightly run",
    "after the last release",
    "in the billing service",
    "at peak load",
    "behind the proxy",
    "inside one transaction",
    "for the largest customer",
)


def said(place: int) -> str:
    """Message number *place*."""
    pick = Random(place)
    return f"Ticket {place}: {_finding(pick)} {_finding(pick)}"


def _finding(pick: Random) -> str:
    before, now = pick.randrange(10, 9_000), pick.randrange(10, 900)
    return f"{pick.choice(_PEOPLE)} found that {_event(pick)}, which took {before} ms before and {now} ms now."


def question(place: int) -> str:
    """A question about what some message may have said."""
    return f"Who saw that {_event(Random(f'question {place}'))}?"


def _event(pick: Random) -> str:
    return f"the {pick.choice(_THINGS)} {pick.choice(_DOES)} the {pick.choice(_THINGS)} {pick.choice(_PLACES)}"
