"""All runs at once: a table of distances, a tree without a root and a map, for each suite with four runs or more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from blackbox.report.blocks import Dot, Drawing, Group, Label, Name, Section, Squares, Stroke, Text
from blackbox.report.sections._pairs import listed, mapping, suite_title
from blackbox.stats.trees import Edge, Placed, Tree, equal_angle, leaf_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.report.blocks import Block

SIDE = 1000.0
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
    return (*(_of_suite(entry, alone=len(entries) == 1) for entry in entries), Text(text=NO_DIRECTION, kind="note"))


def _of_suite(entry: Mapping[str, Any], *, alone: bool) -> Block:
    title = (Name(text=suite_title(entry)),)
    if entry.get("distances") is None:
        return Group(title=title, blocks=(Text(text=f"No tree and no map: {entry.get('reason')}."),))
    tree, support = _tree(entry)
    mark = "" if alone else f"-{entry.get('suite')}-v{entry.get('suite_version')}"
    where = f"distances{mark}.csv and tree{mark}.nwk beside comparison.json"
    unit = Text(text=f"Distance: {entry.get('unit')}. {entry.get('n_probes')} probes.", kind="note")
    figures = (_heat(entry, tree, where), _drawn_tree(entry, tree, support, where), _map(entry, where))
    return Group(title=title, blocks=(unit, *figures))


def _tree(entry: Mapping[str, Any]) -> tuple[Tree, list[float | None]]:
    edges = entry["tree"]["edges"]
    tree = Tree(n_leaves=len(entry["names"]), edges=tuple(Edge(a=e["a"], b=e["b"], length=e["length"]) for e in edges))
    return tree, [e["support"] for e in edges]


# --- distances ------------------------------------------------------------------------------------


def _heat(entry: Mapping[str, Any], tree: Tree, where: str) -> Drawing:
    names, order = entry["names"], leaf_order(tree)
    distances = np.array(entry["distances"], dtype=float)[np.ix_(order, order)]
    n = len(order)
    size = (SIDE - MARGIN) / n
    shades = _shades(distances)
    by_shade = [
        Squares(
            shade=shade,
            size=size,
            corners=tuple((MARGIN + j * size, MARGIN + i * size) for i, j in np.argwhere(shades == shade).tolist()),
        )
        for shade in range(6)
    ]
    letters = max(5.0, min(15.0, 0.85 * size))
    labels = [label for place, leaf in enumerate(order) for label in _margins(names[leaf], place, size, letters)]
    return Drawing(
        caption="How far apart the runs' answers are",
        description=(
            "Darker is closer than the median pair; runs stand in the tree's order, so that close ones are neighbours. "
            f"The closest two are {_closest(distances, [names[leaf] for leaf in order])}."
        ),
        width=SIDE,
        height=SIDE,
        parts=(*(part for part in by_shade if part.corners), *labels),
        where=where,
    )


def _shades(distances: np.ndarray) -> np.ndarray:
    """Return 0 (no closer than the median pair) to 5 (as close as the closest), by roots; −1 on the diagonal."""
    off = distances[~np.eye(len(distances), dtype=bool)]
    low, middle = float(off.min()), float(np.median(off))
    share = np.clip((middle - distances) / (middle - low), 0, 1) if middle > low else np.zeros_like(distances)
    shades = np.ceil(5 * np.sqrt(share)).astype(int)
    np.fill_diagonal(shades, -1)
    return np.asarray(shades)


def _closest(distances: np.ndarray, names: Sequence[str]) -> str:
    far = distances + np.diag(np.full(len(distances), np.inf))
    i, j = divmod(int(np.argmin(far)), len(distances))
    return f"{names[i]} and {names[j]} ({distances[i, j]:.2f})"


def _margins(name: str, place: int, size: float, letters: float) -> tuple[Label, Label]:
    at = MARGIN + (place + 0.5) * size
    longest = int((MARGIN - 10) / (0.55 * letters))
    return (
        Label(x=MARGIN - 4, y=at + 0.35 * letters, text=Name(text=name), anchor="end", size=letters, longest=longest),
        Label(x=at + 0.35 * letters, y=MARGIN - 4, text=Name(text=name), angle=-90, size=letters, longest=longest),
    )


# --- tree -----------------------------------------------------------------------------------------


def _drawn_tree(entry: Mapping[str, Any], tree: Tree, support: Sequence[float | None], where: str) -> Drawing:
    outer = [edge.length for edge in tree.edges if edge.b < tree.n_leaves]
    shortened = 0.8 * float(np.median(outer))
    placed = _fitted(equal_angle(tree, shortened=shortened))
    strokes = [_stroke(edge, placed, share) for edge, share in zip(tree.edges, support, strict=True)]
    shares = [_share(edge, placed, s) for edge, s in zip(tree.edges, support, strict=True) if s and s >= SUPPORTED]
    n_strong = sum(s is not None and s >= STRONG for s in support)
    cut = f" Outer branches are drawn shorter by {shortened:.2f}, down to none, for room."
    return Drawing(
        caption="Neighbour-joining tree, unrooted",
        description=(
            f"Numbers: percent of {entry['tree']['n_bootstrap']} trees of resampled probes that have the same split, "
            f"from 50 on; {n_strong} inner branches reach 95 and are drawn strong.{cut}"
        ),
        width=SIDE,
        height=SIDE,
        parts=(*_names_round(entry["names"], placed, tree), *strokes, *shares),
        where=where,
    )


def _fitted(placed: Placed) -> Placed:
    """Return the tree's points within a circle, its names round it."""
    low, high = placed.points.min(0), placed.points.max(0)
    centred = placed.points - (low + high) / 2
    reach = float(np.sqrt((centred**2).sum(1)).max()) or 1.0
    return Placed(points=SIDE / 2 + centred * (SIDE / 2 - MARGIN) / reach, angles=placed.angles)


