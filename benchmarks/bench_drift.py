"""False alarms, power and delay of *changed*, beside the anchor's rule for a daily series.

Null histories are simulated: 60 runs of 6 probes × 5 answers, stable, over-dispersed (every run draws its answer
shares anew from a Dirichlet distribution around the endpoint's) and with missing runs and probes. Swaps are of real
answers: banks of the zoo's models, collected over HTTP from the reference endpoint with a default day's questions,
from which histories of 40 days with a swap at day 21 are dealt without replacement and read as `watch` reads them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from _drift_play import play
from _drift_zoo import BANK, Codes, banks, dealt
from _results import record
from peers.trailing_tv import TrailingTV
from scipy.stats import beta
from threadpoolctl import threadpool_limits

from blackbox.evidence.drift import Rules, read_history
from blackbox.evidence.drift_counts import AnswerCounts
from blackbox.evidence.drift_verdict import judge
from blackbox.workflow.scheduling import CONFIRMING, DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SEED, ALPHA, HORIZON, BASELINE = 41, 0.01, 60, 7
N_PROBES, N_ANSWERS, N_OPTIONS = 6, 5, 8
N_NULL, N_YEARS, N_SWAPS = 350, 20, 20
SWAP_AT, N_DAYS = 20, 40
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
WATCHED = (NULLS[0], Null(name="a little over-dispersed", concentration=60.0), *NULLS[1:])


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


def watched_rows(n_histories: int, horizon: int) -> Iterator[dict[str, Any]]:
    """Yield how often null histories alarm where every suspicion is answered by a larger confirmation run."""
    rules = replace(RULES, horizon=horizon)
    all_hits = 0
    for place, kind in enumerate(WATCHED):
        hits = confirmations = 0
        for number in range(n_histories):
            rng = np.random.default_rng([SEED, 50 + place, horizon, number])
            draw = null_draws(kind, rng)
            found = play(draw, rules, n_days=horizon, confirming=CONFIRMING, most_runs=horizon)
            hits += found.alarm is not None
            confirmations += sum(found.confirms)
        all_hits += hits
        row = {"history": kind.name, "n_histories": n_histories, "any_alarm": hits / n_histories}
        print(f"watched, {horizon} runs: {kind.name:<26} any alarm {hits} of {n_histories}", flush=True)
        yield {
            **row, "interval": interval(hits, n_histories), "confirmation_runs_a_history": confirmations / n_histories
        }  # fmt: skip
    n = n_histories * len(WATCHED)
    yield {"history": "all", "n_histories": n, "any_alarm": all_hits / n, "interval": interval(all_hits, n)}


def null_draws(kind: Null, rng: np.random.Generator) -> Callable[[int, int], np.ndarray | None]:
    """Return what draws a day of one endpoint; None where the day is missing."""
    shares = rng.dirichlet(np.full(N_OPTIONS, 0.5), N_PROBES)

    def draw(day: int, factor: int) -> np.ndarray | None:
        if day and factor == 1 and kind.lost and rng.random() < kind.lost:
            return None
        today = shares
        if kind.concentration is not None:
            today = np.stack([rng.dirichlet(s * kind.concentration + 1e-6) for s in shares])
        counts = np.array([rng.multinomial(N_ANSWERS * factor, s) for s in today], dtype=np.float64)
        if kind.lost:
            counts[rng.random(N_PROBES) < kind.lost] = 0
        return counts

    return draw


SWAPS = {
    "int8 copy": ("a@int8", 1.0),
    "20 % of b": ("b", 0.2),
    "20 % of c": ("c", 0.2),
    "b": ("b", 1.0),
    "c": ("c", 1.0),
}


def swap_rows(codes: Codes, n_histories: int) -> Iterator[dict[str, Any]]:
    """Yield power and delay for each swap and number of calls, as `watch` looks by default."""
    rules = replace(RULES, horizon=DAYS)
    for repeats in (6, 3):
        for place, (name, (to, share)) in enumerate(SWAPS.items()):
            ours: list[int | None] = []
            peer, first, exact = [], 0, 0
            for number in range(n_histories):
                rng = np.random.default_rng([SEED, 100 + place, repeats, number])
                draw = dealt(codes, to=to, share=share, repeats=repeats, swap_at=SWAP_AT, rng=rng)
                found = play(draw, rules, n_days=N_DAYS, confirming=CONFIRMING, most_runs=2 * N_DAYS)
                swapped = found.of_day(SWAP_AT)
                first += swapped < len(found.points) and found.points[swapped].suspected
                exact += found.alarm is not None and found.alarm == swapped + 1
                ours.append(None if found.alarm is None else found.days[found.alarm])
                peer.append(PEER.detected(found.counts))
            head = {"swap": name, "calls": 10 * repeats, "n_histories": n_histories}
            row = {
                **head, "suspected_by_the_next": first / n_histories, "confirmed_by_the_one_after": exact / n_histories,
                "ours": _delay(ours), "peer": _delay(peer),
            }  # fmt: skip
            print(
                f"{name:<10}{10 * repeats:>4} calls  suspected by the next run {first}, confirmed by the one after "
                f"{exact} of {n_histories}; in all {row['ours']['power']:.2f}, the anchor's rule "
                f"{row['peer']['power']:.2f} after {row['peer']['median_delay']}",
                flush=True,
            )
            yield row


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
    """Print and record the tables named as arguments (nulls, watched, year, swaps), or all.

    A number among them makes so many histories a row; a folder is where banks of answers are kept.
    """
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    folders = [Path(word) for word in sys.argv[1:] if Path(word).is_dir()]
    wanted = [word for word in sys.argv[1:] if word in TABLES] or list(TABLES)
    settings = {"seed": SEED, "alpha": ALPHA, "baseline": BASELINE, "peer": vars_of(PEER)}
    for name in wanted:
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as temporary:
            n = numbers[0] if numbers else N_HISTORIES[name]
            made, design = TABLES[name](n, folders[0] if folders else Path(temporary))
            rows = []
            for row in made:  # recorded as they come: a table that is cut short keeps what it has
                rows.append(row)
                seconds = round(time.perf_counter() - begun)
                record(f"drift_{name}", {**settings, "design": design, "seconds": seconds, "rows": rows})


def nulls_table(n: int, _: Path) -> tuple[Iterable[dict[str, Any]], dict[str, Any]]:
    """Return recorded null histories: the next run is the confirmation."""
    rows = null_rows(n)
    for row in rows:
        low, high = row["interval"]
        print(f"{row['history']:<26} any alarm {row['any_alarm']:.4f} [{low:.4f}, {high:.4f}]", end="  ")
        print(f"the anchor's rule {row['peer_any_alarm']:.3f}")
    return rows, {**NULL_DESIGN, "runs": HORIZON, "horizon": HORIZON}


def watched_table(n: int, _: Path) -> tuple[Iterable[dict[str, Any]], dict[str, Any]]:
    """Return null histories with larger confirmation runs."""
    return watched_rows(n, HORIZON), {**NULL_DESIGN, "runs": HORIZON, "horizon": HORIZON, "confirming": CONFIRMING}


def year_table(n: int, _: Path) -> tuple[Iterable[dict[str, Any]], dict[str, Any]]:
    """Return the same over the horizon that `watch` declares."""
    return watched_rows(n, DAYS), {**NULL_DESIGN, "runs": DAYS, "horizon": DAYS, "confirming": CONFIRMING}


def swaps_table(n: int, folder: Path) -> tuple[Iterable[dict[str, Any]], dict[str, Any]]:
    """Return swaps of zoo models."""
    design = {"days": N_DAYS, "swap_at": SWAP_AT, "horizon": DAYS, "confirming": CONFIRMING, "answers_a_bank": BANK}
    return swap_rows(banks(folder), n), design


NULL_DESIGN = {"probes": N_PROBES, "answers": N_ANSWERS, "options": N_OPTIONS}
TABLES = {"nulls": nulls_table, "watched": watched_table, "year": year_table, "swaps": swaps_table}
N_HISTORIES = {"nulls": N_NULL, "watched": N_NULL, "year": N_YEARS, "swaps": N_SWAPS}


def vars_of(peer: TrailingTV) -> dict[str, float]:
    """Return the settings of the anchor's rule."""
    return {name: getattr(peer, name) for name in ("n_reference", "window", "fixed", "relative", "persistence")}


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
