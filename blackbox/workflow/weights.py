"""`weights`: the published statistic on two checkpoints, never without the same statistic on unrelated ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox import serve
from blackbox.errors import UsageError
from blackbox.evidence.weight_profiles import weight_evidence
from blackbox.store import MATRICES, Checkpoint, read_checkpoint
from blackbox.workflow.packages import blackbox_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.evidence.weight_profiles import Stranger, WeightEvidence

SCHEMA = "blackbox.weights/1"
_QUANTILE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A checkpoint and what it is called here; `member` where it is one of the zoo."""

    name: str
    member: str | None
    checkpoint: Checkpoint


def compare_weights(a: str, b: str, against: Sequence[str]) -> dict[str, Any]:
    """Return the `blackbox.weights/1` document of two checkpoints.

    Args:
        a: Folder of a checkpoint, or a member of the zoo.
        b: The other.
        against: Models known to be unrelated to both; none: the zoo's.

    Raises:
        UsageError: One of them is no checkpoint of Llama or Qwen shape, or is named on both sides.
        InsufficientData: Nothing can correlate.
    """
    pair = (_read(a), _read(b))
    strangers = [_read(name) for name in against] or [_read(name) for name in _shipped(pair)]
    _check_apart(pair, strangers)
    found = weight_evidence(
        pair[0].checkpoint.profile,
        pair[1].checkpoint.profile,
        {each.name: each.checkpoint.profile for each in strangers},
    )
    return {
        "schema": SCHEMA,
        "a": _described(pair[0]),
        "b": _described(pair[1]),
        "correlation": found.correlation.overall,
        "by_matrix": dict(zip(MATRICES, found.correlation.by_series.tolist(), strict=True)),
        "n_points": found.correlation.n_points,
        "unrelated": _unrelated(found, strangers, source="given" if against else "shipped"),
        "rank_pvalue": found.rank_pvalue,
        "reason": found.reason,
        "reading": found.reading,
        "warnings": _warnings(pair, strangers),
        "provenance": {"blackbox": blackbox_version()},
    }


def _read(place: str) -> _Named:
    folder = Path(place)
    if not folder.is_dir() and place in serve.members():
        return _Named(name=place, member=place, checkpoint=read_checkpoint(serve.folder(place)))
    if not folder.is_dir():
        raise UsageError(f"no checkpoint {place!r}: neither a folder nor in the zoo ({', '.join(serve.members())})")
    return _Named(name=place, member=serve.member_at(folder), checkpoint=read_checkpoint(folder))


def _shipped(pair: Sequence[_Named]) -> tuple[str, ...]:
    return serve.unrelated(*(each.member for each in pair if each.member is not None))


def _check_apart(pair: Sequence[_Named], strangers: Sequence[_Named]) -> None:
    """Check that no folder is named twice: a copy of one of the pair is no stranger, and two copies are one."""
    places = [each.checkpoint.path.resolve() for each in strangers]
    for each in pair:
        if each.checkpoint.path.resolve() in places:
            raise UsageError(f"{each.name} is one of the two models compared; it can't be among the unrelated ones")
    if len(set(places)) != len(places):
        raise UsageError("a model is named twice with --against")


def _described(model: _Named) -> dict[str, Any]:
    read = model.checkpoint
    return {
        "name": model.name,
        "zoo_member": model.member,
        "model_type": read.model_type,
        "n_layers": len(read.profile),
        "n_experts": read.n_experts,
        "dtypes": list(read.dtypes),
        "spreads": {name: read.profile[:, i].tolist() for i, name in enumerate(MATRICES)},
    }


def _unrelated(found: WeightEvidence, strangers: Sequence[_Named], *, source: str) -> dict[str, Any]:
    layers = {each.name: len(each.checkpoint.profile) for each in strangers}
    counted = [each for each in found.strangers if each.counted]
    return {
        "source": source,
        "n": len(found.strangers),
        "n_counted": len(counted),
        "n_as_high": sum(each.as_high for each in counted),
        "distribution": _distribution(counted),
        "models": [_stranger(each, layers[each.name]) for each in found.strangers],
    }


def _distribution(counted: Sequence[Stranger]) -> dict[str, float] | None:
    """Return where the unrelated models' correlations with either model of the pair lie."""
    values = [value for each in counted for value in (each.a, each.b) if value is not None]
    if not values:
        return None
    low, middle, high, top = (float(q) for q in np.quantile(values, [0.0, 0.5, _QUANTILE, 1.0]))
    return {"min": low, "median": middle, "q95": high, "max": top}


def _stranger(each: Stranger, n_layers: int) -> dict[str, Any]:
    return {
        "name": each.name,
        "n_layers": n_layers,
        "n_points": each.n_points,
        "with_a": each.a,
        "with_b": each.b,
        "pair_at_these_points": each.pair,
        "counted": each.counted,
        "reason": each.reason,
    }


def _warnings(pair: Sequence[_Named], strangers: Sequence[_Named]) -> list[str]:
    a, b = (each.checkpoint for each in pair)
    warnings = []
    if a.path.resolve() == b.path.resolve():
        warnings.append("both are one checkpoint: its correlation with itself is 1")
    if len(a.profile) != len(b.profile):
        warnings.append(
            f"{len(a.profile)} and {len(b.profile)} layers: both are read at {min(len(a.profile), len(b.profile))} "
            "equally spaced depths, linear between layers"
        )
    kin = [each.name for each in strangers if each.member and any(_kin(each.member, one.member) for one in pair)]
    if kin:
        warnings.append(f"by the zoo's lineage, not unrelated to both: {', '.join(kin)}")
    return [*warnings, *_shallow(min(len(a.profile), len(b.profile)), strangers)]


def _kin(a: str, b: str | None) -> bool:
    return b is not None and (a == b or serve.relation(a, b) != "unrelated")


def _shallow(depth: int, strangers: Sequence[_Named]) -> list[str]:
    fewer = [each.name for each in strangers if len(each.checkpoint.profile) < depth]
    if not fewer:
        return []
    return [f"{len(fewer)} of {len(strangers)} unrelated models have fewer layers than the pair's {depth}"]
