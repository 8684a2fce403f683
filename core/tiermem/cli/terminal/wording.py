"""Errors that speak of arguments in Python, in words of the command line. Pure."""

from __future__ import annotations

from tiermem.text import late

_WORDS = (
    (late.compile(r'namespace="anna", or \("tenant", "anna"\)'), "--namespace anna, or --tenant and --namespace"),
    (late.compile(r"\bwithin='(\w+)'"), r"--within \1"),
    (late.compile(r"\bwithin must be\b"), "--within must be"),
    (late.compile(r"\bsessions="), "--from-session"),
    (late.compile(r"\bexclude="), "--exclude-session"),
    (late.compile(r"\bnamespace="), "--namespace"),
    (late.compile(r"\boverrule=True"), "--overrule"),
    (late.compile(r"\berase\(…\)"), "`tiermem erase`"),
    (late.compile(r"\bverify\(\)"), "`tiermem verify`"),
    (late.compile(r"`head\(\)`"), "`tiermem head`"),
    (late.compile(r"memory\.notes\(…\)\.undo"), "the undo of notes, in Python,"),
)


def in_options(words: str) -> str:
    """*words* of an error, with options and commands in place of arguments and methods."""
    for found, told in _WORDS:
        words = found.sub(told, words)
    return words
