"""Assembly: which pieces of the window a context holds, under a budget that is never exceeded (SPEC F).

Rule 1: what must be shown comes first (system prompts, goal, the newest message); what does not fit is a typed error.
Rule 2: recent turns come whole, newest first; tool pairs are never parted.
Rule 3: every piece is counted as it is rendered, so the sum is what the caller's counter says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypeAlias

from tiermem.blocks.rewording import each_reworded, result_names, reworded, sections
from tiermem.errors import BudgetTooSmall
from tiermem.messages import Message
from tiermem.records import Piece
from tiermem.text.clipping import Count, clip
from tiermem.tokens.counting import message_tokens
from tiermem.window.entries import Generations
from tiermem.window.pairing import paired
from tiermem.window.pressure import clip_room, level, results, sharing
from tiermem.window.quotation import parts
from tiermem.window.turns import USER_ROLES, groups, newest_step, steps, steps_apart
from tiermem.window.view import Entry

SMALLEST_CLIP = 16  # tokens; room for a reference to the whole, without which clipping would be losing
WORDY = 3  # times what a pointer in words costs: with less room it is the reference alone
_TRIES = 4
# Of some entries the numbers of the first and the last, how many there are, and whether more may come behind them.
_Stretch: TypeAlias = tuple[int, int, int, bool]


class Part(NamedTuple):
    """A message of the context with its cost; `entry` is None for repaired or quoted ones."""

    message: Message
    tokens: int
    clipped: bool = False


@dataclass(frozen=True, slots=True)
class Shares:
    """Tokens of a context by use; what one does not need goes to the recent turns."""

    summary: int
    recalled: int
    recent: int


def shares(free: int, summary_share: float, recall_share: float) -> Shares:
    """How *free* tokens are divided at first."""
    summary, recalled = int(free * summary_share), int(free * recall_share)
    return Shares(summary, recalled, free - summary - recalled)


class TurnCost(NamedTuple):
    """Messages that move as one, as they are shown with nothing behind them; what all and the longest of them cost.

    `apart`: they call no tools, so that they are shown as they are whatever stands beside them.
    """

    parts: list[Part]
    tokens: int
    longest: int
    apart: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """What messages cost. `known` are the costs of messages as shown, where the same counter counted them before;
    `short` are clipped. What was asked of entries that follow each other is kept, by the first and the last of them.
    """

    count: Count
    known: Mapping[int, int]
    messages: Mapping[int, Message]
    short: frozenset[int] = frozenset()
    pieces: Generations[Piece] = field(default_factory=Generations, compare=False, repr=False)
    _turns: Generations[TurnCost] = field(default_factory=Generations, compare=False, repr=False)
    _groups: Generations[list[list[Entry]]] = field(default_factory=Generations, compare=False, repr=False)
    _steps: Generations[list[Part]] = field(default_factory=Generations, compare=False, repr=False)

    def grown(self, known: Mapping[int, int], messages: Mapping[int, Message]) -> Scale:
        """The scale of the same counter for a window that goes on: what both show, they show alike."""
        kept = (Generations(self.pieces), Generations(self._turns), Generations(self._groups), Generations(self._steps))
        return Scale(self.count, known, messages, frozenset(), *kept)

    def groups(self, entries: Sequence[Entry]) -> list[list[Entry]]:
        """*entries* in `turns.groups`."""
        if not entries:
            return []
        key = _stretch(entries)
        known = self._groups.get(key)
        return self._groups.put(key, groups(entries)) if known is None else known

    def turn(self, entries: Sequence[Entry]) -> TurnCost:
        """*entries*, which move as one, with their costs."""
        key = _stretch(entries)
        turn = self._turns.get(key)
        if turn is None:
            parts = self.parts(entries)
            longest = max(self.part(self.messages[entry.sequence]).tokens for entry in entries)
            apart = not any(self.messages[entry.sequence].calls for entry in entries)
            turn = self._turns.put(key, TurnCost(parts, sum(part.tokens for part in parts), longest, apart))
        return turn

    def part(self, message: Message) -> Part:
        """*message* with its cost."""
        short = message.sequence in self.short
        if message.sequence in self.known and self.messages.get(message.sequence) is message:
            return Part(message, self.known[message.sequence], short)
        return Part(message, message_tokens(message, self.count), short)

    def shortened(self, entries: Sequence[Entry], most: int) -> Scale:
        """The same with those of *entries* clipped that alone, or as results of the newest step, exceed *most*, which
        they all together may take."""
        sizes = {entry.sequence: self.part(self.messages[entry.sequence]).tokens for entry in entries}
        step = {entry.sequence: sizes[entry.sequence] for entry in results(entries)}
        long = {number for number, size in sizes.items() if size > most} | sharing(step, most)
        each = level([sizes[number] for number in long], most)
        if not long or each < 2 * SMALLEST_CLIP:
            return self
        cut = {n: clipped(self.messages[n], each, self.count) for n in sorted(long) if sizes[n] > each}
        messages = {**self.messages, **{number: part.message for number, part in cut.items()}}
        known = {**self.known, **{number: part.tokens for number, part in cut.items()}}
        return Scale(self.count, known, messages, frozenset(cut))

    def parts(self, entries: Sequence[Entry], *, open_end: bool = True) -> list[Part]:
        """The messages of *entries*, with tool pairs made whole, and their costs."""
        stretches = steps_apart(entries, self.messages)
        if stretches is None:
            return self._paired(entries, open_end)
        last = len(stretches) - 1
        return [part for place, step in enumerate(stretches) for part in self._step(step, open_end and place == last)]

    def _step(self, step: Sequence[Entry], open_end: bool) -> list[Part]:
        key = _stretch(step, open_end)
        known = self._steps.get(key)
        return self._steps.put(key, self._paired(step, open_end)) if known is None else known

    def _paired(self, entries: Sequence[Entry], open_end: bool) -> list[Part]:
        messages = [self.messages[entry.sequence] for entry in entries]
        return [self.part(message) for message in paired(messages, open_end=open_end)]


def _stretch(entries: Sequence[Entry], open_end: bool = True) -> _Stretch:
    return entries[0].sequence, entries[-1].sequence, len(entries), open_end


def newest(entries: Sequence[Entry], budget: int) -> list[Entry]:
    """Of *entries* the newest ones that could fit into *budget* at all, and more for the border; the newest question is
    always among them. What it costs does not grow with the window."""
    step = newest_step(entries)  # whole, for its results would lose their call
    # Of what is longer than a view, only that is shown which it may take; of the results of a step, all together.
    most = clip_room(budget)
    left = 2 * budget - min(sum(entry.shown_tokens for entry in step), most)
    chosen = [*reversed(step)]
    for entry in islice(reversed(entries), len(step), None):
        if left <= 0 and len(chosen) >= 2:
            break
        chosen.append(entry)
        left -= max(1, min(entry.shown_tokens, most))
    tail = chosen[::-1]
    if any(entry.role in USER_ROLES for entry in tail):
        return tail
    older = islice(reversed(entries), len(tail), None)
    asked = next((entry for entry in older if entry.role in USER_ROLES), None)
    return [asked, *tail] if asked else tail


def recent(entries: Sequence[Entry], budget: int, scale: Scale, most: int) -> tuple[list[Part], list[Entry]]:
    """The newest whole turns within *budget*, in order, and the entries they show.

    Messages too long to leave room for others are clipped, where more is shown so. Where not even the newest turn fits,
    it may take *most*; where that is too little, its question and its newest whole tool pairs are taken, and where not
    even those fit, they are clipped.
    """
    turns = scale.groups(entries)
    parts, whole = _whole(turns, budget, scale)
    if len(whole) == len(entries):
        return parts, whole
    long = max(scale.turn(turn).longest for turn in turns) > clip_room(most) or results(entries)
    short = scale.shortened(entries, clip_room(most)) if long else scale
    if short is not scale:
        shorter, chosen = _whole(turns, budget, short)
        if len(chosen) > len(whole):
            return shorter, chosen
    if whole:
        return parts, whole
    newest = turns[-1]
    for tried in (scale, scale.shortened(newest, clip_room(most))):
        parts, chosen = _whole([newest], most, tried)
        if chosen:
            return parts, chosen
    return _long_turn(newest, most, scale)


def _long_turn(turn: Sequence[Entry], most: int, scale: Scale) -> tuple[list[Part], list[Entry]]:
    """The question of a turn that is too long, and its newest tool pairs: an answer without it would start anywhere."""
    asked = [entry for entry in turn[:1] if entry.role in USER_ROLES and len(turn) > 1]
    least = min(most, max(most // 4, SMALLEST_CLIP))  # an empty message would point nowhere, and providers refuse it
    head = [_at_most(scale.part(scale.messages[entry.sequence]), least, scale.count) for entry in asked]
    rest, left = steps(turn[len(asked) :]), most - sum(part.tokens for part in head)
    short = scale.shortened(turn[len(asked) :], clip_room(most))
    parts, chosen = _whole(rest, left, short)
    if chosen:
        return [*head, *parts], [*asked, *chosen]
    try:
        return shrink([*head, *scale.parts(rest[-1])], most, scale.count), [*asked, *rest[-1]]
    except BudgetTooSmall:
        return _newest_end(rest[-1], most, scale)


def _newest_end(step: Sequence[Entry], most: int, scale: Scale) -> tuple[list[Part], list[Entry]]:
    """All of *step* clipped; where calls with late results tie too much together, its newest call with its results,
    the newest half of those, and so on.

    Results that lose their call are quoted as text, which is better than an agent that can go on no more.
    """
    shown, own = list(step), newest_step(step)
    while True:
        try:
            return shrink(scale.parts(shown), most, scale.count), shown
        except BudgetTooSmall:
            if len(shown) == 1:
                raise
            shown = own if len(own) < len(shown) else shown[(len(shown) + 1) // 2 :]


def _at_most(part: Part, budget: int, count: Count) -> Part:
    return part if part.tokens <= budget else clipped(part.message, budget, count)


def _whole(several: Sequence[list[Entry]], budget: int, scale: Scale) -> tuple[list[Part], list[Entry]]:
    """The newest *several* that fit together, and their entries."""
    left, start, apart = budget, len(several), True
    while start > 0:
        turn = scale.turn(several[start - 1])
        if turn.tokens > left:
            break
        left -= turn.tokens
        apart = apart and turn.apart
        start -= 1
    if apart:
        kept = several[start:]
        return [part for turn in kept for part in scale.turn(turn).parts], [entry for turn in kept for entry in turn]
    # A call without a result costs more where something follows it, so what was added up is counted as a whole.
    while chosen := [entry for group in several[start:] for entry in group]:
        parts = scale.parts(chosen)
        if sum(part.tokens for part in parts) <= budget:
            return parts, chosen
        start += 1
    return [], []


def shrink(parts: Sequence[Part], budget: int, count: Count) -> list[Part]:
    """*parts* with the longest ones clipped to one length, by which they fit.

    Raises:
        BudgetTooSmall: they do not fit even when clipped to their ends.
    """
    left, rigid = list(parts), set[int]()
    while sum(part.tokens for part in left) > budget and len(rigid) < len(left):
        room = budget - sum(left[place].tokens for place in rigid)
        moving = [place for place in range(len(left)) if place not in rigid]
        each = max(SMALLEST_CLIP, level([left[place].tokens for place in moving], room))
        longest = [place for place in moving if left[place].tokens > each]
        for place in longest:
            smaller = clipped(parts[place].message, each, count)
            if smaller.tokens > each:
                rigid.add(place)
            if smaller.tokens < left[place].tokens:
                left[place] = smaller
        if not longest:
            break
    needed = sum(part.tokens for part in left)
    if needed > budget:
        raise BudgetTooSmall(needed, budget, "the newest message, clipped to its ends,")
    return left


def clipped(message: Message, budget: int, count: Count) -> Part:
    """*message* cut to its head and tail within *budget*, with a pointer to the whole; a quotation stays enclosed.

    Of several results in one message each is cut by itself, and keeps at least its pointer.
    """
    several = sections(message.content)
    room = budget
    for _ in range(_TRIES):
        shown = _cut_each(message, several, room, count) if several else _cut(message, room, count)
        tokens = message_tokens(shown, count)
        if tokens <= budget:
            break
        room -= tokens - budget  # a result that is JSON costs more than its words
    return Part(shown, tokens, clipped=True)


def _cut(message: Message, budget: int, count: Count) -> Message:
    ref = _ref(message)
    marker = f"\n[… clipped; the whole of {message.tokens or 'this message'} tokens is {ref} …]\n"
    bare = message.shown_as(reworded(message.content, ""))
    room = max(0, budget - message_tokens(bare, count))
    opening, text, closing = parts(message.text)

    def cut(marker: str) -> str:
        inside = clip(text, room, lambda part: count(opening + part + closing), marker)
        return inside and opening + inside + closing

    short = f"[… {ref} …]"
    if room < WORDY * count(marker):  # few words would stand beside it
        marker = short
    words = cut(marker) or cut(short) or (short if opening and count(short) <= room else "")
    return message.shown_as(reworded(message.content, words))


def _cut_each(message: Message, said: Sequence[str], budget: int, count: Count) -> Message:
    """*message* with each of what is *said* in it, by its results and beside them, cut to its share of *budget*."""
    short = f"[… {_ref(message)} …]"
    marker = f"\n[… clipped; the whole is in {_ref(message)} …]\n"
    bare = message.shown_as(each_reworded(message.content, [""] * len(said)))
    each = level([count(text) for text in said], max(0, budget - message_tokens(bare, count)))

    def cut(text: str) -> str:
        return text and (clip(text, each, count, marker) or clip(text, each, count, short) or short)

    short_ones = [cut(text) for text in said]
    results = len(result_names(message.content))
    whole = short_ones[results:] == [*said[results:]]  # what is said beside them
    return message.shown_as(each_reworded(message.content, short_ones[:results] if whole else short_ones))


def _ref(message: Message) -> str:
    return f"m{message.sequence}" if message.sequence else message.id
