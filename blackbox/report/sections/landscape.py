"""All runs at once: a table of distances, a tree without a root and a map, for each suite with four runs or more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from blackbox.report.blocks import Dot, Drawing, Group, Label, Matrix, MatrixCell, Name, Section, Stroke, Text
from blackbox.report.sections._numbers import decimal, plural
from blackbox.report.sections._pairs import listed, mapping, pair_anchor, pairs, suite_title
from blackbox.stats.trees import Edge, Placed, Tree, equal_angle, leaf_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.report.blocks import Block

SIDE = 1000.0
FEW_SIDE = 720.0
"""Of figures of few runs: smaller ones, so that their letters are as large as the page's."""
FEW = 24
MARGIN = 190.0
"""Room for names round a figure."""
SUPPORTED = 0.5
"""Edges found in fewer resampled trees are drawn without their share: they say nothing."""
STRONG = 0.95
NO_DIRECTION = (
    "The tree has no root and no time. Runs on one stem answer more alike than others here do; nothing in it says who "
    "came from whom, and a long stem of two says little about kinship: that is what a likelihood ratio is for."
)


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the figures of every suite that has them, and the reason where one has none."""
    entries = [mapping(entry) for entry in listed(document.get("landscape"))]
    if not entries:
        return ()
    places = _places(document)
    drawn = (_of_suite(entry, places, alone=len(entries) == 1) for entry in entries)
    return (*drawn, Text(text=NO_DIRECTION, kind="note"))


def _places(document: Mapping[str, Any]) -> Mapping[frozenset[str], str]:
    """Return where the pair of two runs stands on the page, by their ids."""
    return {frozenset((str(p.get("a")), str(p.get("b")))): pair_anchor(i) for i, p in enumerate(pairs(document))}


def _of_suite(entry: Mapping[str, Any], places: Mapping[frozenset[str], str], *, alone: bool) -> Block:
    title = (Name(text=suite_title(entry)),)
    if entry.get("distances") is None:
        return Group(title=title, blocks=(Text(text=f"No tree and no map: {entry.get('reason')}."),))
    tree, support = _tree(entry)
    mark = "" if alone else f"-{entry.get('suite')}-v{entry.get('suite_version')}"
    where = f"distances{mark}.csv and tree{mark}.nwk beside comparison.json"
    unit = Text(text=f"Distance: {entry.get('unit')}. {entry.get('n_probes')} probes.", kind="note")
    figures = (_heat(entry, tree, places, where), _drawn_tree(entry, tree, support, where), _map(entry, where))
    return Group(title=title, blocks=(unit, *figures))


def _tree(entry: Mapping[str, Any]) -> tuple[Tree, list[float | None]]:
    edges = entry["tree"]["edges"]
    tree = Tree(n_leaves=len(entry["names"]), edges=tuple(Edge(a=e["a"], b=e["b"], length=e["length"]) for e in edges))
    return tree, [e["support"] for e in edges]


# --- distances ------------------------------------------------------------------------------------


def _heat(entry: Mapping[str, Any], tree: Tree, places: Mapping[frozenset[str], str], where: str) -> Matrix:
    """Return all distances in the tree's order, so that close runs are neighbours."""
    order = leaf_order(tree)
    names = [entry["names"][leaf] for leaf in order]
    runs = [str(entry["runs"][leaf]) for leaf in order]
    distances = np.array(entry["distances"], dtype=float)[np.ix_(order, order)]
    shades = _shades(distances)

    def cell(i: int, j: int) -> MatrixCell | None:
        if i == j:
            return None
        words = f"{names[i]} and {names[j]}: distance {decimal(distances[i, j], digits=2)}"
        place = places.get(frozenset((runs[i], runs[j])))
        shown = decimal(distances[i, j], digits=2)
        return MatrixCell(text=shown, tone="neutral", words=words, target=place, shade=float(shades[i, j]))

    return Matrix(
        caption=f"How far apart the runs' answers are. The closest two are {_closest(distances, names)}",
        names=tuple(Name(text=name) for name in names),
        cells=tuple(tuple(cell(i, j) for j in range(len(names))) for i in range(len(names))),
        legend=(
            MatrixCell(text="", tone="neutral", words="as near as the nearest two", shade=1.0),
            MatrixCell(text="", tone="neutral", words="between", shade=0.6),
            MatrixCell(text="", tone="neutral", words="no nearer than the median pair", shade=0.0),
        ),
        where=where,
    )


def _shades(distances: np.ndarray) -> np.ndarray:
    """Return 0 (no nearer than the median pair) to 1 (as near as the nearest), by roots."""
    off = distances[~np.eye(len(distances), dtype=bool)]
    low, middle = float(off.min()), float(np.median(off))
    share = np.clip((middle - distances) / (middle - low), 0, 1) if middle > low else np.zeros_like(distances)
    return np.asarray(np.sqrt(share))


def _closest(distances: np.ndarray, names: Sequence[str]) -> str:
    far = distances + np.diag(np.full(len(distances), np.inf))
    i, j = divmod(int(np.argmin(far)), len(distances))
    return f"{names[i]} and {names[j]} ({distances[i, j]:.2f})"


# --- tree -----------------------------------------------------------------------------------------


