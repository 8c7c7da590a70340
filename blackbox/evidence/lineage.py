"""Labelled pairs and lineage groups, dealt into folds so that a pair is never scored by its own relatives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import numpy as np

from blackbox.errors import InsufficientData, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from blackbox.core import FloatArray

Side = Literal["same", "different", "sibling"]

MAX_FOLDS = 10
"""Groups are dealt into at most this many folds; a pair leaves out the folds of both its groups."""
MAX_REFERENCES = 64
MIN_GROUPS = 20
"""Groups a population needs (METHODS §4.9)."""
MIN_SAME_GROUPS = 3
"""Groups with a same-source pair a population needs: without both of a pair's groups, two must be left."""
MIN_SIBLING_GROUPS = 10
"""Groups that sibling pairs must touch for a ratio against siblings: fewer would bound every headline near 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPair:
    """Two models whose relation is known.

    Args:
        a: One model.
        b: The other.
        relation: The relation's name in the labels.
        side: What the relation counts as.
    """

    a: str
    b: str
    relation: str
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A population's models, their groups, folds and labelled pairs.

    Args:
        group: Group of each model.
        fold: Fold of each group.
        references: One model a group, whose answers normalise scores.
        pairs: The labelled pairs.
    """

    group: Mapping[str, str]
    fold: Mapping[str, int]
    references: tuple[str, ...]
    pairs: tuple[LabelledPair, ...]

    @property
    def n_folds(self) -> int:
        """How many folds there are."""
        return max(self.fold.values()) + 1

    def fold_of(self, model: str) -> int:
        """Return the fold of a model's group."""
        return self.fold[self.group[model]]

    def folds(self, pair: LabelledPair) -> tuple[int, ...]:
        """Return the folds a pair leaves out, sorted."""
        return tuple(sorted({self.fold_of(pair.a), self.fold_of(pair.b)}))

    def groups(self, side: Side) -> set[str]:
        """Return the groups that pairs of one side touch."""
        return {self.group[m] for pair in self.pairs if pair.side == side for m in (pair.a, pair.b)}


def lineage(
    group: Mapping[str, str],
    pairs: Sequence[LabelledPair],
    n_answers: Mapping[str, int],
    *,
    max_references: int = MAX_REFERENCES,
) -> Lineage:
    """Return a population's lineage, with folds and references chosen.

    Groups go to folds largest first, each to the emptiest; references are one model a group, the one with the
    most answers, of the groups whose digests come first. Nothing depends on the order of the input.

    Args:
        group: Group of every model of a pair.
        pairs: The labelled pairs.
        n_answers: Usable answers of each model.
        max_references: Most references to keep.

    Raises:
        UsageError: A pair is labelled against its groups.
        InsufficientData: There are too few groups.
    """
    _check_consistent(group, pairs)
    used = sorted({m for pair in pairs if pair.side != "sibling" for m in (pair.a, pair.b)})
    models = sorted({m for pair in pairs for m in (pair.a, pair.b)})
    groups = sorted({group[m] for m in used})
    _check_enough(group, pairs, len(groups))
    first = sorted(groups, key=lambda g: sha256(g.encode("utf-8", "surrogatepass")).hexdigest())[:max_references]
    best = {g: min((m for m in used if group[m] == g), key=lambda m: (-n_answers[m], m)) for g in first}
    return Lineage(
        group={m: group[m] for m in models},
        fold=_folds(Counter(group[m] for m in models)),
        references=tuple(sorted(best.values())),
        pairs=tuple(sorted(pairs, key=lambda p: (p.a, p.b))),
    )


def _folds(sizes: Mapping[str, int]) -> dict[str, int]:
    load = [0] * min(MAX_FOLDS, len(sizes))
    fold = {}
    for name in sorted(sizes, key=lambda g: (-sizes[g], g)):
        fold[name] = int(np.argmin(load))
        load[fold[name]] += sizes[name]
    return fold


