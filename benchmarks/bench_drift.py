"""False alarms, power and delay of *changed*, beside the anchor's rule for a daily series.

Null histories are simulated: 60 runs of 6 probes × 5 answers, stable, over-dispersed (every run draws its answer
shares anew from a Dirichlet distribution around the endpoint's) and with missing runs and probes. Swaps are of real
answers: banks of the zoo's models, collected over HTTP from the reference endpoint with the daily one-token suite,
from which histories of 40 runs with a swap at run 21 are drawn without a model.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from _results import record
from peers.trailing_tv import TrailingTV
from scipy.stats import beta
from threadpoolctl import threadpool_limits

from blackbox import registry, serve, suites
from blackbox.core import EndpointSpec
from blackbox.evidence.drift import Rules, read_history
from blackbox.evidence.drift_counts import AnswerCounts
from blackbox.evidence.drift_verdict import judge
from blackbox.store import find_runs
from blackbox.workflow.clock import SYSTEM_CLOCK
from blackbox.workflow.collecting import run_suites
from blackbox.workflow.runs import open_run
from blackbox.workflow.sessions import RunRequest

SEED, ALPHA, HORIZON, BASELINE = 41, 0.01, 60, 7
N_PROBES, N_ANSWERS, N_OPTIONS = 6, 5, 8
N_NULL, N_SWAPS = 350, 20
SWAP_AT, N_RUNS = 20, 40
BANK = 60
RULES = Rules(alpha=ALPHA, horizon=HORIZON, baseline=BASELINE, seed=SEED)
PEER = TrailingTV()


@dataclass(frozen=True, slots=True, kw_only=True)
class Null:
    """One kind of null history: Dirichlet concentration of run-to-run dispersion, and share of probes lost."""

    name: str
    concentration: float | None = None
    lost: float = 0.0


NULLS = (
    Null(name="stable"),
    Null(name="over-dispersed", concentration=15.0),
    Null(name="missing runs and probes", lost=0.15),
)


def null_history(kind: Null, rng: np.random.Generator) -> AnswerCounts:
    """Return 60 runs of one endpoint."""
    shares = rng.dirichlet(np.full(N_OPTIONS, 0.5), N_PROBES)
    counts = np.zeros((HORIZON, N_PROBES, N_OPTIONS))
    for run in range(HORIZON):
        today = shares
        if kind.concentration is not None:
            today = np.stack([rng.dirichlet(s * kind.concentration + 1e-6) for s in shares])
        counts[run] = [rng.multinomial(N_ANSWERS, s) for s in today]
    if kind.lost:
        counts[rng.random((HORIZON, N_PROBES)) < kind.lost] = 0
        counts = counts[rng.random(HORIZON) >= kind.lost]
    return AnswerCounts.of(counts)


def interval(n_hits: int, n: int) -> list[float]:
    """Return the 95 % Clopper–Pearson interval of a share."""
    low = float(beta.ppf(0.025, n_hits, n - n_hits + 1)) if n_hits else 0.0
    high = float(beta.ppf(0.975, n_hits + 1, n - n_hits)) if n_hits < n else 1.0
    return [low, high]


def null_rows(n_histories: int) -> list[dict[str, Any]]:
    """Return how often null histories alarm, by kind and in all."""
    rows, all_hits, peer_hits = [], 0, 0
    for place, kind in enumerate(NULLS):
        rng = np.random.default_rng([SEED, place])
        hits = peer = suspected = tested = 0
        verdicts: dict[str, int] = defaultdict(int)
        for _ in range(n_histories):
            history = null_history(kind, rng)
            reading = read_history(history, RULES)
            names = tuple(str(k) for k in range(history.n_runs))
            verdicts[judge(history, reading, RULES, names=names).verdict] += 1
            hits += any(point.alarm for point in reading.points)
            suspected += sum(point.suspected for point in reading.points)
            tested += sum(point.pvalue is not None for point in reading.points)
            peer += PEER.detected(history.counts) is not None
        all_hits, peer_hits = all_hits + hits, peer_hits + peer
        rows.append(
            _null_row(kind.name, n_histories, hits, peer) | {"suspected": suspected / tested, "verdicts": verdicts}
        )
    return [*rows, _null_row("all", n_histories * len(NULLS), all_hits, peer_hits)]


def _null_row(name: str, n: int, hits: int, peer: int) -> dict[str, Any]:
    return {
        "history": name,
        "n_histories": n,
        "any_alarm": hits / n,
        "interval": interval(hits, n),
        "peer_any_alarm": peer / n,
        "peer_interval": interval(peer, n),
    }


def rounded_copy(source: Path, target: Path) -> None:
    """Write a copy of a model whose matrices are rounded to int8, row by row (round to nearest, symmetric)."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(source, target)
    weights = load_file(source / "model.safetensors")
    for name, matrix in weights.items():
        if matrix.ndim == 2:
            scale = matrix.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
            weights[name] = (matrix / scale).round().clamp(-127, 127) * scale
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})


