"""Whom and what a page is about, as its address names it: names are bytes, so that every one comes back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tiermem.errors import UnknownReference
from tiermem.settings import Scope, scope_of

MOST_FIELDS = 40  # of a query or a form
_EXACT = "surrogatepass"
_PACKED = "of"


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a request asks for, by name."""

    values: Mapping[str, str]

    def text(self, name: str) -> str:
        """A value, "" where none is given."""
        return self.values.get(name, "")

    def number(self, name: str, default: int = 0) -> int:
        """A whole number of at least 0; *default* where there is none."""
        given = self.text(name)
        return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else default

    @property
    def namespace(self) -> str | tuple[str, str]:
        """The user that is named.

        Raises:
            UnknownReference: none is.
        """
        if not self.text("user"):
            raise UnknownReference("the address names no user")
        return (self.text("tenant"), self.text("user")) if self.text("tenant") else self.text("user")

    @property
    def scope(self) -> Scope:
        """The conversation that is named.

        Raises:
            UnknownReference: none is.
        """
        if not self.text("session"):
            raise UnknownReference("the address names no session")
        return scope_of(self.text("session"), self.namespace)


def asked(query: bytes) -> AskedFor:
    """What a query string, or the body of a form, says; what comes twice counts as it comes last.

    Raises:
        ValueError: it says too much, or is none.
    """
    pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors=_EXACT, max_num_fields=MOST_FIELDS)
    values = dict(pairs)
    return AskedFor(values | _unpacked(values.pop(_PACKED, "")))


def packed(tenant: str, user: str, session: str = "") -> str:
    """A user, or a conversation, in one field of a form: browsers change line ends and other characters of a field."""
    return ".".join(name.encode("utf-8", _EXACT).hex() for name in (tenant, user, session))


def _unpacked(told: str) -> dict[str, str]:
    """What `packed` says.

    Raises:
        ValueError: it was made by nobody of us.
    """
    names = [bytes.fromhex(name).decode("utf-8", _EXACT) for name in told.split(".")] if told else []
    return dict(zip(("tenant", "user", "session"), names, strict=False))


def address(path: str, **values: Any) -> str:
    """The address of a page; what is empty is left out."""
    given = {name: value for name, value in values.items() if value not in {"", None, 0}}
    return f"{path}?{urlencode(given, errors=_EXACT)}" if given else path


def of_user(tenant: str, user: str) -> dict[str, str]:
    """A user as addresses name them."""
    return {"tenant": tenant, "user": user}


def of_session(scope: Scope) -> dict[str, str]:
    """A conversation as addresses name it."""
    return {**of_user(scope.tenant, scope.user), "session": scope.session}
