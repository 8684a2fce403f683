"""What of the hits a recalled block shows, what a quote says of a message, and what is marked as out of date. Pure."""

from tiermem.search.passages import note, prefix
from tiermem.search.quoting.block import block
from tiermem.search.quoting.marking import marked
from tiermem.search.quoting.quotes import Quotes
from tiermem.search.quoting.repeated import once, told
from tiermem.search.quoting.wording import quotable

__all__ = ["Quotes", "block", "marked", "note", "once", "prefix", "quotable", "told"]
