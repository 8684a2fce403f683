"""`tiermem eval` as a module: recall at budgets, silence, cache reuse and tokens saved, on a chat of one's own.

    from tiermem.evaluation import evaluate, talks_of
    found = evaluate(talks_of("chat.jsonl", "questions.jsonl"), budgets=[512, 1024])
    assert found.missed({"recall@1024": 0.8, "saved": 0.3}) == []

Nothing is imported until it is used: pytest loads `tiermem.evaluation.plugin` in every run.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

_NAMES = {
    "evaluating": ("evaluate",),
    "reading": ("talks_of",),
    "replaying": ("Replayed",),
    "results": ("Evaluation", "Silence"),
    "talks": ("Probe", "ProbedTalk"),
}

__all__ = sorted(chain.from_iterable(_NAMES.values()))  # noqa: PLE0605  # one list, in one place

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.evaluation.evaluating import evaluate as evaluate
    from tiermem.evaluation.reading import talks_of as talks_of
    from tiermem.evaluation.replaying import Replayed as Replayed
    from tiermem.evaluation.results import Evaluation as Evaluation
    from tiermem.evaluation.results import Silence as Silence
    from tiermem.evaluation.talks import Probe as Probe
    from tiermem.evaluation.talks import ProbedTalk as ProbedTalk
