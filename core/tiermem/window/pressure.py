"""How much of its threshold a window takes in a view, where what is too long for one is clipped. Pure.

Rule 1: all that is clipped takes `CLIP_SHARE` at most. The rest is for what was said beside it, which one long result
or one pasted mail must not push out: it will be old with the next step, and what it pushed out would stay away.
Rule 2: only what is in work is clipped: the newest question and the newest step. A longer one behind them is stale.
Rule 3: the results of one step are one: however many there are, each has its share, and none is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tiermem.records import Shown
from tiermem.settings import Thresholds
from tiermem.window.turns import USER_ROLES, last_step, newest_step
from tiermem.window.view import Entry, Window

CLIP_SHARE = 0.6  # of a view, and of pre_rot_threshold
FLOOR = 0.15  # of pre_rot_threshold that the newest messages beside clipped ones hold verbatim


def clip_room(tokens: int) -> int:
    """What clipped messages may take of *tokens*, all together."""
    return int(CLIP_SHARE * tokens)


def newest_question(window: Window) -> int:
    """The number of the newest message on the user's side that is visible; 0 where there is none."""
    return next((entry.sequence for entry in reversed(window.entries) if entry.role in USER_ROLES), 0)


def sharing(sizes: Mapping[int, int], most: int) -> set[int]:
    """The numbers of those *sizes* that have to share *most* tokens: what is above an equal share, where that is more
    than *most* together."""
    each = most // max(1, len(sizes))
    above = {number for number, size in sizes.items() if size > each}
    return above if sum(sizes[number] for number in above) > most else set()


def level(sizes: Sequence[int], most: int) -> int:
    """The tokens that each of *sizes* may take so that all take *most*: what short ones leave is for long ones."""
    left, ordered = most, sorted(sizes)
    for place, size in enumerate(ordered):
        share = left // (len(ordered) - place)
        if size > share:
            return share
        left -= size
    return ordered[-1] if ordered else most


def results(entries: Sequence[Entry]) -> list[Entry]:
    """The results of the newest step, which share what a view may show of them."""
    return _results_in(newest_step(entries))


def _results_in(step: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in step if entry.answers or entry.role == "tool"]


def clipped(window: Window, thresholds: Thresholds) -> list[Entry]:
    """What is in work and too long for a view: by itself, or with the other results of its step."""
    most = clip_room(thresholds.pre_rot_threshold)
    if window.tokens <= most:
        return []
    long = {entry.sequence for entry in too_long(window.entries, thresholds)}
    chosen = {newest_question(window)} & long if long else set()
    if thresholds.keep_recent_count:
        chosen |= _clipped_of_step(window, thresholds, long)
    return [entry for entry in window.entries if entry.sequence in chosen] if chosen else []


def _clipped_of_step(window: Window, thresholds: Thresholds, long: set[int]) -> set[int]:
    """Of the newest step, and of what it is tied to, those that are *long* or have to share. Every call asks,
    and most windows hold nothing long: then the newest step is all that is looked at."""
    most, entries = clip_room(thresholds.pre_rot_threshold), window.entries
    newest = newest_step(entries)
    free = [entry for entry in _results_in(newest) if entry.shown is Shown.VERBATIM and not entry.fixed]
    shared = sharing({entry.sequence: entry.shown_tokens for entry in free}, most)
    if not long:
        return shared
    recent = {entry.sequence for entry in entries[max(0, len(entries) - thresholds.keep_recent_count) :]}
    step = {entry.sequence for entry in last_step(entries)} & recent | {entry.sequence for entry in newest}
    return long & step | shared


def stale(window: Window, thresholds: Thresholds) -> list[Entry]:
    """What is too long for a view and no longer in work: however new it is, it is compacted before all else."""
    long = too_long(window.entries, thresholds)
    shown = {entry.sequence for entry in clipped(window, thresholds)} if long else set()
    return [entry for entry in long if entry.sequence not in shown]


def too_long(entries: Sequence[Entry], thresholds: Thresholds) -> list[Entry]:
    """The messages that a view cannot show whole beside others."""
    most = clip_room(thresholds.pre_rot_threshold)
    return [e for e in entries if e.shown_tokens > most and e.shown is Shown.VERBATIM and not e.fixed]


def excess(window: Window, thresholds: Thresholds) -> int:
    """The tokens of the window that no view shows."""
    long = clipped(window, thresholds)
    return sum(entry.shown_tokens for entry in long) - clip_room(thresholds.pre_rot_threshold) if long else 0


def pressure(window: Window, thresholds: Thresholds) -> int:
    """The tokens of the window as a view shows it."""
    return window.tokens - excess(window, thresholds)


def down_to(target: int, window: Window, thresholds: Thresholds) -> int:
    """The *target* of a run, or what clipped messages and the floor take, where that is more."""
    least = int((CLIP_SHARE + FLOOR) * thresholds.pre_rot_threshold)
    return max(target, least) if clipped(window, thresholds) else target
