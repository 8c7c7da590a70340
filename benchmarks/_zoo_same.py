"""*Same* on the zoo: false alarms between repeats of one answerer, power and verdicts for each relation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from _zoo_bank import part, planned, renamed, stored
from scipy.stats import beta

from blackbox import registry, serve
from blackbox.evidence.same import Design, compare_pair
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from blackbox.evidence.samples import Sample

ALPHA, LEVELS = 0.01, (0.01, 0.05)
N_PERMUTATIONS, SEED = 999, 11
REPEATS, MANY_REPEATS = 15, 100
SIGNALS = ("exact_mmd", "chi2")


def pvalue(x: Sample, y: Sample) -> float:
    """Return the omnibus p of two samples of closed answers."""
    design = Design(signals={n: registry.signal(n) for n in SIGNALS}, seed=SEED, n_permutations=N_PERMUTATIONS)  # type: ignore[misc]
    found = compare_pair(x, y, {probe.id: "closed" for probe in x.run.suite.probes}, design).pvalue
    return 1.0 if found is None else found


def n_answers(whole: Sample) -> int:
    """Return how many answers a bank holds to each probe."""
    return 1 + max(o.repeat for o in whole.run.observations)


def false_alarms(samples: Mapping[str, Sample]) -> dict[str, Any]:
    """Return how often two disjoint halves of one answerer's bank are called different, audit by audit."""
    found = {
        name: [
            pvalue(part(whole, k, k + REPEATS), part(whole, k + REPEATS, k + 2 * REPEATS))
            for k in range(0, n_answers(whole) - 2 * REPEATS + 1, 2 * REPEATS)
        ]
        for name, whole in samples.items()
        if not whole.independence.broken
    }
    every = np.array([p for values in found.values() for p in values])
    levels = [rate(int((every <= level).sum()), len(every)) | {"level": level} for level in LEVELS]
    by_name = {name: sum(p <= ALPHA for p in values) for name, values in found.items()}
    return {"answerers": len(found), "levels": levels, "rejected_by_answerer": {k: v for k, v in by_name.items() if v}}


def power(a: str, b: str, samples: Mapping[str, Sample]) -> dict[str, Any]:
    """Return how often disjoint audits of two answerers reject at α."""
    x, y = samples[a], samples[b]
    row = {"a": a, "b": b, "relation": serve.relation(a, b), "truth": serve.truth(a, b)}
    broken = [each.independence.reason for each in (x, y) if each.independence.broken]
    if broken:
        return {**row, "audits": 0, "rejected": None, "reason": broken[0]}
    starts = range(0, min(n_answers(x), n_answers(y)) - REPEATS + 1, REPEATS)
    found = [pvalue(part(x, k, k + REPEATS), part(y, k, k + REPEATS)) for k in starts]
    return {**row, **rate(sum(p <= ALPHA for p in found), len(found)), "reason": None}


def verdict(a: str, b: str, control: str, samples: Mapping[str, Sample], where: Path, repeats: int) -> dict[str, Any]:
    """Return what `compare --control` concludes from one audit of so many repeats a probe."""
    sides = [
        planned(renamed(part(samples[name], 0, repeats), [name, role]), repeats)
        for role, name in enumerate((a, b, control))
    ]
    first, second, third = (stored(where, side) for side in sides)
    options = CompareOptions(created_at=datetime.now(UTC), controls=(third,), questions=("same",))
    same = compare_runs(where, [first, second], options, lambda _: None).document["pairs"][0]["same"]
    kept = {key: same[key] for key in ("verdict", "reason", "pvalue", "effect")}
    return {"a": a, "b": b, "repeats": repeats, "control": control, **kept}


def rate(n: int, of: int) -> dict[str, Any]:
    """Return a count with its 95 % Clopper–Pearson interval."""
    low = float(beta.ppf(0.025, n, of - n + 1)) if n else 0.0
    high = float(beta.ppf(0.975, n + 1, of - n)) if n < of else 1.0
    return {"rejected": n, "audits": of, "low": low, "high": high}


def pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return what is compared: A with everything, and the pairs in which a trap lies."""
    traps = (("b", "b-tuned"), ("a-tuned", "b-tuned"), ("c", "c-from-a"), ("c", "a-student-c"))
    return [*(("a", name) for name in names if name != "a"), *traps]
