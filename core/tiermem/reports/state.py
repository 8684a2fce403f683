"""What tiermem says of its own state: what a run did, what a proof found, a session in numbers. Frozen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run of `manage_context` did: tokens of the window before and after, messages compacted and covered, new
    summaries, and decisions of earlier runs that were taken back because there is room again."""

    tokens_before: int
    tokens_after: int
    compacted: int = 0
    covered: int = 0
    summaries: int = 0
    lifted: int = 0
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What `verify` re-derived, and every difference it found; *notes* are of what could not be compared."""

    messages: int
    decisions: int
    summaries: int
    indexed: int
    items: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True when nothing differs."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The state of one session in numbers. `degraded` says every mode in which less than everything works.
    `refused_lines` of a summariser are left out of the summaries that are in force: no message says what they say.
    `extracted`: an extractor read up to that message; `refused_facts`: of what it claimed no message bears out.
    `note` says that there is no such session, and which name comes nearest; it is "" everywhere else.
    """

    messages: int
    tokens: int
    window_tokens: int
    verbatim: int
    compacted: int
    covered: int
    hidden: int
    summaries: int
    decisions: int
    indexed: int
    summarizer_failures: int = 0
    refused_lines: int = 0
    extracted: int = 0
    refused_facts: int = 0
    last_error: str = ""
    degraded: tuple[str, ...] = ()
    note: str = ""