def _drawn_tree(entry: Mapping[str, Any], tree: Tree, support: Sequence[float | None], where: str) -> Drawing:
    outer = [edge.length for edge in tree.edges if edge.b < tree.n_leaves]
    shortened = 0.8 * float(np.median(outer))
    side = _side(tree.n_leaves)
    placed = _fitted(equal_angle(tree, shortened=shortened), side)
    strokes = [_stroke(edge, placed, share) for edge, share in zip(tree.edges, support, strict=True)]
    shares = [_share(edge, placed, s) for edge, s in zip(tree.edges, support, strict=True) if s and s >= SUPPORTED]
    n_strong = sum(s is not None and s >= STRONG for s in support)
    cut = f" Outer branches are drawn shorter by {shortened:.2f}, down to none, for room."
    return Drawing(
        caption="Neighbour-joining tree, unrooted",
        description=(
            f"Numbers: percent of {entry['tree']['n_bootstrap']} trees of resampled probes that have the same split, "
            f"from 50 on; drawn strong from 95 on: {plural(n_strong, 'inner branch', 'inner branches')}.{cut}"
        ),
        width=side,
        height=side,
        parts=(*_names_round(entry["names"], placed, tree), *strokes, *shares),
        where=where,
    )


def _side(n_runs: int) -> float:
    return FEW_SIDE if n_runs <= FEW else SIDE


def _fitted(placed: Placed, side: float) -> Placed:
    """Return the tree's points within a circle, its names round it."""
    low, high = placed.points.min(0), placed.points.max(0)
    centred = placed.points - (low + high) / 2
    reach = float(np.sqrt((centred**2).sum(1)).max()) or 1.0
    return Placed(points=side / 2 + centred * (side / 2 - MARGIN) / reach, angles=placed.angles)


def _stroke(edge: Edge, placed: Placed, support: float | None) -> Stroke:
    ends = tuple((float(x), float(y)) for x, y in placed.points[[edge.a, edge.b]])
    return Stroke(points=ends, weight=2 if support is not None and support >= STRONG else 1)


def _share(edge: Edge, placed: Placed, support: float) -> Label:
    x, y = placed.points[[edge.a, edge.b]].mean(0)
    return Label(x=float(x) + 4, y=float(y) - 5, text=f"{100 * support:.0f}", size=14)


def _names_round(names: Sequence[str], placed: Placed, tree: Tree) -> tuple[Stroke | Label, ...]:
    """Return every leaf's name on a circle, evenly spread, with a faint line from its leaf."""
    order = leaf_order(tree)
    side = _side(len(order))
    letters = max(6.0, min(15.0, 0.8 * 2 * math.pi * (side / 2 - MARGIN) / len(order)))
    longest = int((MARGIN - 30) / (0.65 * letters))
    parts: list[Stroke | Label] = []
    for leaf in order:
        angle = float(placed.angles[leaf])
        radius = side / 2 - MARGIN + 18
        x, y = side / 2 + radius * math.cos(angle), side / 2 + radius * math.sin(angle)
        from_x, from_y = (float(v) for v in placed.points[leaf])
        parts.append(Stroke(points=((from_x, from_y), (x, y)), weight=0))
        left = math.cos(angle) < 0
        turned = math.degrees(angle) + (180 if left else 0)
        anchor: Literal["start", "end"] = "end" if left else "start"
        at = (x + 4 * math.cos(angle), y + 4 * math.sin(angle) + 0.3 * letters * (not math.isclose(turned % 180, 90)))
        name = Name(text=names[leaf])
        parts.append(Label(x=at[0], y=at[1], text=name, anchor=anchor, angle=turned, size=letters, longest=longest))
    return tuple(parts)


# --- map ------------------------------------------------------------------------------------------


def _map(entry: Mapping[str, Any], where: str) -> Drawing:
    points = np.array(entry["map"]["points"], dtype=float)
    reach = float(np.abs(points).max()) or 1.0
    side = _side(len(points))
    places = side / 2 + points * (side / 2 - 110) / reach
    dots = [Dot(x=x, y=y, words=Name(text=n)) for n, (x, y) in zip(entry["names"], places.tolist(), strict=True)]
    labels = _apart(dots, side)
    n_left = len(dots) - len(labels)
    left_out = f" Left out, as names would overlap: {plural(n_left, 'name')}." if n_left else ""
    return Drawing(
        caption="Map of the runs",
        description=(
            f"Classical scaling to a plane: it shows {100 * entry['map']['shown']:.0f} % of what sets the runs apart, "
            f"so that points near each other may still differ. Axes have no meaning.{left_out}"
        ),
        width=side,
        height=side,
        parts=(*dots, *labels),
        where=where,
    )


def _apart(dots: Sequence[Dot], side: float) -> list[Label]:
    """Return the labels of the dots, outermost first, without those that would lie on one already there."""
    letters, longest = 14.0, 26
    taken: list[tuple[float, float, float]] = []
    labels = []
    for dot in sorted(dots, key=lambda d: -math.hypot(d.x - side / 2, d.y - side / 2)):
        inward = dot.x > side / 2
        width = 0.62 * letters * min(len(dot.words.text), longest + 1)
        start = dot.x - 8 - width if inward else dot.x + 8
        if any(abs(dot.y - y) < letters and start < right and left < start + width for left, right, y in taken):
            continue
        taken.append((start, start + width, dot.y))
        anchor: Literal["start", "end"] = "end" if inward else "start"
        x = dot.x + (-8 if inward else 8)
        labels.append(Label(x=x, y=dot.y + 4, text=dot.words, anchor=anchor, size=letters, longest=longest))
    return labels


SECTION = Section(title="All runs at once", order=13, build=build)
