"""The curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from benchmarks.load.curves import BROKEN, SERVED, Point

COLOURS = {"SQLite": ("#c1272d", "#e6735c", "#f2b49b"), "PostgreSQL": ("#0072b2", "#56b4e9", "#9bd3f0")}
MARKS = "osD"


def draw(points: Sequence[Point], file: Path) -> None:
    """p99 over the load that is offered, and the share of it that is answered."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, figsize=(7.5, 7.5), sharex=True, height_ratios=(3, 2))
    seen: dict[str, int] = {}
    for (kind, processes), group in groupby(points, key=lambda one: (one.database, one.processes)):
        line, place = list(group), seen.get(kind, 0)
        seen[kind] = place + 1
        style = {
            "color": COLOURS[kind][place % 3],
            "marker": MARKS[place % 3],
            "label": f"{kind}, {processes} process{'es' * (processes > 1)}",
        }
        rates = [one.offered for one in line]
        above.plot(rates, [one.p99 for one in line], **style)
        above.plot(rates, [one.p50 for one in line], color=style["color"], linestyle=":", linewidth=1)
        below.plot(rates, [one.done for one in line], **style)
    above.axhline(SERVED, color="grey", linewidth=0.8)
    above.axhline(BROKEN, color="grey", linewidth=0.8, linestyle="--")
    above.set(xscale="log", yscale="log", ylabel="seconds from the intended start\n(p99; dotted: p50)")
    above.legend(fontsize=8)
    rates = sorted({one.offered for one in points})
    below.plot(rates, rates, color="grey", linewidth=0.8)
    below.set(xscale="log", yscale="log", ylabel="answered a second", xlabel="requests offered a second")
    below.set_xticks(rates, [f"{rate:g}" for rate in rates])
    below.minorticks_off()
    figure.tight_layout()
    figure.savefig(file, dpi=110)