def banks(folder: Path) -> dict[str, np.ndarray]:
    """Return `(P, BANK)` answer codes of each model, asked over HTTP."""
    from blackbox.serve.catalogue import folder as member

    rounded_copy(member("a"), folder / "a-int8")
    served = {"a": "a", "b": "b", "c": "c", "a-int8": folder / "a-int8"}
    suite = suites.find("one-token")
    asked = replace(suite, probes=tuple(replace(probe, repeats=BANK) for probe in suite.probes))
    with serve.running(served) as base_url:
        specs = tuple(
            EndpointSpec(name=name, kind="openai-chat", base_url=base_url, model=name, concurrency=16)
            for name in served
        )
        request = RunRequest(endpoints=specs, suites=(asked,), results=folder / "results", seed=SEED)
        work = run_suites(request, environ={}, clock=SYSTEM_CLOCK, on_progress=lambda _: None)
        report = asyncio.run(work)
    return coded({entry.endpoint: entry.path for entry in report.entries if entry.path})


def coded(runs: dict[str, Path]) -> dict[str, np.ndarray]:
    """Return `(P, n)` answer codes of each model's run, as many as every probe and model has."""
    probes = [probe.id for probe in suites.find("one-token").probes]
    found = {}
    for name, path in runs.items():
        matrix = registry.feature("answer").extract(open_run(path), frozenset(probes))
        own = np.array(matrix.probe_ids)
        found[name] = [matrix.values[own == probe] for probe in probes]
    n = min(len(values) for answers in found.values() for values in answers)
    found = {name: np.stack([values[:n] for values in answers]) for name, answers in found.items()}
    codes = {code: k for k, code in enumerate(sorted({int(c) for bank in found.values() for c in bank.ravel()}))}
    return {name: np.vectorize(codes.__getitem__)(bank) for name, bank in found.items()}


def kept_runs(folder: Path) -> dict[str, Path]:
    """Return the newest run of each endpoint in a folder of runs."""
    return {run.manifest.endpoint_name: run.path for run in find_runs(folder)}


SWAPS = {"b": ("b", 1.0), "c": ("c", 1.0), "int8 copy": ("a-int8", 1.0), "20 % of c": ("c", 0.2)}


def swapped(bank: dict[str, np.ndarray], to: str, share: float, calls: int, rng: np.random.Generator) -> AnswerCounts:
    """Return a history that serves a, and from the swap on another model in a share of calls."""
    n_probes = 10 if calls == 30 else 15
    m = calls // n_probes
    local = [np.unique(np.concatenate([each[p] for each in bank.values()])) for p in range(n_probes)]
    widest = max(map(len, local))
    counts = np.zeros((N_RUNS, n_probes, widest))
    for run in range(N_RUNS):
        for p in range(n_probes):
            for _ in range(m):
                model = to if run >= SWAP_AT and rng.random() < share else "a"
                counts[run, p, np.searchsorted(local[p], rng.choice(bank[model][p]))] += 1
    return AnswerCounts.of(counts)


