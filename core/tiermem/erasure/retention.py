"""How long what is said is kept, by rule: at most, and at least. A pure value, kept with the database.

Days count from when a message was stored, so that an import of what is old is not erased on arrival.
"""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tiermem.errors import InvalidSettings

LONGEST = 365_000.0  # days
Days: TypeAlias = Annotated[float, Field(gt=0, le=LONGEST, allow_inf_nan=False)]
_REASON = "a number of days is none, or two of them contradict each other"


class Retention(BaseModel):
    """How many days something is kept; None: until somebody erases it.

        memory.retain(Retention(keep_for=365, documents=90, keep_at_least=30))

    `memory.life(namespace).sleep()`, `expire()` and the command `tiermem expire` erase what is older, with receipts.

    Args:
        keep_for: messages of conversations.
        sessions: those of single conversations by their ids, in place of that.
        documents: chunks of documents.
        notes: notes of all kinds, with what was reported of them.
        keep_at_least: for so many days nothing of that can be erased, but by who overrules it.

    Raises:
        InvalidSettings: a number of days is none, or a limit is below `keep_at_least`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_for: Days | None = None
    sessions: dict[str, Days | None] = Field(default_factory=dict)
    documents: Days | None = None
    notes: Days | None = None
    keep_at_least: Annotated[float, Field(ge=0, le=LONGEST, allow_inf_nan=False)] = 0.0

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise InvalidSettings(_told(error)) from error

    @model_validator(mode="after")
    def _meet(self) -> Self:
        limits = {"keep_for": self.keep_for, "documents": self.documents, "notes": self.notes}
        limits |= {f"sessions[{name!r}]": days for name, days in self.sessions.items()}
        for name, days in limits.items():
            if days is not None and days < self.keep_at_least:
                raise ValueError(f"{name} is {days:g} days, keep_at_least {self.keep_at_least:g}")
        return self

    def of_session(self, name: str) -> float | None:
        """The days for which messages of the conversation *name* are kept; None where they have no end."""
        return self.sessions.get(name, self.keep_for)


def _told(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"retention: {where}{': ' if where else ''}{first['msg'].removeprefix('Value error, ')}"


def stored(text: str) -> Retention:
    """The retention that was written down as *text*; one that keeps everything where that is empty.

    Raises:
        InvalidSettings: it is none.
    """
    try:
        return Retention.model_validate_json(text) if text else Retention()
    except ValidationError as error:
        raise InvalidSettings(f"what the database has as its retention is none: {_REASON}") from error
