"""How the tokens of a compression are spread over the layers: by priority, never more than a layer has. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tiermem.compression.reading.layers import LAYERS, PRIORITIES


def spread(room: int, has: Mapping[str, int], priorities: Mapping[str, float] = PRIORITIES) -> dict[str, int]:
    """*room* tokens over layers that have *has* tokens each, in proportion to priority times tokens.

    What a layer cannot use goes to the others in the same proportion (water filling). Rounding goes to the first.
    """
    given = dict.fromkeys(LAYERS, 0)
    open_ones = [layer for layer in LAYERS if has.get(layer, 0) > 0]
    left = min(room, sum(has.get(layer, 0) for layer in open_ones))
    while open_ones and left > 0:
        weights = {layer: priorities[layer] * has[layer] for layer in open_ones}
        total = sum(weights.values())
        if not total:
            break
        full = [layer for layer in open_ones if given[layer] + left * weights[layer] / total >= has[layer]]
        if not full:
            for layer in open_ones:
                given[layer] += int(left * weights[layer] / total)
            break
        for layer in full:
            left -= has[layer] - given[layer]
            given[layer] = has[layer]
            open_ones.remove(layer)
    rest = room - sum(given.values())
    for layer in LAYERS:
        more = min(max(0, rest), has.get(layer, 0) - given[layer])
        given[layer] += max(0, more)
        rest -= max(0, more)
    return given


def towards_facts(priorities: Mapping[str, float], times: int) -> dict[str, float]:
    """The split tried next: each priority to the power `1 + times`, so that lower layers give to higher ones."""
    return {layer: value ** (1 + times) for layer, value in priorities.items()}


def ratios(first: float, most: float, step: float = 1.25) -> Sequence[float]:
    """The ratios that are tried, from *first* up to *most*, each a quarter above the one before."""
    tried = [first]
    while tried[-1] < most:
        tried.append(min(most, tried[-1] * step))
    return tried
