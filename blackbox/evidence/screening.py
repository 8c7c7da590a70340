"""The omnibus of many pairs at once: what is dealt to a side is counted once a run, and not once a pair.

Labels derive from the probe and the counts only (METHODS §1.4), so all pairs of one layout share them: which of a run's
answers fall to side x is the same whatever run it is compared with. With T how often both runs of a pair gave an
answer, s the share of side x and D = (how often side x has it) − sT, exact-match MMD² and χ² are sums of D² and D over
answers, and D is one run's part plus the other's: squares of the parts are made once a run, and only the answers that
both gave need a product of the pair. `compare` tests many pairs this way; the draws are the engine's up to rounding,
and the p-values are the same numbers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from blackbox.evidence.engine import Drawn
from blackbox.evidence.samples import MIN_DRAWS
from blackbox.stats.permutation import CHUNK, label_chunk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from blackbox.core import AnyArray, FloatArray, LabelArray, TwoSampleSignal

    Layout = tuple[tuple[str, int, int], ...]
    Codes = Mapping[str, AnyArray]
    Whole = npt.NDArray[np.intp]

BATCHED = ("exact_mmd", "chi2")
FEWEST = 4
"""Pairs of one layout below which one at a time is as fast."""
MOST_ANSWERS = 8_000
"""Answers of a pair above which the engine, which holds one probe at a time, is left to it."""
HELD = 1 << 23
"""Numbers held at once of what is dealt to the sides: with many runs, fewer labellings at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedPair:
    """Two runs' codes by probe, x the side dealt first, and the probes they are compared on.

    Pairs that hold the same mapping share what is computed of that run.
    """

    x: Codes
    y: Codes
    probe_ids: tuple[str, ...]

    @property
    def layout(self) -> Layout:
        """What labels derive from: each probe with its counts."""
        return tuple((probe, len(self.x[probe]), len(self.y[probe])) for probe in self.probe_ids)


def coded_pair(x: Codes, y: Codes, forms: Mapping[str, str]) -> CodedPair:
    """Return the pair with its closed probes that have two answers a side."""
    closed = sorted(probe for probe, form in forms.items() if form == "closed")
    probe_ids = tuple(p for p in closed if min(len(x.get(p, ())), len(y.get(p, ()))) >= MIN_DRAWS)
    return CodedPair(x=x, y=y, probe_ids=probe_ids)


