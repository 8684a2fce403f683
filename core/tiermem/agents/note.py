"""What is remembered of an agent's conversation between two model calls: small plain values, kept by its framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import blake2b
from typing import Any, Self

from tiermem.settings import Scope


@dataclass(frozen=True, slots=True)
class Note:
    """One memory in one thread or run of an agent.

    Args:
        session: the session's id where neither the caller nor a thread names one.
        owner: stands for the session and its user, whose alone the rest of the note is.
        mixed: sessions of several took turns in this thread.
        upto: messages of the session when it was last compared with the framework's list; below 0: not known.
        count, last, seen: messages of that list then, the id of its last one, and a checksum of all.
        asked: number of the session's newest message on the user's side.
        quoted: blocks recalled, by the message that they stand before ("m12"); "" where nothing was found.
        laid_down: tokens of the block of what the user laid down, when it was last shown.
        bare: messages of the session when a decision last changed what stands before later ones.
        scale: tokens by whoever sets the limit for one of the memory's counter.
        most: tokens by the counter that may be sent, once a provider said that more was too much; 0 before.
        trimmed_from, trimmed_upto: messages that other code dropped in front of the list, and that stay in the session.
        kept: what keeps the thread from run to run, once the session has a mark of it.
    """

    session: str = ""
    owner: str = ""
    mixed: bool = False
    upto: int = 0
    count: int = 0
    last: str = ""
    seen: int = 0
    asked: int = 0
    quoted: dict[str, str] = field(default_factory=dict)
    laid_down: int = 0
    bare: int = 0
    scale: float = 1.0
    most: int = 0
    trimmed_from: int = 0
    trimmed_upto: int = 0
    kept: str = ""

    @property
    def question(self) -> str:
        """The reference of the newest question."""
        return f"m{self.asked}"

    def owned_by(self, owner: str) -> Self:
        """For the session of *owner*: of another one's note only what is known of the thread and the provider stays."""
        if self.owner in {"", owner}:
            return replace(self, owner=owner)
        new = replace(self, owner=owner, mixed=True, upto=-1, asked=0, quoted={}, laid_down=0, bare=0)
        return replace(new, trimmed_from=0, trimmed_upto=0, kept="")

    def plain(self) -> dict[str, Any]:
        """As JSON values, for a checkpointer or a run's context."""
        return asdict(self)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """The note whose `plain` is *values*; names of another version are passed over, missing ones have defaults."""
        names = [known.name for known in fields(cls)]
        return cls(**{name: values[name] for name in names if name in values})


def owner_of(scope: Scope) -> str:
    """Stands for a session and its user in an agent's state, which may be shown to others."""
    names = "\0".join(f"{len(name)}:{name}" for name in (scope.tenant, scope.user, scope.session))
    return blake2b(names.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
