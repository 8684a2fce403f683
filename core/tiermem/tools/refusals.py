"""What a tool says where it did nothing: words that help a model, and that a protocol can mark as an error."""

from __future__ import annotations


class Refused(str):
    """An answer that says why a call was not answered and how to write it; a plain text for whoever asks no more."""

    __slots__ = ()
