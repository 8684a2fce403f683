"""What is private leaves a text before it is stored: names, numbers, addresses, by a finder of the caller's.

>>> import re
>>> from tiermem.redaction import Redactor, EntitySpan
>>> def mails(text):
...     return [EntitySpan(*found.span(), "EMAIL") for found in re.finditer(r"[\\w.]+@[\\w.]+", text)]
>>> Redactor(mails)("Write to nora@example.org today.")
'Write to [EMAIL] today.'
"""

from __future__ import annotations

from tiermem.redaction.presidio import presidio
from tiermem.redaction.redactor import Redactor
from tiermem.redaction.spans import EntitySpan
from tiermem.redaction.walking import redacted

__all__ = ["EntitySpan", "Redactor", "presidio", "redacted"]
