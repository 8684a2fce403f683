"""What says that a question cannot go on with shelves, and begins anew without."""


class ShelfGone(Exception):
    """What was to be read of a shelf is not there any more, or damaged, or another thread put it out of memory."""
