"""Features and signals: the arrays between runs and evidence, and the plug-in protocols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from blackbox.core.runs import Run
    from blackbox.core.suites import Form

    FloatArray = npt.NDArray[np.float64]
    LabelArray = npt.NDArray[np.int8]
    AnyArray = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureMatrix:
    """One feature of one run: a row an observation that has it (missing answers have no row).

    Args:
        feature: Registered name.
        version: Version of the feature's definition.
        values: `(n,)` codes, `(n, d)` floats, or, with `offsets`, the flat items of ragged rows.
        probe_ids: Probe of each row.
        keys: Observation key of each row.
        offsets: `(n + 1,)` row bounds of a ragged feature; row i is `values[offsets[i]:offsets[i + 1]]`.
    """

    feature: str
    version: int
    values: AnyArray
    probe_ids: tuple[str, ...]
    keys: tuple[str, ...]
    offsets: AnyArray | None = None

    def __post_init__(self) -> None:
        self.values.setflags(write=False)
        if self.offsets is not None:
            self.offsets.setflags(write=False)


class FeatureExtractor(Protocol):
    """A feature file's `FEATURE`: name is the file's, version is recorded with every result."""

    version: int

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return the rows of the observations at `probe_ids` that have this feature."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An effect size with its interval over probes; None where it cannot be had."""

    value: float | None
    ci_low: float | None
    ci_high: float | None
    unit: str


Status = Literal["computed", "not_applicable", "insufficient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSampleResult:
    """One signal's two-sample test. `per_probe` maps probe id to its unaveraged statistic."""

    signal: str
    version: int
    status: Status
    reason: str | None
    statistic: float | None
    effect: Effect | None
    pvalue: float | None
    pvalue_adjusted: float | None
    n_permutations: int | None
    n_x: int
    n_y: int
    per_probe: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScore:
    """One signal's kinship score of a pair, with its rank among unrelated references."""

    signal: str
    version: int
    status: Status
    reason: str | None
    value: float | None
    unrelated_quantile: float | None
    per_probe: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledProbe:
    """Both sides' rows at one probe, x before y.

    Args:
        probe_id: The probe.
        values: `(n_x + n_y,)` integer codes 0…K−1, or `(n_x + n_y, d)` numbers, or, with `offsets`, the
            flat items of ragged rows.
        n_x: Rows of side x.
        n_y: Rows of side y.
        counts: For codes, `(1 + B, K)` counts of each code on side x under each labelling: computed
            once by the engine and shared by every signal that reads codes.
        offsets: `(n_x + n_y + 1,)` row bounds of ragged rows.
        base: What a `PreparingSignal` computed of `values` once: a Gram matrix, say.
        n_left_out: Answers of both sides that were not drawn, because too many would be compared two by two.
        codes: `(n_x + n_y,)` which row of `base` each row is, where `base` has one for each distinct row only.
    """

    probe_id: str
    values: AnyArray
    n_x: int
    n_y: int
    counts: FloatArray | None = None
    offsets: AnyArray | None = None
    base: AnyArray | None = None
    codes: AnyArray | None = None
    n_left_out: int = 0

    @property
    def coded(self) -> bool:
        """Whether `values` are codes, one a row, that can be counted."""
        return self.values.ndim == 1 and self.offsets is None

    @property
    def total_counts(self) -> FloatArray:
        """`(K,)` counts of each code on both sides together."""
        import numpy as np

        return np.bincount(self.values).astype(np.float64)


class TwoSampleSignal(Protocol):
    """A two-sample signal's one method; the engine owns permuting, averaging, p and adjustment."""

    info: SignalInfo

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` per-probe statistics; row 0 is the observed labelling.

        Args:
            z: The pooled rows of each probe.
            labels: For each probe `(1 + B, n_x + n_y)`, 1 where a row is dealt to side x.
        """
        ...


@runtime_checkable
class PreparingSignal(Protocol):
    """A two-sample signal that also computes once what no labelling changes."""

    def prepared(self, z: Sequence[PooledProbe]) -> Iterable[PooledProbe]:
        """Return or yield the probes with their `base`; `draws` of these gives the same as of `z`."""
        ...


class PairSignal(Protocol):
    """A kinship signal's one method."""

    info: SignalInfo

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
        """Return `(P, R, R)` normalised per-probe scores of all pairs of runs; NaN where a side is silent.

        Probes are those of `runs`, sorted by id. What normalises a pair is taken from all runs outside the
        families of both its members, so that no pair is its own reference (METHODS §4.2).

        Args:
            runs: One feature matrix a run.
            families: For each run the number of its family (lineage group, else endpoint).
        """
        ...


class ProbeSimilarity(Protocol):
    """What runs share at one probe, ready to be read against any set of references."""

    def among(self, members: npt.NDArray[np.intp], references: npt.NDArray[np.bool_], /) -> FloatArray:
        """Return `(n, n)` raw similarities of the runs at positions `members`; NaN where one is silent.

        Args:
            members: Positions of the runs that take part.
            references: `(n,)` which of them are references; no reference counts as its own.
        """
        ...


@runtime_checkable
class ReferenceSignal(Protocol):
    """A kinship signal that can be read against a stored population."""

    info: SignalInfo

    def at_probe(self, rows: Sequence[Sequence[AnyArray]], /) -> ProbeSimilarity:
        """Return what runs share at one probe.

        Args:
            rows: For each run the rows of its answers there; empty where it is silent.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalInfo:
    """What a signal file declares beside its method.

    Args:
        version: Raised with every change of a number.
        question: Which question it serves.
        feature: The feature it reads.
        forms: The probe forms it applies to.
        omnibus: Whether it enters the omnibus test.
        directional: Whether, with unequal counts, it gains when one side is the more diverse; such a
            signal is standardised two-sided then (METHODS §2).
        needs: What else must hold, in words.
        min_probes: Probes below which it has nothing to say.
        joint: Whether what it says of one probe depends on the others: given all of them at once, else one at a time.
        single: Whether it reads probes at which one side has a single answer, instead of those with two a side.
        on_request: Whether it takes so long that a population holds it only where that was asked for.
    """

    version: int
    question: Literal["same", "related", "tokenizer"]
    feature: str
    forms: tuple[Form, ...]
    omnibus: bool = True
    directional: bool = False
    needs: str = ""
    min_probes: int = 1
    joint: bool = False
    single: bool = False
    on_request: bool = False
