"""Curves and columns as SVG without script or style of its own, so that the page's style sheet colours them.

Rule: `pygal` draws; what of its output acts (scripts, styles, tooltips that need scripts) is taken out.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup

# pygal hooks into every import of the process, for maps, by a protocol that Python 3.12 has no more; who asks all
# finders, as pytest does, fails with it.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

POINTS = 160  # of a curve; more are told by every so many-th
LABELS = 6  # along the bottom
_SVG = "{http://www.w3.org/2000/svg}"
_OUT = {"style", "script", "defs", "title", "desc"}
_HOVERED = {"tooltip", "tooltip-overlay"}


def curve(name: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Markup:
    """A line for each of *series* over *labels*; *name* is what a screen reader says."""
    return _drawn(pygal.Line(**_look(len(series)), show_dots=len(labels) == 1), name, labels, series)


def areas(name: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Markup:
    """The same, one upon another."""
    return _drawn(pygal.StackedLine(**_look(len(series)), fill=True, show_dots=len(labels) == 1), name, labels, series)


def columns(name: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Markup:
    """Columns, those of one label one upon another."""
    return _drawn(pygal.StackedBar(**_look(len(series))), name, labels, series)


def thinned(values: Sequence[Any], points: int = POINTS) -> list[Any]:
    """At most so many of *values*, evenly, the first and the last among them."""
    if len(values) <= points:
        return list(values)
    return [values[round(place * (len(values) - 1) / (points - 1))] for place in range(points)]


def _look(several: int) -> dict[str, Any]:
    return {
        "width": 900,
        "height": 260 if several < 2 else 290,
        "explicit_size": False,
        "js": [],
        "show_legend": several > 1,
        "legend_at_bottom": True,
        "legend_box_size": 10,
        "print_values": False,
        "show_minor_x_labels": False,
        "truncate_label": 24,
        "truncate_legend": 60,
        "margin": 8,
        "margin_right": 30,
        "max_scale": 7,
        "include_x_axis": True,
        "value_formatter": _number,
        "no_data_text": "–",
    }


def _number(value: Any) -> str:
    """A number in few characters."""
    for least, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= least:
            short = value / (1e3 if unit == "k" else least)
            return f"{short:.3g}{unit}" if abs(short) < 1000 else f"{short:,.0f}{unit}"
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.2g}"


def _drawn(chart: Any, name: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Markup:
    chart.x_labels = list(labels)
    chart.x_labels_major = thinned(labels, LABELS)
    for title, values in series.items():
        chart.add(title, list(values))
    return Markup(_inert(chart.render_tree(), name))  # noqa: S704  # ElementTree escaped it, and nothing in it acts


def _inert(tree: ET.Element, name: str) -> str:
    """*tree* as text, without what acts or would be shown by a script only."""
    for parent in list(tree.iter()):
        for child in list(parent):
            tag = child.tag.removeprefix(_SVG) if isinstance(child.tag, str) else ""
            if not tag or tag in _OUT or not _HOVERED.isdisjoint(child.get("class", "").split()):
                parent.remove(child)
        for attribute in ("style", "id"):
            parent.attrib.pop(attribute, None)
    tree.set("role", "img")
    tree.set("aria-label", name)
    return ET.tostring(tree, encoding="unicode")
