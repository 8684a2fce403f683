"""What vector search says of a whole conversation, for ranking: numbers only, no index and no text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Nearest:
    """How near each message of a session is to a question. Arrays run parallel, in the order of the messages.

    Args:
        sequences: int64, numbers of the messages that have vectors; of a very long session, of those nominated.
        scores: float64, the greatest cosine over the passages of each message.
        parts: int64, which of its passages that is, from 0.
        mean: mean of the cosine over all passages of the session.
        spread: its standard deviation there.
        waiting: messages that have no vector yet; words alone find them.
        degraded: why vectors are missing, for people; empty when all is well.
    """

    sequences: NDArray[np.int64]
    scores: NDArray[np.float64]
    parts: NDArray[np.int64]
    mean: float = 0.0
    spread: float = 0.0
    waiting: int = 0
    degraded: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sequences)


def nothing(waiting: int = 0, degraded: tuple[str, ...] = ()) -> Nearest:
    """No message scored."""
    import numpy as np

    return Nearest(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), waiting=waiting, degraded=degraded)
