"""What was recorded beside the answers of a history: context lines, never part of the verdict (METHODS §1.8)."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING, Any

from blackbox.core import plain
from blackbox.evidence.conditions import window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Observation, Run

SERVED = ("served_model", "provider", "system_fingerprint")
UNUSUAL = 4.0
"""Standard deviations of the first runs beyond which a series is said to have moved."""


def run_context(run: Run) -> dict[str, Any]:
    """Return what a run's replies said of their circumstances, most frequent first."""
    asked = window(run)
    served = {name: _listed(run.observations, name) for name in SERVED}
    return {"at": plain(asked[0]) if asked else None, "until": plain(asked[1]) if asked else None, **served}


def context_lines(runs: Sequence[Run], n_first: int) -> list[str]:
    """Return what changed around the answers, one line each: names, gaps, token counts, log-probabilities.

    Args:
        runs: The history in order.
        n_first: Runs that the others are read against.
    """
    series = {
        "reported prompt tokens a call": [_usage(run, "prompt_tokens") for run in runs],
        "reported output tokens a call": [_usage(run, "completion_tokens") for run in runs],
        "log-probability of the first token": _logprobs(runs, n_first),
    }
    return [
        *(line for name in SERVED for line in _name_changes(runs, name)),
        *_gaps(runs),
        *(line for name, values in series.items() for line in _moved(name, values, runs, n_first)),
    ]


def _listed(observations: Sequence[Observation], name: str) -> list[str]:
    counts = Counter(str(value) for o in observations if (value := getattr(o, name)))
    return [value for value, _ in counts.most_common(3)]


def _name_changes(runs: Sequence[Run], name: str) -> list[str]:
    said = [(run.id, tuple(sorted(_listed(run.observations, name)))) for run in runs]
    known = [(run_id, names) for run_id, names in said if names]
    changes = [
        f"{name.replace('_', ' ')} changes from {', '.join(a)} to {', '.join(b)} at {run_id}: what the server wrote, "
        "not a measurement"
        for (_, a), (run_id, b) in pairwise(known)
        if a != b
    ]
    return changes[:3] + ([f"{name.replace('_', ' ')} changes {len(changes) - 3} more times"] if changes[3:] else [])


def _gaps(runs: Sequence[Run]) -> list[str]:
    """Return the gaps that are twice as long as usual: runs that are missing."""
    times = [(run.id, asked[0]) for run in runs if (asked := window(run))]
    steps = [(b[0], (b[1] - a[1]).total_seconds()) for a, b in pairwise(times)]
    if len(steps) < 3:  # noqa: PLR2004 - no usual step is known
        return []
    usual = median(step for _, step in steps)
    missing = [(run_id, step) for run_id, step in steps if usual > 0 and step > 1.9 * usual]
    n = sum(round(step / usual) - 1 for _, step in missing)
    return [f"{n} runs are missing at the usual step of {usual / 3600:.3g} h, e.g. before {missing[0][0]}"] if n else []


def _usage(run: Run, name: str) -> float | None:
    """Return the mean over probes of the mean reported count, so that lost probes weigh little."""
    by_probe: dict[str, list[int]] = defaultdict(list)
    for o in run.observations:
        value = getattr(o.usage, name) if o.usage is not None else None
        if value is not None:
            by_probe[o.probe_id].append(value)
    return fmean(fmean(values) for values in by_probe.values()) if by_probe else None


def _logprobs(runs: Sequence[Run], n_first: int) -> list[float | None]:
    """Return the mean over probes of what the first runs' most frequent first token is given."""
    usual: dict[str, Counter[str]] = defaultdict(Counter)
    for run in runs[:n_first]:
        for o in run.observations:
            if o.logprobs:
                usual[o.probe_id][o.logprobs[0].token] += 1
    wanted = {probe_id: tokens.most_common(1)[0][0] for probe_id, tokens in usual.items()}
    return [_logprob(run, wanted) for run in runs]


def _logprob(run: Run, wanted: Mapping[str, str]) -> float | None:
    by_probe: dict[str, list[float]] = defaultdict(list)
    for o in run.observations:
        if not o.logprobs or o.probe_id not in wanted:
            continue
        first = o.logprobs[0]
        listed = {first.token: first.logprob, **dict(first.top)}
        value = listed.get(wanted[o.probe_id])
        if value is not None:
            by_probe[o.probe_id].append(value)
    return fmean(fmean(values) for values in by_probe.values()) if by_probe else None


def _moved(name: str, values: Sequence[float | None], runs: Sequence[Run], n_first: int) -> list[str]:
    first = [value for value in values[:n_first] if value is not None]
    if len(first) < 3:  # noqa: PLR2004 - no spread is known
        return []
    center, spread = fmean(first), max(stdev(first), 1e-3 * abs(fmean(first)), 1e-9)
    for run, value in zip(runs[n_first:], values[n_first:], strict=True):
        if value is not None and abs(value - center) > UNUSUAL * spread:
            return [f"{name}: {center:.3g} in the first runs, {value:.3g} at {run.id}, a change of context"]
    return []
