"""Sleep in the background, when a user was silent for a while: off unless a memory is opened with `sleep_after`.

Rule 1: it is over when the user is heard again, or after `MOST_SECONDS`, for others have their turn. What is left waits
for the next silence of that user: it is done or not, and nothing is lost.
Rule 2: a process sleeps for those alone to whom something was added in it.
"""

from __future__ import annotations

from tiermem.errors import Closed, described
from tiermem.flows import reporting
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.life import sleeping
from tiermem.life.forgetting import Forgetting
from tiermem.providers.calls import asynchronous
from tiermem.settings import Scope

MOST_SECONDS = 60.0  # a step in which a summariser of the caller's is asked may take longer


def attempt(core: Core, user: Scope) -> Flow[bool | None]:
    """One step in the background for the sleep of *user*. False: it is over; None: not yet, or something
    failed. A summariser that belongs to an event loop is left to that, and the window with it."""
    heard, after = core.awake.get(user), core.sleep_after
    if heard is None or after is None:
        return False
    if core.timer() - heard < after:
        return None
    try:
        yield from sleeping.sleep(
            core,
            user,
            Forgetting(),
            MOST_SECONDS,
            manages=not asynchronous(core.summarizer),
            unless=lambda: core.awake.get(user) != heard,
        )
    except Closed:
        return False
    except Exception as error:  # noqa: BLE001  # the thread must live; a full disk may have room again later
        core.known.upkeep_error = described(error)
        yield from reporting.noticed(core, user)
        return None
    if core.awake.get(user) != heard:
        return None
    core.awake.pop(user, None)
    return False
