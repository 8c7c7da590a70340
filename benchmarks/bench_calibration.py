"""How often the verdicts are wrong: null rejection by design, equivalence at the margin, interval coverage.

`python benchmarks/bench_calibration.py [SECTION…]` writes `benchmarks/results/calibration.json`; with sections named,
only these are run anew and the others are kept as they stand. Every audit draws its own answer distributions and its
own probes.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.stats import beta, binom

from blackbox import registry
from blackbox.core import PooledProbe
from blackbox.evidence.distances import Distances, mixture_equivalent_share
from blackbox.evidence.engine import Part, draw, omnibus
from blackbox.evidence.equivalence import Margin, Missing, equivalence, missing_radius2
from blackbox.evidence.loss import imputed
from blackbox.stats.loss import stratified_exact_pvalue, worst_missing_mmd2
from blackbox.stats.permutation import label_chunk

LEVELS = (0.01, 0.05, 0.10, 0.50)
N_ANSWERS, N_PROBES, N_REPEATS = 8, 16, 15
N_AUDITS, N_DISPERSED, N_PERMUTATIONS = 2_000, 1_000, 199
N_MARGIN, N_SAME, N_COVERAGE = 400, 200, 400
MARGIN, ALPHA = 0.2, 0.05
SIGNALS = {name: registry.signal(name) for name in ("exact_mmd", "chi2")}
RESULT = Path(__file__).parent / "results" / "calibration.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One simulated null audit: per probe the answers of both sides, and how many each lost."""

    probes: list[tuple[np.ndarray, np.ndarray]]
    lost: list[tuple[int, int]]


def shares(rng: np.random.Generator, n_probes: int, concentration: float = 0.5) -> np.ndarray:
    """Return `(P, K)` answer distributions."""
    return rng.dirichlet(np.full(N_ANSWERS, concentration), size=n_probes)


def answers(rng: np.random.Generator, table: np.ndarray, n: int) -> list[np.ndarray]:
    """Return `n` answers a probe."""
    return [rng.choice(N_ANSWERS, size=n, p=p) for p in table]


def balanced(rng: np.random.Generator) -> Audit:
    """Both sides answer everything."""
    table = shares(rng, N_PROBES)
    pairs = list(zip(answers(rng, table, N_REPEATS), answers(rng, table, N_REPEATS), strict=True))
    return Audit(probes=pairs, lost=[(0, 0)] * N_PROBES)


def unbalanced(rng: np.random.Generator) -> Audit:
    """One side asked three times as often."""
    table = shares(rng, N_PROBES)
    return Audit(
        probes=list(zip(answers(rng, table, 8), answers(rng, table, 24), strict=True)), lost=[(0, 0)] * N_PROBES
    )


