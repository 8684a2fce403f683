"""What of the hits a recalled block shows, and what a quote says of a message. Pure."""

from tiermem.search.passages import note, prefix
from tiermem.search.quoting.block import block
from tiermem.search.quoting.quotes import Quotes
from tiermem.search.quoting.repeated import once, told
from tiermem.search.quoting.wording import quotable

__all__ = ["Quotes", "block", "note", "once", "prefix", "quotable", "told"]
