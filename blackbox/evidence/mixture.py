"""Mixed: which share of B's calls A does not explain; with a known alternative, and as a bound without one.

Null hypothesis: share 0, so that answers of reference and suspect are exchangeable within each probe. Everything
here reads closed probes: an answer is a category.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from blackbox.core import PooledProbe
from blackbox.evidence.conditions import decoding_conflict
from blackbox.evidence.loss import Loss, compare_loss, imputed
from blackbox.evidence.share import Estimate, Triple, estimate, share_pvalue
from blackbox.evidence.unexplained import Bound, answers_by_probe, unexplained
from blackbox.stats.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.evidence.samples import Sample

MIN_DRAWS = 2
N_BOOTSTRAP = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureRules:
    """What all pairs of a suite share.

    Args:
        alpha: Level of one pair's test and bound, adjusted over pairs by the caller.
        seed: The plan's seed.
        n_permutations: B of the test.
        n_bootstrap: Data sets simulated from the fit.
    """

    alpha: float
    seed: int
    n_permutations: int
    n_bootstrap: int = N_BOOTSTRAP


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """What can be said on a share of other calls for one pair.

    Args:
        reason: Why no share is given; None where one is.
        pvalue: Permutation p of a share of the alternative's answers; None without an alternative.
        pvalue_imputed: The same after least favourable imputation, where loss is unequal.
        estimate: The fit, where the test found a share.
        bound: What is unexplained whatever the alternative; None where it can't be had.
        alternative: Endpoint of the alternative.
        alpha: Level of test and bound.
    """

    alpha: float
    reason: str | None
    pvalue: float | None = None
    pvalue_imputed: float | None = None
    estimate: Estimate | None = None
    bound: Bound | None = None
    alternative: str | None = None


def mixed(a: Sample, b: Sample, alternative: Sample | None, forms: Mapping[str, str], rules: MixtureRules) -> Mixed:
    """Return which share of b's calls a does not explain.

    Args:
        a: The reference.
        b: The suspect.
        alternative: Answers of what else is thought to be served; None: unknown.
        forms: Form of each probe to read; only closed ones are.
        rules: Level, seed and sizes.
    """
    named = alternative.run.manifest.endpoint_name if alternative is not None else None
    sides = (a, b) if alternative is None else (a, b, alternative)
    closed = sorted(probe for probe, form in forms.items() if form == "closed")
    hindrance = _hindrance(sides, closed)
    if hindrance is not None:
        return Mixed(alpha=rules.alpha, reason=hindrance, alternative=named)
    loss = compare_loss(a, b, closed)
    bound = unexplained(a, b, closed, alpha=rules.alpha, seed=rules.seed, count_missing=loss.unequal)
    if alternative is None:
        return Mixed(alpha=rules.alpha, reason="no alternative was named: only a bound can be given", bound=bound)
    triples = _triples((a, b, alternative), closed)
    if not triples:
        reason = "no closed probe has two usable answers of reference, suspect and alternative"
        return Mixed(alpha=rules.alpha, reason=reason, alternative=named, bound=bound)
    return replace(_tested(triples, (a, b, alternative), loss, rules), alternative=named, bound=bound)


def _hindrance(sides: Sequence[Sample], closed: Sequence[str]) -> str | None:
    """Return why no statement can be made at all."""
    names = ("A", "B", "the alternative")
    for name, side in zip(names, sides, strict=False):
        if side.independence.broken:
            return f"{name}: {side.independence.reason}"
    for i, j in combinations(range(len(sides)), 2):
        n = sides[i].n_shared_replies(sides[j])
        if n:
            return f"{n} replies of {names[i]} carry the identifier of a reply of {names[j]}: copies, not draws"
    conflicts = [decoding_conflict(sides[0].run.manifest.sent_decoding, s.run.manifest.sent_decoding) for s in sides]
    conflict = next((found for found in conflicts if found), None)
    if conflict is not None:
        return f"they were asked for different sampling ({conflict})"
    if not closed or any("answer" not in side.features for side in sides):
        return "a share is read from closed answers; there are none"
    return None


def _tested(triples: Sequence[Triple], sides: tuple[Sample, Sample, Sample], loss: Loss, rules: MixtureRules) -> Mixed:
    """Return the test, and the share where the test finds one and every check allows it."""
    a, b, _ = sides
    pvalue = share_pvalue(triples, seed=rules.seed, n_permutations=rules.n_permutations)
    found = Mixed(alpha=rules.alpha, reason=None, pvalue=pvalue)
    if pvalue > rules.alpha:
        return replace(found, reason=f"no share of its answers was found (p = {pvalue:.2g}, α = {rules.alpha:.2g})")
    if loss.unequal:
        lost_a, lost_b = a.n_missing(), b.n_missing()
        filled = [
            replace(t, probe=imputed(t.probe, lost_a[t.probe.probe_id], lost_b[t.probe.probe_id])) for t in triples
        ]
        worst = share_pvalue(filled, seed=rules.seed, n_permutations=rules.n_permutations)
        found = replace(found, pvalue_imputed=worst)
        if worst > rules.alpha:
            return replace(found, reason="unequal loss: the share may come from the answers that are missing on a side")
    rng = generator("mixture", rules.seed, [side.digest for side in sides])
    fitted = estimate(triples, n_bootstrap=rules.n_bootstrap, rng=rng)
    return replace(found, estimate=fitted, reason=fitted.objection)


def _triples(sides: tuple[Sample, Sample, Sample], closed: Sequence[str]) -> list[Triple]:
    """Return the probes with two usable answers on all three sides; codes sorted within a side."""
    by_probe = [answers_by_probe(side, closed) for side in sides]
    triples = []
    for probe_id in closed:
        values = [rows.get(probe_id, ()) for rows in by_probe]
        sizes = [len(v) for v in values]
        if min(sizes) < MIN_DRAWS:
            continue
        codes = np.unique(np.concatenate(values), return_inverse=True)[1]
        x, y, z = (np.sort(part) for part in np.split(codes, np.cumsum(sizes)[:-1]))
        pooled = PooledProbe(probe_id=probe_id, values=np.concatenate([x, y]), n_x=len(x), n_y=len(y))
        triples.append(Triple(probe=pooled, alternative=z))
    return triples
