"""A finder of one kind of private words, and where they are said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tiermem.redaction import EntitySpan, Redactor

SECRET = "nora.quux@example.org"
MAILS = re.compile(r"[\w.]+@[\w.]+\w")


def mails(text: str) -> Iterator[EntitySpan]:
    return (EntitySpan(*found.span(), "EMAIL") for found in MAILS.finditer(text))


redactor = Redactor(mails)
