"""*Related* and *weights* on the zoo: each pair's place among models that have nothing to do with it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from blackbox import registry, serve
from blackbox.errors import InsufficientData
from blackbox.evidence.lineage import MIN_GROUPS, LabelledPair, lineage
from blackbox.evidence.related import averaged, kinship
from blackbox.workflow.weights import compare_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import PairSignal
    from blackbox.evidence.related import Kinship
    from blackbox.evidence.samples import Sample

SIGNALS = {"w3": "word3", "c5": "char5"}
LIKELY = 0.1
LEFT_OUT = ("c-from-a",)


def ranked(names: Sequence[str], samples: Mapping[str, Sample]) -> Kinship:
    """Return scores and ranks of all pairs of `names`, each a family of its own."""
    numbers = list(range(len(names)))
    distances = {}
    for name, feature in SIGNALS.items():
        signal = cast("PairSignal", registry.signal(name))
        distances[name] = averaged([signal.scores([samples[n].features[feature] for n in names], numbers)])
    return kinship(distances, numbers)


def related(a: str, b: str, samples: Mapping[str, Sample]) -> dict[str, Any]:
    """Return score and rank of one pair among members that are unrelated to both and to each other."""
    strangers = [name for name in serve.unrelated(a, b) if name in samples]
    found = ranked([a, b, *strangers], samples)
    return {
        "a": a,
        "b": b,
        "relation": serve.relation(a, b),
        "truth": serve.truth(a, b),
        "score": float(found.combined[0, 1]),
        "rank_pvalue": float(found.rank_pvalue[0, 1]),
        "n_references": int(found.n_references[0, 1]),
    }


def strangers(samples: Mapping[str, Sample]) -> dict[str, Any]:
    """Return how all pairs of mutually unrelated members are ranked among the others: what ranks of no kinship are."""
    names = [name for name in serve.unrelated() if name in samples]
    found = ranked(names, samples)
    upper = np.triu_indices(len(names), 1)
    pvalues, scores = found.rank_pvalue[upper], found.combined[upper]
    order = np.argsort(pvalues)[:3]
    return {
        "members": names,
        "pairs": len(pvalues),
        "smallest_possible": 1 / (1 + len(names) - 2),
        "at_most_a_tenth": int((pvalues <= LIKELY).sum()),
        "score_quantiles": [float(q) for q in np.quantile(scores, [0.0, 0.5, 0.95, 1.0])],
        "closest": [[names[upper[0][i]], names[upper[1][i]], float(pvalues[i])] for i in order],
    }


def population() -> dict[str, Any]:
    """Return what `calibrate` says to a population of all members and builds: why there is none.

    It is the labels alone that it refuses. A group is what is related by weights or teaching. C tuned on A's answers
    would make one group of two and is left out, as are the answerers that are no models.
    """
    names = [name for name in serve.known() if name.partition("@")[0] in serve.members() and name not in LEFT_OUT]
    group, sides = _groups(names), {"same-weights": "same", "derived": "same", "unrelated": "different"}
    pairs = [
        LabelledPair(a=a, b=b, relation=relation, side=sides[relation])  # type: ignore[arg-type]
        for a, b in combinations(names, 2)
        if (relation := serve.relation(a, b)) in sides and (relation != "unrelated" or group[a] != group[b])
    ]
    found = {"models": len(names), "groups": len(set(group.values())), "needed": MIN_GROUPS, "reason": None}
    try:
        lineage(group, pairs, dict.fromkeys(names, 1))
    except InsufficientData as refused:
        found["reason"] = str(refused)
    return found


def _groups(names: Sequence[str]) -> dict[str, str]:
    """Return each name's group: the first name it has to do with."""
    group: dict[str, str] = {}
    for name in names:
        kin = (group[other] for other in group if serve.relation(other, name) != "unrelated")
        group[name] = next(kin, name)
    return group


def weights(a: str, b: str) -> dict[str, Any]:
    """Return the weight statistic of a pair and of the unrelated models beside it."""
    found = compare_weights(a, b, [])
    n_layers = found["n_points"]
    alike = [m for m in found["unrelated"]["models"] if m["counted"] and m["n_points"] == n_layers]
    return {
        "a": a,
        "b": b,
        "relation": serve.relation(a, b),
        "n_points": n_layers,
        "correlation": found["correlation"],
        "n_unrelated": found["unrelated"]["n_counted"],
        "n_as_high": found["unrelated"]["n_as_high"],
        "same_depth": {m["name"]: max(m["with_a"], m["with_b"]) for m in alike},
        "distribution": found["unrelated"]["distribution"],
        "rank_pvalue": found["rank_pvalue"],
    }
