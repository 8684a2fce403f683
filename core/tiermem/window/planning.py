"""Planning: which messages to compact, which span to summarise, which summaries to merge. State in, actions out.

Rule 1: a plan depends on the window and the thresholds only, so a failed or skipped run costs nothing.
Rule 2: the newest `keep_recent_count` messages (of no more than `keep_recent_tokens`), the newest question, system
prompts and pinned messages are never touched; but one that is too long for a view is compacted once it is answered.
Rule 3: planning again without news changes nothing (`next_look` moves the next look away).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tiermem.records import Decision, Shown
from tiermem.settings import Thresholds
from tiermem.text import late
from tiermem.window.pressure import FLOOR, clip_room, clipped, down_to, newest_question, pressure, stale
from tiermem.window.turns import groups, steps
from tiermem.window.view import Cover, Entry, Window

SMALLEST_STUBBED = 40  # tokens; a stub costs about 25, so a smaller message saves nothing worth a reference
LEAST_SAVING = 0.3  # share of a message that its stub must save: below, the text itself is the better reference
# Share of pre_rot_threshold: a run that saves less changes the prefix for a message or two, turn after turn. Of 199
# prompts under 8,000 tokens (`benchmarks agents prefixes`) 183 only grew, and 177 with 0.1. With 0.3 it is 183 again,
# and 90.7 % of a prompt, instead of 91.1 %, begins as the one before.
LEAST_RUN = 0.2
MERGE_WIDTH = 6  # summaries of one level that become one of the next level …
MERGE_ABOVE = 8  # … when there are more than these, so that recent spans keep their detail
LIFTED = 0.75  # of the lower target of a run: what is taken back must leave the window far from the next one
ALIKE = 1.5  # times the limit that a run was of: one that is higher still is another agent's, which takes nothing back
REASON = "the window was"  # how the reasons of runs begin: what people and callers decided is for them to take back
_LIMIT = late.compile(rf"{REASON} [\d,]+ tokens, of ([\d,]+)")
LOOK_AGAIN = 0.02  # share of pre_rot_threshold that must come in before a plan that changed nothing is tried again


@dataclass(frozen=True, slots=True)
class CoverPlan:
    """Messages `first`..`last` to summarise. System prompts and pinned messages among them stay visible."""

    first: int
    last: int


def wants_compaction(window: Window, thresholds: Thresholds) -> bool:
    """True from `compaction_trigger` on."""
    return pressure(window, thresholds) >= thresholds.compact_at


def wants_summary(window: Window, thresholds: Thresholds) -> bool:
    """True from `summarization_trigger` on."""
    return pressure(window, thresholds) >= thresholds.summarize_at


def compactable(window: Window, thresholds: Thresholds) -> list[list[Entry]]:
    """What may be compacted, in the order in which to do it, in batches that are done whole.

    What is too long for a view and stale tool results first, each by itself; then whole turns, oldest first; what
    somebody restored comes last.
    """
    long = [entry for entry in stale(window, thresholds) if _stubbable(entry)]
    known = {entry.sequence for entry in long}
    old = [entry for entry in _old(window, thresholds) if _stubbable(entry) and entry.sequence not in known] + long
    results = [entry for entry in old if (entry.role == "tool" or entry.sequence in known) and not entry.restored]
    first = {entry.sequence for entry in old if entry.sequence in known or entry in results}
    turns = [
        [e for e in group if e.sequence not in first and _stubbable(e)] for group in groups(_old(window, thresholds))
    ]
    fresh = [[e for e in turn if not e.restored] for turn in turns]
    restored = [entry for entry in old if entry.restored]
    return [[entry] for entry in results] + [turn for turn in fresh if turn] + [[entry] for entry in restored]


def worth(tokens_before: int, tokens_after: int) -> bool:
    """True when a stub of *tokens_after* is worth showing in place of *tokens_before*."""
    return tokens_before - tokens_after >= LEAST_SAVING * tokens_before > 0


def worth_a_run(saved: int, window: Window, thresholds: Thresholds) -> bool:
    """True when compacting *saved* tokens is worth a changed prefix, which a provider's cache has to read anew.

    Below, the window goes on as it is until a summary makes more room at once.
    """
    left = pressure(window, thresholds) - saved
    return saved >= LEAST_RUN * thresholds.pre_rot_threshold or left < compact_to(window, thresholds)


def compact_to(window: Window, thresholds: Thresholds) -> int:
    """The pressure down to which one compaction works."""
    return down_to(thresholds.compact_to, window, thresholds)


def coverable(window: Window, thresholds: Thresholds) -> CoverPlan | None:
    """The oldest span whose summary brings the window down to `summarization_target`, or None when nothing is old.

    Whole turns; where not one whole turn is old (one endless agent run), whole tool pairs. A span never reaches over a
    summary that is in force: the new one would stand for messages it was not made from. The newest question may lie in
    a span, and stays visible.
    """
    old = _old(window, thresholds)
    border, asked = old[-1].sequence + 1 if old else 0, newest_question(window)
    for parts_of in (groups, steps):
        for stretch in _uncovered(window):
            parts = [part for part in parts_of(stretch) if part[-1].sequence < border]
            chosen = _until_enough(parts, window, thresholds)
            if any(not entry.fixed and entry.sequence != asked for entry in chosen):
                return CoverPlan(_behind(window.covers, chosen[0].sequence), chosen[-1].sequence)
    return None


def recoverable(window: Window, thresholds: Thresholds) -> list[tuple[int, int]]:
    """(message, summary) for what was taken out of a summary and must go back under it, when all else is done."""
    under = [(entry, _cover_of(window, entry)) for entry in _old(window, thresholds) if not entry.fixed]
    return [(entry.sequence, cover.number) for entry, cover in under if cover is not None]


def mergeable(covers: Sequence[Cover], *, pressed: bool = False) -> tuple[Cover, ...]:
    """The summaries that should become one of the next level: the oldest adjacent ones of a level with too many.

    *pressed*, where nothing else can make room, takes the oldest two or more that are adjacent, of any level.
    """
    if pressed:
        return _adjacent(sorted(covers, key=lambda cover: cover.first), least=2)
    for level in sorted({cover.level for cover in covers}):
        same = sorted((cover for cover in covers if cover.level == level), key=lambda cover: cover.first)
        wide = _adjacent(same, least=MERGE_WIDTH) if len(same) > MERGE_ABOVE else ()
        if wide:
            return wide
    return ()


def _adjacent(covers: Sequence[Cover], least: int) -> tuple[Cover, ...]:
    """The first run of at least *least* covers without a gap, at most `MERGE_WIDTH` of it."""
    for start in range(len(covers) - least + 1):
        run = [covers[start]]
        for cover in covers[start + 1 : start + MERGE_WIDTH]:
            if run[-1].last + 1 != cover.first:
                break
            run.append(cover)
        if len(run) >= least:
            return tuple(run)
    return ()


def reason(window: Window, thresholds: Thresholds) -> str:
    """Why a run decided, for the journal."""
    return f"{REASON} {window.tokens:,} tokens, of {thresholds.pre_rot_threshold:,}"


def lift_to(thresholds: Thresholds) -> int:
    """The pressure up to which decisions of earlier runs are taken back."""
    return int(LIFTED * min(thresholds.compact_to, thresholds.summarize_to))


def liftable(window: Window, made: Sequence[Decision], thresholds: Thresholds) -> Decision | None:
    """The newest decision of a run that there is room to take back, because what pressed is gone.

    Of one span this is done once, and only at a limit like the one that the run was of: where agents with other limits
    take turns, it would be summarised each time.

    Args:
        made: the decisions to compact and to cover, undone ones too, in order.
    """
    room = lift_to(thresholds) - pressure(window, thresholds)
    compacted = {entry.decision for entry in window.entries if entry.shown is Shown.COMPACTED}
    covers = {cover.number for cover in window.covers if cover.level == 1}
    undone = [(decision.first, decision.last) for decision in made if decision.undone]
    for decision in reversed(made):
        shown = decision.number in compacted if decision.kind == "compact" else decision.reference in covers
        ours = shown and not decision.undone and thresholds.pre_rot_threshold <= ALIKE * _limit_of(decision)
        again = any(first <= decision.last and decision.first <= last for first, last in undone)
        if ours and not again and decision.tokens_before - decision.tokens_after <= room:
            return decision
    return None


def _limit_of(decision: Decision) -> int:
    """The limit that the run was of which took *decision*; 0 where it was none of a run."""
    match = _LIMIT.match(decision.reason)
    return int(match[1].replace(",", "")) if match else 0


def next_look(tokens: int, thresholds: Thresholds) -> int:
    """The tokens of the window from which planning is worth another look."""
    if tokens < thresholds.compact_at:
        return thresholds.compact_at
    later = tokens + max(1, int(LOOK_AGAIN * thresholds.pre_rot_threshold))
    return min(later, thresholds.summarize_at) if tokens < thresholds.summarize_at else later


def _old(window: Window, thresholds: Thresholds) -> list[Entry]:
    """All but the newest messages and the newest question: an agent's long run must not lose sight of it."""
    count = max(0, len(window.entries) - thresholds.keep_recent_count)
    if thresholds.keep_recent_tokens is not None:
        count = max(count, _beyond(window, thresholds, thresholds.keep_recent_tokens))
    asked = newest_question(window)
    return [entry for entry in window.entries[:count] if entry.sequence != asked]


