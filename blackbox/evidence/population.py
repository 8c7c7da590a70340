"""A reference population: what turns two runs' answers into a bounded likelihood ratio, wherever it is read.

`document` is the `blackbox.population/1` object, `arrays` are the references' hashed rows and the scores of the
labelled pairs, from which every number of the document can be fitted again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.core import plain
from blackbox.evidence.calibration import Calibration, Fit, calibrated
from blackbox.evidence.fusion import Line, tempered
from blackbox.evidence.lineage import LabelledPair, Lineage
from blackbox.evidence.performance import performance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import AnyArray, FloatArray
    from blackbox.evidence.calibration import Limits

SCHEMA = "blackbox.population/1"
NOT_ANONYMOUS = (
    "This file holds no answers, but hashed pieces of them, and the models' names. Hashed pieces can be guessed: it "
    "is not anonymous."
)
INVERTIBLE = " It also holds embeddings of answers, from which their text can be rebuilt in part."
NO_SIBLINGS = "the population has too few sibling or co-distilled pairs: a ratio against siblings is not available"


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """A population file's content."""

    document: Mapping[str, Any]
    arrays: Mapping[str, AnyArray]

    @property
    def digest(self) -> str:
        """The digest the document names."""
        return str(self.document["digest"])

    @property
    def fold_of_model(self) -> dict[str, int]:
        """Fold of each model the population knows."""
        return {m["model"]: int(m["fold"]) for m in self.document["models"]}

    @property
    def reference_folds(self) -> list[int]:
        """Fold of each reference, in their order."""
        return [int(m["fold"]) for m in self.document["models"] if m["reference"]]

    @property
    def signals(self) -> list[str]:
        """Names of its signals, in the order of its slopes."""
        return [str(s["signal"]) for s in self.document["signals"]]

    def fit(self, left: Sequence[int]) -> Fit:
        """Return the fit that leaves out these folds."""
        found = self.document["fits"][fold_key(left)]
        return Fit(unrelated=_line(found["unrelated"]), sibling=_line(found["sibling"]) if found["sibling"] else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A pair's log10 likelihood ratio against one alternative, within its bounds."""

    against: str
    log10_lr: float
    uncapped: float
    lower: float
    upper: float


def ratios(population: Population, z: Sequence[float], left: Sequence[int]) -> list[Ratio]:
    """Return the pair's ratios, against unrelated pairs and, where the population has any, against siblings."""
    fit, x = population.fit(left), tempered(np.array([z], dtype=np.float64))
    found = []
    for against, line in (("unrelated", fit.unrelated), ("sibling", fit.sibling)):
        if line is not None:
            value = float(line.log10_lr(x)[0])
            bounds = population.document["bounds"][against]
            low, high = float(bounds["lower"]), float(bounds["upper"])
            capped = float(np.clip(value, low, high))
            found.append(Ratio(against=against, log10_lr=capped, uncapped=value, lower=low, upper=high))
    return found


def headline(found: Sequence[Ratio]) -> Ratio:
    """Return the smaller ratio (METHODS §4.3); of two at one bound, the one that is smaller uncapped."""
    return min(found, key=lambda r: (r.log10_lr, r.uncapped))


def fold_key(left: Sequence[int]) -> str:
    """Return the name of a set of folds in the document: "", "3", "3,7"."""
    return ",".join(str(fold) for fold in sorted(set(left)))


def fitted_part(lineage: Lineage, scores: FloatArray, *, seed: int) -> dict[str, Any]:
    """Return everything of the document that follows from the labelled pairs and their scores."""
    found = calibrated(lineage, scores, seed=seed)
    parts = {"unrelated": found.unrelated, "sibling": found.sibling}
    return {
        "fits": {fold_key(left): _fit_entry(fit) for left, fit in found.fits.items()},
        "bounds": {name: _limits_entry(part.limits) if part else None for name, part in parts.items()},
        "performance": {name: performance(part, seed=seed) if part else None for name, part in parts.items()},
        "reasons": {"sibling": None if found.sibling else NO_SIBLINGS},
        "counts": _counts(lineage, found),
    }


def _counts(lineage: Lineage, found: Calibration) -> dict[str, Any]:
    relations: dict[str, dict[str, Any]] = {}
    for pair in lineage.pairs:
        entry = relations.setdefault(pair.relation, {"counts_as": pair.side, "n_pairs": 0})
        entry["n_pairs"] += 1
    return {
        "n_models": len(lineage.group),
        "n_groups": len(set(lineage.group.values())),
        "n_references": len(lineage.references),
        "n_pairs": len(lineage.pairs),
        "n_same_groups": found.unrelated.limits.n_same_groups,
        "n_sibling_groups": len(lineage.groups("sibling")),
        "relations": dict(sorted(relations.items())),
    }


def lineage_of(document: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> Lineage:
    """Return the lineage a document states."""
    models = [str(m["model"]) for m in document["models"]]
    relations = sorted(document["counts"]["relations"])
    sides = {name: document["counts"]["relations"][name]["counts_as"] for name in relations}
    named = [
        (models[a], models[b], relations[r])
        for a, b, r in zip(*(arrays[f"pairs/{n}"].tolist() for n in ("a", "b", "relation")), strict=True)
    ]
    return Lineage(
        group={m["model"]: m["group"] for m in document["models"]},
        fold={m["group"]: int(m["fold"]) for m in document["models"]},
        references=tuple(m["model"] for m in document["models"] if m["reference"]),
        pairs=tuple(LabelledPair(a=a, b=b, relation=r, side=sides[r]) for a, b, r in named),
    )


def pair_arrays(lineage: Lineage, scores: FloatArray) -> dict[str, AnyArray]:
    """Return the labelled pairs and their scores as arrays: models and relations by their place in sorted order."""
    models = {m: i for i, m in enumerate(sorted(lineage.group))}
    relations = {r: i for i, r in enumerate(sorted({p.relation for p in lineage.pairs}))}
    return {
        "pairs/a": np.array([models[p.a] for p in lineage.pairs], dtype=np.int32),
        "pairs/b": np.array([models[p.b] for p in lineage.pairs], dtype=np.int32),
        "pairs/relation": np.array([relations[p.relation] for p in lineage.pairs], dtype=np.int16),
        "pairs/scores": scores,
    }


def model_entries(lineage: Lineage) -> list[dict[str, Any]]:
    """Return the models in sorted order with group, fold and whether they are references."""
    return [
        {"model": m, "group": g, "fold": lineage.fold[g], "reference": m in lineage.references}
        for m, g in sorted(lineage.group.items())
    ]


def _fit_entry(fit: Fit) -> dict[str, Any]:
    return {"unrelated": plain(fit.unrelated), "sibling": plain(fit.sibling) if fit.sibling else None}


def _limits_entry(limits: Limits) -> dict[str, Any]:
    return dict(plain(limits))


def _line(entry: Mapping[str, Any]) -> Line:
    return Line(slopes=tuple(float(s) for s in entry["slopes"]), intercept=float(entry["intercept"]))
