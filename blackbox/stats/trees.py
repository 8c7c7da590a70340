"""Unrooted trees: neighbour joining, the splits their edges make, and how often resampled trees make them too.

A tree of distances between answers has no root and no time: nothing in it says who came from whom.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from blackbox.core import FloatArray

MIN_LEAVES = 4
"""Leaves from which there is more than one unrooted tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An edge between two nodes; leaves are 0…n−1, inner nodes n…2n−3."""

    a: int
    b: int
    length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """An unrooted binary tree.

    Args:
        n_leaves: n, at least 3.
        edges: Its 2n − 3 edges; `a` is the end nearer to the last node joined.
    """

    n_leaves: int
    edges: tuple[Edge, ...]

    @property
    def centre(self) -> int:
        """The node joined last: a place to start drawing, not a root."""
        return 2 * self.n_leaves - 3

    def children(self) -> dict[int, list[Edge]]:
        """Return the edges that lead away from the centre, by their nearer end."""
        found: dict[int, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.a, []).append(edge)
        return found


def neighbour_joining(distances: FloatArray) -> Tree:
    """Return the neighbour-joining tree of `(n, n)` symmetric distances, n ≥ 3.

    A branch that comes out negative is set to zero and its length added to its sibling's (Kuhner & Felsenstein 1994).
    Ties go to the pair of lowest numbers.

    Raises:
        ValueError: The matrix isn't square, symmetric, finite, non-negative, or has fewer than 3 rows.

    References:
        Saitou & Nei (1987), "The neighbor-joining method: a new method for reconstructing phylogenetic trees",
        Molecular Biology and Evolution 4, 406–425; in the form of Studier & Keppler (1988), same journal 5, 729–731.
    """
    d = _checked(distances)
    nodes = list(range(len(d)))
    edges: list[Edge] = []
    for new in range(len(d), 2 * len(d) - 3):
        i, j = _closest(d)
        to_i = d[i, j] / 2 + (d[i].sum() - d[j].sum()) / (2 * (len(d) - 2))
        for node, length in zip((nodes[i], nodes[j]), _non_negative(to_i, d[i, j] - to_i), strict=True):
            edges.append(Edge(a=new, b=node, length=length))
        d = _joined(d, i, j)
        nodes = [node for place, node in enumerate(nodes) if place not in {i, j}] + [new]
    return Tree(n_leaves=len(distances), edges=(*edges, *_last(d, nodes, 2 * len(distances) - 3)))


def edge_splits(tree: Tree) -> list[int]:
    """Return for each edge the leaves on its side without leaf 0, as a bit a leaf."""
    below: dict[int, int] = {leaf: 1 << leaf for leaf in range(tree.n_leaves)}
    everything = (1 << tree.n_leaves) - 1
    for node in range(tree.n_leaves, tree.centre + 1):
        below[node] = 0
        for edge in tree.edges:
            if edge.a == node:
                below[node] |= below[edge.b]
    return [everything ^ below[e.b] if below[e.b] & 1 else below[e.b] for e in tree.edges]


def split_support(tree: Tree, replicates: Iterable[Tree]) -> list[float | None]:
    """Return for each inner edge the share of replicate trees with the same split; None for edges to a leaf.

    References:
        Felsenstein (1985), "Confidence limits on phylogenies: an approach using the bootstrap", Evolution 39, 783–791.
    """
    found: Counter[int] = Counter()
    n = 0
    for replicate in replicates:
        n += 1
        found.update(set(edge_splits(replicate)))
    inner = (edge.b >= tree.n_leaves for edge in tree.edges)
    return [found[s] / n if keep and n else None for s, keep in zip(edge_splits(tree), inner, strict=True)]


def newick(tree: Tree, names: Sequence[str], support: Sequence[float | None]) -> str:
    """Return the tree in Newick form, support in percent as inner labels; the outer brackets are no root.

    Args:
        tree: The tree.
        names: A name a leaf, quoted here.
        support: As `split_support` gives it, an entry an edge.

    References:
        Olsen (1990), "Newick's 8:45 tree format standard".
    """
    said = {id(edge): share for edge, share in zip(tree.edges, support, strict=True)}
    children = tree.children()

    def written(edge: Edge) -> str:
        share = said[id(edge)]
        label = quoted(names[edge.b]) if edge.b < tree.n_leaves else "" if share is None else f"{100 * share:.0f}"
        inside = ",".join(written(below) for below in children.get(edge.b, ()))
        return f"{f'({inside})' if inside else ''}{label}:{edge.length:.6g}"

    return f"({','.join(written(edge) for edge in children[tree.centre])});"


def quoted(name: str) -> str:
    """Return a Newick label: in single quotes, those inside doubled, on one line."""
    return "'" + " ".join(name.split()).replace("'", "''") + "'"


def leaf_order(tree: Tree) -> list[int]:
    """Return the leaves as they are met going round the tree: neighbours stand side by side."""
    children, order, stack = tree.children(), [], [tree.centre]
    while stack:
        node = stack.pop()
        if node < tree.n_leaves:
            order.append(node)
        stack.extend(edge.b for edge in reversed(children.get(node, [])))
    return order


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where the nodes of a tree lie in a plane, and the direction in which each leaf points.

    Args:
        points: `(2n − 2, 2)` by node.
        angles: `(n,)` radians, by leaf.
    """

    points: FloatArray
    angles: FloatArray


