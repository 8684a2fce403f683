"""Roles: our words for who speaks, and the words of others for the same.

Rule 1: a `Message` keeps whatever role it was made with; a word is folded where text, objects and files come in.
Rule 2: what is no word for any role is refused there, with the nearest one that is.
"""

from __future__ import annotations

import difflib

from tiermem.errors import UnknownRole

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
# What formats of chats, frameworks and exports say instead; compared without case.
_ALIASES = {
    "human": "user",
    "prompter": "user",
    "ai": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "model": "assistant",
    "gpt": "assistant",
}
_NEAR = 0.75  # likeness of two words, 0 to 1, from which one may be the other misspelt


def folded(role: str) -> str:
    """Our word for *role*, whatever its case and whoever's word it is; "" where it is no word that is known."""
    word = role.strip().casefold()
    return word if word in ROLES else _ALIASES.get(word, "")


def known(role: str) -> str:
    """`folded`.

    Raises:
        UnknownRole: *role* is no word for any role.
    """
    word = folded(role)
    if not word:
        raise UnknownRole(role, nearest(role))
    return word


def nearest(role: str) -> str:
    """The role that *role* may be misspelt for; "" where it is like none."""
    found = difflib.get_close_matches(role.strip().casefold()[:40], [*ROLES, *_ALIASES], 1, _NEAR)
    return _ALIASES.get(found[0], found[0]) if found else ""