def _beyond(window: Window, thresholds: Thresholds, tokens: int) -> int:
    """How many messages stand before the newest that *tokens* hold. The newest one is always held.

    What is clipped takes its share of them, and leaves a floor to the others.
    """
    entries, in_work = window.entries, {entry.sequence for entry in clipped(window, thresholds)}
    start, left = len(entries), tokens
    if in_work:
        most = thresholds.pre_rot_threshold
        left = min(tokens, max(tokens - clip_room(most), int(FLOOR * most)))
    while start > 0:
        entry = entries[start - 1]
        cost = 0 if entry.sequence in in_work else entry.shown_tokens
        if start < len(entries) and cost > left:
            break
        start, left = start - 1, left - cost
    return start


def _stubbable(entry: Entry) -> bool:
    return entry.shown is Shown.VERBATIM and not entry.fixed and entry.tokens >= SMALLEST_STUBBED


def _until_enough(parts: list[list[Entry]], window: Window, thresholds: Thresholds) -> list[Entry]:
    chosen: list[Entry] = []
    left, asked = pressure(window, thresholds), newest_question(window)
    target = down_to(thresholds.summarize_to, window, thresholds)
    for part in parts:
        if left <= target:
            break
        chosen += part
        left -= sum(entry.shown_tokens for entry in part if not entry.fixed and entry.sequence != asked)
    return chosen


def _cover_of(window: Window, entry: Entry) -> Cover | None:
    return next((cover for cover in window.covers if cover.first <= entry.sequence <= cover.last), None)


def _uncovered(window: Window) -> list[list[Entry]]:
    """The visible messages outside all summaries, in stretches between which others are covered.

    Hidden ones part no stretch: a forgotten message would leave a stump before it that is too short for a summary, and
    keep the summaries on both sides from ever being merged. It stays hidden under the summary of its neighbours.
    """
    stretches: list[list[Entry]] = []
    for entry in window.entries:
        if _cover_of(window, entry) is not None:
            continue
        if stretches and not _parted(window.covers, stretches[-1][-1].sequence, entry.sequence):
            stretches[-1].append(entry)
        else:
            stretches.append([entry])
    return stretches


def _parted(covers: Sequence[Cover], before: int, after: int) -> bool:
    return after - before > 1 and any(before < cover.first < after for cover in covers)


def _behind(covers: Sequence[Cover], first: int) -> int:
    """*first*, or the number behind the summary before it: between them there are hidden messages only."""
    return max((cover.last for cover in covers if cover.last < first), default=first - 1) + 1
