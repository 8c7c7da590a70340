"""Trees and maps: against a published example, against scikit-bio's numbers, and against trees that are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from blackbox.stats.scaling import classical_scaling
from blackbox.stats.trees import (
    Edge,
    Tree,
    edge_splits,
    equal_angle,
    leaf_order,
    neighbour_joining,
    newick,
    split_support,
)

PUBLISHED = [[0, 5, 9, 9, 8], [5, 0, 10, 10, 9], [9, 10, 0, 8, 7], [9, 10, 8, 0, 3], [8, 9, 7, 3, 0]]
"""The worked example of scikit-bio's documentation of `nj` and of Wikipedia's article on neighbour joining."""

EIGHT = [
    [0, 6, 24, 19, 33, 15, 16, 15],
    [6, 0, 23, 15, 31, 13, 20, 14],
    [24, 23, 0, 32, 40, 28, 11, 21],
    [19, 15, 32, 0, 20, 7, 25, 27],
    [33, 31, 40, 20, 0, 19, 32, 42],
    [15, 13, 28, 7, 19, 0, 22, 25],
    [16, 20, 11, 25, 32, 22, 0, 22],
    [15, 14, 21, 27, 42, 25, 22, 0],
]
OF_EIGHT = {
    (0, 1): 0.84375, (0,): 3.5625, (1,): 2.4375, (3, 4, 5): 8.90625, (3, 4): 1.21875, (3,): 3.55, (4,): 16.45,
    (5,): 1.78125, (2, 6, 7): 3.03125, (2, 6): 7.145833, (2,): 8.083333, (6,): 2.916667, (7,): 8.854167,
}  # fmt: skip
"""What scikit-bio 0.7.4's `nj(…, neg_as_zero=False)` makes of `EIGHT`: leaves on one side of an edge, its length."""
MAP_OF_EIGHT = [
    [-4.665419963204536, -6.325490455543539], [-2.731934571176642, -7.492277677913861],
    [-14.993621919426358, 12.243113413790326], [11.073402238401117, -5.48729048438933],
    [24.29513364002571, 7.269400019944645], [8.753156955494276, -2.8190325203224327],
    [-7.05266900553578, 10.589554121497084], [-14.678047374577778, -7.977976417062882],
]  # fmt: skip
"""scikit-bio 0.7.4's `pcoa` of `EIGHT`, two dimensions; signs are free."""


def lengths(tree: Tree) -> dict[int, float]:
    """Return each split's length: the leaves on the side without leaf 0, as bits."""
    return {split: edge.length for split, edge in zip(edge_splits(tree), tree.edges, strict=True)}


def bits(leaves: tuple[int, ...], n: int) -> int:
    """Return leaves as bits, those of the side without leaf 0."""
    own = sum(1 << leaf for leaf in leaves)
    return ((1 << n) - 1) ^ own if own & 1 else own


def path_lengths(tree: Tree) -> np.ndarray:
    """Return the distances along the tree by brute force over its edges' splits."""
    d = np.zeros((tree.n_leaves, tree.n_leaves))
    for split, edge in zip(edge_splits(tree), tree.edges, strict=True):
        side = np.array([(split >> leaf) & 1 for leaf in range(tree.n_leaves)], dtype=bool)
        d += edge.length * (side[:, None] != side[None, :])
    return d


def grown(rng: np.random.Generator, n: int) -> Tree:
    """Return a random unrooted tree, made by joining at random."""
    nodes, edges = list(range(n)), []
    for new in range(n, 2 * n - 3):
        for _ in range(2):
            child = nodes.pop(int(rng.integers(len(nodes))))
            edges.append(Edge(a=new, b=child, length=float(rng.uniform(0.5, 2))))
        nodes.append(new)
    edges += [Edge(a=2 * n - 3, b=node, length=float(rng.uniform(0.5, 2))) for node in nodes]
    return Tree(n_leaves=n, edges=tuple(edges))


def test_the_published_example() -> None:
    """(((a:2,b:3):3,c:4):2,e:1,d:2)."""
    found = lengths(neighbour_joining(np.array(PUBLISHED, dtype=float)))
    expected = {(0,): 2, (1,): 3, (0, 1): 3, (2,): 4, (3, 4): 2, (3,): 2, (4,): 1}
    assert {bits(side, 5): float(length) for side, length in expected.items()} == pytest.approx(found)


def test_scikit_bio_makes_the_same_tree() -> None:
    """Splits and lengths of eight leaves whose distances are no tree's."""
    found = lengths(neighbour_joining(np.array(EIGHT, dtype=float)))
    assert {bits(side, 8): length for side, length in OF_EIGHT.items()} == pytest.approx(found, abs=1e-6)


def test_a_trees_own_distances_give_the_tree_back(rng: np.random.Generator) -> None:
    """Neighbour joining is exact on additive distances (Saitou & Nei 1987), whatever a constant adds to all."""
    for n in (4, 7, 20):
        tree = grown(rng, n)
        d = path_lengths(tree)
        assert lengths(tree) == pytest.approx(lengths(neighbour_joining(d)))
        shifted = d + 3 * (1 - np.eye(n))
        assert set(edge_splits(tree)) == set(edge_splits(neighbour_joining(shifted)))