def equal_angle(tree: Tree, *, shortened: float = 0.0) -> Placed:
    """Return the equal-angle layout: every leaf gets the same angle, so that many can be told apart.

    Args:
        tree: The tree.
        shortened: Taken off every edge to a leaf, so that what the inner edges say can be seen.

    References:
        Felsenstein (2004), "Inferring Phylogenies", ch. 34 (equal-angle algorithm, Meacham).
    """
    children, n = tree.children(), tree.n_leaves
    n_below = dict.fromkeys(range(n), 1)
    for node in range(n, tree.centre + 1):
        n_below[node] = sum(n_below[edge.b] for edge in children[node])
    points, angles = np.zeros((2 * n - 2, 2)), np.zeros(n)
    stack = [(tree.centre, 0.0)]
    while stack:
        node, start = stack.pop()
        for edge in children.get(node, ()):
            wedge = 2 * math.pi * n_below[edge.b] / n
            angle = start + wedge / 2
            length = max(edge.length - (shortened if edge.b < n else 0.0), 0.0)
            points[edge.b] = points[node] + length * np.array([math.cos(angle), math.sin(angle)])
            if edge.b < n:
                angles[edge.b] = angle
            stack.append((edge.b, start))
            start += wedge
    return Placed(points=points, angles=angles)


def _checked(distances: FloatArray) -> FloatArray:
    d = np.array(distances, dtype=np.float64)
    if d.ndim != 2 or d.shape[0] != d.shape[1] or len(d) < 3:  # noqa: PLR2004 - a matrix; the smallest tree
        raise ValueError("a tree needs a square matrix of at least three rows")
    if not (np.isfinite(d).all() and (d >= 0).all() and np.allclose(d, d.T)):
        raise ValueError("distances must be finite, symmetric and not negative")
    return d


def _closest(d: FloatArray) -> tuple[int, int]:
    total = d.sum(1)
    q = (len(d) - 2) * d - total[:, None] - total[None, :]
    q[np.tril_indices(len(d))] = np.inf
    i, j = divmod(int(np.argmin(q)), len(d))
    return i, j


def _joined(d: FloatArray, i: int, j: int) -> FloatArray:
    kept = [place for place in range(len(d)) if place not in {i, j}]
    to_new = (d[i, kept] + d[j, kept] - d[i, j]) / 2
    joined = np.zeros((len(kept) + 1, len(kept) + 1))
    joined[:-1, :-1] = d[np.ix_(kept, kept)]
    joined[-1, :-1] = joined[:-1, -1] = to_new
    return joined


def _last(d: FloatArray, nodes: Sequence[int], centre: int) -> tuple[Edge, ...]:
    lengths = [(d[i, j] + d[i, k] - d[j, k]) / 2 for i, j, k in ((0, 1, 2), (1, 0, 2), (2, 0, 1))]
    return tuple(
        Edge(a=centre, b=node, length=max(0.0, float(length))) for node, length in zip(nodes, lengths, strict=True)
    )


def _non_negative(first: float, second: float) -> tuple[float, float]:
    total = max(0.0, first + second)
    return (0.0, total) if first < 0 else (total, 0.0) if second < 0 else (float(first), float(second))