def _stroke(edge: Edge, placed: Placed, support: float | None) -> Stroke:
    ends = tuple((float(x), float(y)) for x, y in placed.points[[edge.a, edge.b]])
    return Stroke(points=ends, weight=2 if support is not None and support >= STRONG else 1)


def _share(edge: Edge, placed: Placed, support: float) -> Label:
    x, y = placed.points[[edge.a, edge.b]].mean(0)
    return Label(x=float(x), y=float(y) - 2, text=f"{100 * support:.0f}", anchor="middle", size=9)


def _names_round(names: Sequence[str], placed: Placed, tree: Tree) -> tuple[Stroke | Label, ...]:
    """Return every leaf's name on a circle, evenly spread, with a faint line from its leaf."""
    order = leaf_order(tree)
    letters = max(6.0, min(15.0, 0.8 * 2 * math.pi * (SIDE / 2 - MARGIN) / len(order)))
    longest = int((MARGIN - 30) / (0.65 * letters))
    parts: list[Stroke | Label] = []
    for leaf in order:
        angle = float(placed.angles[leaf])
        radius = SIDE / 2 - MARGIN + 18
        x, y = SIDE / 2 + radius * math.cos(angle), SIDE / 2 + radius * math.sin(angle)
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
    places = SIDE / 2 + points * (SIDE / 2 - 110) / reach
    dots = [Dot(x=x, y=y, words=Name(text=n)) for n, (x, y) in zip(entry["names"], places.tolist(), strict=True)]
    labels = _apart(dots)
    left_out = f" {len(dots) - len(labels)} names that would overlap are left out." if len(labels) < len(dots) else ""
    return Drawing(
        caption="Map of the runs",
        description=(
            f"Classical scaling to a plane: it shows {100 * entry['map']['shown']:.0f} % of what sets the runs apart, "
            f"so that points near each other may still differ. Axes have no meaning.{left_out}"
        ),
        width=SIDE,
        height=SIDE,
        parts=(*dots, *labels),
        where=where,
    )


def _apart(dots: Sequence[Dot]) -> list[Label]:
    """Return the labels of the dots, outermost first, without those that would lie on one already there."""
    letters, longest = 12.0, 24
    taken: list[tuple[float, float, float]] = []
    labels = []
    for dot in sorted(dots, key=lambda d: -math.hypot(d.x - SIDE / 2, d.y - SIDE / 2)):
        inward = dot.x > SIDE / 2
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