def swap_rows(bank: dict[str, np.ndarray], n_histories: int) -> list[dict[str, Any]]:
    """Return power and delay for each swap and number of calls."""
    rows = []
    for place, (name, (to, share)) in enumerate(SWAPS.items()):
        for calls in (30, 60):
            rng = np.random.default_rng([SEED, 100 + place, calls])
            ours, peer, first, exact = [], [], 0, 0
            for _ in range(n_histories):
                history = swapped(bank, to, share, calls, rng)
                reading = read_history(history, RULES)
                ours.append(reading.detected)
                first += reading.points[SWAP_AT].suspected
                exact += reading.detected == SWAP_AT + 1
                peer.append(PEER.detected(history.counts))
            rows.append(
                {"swap": name, "calls": calls, "n_histories": n_histories, "suspected_at_once": first / n_histories}
                | {"confirmed_by_the_next": exact / n_histories, "ours": _delay(ours), "peer": _delay(peer)}
            )
    return rows


def _delay(found: list[int | None]) -> dict[str, Any]:
    """Return how often a change was called in time, and runs from the swap to the call (0: the first swapped run)."""
    late = [each - SWAP_AT for each in found if each is not None and each >= SWAP_AT]
    early = sum(each is not None and each < SWAP_AT for each in found)
    return {
        "power": len(late) / len(found),
        "interval": interval(len(late), len(found)),
        "median_delay": float(np.median(late)) if late else None,
        "largest_delay": max(late, default=None),
        "alarm_before": early / len(found),
    }


def main() -> None:
    """Print and record both tables.

    `nulls` or `swaps` as an argument makes one of them, a number so many histories a row; a folder is one of banks
    collected before: what is there is used.
    """
    wanted = [word for word in sys.argv[1:] if not word.isdecimal()] or ["nulls", "swaps"]
    wanted, kept = (
        [w for w in wanted if not Path(w).is_dir()],
        next((Path(w) for w in wanted if Path(w).is_dir()), None),
    )
    said = next((int(word) for word in sys.argv[1:] if word.isdecimal()), None)
    n_null, n_swaps = said or N_NULL, said or N_SWAPS
    settings = {"seed": SEED, "alpha": ALPHA, "horizon": HORIZON, "baseline": BASELINE, "peer": vars_of(PEER)}
    if "nulls" in wanted:
        begun = time.perf_counter()
        nulls = null_rows(n_null)
        for row in nulls:
            low, high = row["interval"]
            print(f"{row['history']:<26} any alarm {row['any_alarm']:.4f} [{low:.4f}, {high:.4f}]", end="  ")
            print(f"the anchor's rule {row['peer_any_alarm']:.3f}")
        design = {"probes": N_PROBES, "answers": N_ANSWERS, "options": N_OPTIONS, "runs": HORIZON}
        seconds = round(time.perf_counter() - begun)
        record("drift_nulls", {**settings, "design": design, "seconds": seconds, "rows": nulls})
    if "swaps" in wanted:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as name:
            bank = banks(Path(name)) if kept is None else coded(kept_runs(kept))
        swaps = swap_rows(bank, n_swaps)
        for row in swaps:
            head = f"{row['swap']:<12}{row['calls']:>4} calls  suspected at once {row['suspected_at_once']:.2f}"
            print(
                head, *(f"{who}: {row[who]['power']:.2f} after {row[who]['median_delay']}" for who in ("ours", "peer"))
            )
        design = {"runs": N_RUNS, "swap_at": SWAP_AT, "answers_a_probe_in_the_banks": len(bank["a"][0])}
        seconds = round(time.perf_counter() - begun)
        record("drift_swaps", {**settings, "design": design, "seconds": seconds, "rows": swaps})


def vars_of(peer: TrailingTV) -> dict[str, float]:
    """Return the settings of the anchor's rule."""
    return {name: getattr(peer, name) for name in ("n_reference", "window", "fixed", "relative", "persistence")}


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
