"""The rules that a hostile text costs most: CPU for runs of 60 patterns, and what twice the run costs.

    python -m benchmarks.steepest --count 10

`tests/test_linear.py` has the rules and the runs, and fails where twice the run takes more than three times as long.
"""

from __future__ import annotations

import argparse

from tests.test_linear import RULES, RUNS, SIZE, spent

ROW = "{:<32}{:<22}{:>10}{:>10}{:>8}"
ROUNDS = 3  # the least of so many counts: another process takes nothing of it


def main() -> None:
    """A row a rule with the run that costs it most, dearest first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=10)
    count = parser.parse_args().count
    print(f"{len(RULES)} rules, {len(RUNS)} runs of {SIZE:,} characters; ms of CPU")
    print(ROW.format("rule", "run", "half", "whole", "ratio"))
    rows = sorted((dearest(name) for name in RULES), key=lambda row: -row[3])
    for name, run, half, whole in rows[:count]:
        print(ROW.format(name, repr(run), f"{half * 1000:.1f}", f"{whole * 1000:.1f}", f"{whole / half:.1f}"))


def dearest(name: str) -> tuple[str, str, float, float]:
    """The rule, the run that costs it most, and seconds for half of it and for all."""
    rule = RULES[name]
    spent(rule, "Warm up with words, 3 May 2024 and 北京。", 1_000)
    run = max(RUNS, key=lambda run: spent(rule, run))
    half, whole = (min(spent(rule, run, size) for _ in range(ROUNDS)) for size in (SIZE // 2, SIZE))
    return name, run, half, whole


if __name__ == "__main__":
    main()