def screened(
    pairs: Sequence[CodedPair | None], signals: Mapping[str, TwoSampleSignal], *, seed: int, n_permutations: int
) -> list[tuple[Drawn, ...]]:
    """Return for each pair the draws of exact-match MMD² and χ², or nothing where too few pairs share its layout.

    Args:
        pairs: The pairs; None for one that has no such probe.
        signals: Signals by registered name; those that can't be had this way are left to the engine.
        seed: The plan's seed.
        n_permutations: B.

    References:
        Gretton et al. (2012), JMLR 13, eq. (3), with k(a, b) = [a = b]; Pearson (1900), Phil. Mag. 50, 157–175.
    """
    names = [name for name in BATCHED if name in signals]
    found: list[tuple[Drawn, ...]] = [()] * len(pairs)
    by_layout: dict[Layout, list[int]] = defaultdict(list)
    for i, pair in enumerate(pairs):
        if pair is not None and names:
            by_layout[pair.layout].append(i)
    for layout, members in by_layout.items():
        n_answers = sum(n + m for _, n, m in layout)
        if len(members) < FEWEST or not 0 < n_answers <= MOST_ANSWERS:
            continue
        tables = _tables([own for i in members if (own := pairs[i]) is not None], _Layout(probes=layout))
        draws = _draws(tables, seed, n_permutations + 1)
        for i, table, values in zip(members, tables, draws, strict=True):
            found[i] = tuple(_drawn(name, signals[name], table, values[BATCHED.index(name)]) for name in names)
    return found


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """The probes of a layout, and by what MMD² is made of D: a·ΣD² + b·ΣTD + a constant, at each probe."""

    probes: Layout

    @cached_property
    def sizes(self) -> FloatArray:
        """`(2, P)` answers of each side."""
        return np.array([[n for _, n, _ in self.probes], [m for _, _, m in self.probes]], dtype=np.float64)

    @cached_property
    def share(self) -> FloatArray:
        """`(P,)` share of side x."""
        return np.asarray(self.sizes[0] / self.sizes.sum(0))

    @cached_property
    def of_pairs(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """`(P,)` weights of a pair of equal answers within side x, within side y, and across."""
        n, m = self.sizes
        return 1 / (n * (n - 1)), 1 / (m * (m - 1)), 2 / (n * m)

    @cached_property
    def squares(self) -> FloatArray:
        """`(P,)` a."""
        return np.asarray(sum(self.of_pairs))

    @cached_property
    def mean_squares(self) -> FloatArray:
        """`(P,)` a over the number of probes."""
        return np.asarray(self.squares / len(self.probes))

    @cached_property
    def mean_odds(self) -> FloatArray:
        """`(P,)` 1 / (s (1 − s)) over the number of probes."""
        return np.asarray(1 / (self.share * (1 - self.share)) / len(self.probes))

    @cached_property
    def times(self) -> FloatArray:
        """`(P,)` b: 0 where counts are equal."""
        (x, y, across), s = self.of_pairs, self.share
        return np.asarray(2 * s * x - 2 * (1 - s) * y - (1 - 2 * s) * across)

    def constant(self, totals: FloatArray) -> FloatArray:
        """Return `(P,)` what no labelling changes, from ΣT² at each probe."""
        (x, y, across), s = self.of_pairs, self.share
        fixed = x * s**2 + y * (1 - s) ** 2 - across * s * (1 - s)
        return np.asarray(fixed * totals - (1 / (self.sizes - 1)).sum(0))

    @cached_property
    def unequal(self) -> bool:
        """Whether counts differ at some probe."""
        return bool((self.sizes[0] != self.sizes[1]).any())


@dataclass(frozen=True, kw_only=True)
class _Answers:
    """One run's different answers over all probes of a layout, by probe and code.

    Args:
        probe: `(K,)` place of each answer's probe.
        key: `(K,)` ascending: probe and code in one number.
        times: `(K,)` how often it was given.
        starts: `(K,)` where its rows begin among the run's answers.
    """

    probe: Whole
    key: Whole
    times: FloatArray
    starts: Whole

    @property
    def stops(self) -> Whole:
        """`(K,)` where they end."""
        return self.starts + self.times.astype(np.intp)


@dataclass(frozen=True, kw_only=True)
class _Table:
    """What the statistics of one pair are made of.

    Args:
        layout: Its probes.
        sides: Places of its two runs among the runs dealt to x and to y.
        answers: Of both runs.
        total: `(K_x,)` and `(K_y,)` T of each run's answers.
        both: Places, among the answers of x and of y, of those both gave.
    """

    layout: _Layout
    sides: tuple[int, int]
    answers: tuple[_Answers, _Answers]
    total: tuple[FloatArray, FloatArray]
    both: tuple[Whole, Whole]

    def weights(self, side: int) -> FloatArray:
        """Return `(2, K)` weights of D² in MMD² and in χ², both as means over probes."""
        layout, of = self.layout, self.answers[side].probe
        return np.array([layout.mean_squares[of], layout.mean_odds[of] / self.total[side]])

    def linear(self, side: int) -> FloatArray:
        """Return `(K,)` weights of D in MMD², as means over probes."""
        return np.asarray(self.layout.times[self.answers[side].probe] * self.total[side] / len(self.layout.probes))

    @cached_property
    def sums(self) -> FloatArray:
        """`(3, P)` MMD² and χ² of each probe as observed, and what of MMD² no labelling changes."""
        layout, alone = self.layout, np.ones(len(self.total[1]), dtype=bool)
        alone[self.both[1]] = False
        probe = np.concatenate([self.answers[0].probe, self.answers[1].probe[alone]])
        total = np.concatenate([self.total[0], self.total[1][alone]])
        s, n_probes = layout.share[probe], len(layout.probes)
        apart = np.concatenate([self.answers[0].times, np.zeros(len(total) - len(self.total[0]))]) - s * total
        moved = layout.squares[probe] * apart**2 + layout.times[probe] * total * apart
        constant = layout.constant(np.bincount(probe, weights=total**2, minlength=n_probes).astype(np.float64))
        mmd2 = np.bincount(probe, weights=moved, minlength=n_probes) + constant
        chi2 = np.bincount(probe, weights=apart**2 / (total * s * (1 - s)), minlength=n_probes)
        return np.array([mmd2, chi2, constant])


def _tables(pairs: Sequence[CodedPair], layout: _Layout) -> list[_Table]:
    """Return the table of each pair of one layout; answers of a run are counted once."""
    answers = _answers({id(side): side for pair in pairs for side in (pair.x, pair.y)}, layout)
    places: tuple[dict[int, int], dict[int, int]] = ({}, {})
    tables = []
    for pair in pairs:
        x, y = answers[id(pair.x)], answers[id(pair.y)]
        at = np.minimum(np.searchsorted(y.key, x.key), len(y.key) - 1)
        in_x = np.flatnonzero(y.key[at] == x.key)
        in_y = at[in_x]
        total = (x.times.copy(), y.times.copy())
        total[0][in_x] += y.times[in_y]
        total[1][in_y] += x.times[in_x]
        of_x, of_y = (own.setdefault(id(side), len(own)) for own, side in zip(places, (pair.x, pair.y), strict=True))
        tables.append(_Table(layout=layout, sides=(of_x, of_y), answers=(x, y), total=total, both=(in_x, in_y)))
    return tables


def _answers(runs: Mapping[int, Codes], layout: _Layout) -> dict[int, _Answers]:
    """Return the answers of each run, numbered over all runs in the order of their codes."""
    keys: dict[int, list[Whole]] = {name: [] for name in runs}
    bounds = [0]
    for probe, _, _ in layout.probes:
        own = [codes[probe] for codes in runs.values()]
        given, number = np.unique(np.concatenate(own), return_inverse=True)
        ends = np.cumsum([len(each) for each in own])[:-1]
        for name, part in zip(runs, np.split(number + bounds[-1], ends), strict=True):
            keys[name].append(np.sort(part))
        bounds.append(bounds[-1] + len(given))
    return {name: _counted(np.concatenate(rows), bounds) for name, rows in keys.items()}


def _counted(rows: Whole, bounds: Sequence[int]) -> _Answers:
    key, starts, times = np.unique(rows, return_index=True, return_counts=True)
    probe = np.searchsorted(bounds, key, side="right") - 1
    return _Answers(probe=probe, key=key, times=times.astype(np.float64), starts=starts)


def _draws(tables: Sequence[_Table], seed: int, n_rows: int) -> FloatArray:
    """Return for each pair `(2, n_rows)` MMD² and χ² under every labelling, as means over probes."""
    layout = tables[0].layout
    runs = [_Dealt.of(tables, side) for side in (0, 1)]
    across = [2 * table.weights(0)[:, table.both[0]] for table in tables]
    step = max(1, min(CHUNK, HELD // sum(own.n_answers for own in runs)))
    draws = np.zeros((len(tables), len(BATCHED), n_rows))
    for start in range(0, n_rows, CHUNK):
        before = _sums_before(layout, seed, start // CHUNK, min(CHUNK, n_rows - start))
        for first in range(0, before[0].shape[1], step):
            found = draws[:, :, start + first : start + min(first + step, before[0].shape[1])]
            dealt = [own.deal(sums[:, first : first + step], found) for own, sums in zip(runs, before, strict=True)]
            for place, (table, weights) in enumerate(zip(tables, across, strict=True)):
                x, y = (own[run][answers] for own, run, answers in zip(dealt, table.sides, table.both, strict=True))
                found[place] += weights @ (x * y)
    draws[:, 0] += np.array([table.sums[2].mean() for table in tables])[:, None]
    return draws


def _sums_before(layout: _Layout, seed: int, chunk: int, n_rows: int) -> tuple[FloatArray, FloatArray]:
    """Return for each side `(1 + N, n_rows)` how many of the answers before each fall to side x, over all probes."""
    labels = [label_chunk(seed, probe, (n, m), chunk)[:n_rows].T for probe, n, m in layout.probes]
    of_x = [own[:n] for own, (_, n, _) in zip(labels, layout.probes, strict=True)]
    of_y = [own[n:] for own, (_, n, _) in zip(labels, layout.probes, strict=True)]
    return _from_zero(of_x), _from_zero(of_y)


def _from_zero(labels: Sequence[LabelArray]) -> FloatArray:
    sums = np.zeros((1 + sum(map(len, labels)), labels[0].shape[1]))
    np.cumsum(np.concatenate(labels), axis=0, out=sums[1:])
    return sums


@dataclass(frozen=True, kw_only=True)
class _Dealt:
    """The runs dealt to one side, with what each adds to the statistics of its pairs."""

    layout: _Layout
    answers: Sequence[_Answers]
    members: Sequence[Whole]
    squares: Sequence[FloatArray]
    linear: Sequence[FloatArray]

    @classmethod
    def of(cls, tables: Sequence[_Table], side: int) -> _Dealt:
        members: dict[int, list[int]] = defaultdict(list)
        for place, table in enumerate(tables):
            members[table.sides[side]].append(place)
        own = [members[run] for run in range(len(members))]
        return cls(
            layout=tables[0].layout,
            answers=[tables[places[0]].answers[side] for places in own],
            members=[np.array(places) for places in own],
            squares=[np.concatenate([tables[i].weights(side) for i in places]) for places in own],
            linear=[np.stack([tables[i].linear(side) for i in places]) for places in own],
        )

    @property
    def n_answers(self) -> int:
        """How many different answers the runs gave together."""
        return sum(len(own.key) for own in self.answers)

    def deal(self, sums: FloatArray, found: FloatArray) -> list[FloatArray]:
        """Return each run's part of D, `(K, L)`, and add what it makes alone to `(N, 2, L)` statistics."""
        dealt = []
        for own, places, squares, linear in zip(self.answers, self.members, self.squares, self.linear, strict=True):
            d = sums[own.stops] - sums[own.starts]
            d -= (self.layout.share[own.probe] * own.times)[:, None]
            found[places] += (squares @ (d * d)).reshape(len(places), len(BATCHED), -1)
            if self.layout.unequal:
                found[places, 0] += linear @ d
            dealt.append(d)
        return dealt


def _drawn(name: str, signal: TwoSampleSignal, table: _Table, values: FloatArray) -> Drawn:
    observed = table.sums[BATCHED.index(name)]
    return Drawn(
        name=name,
        info=signal.info,
        mean=values,
        per_probe={probe: value for (probe, _, _), value in zip(table.layout.probes, observed.tolist(), strict=True)},
        unequal=table.layout.unequal,
    )