def test_the_order_of_leaves_changes_nothing(rng: np.random.Generator) -> None:
    """Renamed leaves give the renamed tree."""
    d = np.array(EIGHT, dtype=float)
    order = rng.permutation(8)
    moved = lengths(neighbour_joining(d[np.ix_(order, order)]))
    back = {bits(tuple(int(order[i]) for i in range(8) if (s >> i) & 1), 8): v for s, v in moved.items()}
    assert lengths(neighbour_joining(d)) == pytest.approx(back)


def test_branches_are_never_negative_and_inputs_unchanged() -> None:
    """A branch that comes out negative is zero; the distances given are left alone."""
    d = np.array([[0, 1, 9, 9], [1, 0, 2, 2], [9, 2, 0, 9], [9, 2, 9, 0]], dtype=float)
    before = d.copy()
    tree = neighbour_joining(d)
    assert min(edge.length for edge in tree.edges) >= 0
    assert (before == d).all()


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 2)), np.zeros((3, 4)), np.full((3, 3), np.nan), -np.ones((3, 3)), np.triu(np.ones((3, 3)), 1)]
)
def test_what_is_no_distance_matrix_is_refused(bad: np.ndarray) -> None:
    """Too small, not square, not finite, negative, not symmetric."""
    with pytest.raises(ValueError, match=r"distances|matrix"):
        neighbour_joining(bad)


def test_support_counts_the_replicates_with_the_split() -> None:
    """Of 4 leaves, {0,1} against {2,3} in 2 of 3 replicates; edges to leaves have no support."""
    kin = np.array([[0, 1, 5, 5], [1, 0, 5, 5], [5, 5, 0, 1], [5, 5, 1, 0]], dtype=float)
    other = kin[np.ix_([0, 2, 1, 3], [0, 2, 1, 3])]
    tree = neighbour_joining(kin)
    support = split_support(tree, [neighbour_joining(d) for d in (kin, other, kin)])
    inner = [s for s, edge in zip(support, tree.edges, strict=True) if edge.b >= 4]
    assert [pytest.approx(2 / 3)] == inner
    assert 4 == support.count(None)


def test_newick_quotes_names_and_states_support() -> None:
    """Quotes are doubled and line ends go, so that no name can change the tree."""
    kin = np.array([[0, 1, 5, 5], [1, 0, 5, 5], [5, 5, 0, 1], [5, 5, 1, 0]], dtype=float)
    tree = neighbour_joining(kin)
    text = newick(tree, ["a'b", "c(d),:e", "x\ny", ""], split_support(tree, [tree]))
    assert "'a''b':0.5" in text
    assert "'c(d),:e':0.5" in text
    assert "'x y'" in text
    assert ")100:4" in text
    assert text.endswith(");")
    assert "\n" not in text


def test_every_leaf_is_laid_out_once(rng: np.random.Generator) -> None:
    """Leaves get equal angles in the order they are met, and edges keep their lengths."""
    tree = grown(rng, 12)
    placed = equal_angle(tree)
    order = leaf_order(tree)
    assert list(range(12)) == sorted(order)
    assert np.diff(placed.angles[order]) == pytest.approx(np.full(11, 2 * np.pi / 12))
    for edge in tree.edges:
        assert edge.length == pytest.approx(float(np.linalg.norm(placed.points[edge.a] - placed.points[edge.b])))


def test_the_map_keeps_distances_of_a_plane(rng: np.random.Generator) -> None:
    """Points of a plane are found again but for turns and mirrors, and all of their spread is shown."""
    points = rng.normal(size=(10, 2))
    d = np.array([[np.hypot(*(a - b)) for b in points] for a in points])
    found = classical_scaling(d)
    again = np.array([[np.hypot(*(a - b)) for b in found.points] for a in found.points])
    assert again == pytest.approx(d, abs=1e-9)
    assert 1.0 == pytest.approx(found.shown)


def test_scikit_bio_makes_the_same_map() -> None:
    """Coordinates but for the signs of the axes."""
    found = classical_scaling(np.array(EIGHT, dtype=float)).points
    expected = np.array(MAP_OF_EIGHT)
    signs = np.sign((found * expected).sum(0))
    assert found * signs == pytest.approx(expected, abs=1e-6)


def test_naive_neighbour_joining_agrees(rng: np.random.Generator) -> None:
    """The textbook's double loop over dictionaries gives the same splits."""
    x = rng.normal(size=(9, 4))
    d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(-1))
    assert naive_splits(d) == {s for s in edge_splits(neighbour_joining(d)) if 1 < s.bit_count() < 8}


def naive_splits(distances: np.ndarray) -> set[int]:
    """Return the splits of neighbour joining, written as its description reads."""
    n = len(distances)
    d = {
        (1 << i, 1 << j): float(distances[i, j]) for i, j in itertools.permutations(range(n), 2)
    }  # clusters are bit sets
    clusters, found = [1 << i for i in range(n)], set()
    while len(clusters) > 3:
        total = {u: sum(d[u, v] for v in clusters if v != u) for u in clusters}
        q = {
            (u, v): (len(clusters) - 2) * d[u, v] - total[u] - total[v] for u, v in itertools.combinations(clusters, 2)
        }
        u, v = min(q, key=q.__getitem__)
        new = u | v
        found.add(((1 << n) - 1) ^ new if new & 1 else new)
        rest = [w for w in clusters if w not in {u, v}]
        for w in rest:
            d[new, w] = d[w, new] = (d[u, w] + d[v, w] - d[u, v]) / 2
        clusters = [*rest, new]
    return found