def _check_consistent(group: Mapping[str, str], pairs: Sequence[LabelledPair]) -> None:
    for pair in pairs:
        if pair.side == "same" and group[pair.a] != group[pair.b]:
            raise UsageError(
                f"{pair.a!r} and {pair.b!r} are labelled {pair.relation} but lie in two groups: a lineage group holds "
                "all relatives, for groups are left out together"
            )
        if pair.side == "different" and group[pair.a] == group[pair.b]:
            raise UsageError(f"{pair.a!r} and {pair.b!r} are labelled {pair.relation} but lie in one lineage group")


def _check_enough(group: Mapping[str, str], pairs: Sequence[LabelledPair], n_groups: int) -> None:
    n_same = len({group[pair.a] for pair in pairs if pair.side == "same"})
    advice = "no ratio can be calibrated; `blackbox compare` without a population gives ranks and scores"
    if n_groups < MIN_GROUPS:
        raise InsufficientData(
            f"{n_groups} lineage groups in the labelled pairs, {MIN_GROUPS} are needed: {advice}", needed=MIN_GROUPS
        )
    if n_same < MIN_SAME_GROUPS:
        raise InsufficientData(
            f"{n_same} groups with a same-source pair, {MIN_SAME_GROUPS} are needed: {advice}", needed=MIN_SAME_GROUPS
        )
    if not any(pair.side == "different" for pair in pairs):
        raise InsufficientData(f"no different-source pair among the labelled pairs: {advice}", needed=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairIndex:
    """The labelled pairs as arrays, in their order.

    Args:
        side: `(n,)` what each counts as.
        folds: `(n, 2)` folds of both groups.
        groups: `(n, 2)` numbers of both groups.
        cell: `(n,)` number of the (side, relation, pair of groups) it lies in.
        kind: `(n,)` number of the (side, relation) it lies in; relations are told apart within same-source pairs only.
    """

    side: npt.NDArray[np.str_]
    folds: npt.NDArray[np.intp]
    groups: npt.NDArray[np.intp]
    cell: npt.NDArray[np.intp]
    kind: npt.NDArray[np.intp]

    @classmethod
    def of(cls, lineage: Lineage) -> PairIndex:
        """Return the index of a lineage's pairs."""
        number = {g: i for i, g in enumerate(sorted(lineage.fold))}
        group = [[number[lineage.group[m]] for m in (p.a, p.b)] for p in lineage.pairs]
        kinds = [(p.side, p.relation if p.side == "same" else "") for p in lineage.pairs]
        cells = [(*kind, *sorted(pair)) for kind, pair in zip(kinds, group, strict=True)]
        fold = np.array([lineage.fold[g] for g in sorted(lineage.fold)], dtype=np.intp)
        groups = np.array(group, dtype=np.intp)
        return cls(
            side=np.array([p.side for p in lineage.pairs]),
            folds=fold[groups],
            groups=groups,
            cell=_codes(cells),
            kind=_codes(kinds),
        )

    def outside(self, left: Sequence[int]) -> npt.NDArray[np.bool_]:
        """Return which pairs touch none of these folds."""
        return np.asarray(~np.isin(self.folds, list(left)).any(axis=1))

    def weights(self, rows: npt.NDArray[np.intp]) -> FloatArray:
        """Return the weights of pairs among these pairs, summing to 1 on each side (METHODS §4.2).

        Within same-source pairs relations weigh alike, and groups within a relation; different-source and sibling
        pairs weigh alike by pair of groups.
        """
        cell, kind, side = self.cell[rows], self.kind[rows], self.side[rows]
        n_pairs = np.bincount(cell)[cell]
        first = np.unique(cell, return_index=True)[1]
        n_cells = np.bincount(kind[first], minlength=int(kind.max()) + 1)[kind]
        of_kind = np.unique(kind, return_index=True)[1]
        n_kinds = {name: int((side[of_kind] == name).sum()) for name in np.unique(side).tolist()}
        return np.asarray(1.0 / (n_pairs * n_cells * np.array([n_kinds[name] for name in side.tolist()])))


def _codes(values: Sequence[tuple[object, ...]]) -> npt.NDArray[np.intp]:
    number = {value: i for i, value in enumerate(dict.fromkeys(values))}
    return np.array([number[value] for value in values], dtype=np.intp)