def probe_dependent_loss(rng: np.random.Generator) -> Audit:
    """One side loses 70 % of its answers at the probes that hardly vary."""
    table = np.vstack([shares(rng, N_PROBES // 2, 0.05), shares(rng, N_PROBES // 2, 5.0)])
    x, y = answers(rng, table, N_REPEATS), answers(rng, table, N_REPEATS)
    kept = [max(2, int(rng.binomial(N_REPEATS, 0.3))) if p < N_PROBES // 2 else N_REPEATS for p in range(N_PROBES)]
    return Audit(
        probes=[(a, b[:k]) for a, b, k in zip(x, y, kept, strict=True)],
        lost=[(0, N_REPEATS - k) for k in kept],
    )


def one_sided_filter(rng: np.random.Generator) -> Audit:
    """One side never returns one of the answers: filtered, and lost."""
    table = shares(rng, N_PROBES, 1.0)
    x, y = answers(rng, table, 60), answers(rng, table, 60)
    seen = [b[b != 0] for b in y]
    return Audit(
        probes=[(a, s) for a, s in zip(x, seen, strict=True) if len(s) > 1],
        lost=[(0, 60 - len(s)) for s in seen if len(s) > 1],
    )


def pvalue(audit: Audit, seed: int) -> float:
    """Return the p a 'different' is judged by: imputed where loss is unequal."""
    probes = tuple(_pooled(f"p{i:02d}", x, y) for i, (x, y) in enumerate(audit.probes))
    tested = _omnibus(probes, seed)
    lost_x, lost_y = (list(side) for side in zip(*audit.lost, strict=True))
    sizes = [[len(pair[s]) + lost[s] for pair, lost in zip(audit.probes, audit.lost, strict=True)] for s in (0, 1)]
    if stratified_exact_pvalue(lost_x, sizes[0], lost_y, sizes[1]) > ALPHA:
        return tested
    filled = tuple(imputed(p, *lost) for p, lost in zip(probes, audit.lost, strict=True))
    return max(tested, _omnibus(filled, seed))


def _pooled(name: str, x: np.ndarray, y: np.ndarray) -> PooledProbe:
    codes = np.unique(np.concatenate([x, y]), return_inverse=True)[1]
    return PooledProbe(probe_id=name, values=codes, n_x=len(x), n_y=len(y))


def _omnibus(probes: tuple[PooledProbe, ...], seed: int) -> float:
    parts = [Part(name=n, signal=s, probes=probes) for n, s in SIGNALS.items()]
    return omnibus(draw(parts, seed=seed, n_permutations=N_PERMUTATIONS)).pvalue


def moods(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    """Return 15 answers a probe in passes that each lean to one of two laws, at every probe alike."""
    leaning = rng.integers(0, 2, N_REPEATS)
    return [np.array([rng.choice(N_ANSWERS, p=laws[lean][p]) for lean in leaning]) for p in range(N_PROBES)]


def whole_passes(x: list[np.ndarray], y: list[np.ndarray], seed: int) -> float:
    """Return p when whole passes are dealt to the sides; the answers of a probe are in the order of passes."""
    probes = tuple(_pooled(f"p{i:02d}", a, b) for i, (a, b) in enumerate(zip(x, y, strict=True)))
    parts = [Part(name=n, signal=s, probes=probes) for n, s in SIGNALS.items()]
    sizes = (N_REPEATS, N_REPEATS)
    drawn = draw(
        parts,
        seed=seed,
        n_permutations=N_PERMUTATIONS,
        deal=lambda _, chunk: label_chunk(seed, "whole blocks", sizes, chunk),
    )
    return omnibus(drawn).pvalue


def over_dispersed_blocks() -> list[dict[str, object]]:
    """(a) Passes that hang together: 'different' also needs p when whole passes are dealt."""
    rng = np.random.default_rng([1, 10])
    within, both = [], []
    for i in range(N_DISPERSED):
        laws = shares(rng, N_PROBES), shares(rng, N_PROBES)
        x, y = moods(rng, laws), moods(rng, laws)
        audit = Audit(probes=list(zip(x, y, strict=True)), lost=[(0, 0)] * N_PROBES)
        within.append(pvalue(audit, i))
        both.append(max(within[-1], whole_passes(x, y, i)))
    return [
        *_rates("over-dispersed blocks, within probes only (not what decides)", np.array(within), judged=False),
        *_rates("over-dispersed blocks", np.array(both)),
    ]


def second_session() -> list[dict[str, object]]:
    """(a) A second session of A is its control, 5 % of all answers lost: control failed, and 'different' beside it."""
    rng = np.random.default_rng([1, 12])
    pair, control = [], []
    for i in range(N_AUDITS):
        table = shares(rng, N_PROBES)
        a, b, again = (answers(rng, table, N_REPEATS) for _ in range(3))
        pair.append(pvalue(thinned(rng, a, b), i))
        control.append(pvalue(thinned(rng, a, again), i))
    rows = _rates("second session: control called different", np.array(control))
    for level in LEVELS:
        n = int(((np.array(pair) <= level) & (np.array(control) > level)).sum())
        rows.append(_rate("second session: pair called different, control passed", level, n))
    return rows


def thinned(rng: np.random.Generator, x: list[np.ndarray], y: list[np.ndarray]) -> Audit:
    """Return the audit of two sides that each lose 5 % of their answers at random."""
    kept = [np.maximum(rng.binomial(N_REPEATS, 0.95, N_PROBES), 2) for _ in range(2)]
    return Audit(
        probes=[(a[:n], b[:m]) for a, b, n, m in zip(x, y, *kept, strict=True)],
        lost=[(N_REPEATS - int(n), N_REPEATS - int(m)) for n, m in zip(*kept, strict=True)],
    )


def _rates(design: str, found: np.ndarray, *, judged: bool = True) -> list[dict[str, object]]:
    n = len(found)
    return [_rate(design, level, int((found <= level).sum()), n_audits=n, judged=judged) for level in LEVELS]


def _rate(design: str, level: float, n: int, *, n_audits: int = N_AUDITS, judged: bool = True) -> dict[str, object]:
    """Return how often a null was rejected, with the upper 95 % limit of the rate; an upper limit on it only."""
    high = int(binom.ppf(0.9995, n_audits, level))
    upper = float(beta.ppf(0.95, n + 1, n_audits - n)) if n < n_audits else 1.0
    say(f"(a) {design}: {n} of {n_audits} at {level} (limit {high}, upper 95 % bound of the rate {upper:.3f})")
    row = {"design": design, "level": level, "rejected": n, "audits": n_audits, "upper_limit": high}
    return {**row, "upper_95_bound": upper, "within": n <= high if judged else None}


def null_rejection() -> list[dict[str, object]]:
    """(a) How often a true null is rejected, by design and level, with the 99.9 % binomial range."""
    rows = []
    for design, exact in (
        (balanced, True),
        (unbalanced, True),
        (probe_dependent_loss, False),
        (one_sided_filter, False),
    ):
        rng = np.random.default_rng([1, len(rows)])
        found = np.array([pvalue(design(rng), 0) for _ in range(N_AUDITS)])
        for level in LEVELS:
            low, high = (int(b) for b in binom.interval(0.999, N_AUDITS, level))
            n = int((found <= level).sum())
            within = n <= high and (n >= low or not exact)
            row = {"design": design.__name__, "level": level, "rejected": n, "audits": N_AUDITS}
            rows.append({**row, "range": [low, high], "two_sided": exact, "within": within})
            say(f"(a) {design.__name__}: {n} of {N_AUDITS} at {level} (range {low} to {high})")
    return rows


def simulated(
    rng: np.random.Generator, n_probes: int, n: int, *, share: float, skewed: bool, loss: float = 0.0
) -> tuple[Distances, Missing]:
    """Return the distances of A, its mixture with C, and C; `skewed`: C differs at few probes."""
    own, other = shares(rng, n_probes, 0.1), shares(rng, n_probes, 0.1)
    if skewed:
        weight = np.minimum(rng.gamma(0.3, size=(n_probes, 1)) / 0.3, 1.0)
        other = own + weight * (other - own)
    tables = (own, (1 - share) * own + share * other, other)
    asked = np.full(n_probes, n)
    lost = [rng.binomial(asked, loss) for _ in range(2)]
    sizes = (asked - lost[0], asked - lost[1], asked)
    counts = [
        np.array([rng.multinomial(k, p / p.sum()) for k, p in zip(size, table, strict=True)]).astype(float)
        for size, table in zip(sizes, tables, strict=True)
    ]
    within = [(c * (c - 1)).sum(1) / (c.sum(1) * (c.sum(1) - 1)) for c in counts]

    def mmd2(i: int, j: int) -> np.ndarray:
        across = (counts[i] * counts[j]).sum(1) / (counts[i].sum(1) * counts[j].sum(1))
        return np.asarray(within[i] + within[j] - 2 * across)

    agreement = np.clip(np.maximum(within[0], within[1]), 0, 1)
    found = Distances(
        probe_ids=tuple(f"p{i:03d}" for i in range(n_probes)),
        between=mmd2(0, 1),
        to_a=mmd2(0, 2),
        to_b=mmd2(1, 2),
        n_draws=np.minimum(sizes[0], sizes[1]).astype(float),
        agreement=agreement,
    )
    squares = [missing_radius2(a / n, b / n, s) for a, b, s in zip(*lost, agreement, strict=True)]
    worst = [worst_missing_mmd2((x, y), (a, b)) for x, y, a, b in zip(*counts[:2], *lost, strict=True)]
    added = float(np.mean(worst - found.between))
    return found, Missing(radius=float(np.sqrt(np.mean(squares))), n_silent=0, added=added, rest=0.0)


def at_the_margin() -> list[dict[str, object]]:
    """(g) How often a pair with its true effect at the margin is called equivalent by the bound alone."""
    rows = []
    for n_probes in (16, 20, 50):
        for skewed in (False, True):
            wrong = _shown(n_probes, 100, share=MARGIN, skewed=skewed, n_audits=N_MARGIN)
            high = int(binom.ppf(0.9995, N_MARGIN, ALPHA))
            row = {"n_probes": n_probes, "skewed": skewed, "wrong": wrong, "audits": N_MARGIN, "level": ALPHA}
            rows.append({**row, "upper_limit": high, "within": wrong <= high})
            say(f"(g) P = {n_probes}, skewed {skewed}: {wrong} of {N_MARGIN} wrong (limit {high})")
    return rows


def conclusive() -> list[dict[str, object]]:
    """(g) How often truly same pairs are called equivalent with 5 % of both sides' answers missing."""
    rows = []
    for n_probes in (16, 20, 50):
        for n in (15, 50, 100):
            shown = _shown(n_probes, n, share=0.0, skewed=False, n_audits=N_SAME, loss=0.05)
            rows.append({"n_probes": n_probes, "repeats": n, "loss": 0.05, "shown": shown, "audits": N_SAME})
            say(f"(g) P = {n_probes}, {n} repeats, 5 % missing: {shown} of {N_SAME} same pairs conclusive")
    return rows


def _shown(n_probes: int, n: int, *, share: float, skewed: bool, n_audits: int, loss: float = 0.0) -> int:
    rng = np.random.default_rng([2, n_probes, n, int(skewed)])
    shown = 0
    for i in range(n_audits):
        found, missing = simulated(rng, n_probes, n, share=share, skewed=skewed, loss=loss)
        margin = Margin(share=MARGIN, level=ALPHA, seed=i)
        shown += equivalence(found, missing, margin, digests=["a", "b"]).status == "shown"
    return shown


def coverage() -> list[dict[str, object]]:
    """(h) How often the 95 % interval of the mixture-equivalent share holds the true share."""
    rows = []
    for n_probes in (16, 20, 50):
        for skewed in (False, True):
            rng = np.random.default_rng([3, n_probes, int(skewed)])
            inside = known = 0
            for i in range(N_COVERAGE):
                found, _ = simulated(rng, n_probes, 50, share=0.3, skewed=skewed)
                effect = mixture_equivalent_share(found, seed=i, digests=["a", "b", "c"])
                if effect is not None and effect.ci_low is not None and effect.ci_high is not None:
                    known += 1
                    inside += effect.ci_low <= 0.3 <= effect.ci_high
            rows.append({"n_probes": n_probes, "skewed": skewed, "share": 0.3, "inside": inside, "intervals": known})
            say(f"(h) P = {n_probes}, skewed {skewed}: {inside} of {known} intervals hold the share")
    return rows


def say(line: str) -> None:
    """Write one line of progress."""
    sys.stderr.write(line + "\n")


SECTIONS = {
    "null_rejection": null_rejection,
    "over_dispersed_blocks": over_dispersed_blocks,
    "second_session": second_session,
    "equivalence_at_the_margin": at_the_margin,
    "conclusive_when_same": conclusive,
    "interval_coverage": coverage,
}


def main() -> None:
    """Run everything and write the result."""
    wanted = sys.argv[1:] or list(SECTIONS)
    found = {}
    for name in wanted:
        started = time.process_time()
        rows = SECTIONS[name]()
        found[name] = {"rows": rows, "seconds": round(time.process_time() - started)}
    RESULT.parent.mkdir(exist_ok=True)
    kept = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    seconds = {**kept.get("processor_seconds", {}), **{name: each["seconds"] for name, each in found.items()}}
    result = {
        "schema": "blackbox.benchmark/1",
        "what": "calibration of same: (a) null rejection, (g) equivalence, (h) interval coverage",
        "versions": {name: version(name) for name in ("blackbox-similarity", "numpy", "scipy")},
        "python": platform.python_version(),
        "seed": "fixed in the file",
        **{name: found[name]["rows"] if name in found else kept[name] for name in SECTIONS if name in (*found, *kept)},
        "processor_seconds": seconds,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
