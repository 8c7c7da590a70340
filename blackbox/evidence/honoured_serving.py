"""Who answers: one model or several, draws or copies, which hosts, how fast and by which clock."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING

from scipy.stats import binomtest

from blackbox.evidence import checks
from blackbox.evidence.builds import Grouping, grouped
from blackbox.evidence.finding import ALPHA, Finding
from blackbox.evidence.independence import informative_ids, says_cached
from blackbox.evidence.spread import different_pvalue, n_alike
from blackbox.evidence.stated_draws import first_laws

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Observation
    from blackbox.evidence.checks import Heard, Reply
    from blackbox.evidence.finding import Status

LONG_ANSWER = 60
"""Code points from which an answer at temperature 1 that repeats another word for word is not expected."""
MOST_SKEW_S = 60.0
_DATE_STEP_S = 1.0
_SAME_START = 40
_OTHER_MODEL_NATS = 1.0
"""Builds of one model differ by less at the first token of short prompts; other models by more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Whether answers without a seed are draws, and which kind of repeat they are if not."""

    kind: str | None
    finding: Finding


def repeats(heard: Heard) -> Copies:
    """Return whether equal requests are answered with copies: by ids, cache headers, or long answers that repeat."""
    replies = [r for r in heard.answered(*heard.checks) if r.check not in ("n", "nonsense", "stream")]
    observed = [r.observation for r in replies]
    n_ids, n_headers = _repeated_ids(observed), sum(says_cached(o) for o in observed)
    long = {name: _long_repeats(heard.texts(name)) for name in ("story", "warm-rain", "warm-bread")}
    n_long, near_alike = sum(long.values()), _near_alike(heard)
    asked = f"{len(replies)} replies, equal requests among them, at temperature 1"
    seen = (
        f"{n_ids} carry an earlier reply's id, {n_headers} a cache's header, {n_long} long answers repeat word for word"
    )
    counts = {"replies": len(replies), "repeated_ids": n_ids, "cache_headers": n_headers, "long_repeats": n_long}
    copied = n_ids > 0 or n_headers > 0 or (n_long > 1 and not near_alike)
    if copied:
        return Copies(kind="cache", finding=Finding(
            check="repeats", status="not honoured", asked=asked, seen=seen, counts=counts, quirks=("cache-repeats",),
            breaks=("draws",),
        ))  # fmt: skip
    if n_long > 1:
        seen += "; so do answers to requests that differ only in their limit: decoding is greedy, not cached"
        return Copies(kind="greedy", finding=Finding(
            check="repeats", status="not honoured", asked=asked, seen=seen, counts=counts, breaks=("draws",),
        ))  # fmt: skip
    status: Status = "honoured" if replies else "can't tell"
    return Copies(kind=None, finding=Finding(check="repeats", status=status, asked=asked, seen=seen, counts=counts))


def one_model(heard: Heard, *, copies: bool) -> Finding:
    """Return whether one set of weights answers: one prompt has one distribution of its first token."""
    groups = {prompt: grouped(_by_time(heard, prompt)) for prompt in checks.PROMPTS}
    known = {prompt: found for prompt, found in groups.items() if found is not None}
    if copies:
        return Finding(check="one_model", status="can't tell", asked="equal requests", seen="replies are copies")
    return _by_laws(known) if known else _by_halves(heard)


def _by_time(heard: Heard, prompt: str) -> list[tuple[float, Mapping[str, float]]]:
    names = [f"{kind}-{prompt}" for kind in ("cold", "warm", "hot")]
    names += [f"listed-{k}" for k in checks.LISTED] if prompt == "animal" else []
    replies = heard.answered(*names)
    return sorted(zip((r.seconds for r in replies), first_laws(replies), strict=True), key=lambda pair: pair[0])


def _by_laws(groups: Mapping[str, Grouping]) -> Finding:
    n = sum(len(found.labels) for found in groups.values())
    asked = (
        f"{n} replies with log-probabilities to {len(groups)} prompts: each prompt's first token has one distribution"
    )
    split = {prompt: found for prompt, found in groups.items() if found.n_groups > 1}
    apart = max(found.separation for found in groups.values())
    if not split:
        seen = f"one distribution a prompt, up to {max(found.noise for found in groups.values()):.2g} nats"
        return Finding(check="one_model", status="honoured", asked=asked, seen=seen, counts={"replies": n})
    minority = sum(len(found.labels) - max(Counter(found.labels).values()) for found in split.values())
    n_split = sum(len(found.labels) for found in split.values())
    low, high = _share_interval(minority, n_split)
    at = _swapped_at(split)
    quirks = _who(apart=apart, swapped=at is not None, half=low <= 0.5 <= high)  # noqa: PLR2004 - one half
    seen = f"{minority} of {n_split} replies from another distribution, {apart:.2f} nats apart"
    seen += f"; all of them from {at:.0f} s after the first call on" if at is not None else "; mixed over the session"
    counts = {"replies": n_split, "minority": minority, "share": minority / n_split, "share_low": low,
              "share_high": high, "nats": apart, "swapped_at_s": at}  # fmt: skip
    return Finding(check="one_model", status="not honoured", asked=asked, seen=f"{seen}: {', '.join(quirks)}",
                   counts=counts, quirks=quirks, breaks=("one_model",))  # fmt: skip


def _who(*, apart: float, swapped: bool, half: bool) -> tuple[str, ...]:
    if swapped:
        return ("swap-model",)
    if apart < _OTHER_MODEL_NATS:
        return ("two-builds",) if half else ("two-builds", "reroute-share")
    return ("reroute-share", "two-builds") if half else ("reroute-share",)


def _swapped_at(split: Mapping[str, Grouping]) -> float | None:
    """Return when all prompts went over from one distribution to another for good, None if they went to and fro.

    At least two replies a side in all; calls under way at once may cross, so one reply may be out of order.
    """
    marks = sorted(
        (t, found.labels[i] != found.labels[0]) for found in split.values() for i, t in enumerate(found.times)
    )
    n_new = sum(new for _, new in marks)
    n_old = len(marks) - n_new
    early = sum(new for _, new in marks[:n_old])
    if min(n_new, n_old) < 2 or early > 1 or any(found.n_groups > 2 for found in split.values()):  # noqa: PLR2004 - two
        return None
    return marks[n_old][0]


def _by_halves(heard: Heard) -> Finding:
    """Judge by texts alone: to equal requests, are answers of one half of the session more alike than across halves."""
    halves = [_halves(heard.answered(f"{kind}-{prompt}")) for kind in ("warm", "hot") for prompt in checks.PROMPTS]
    usable = [pair for pair in halves if min(map(len, pair)) > 1]
    asked = f"{sum(len(a) + len(b) for a, b in usable)} answers to equal requests, the early half against the late one"
    if not usable:
        return Finding(check="one_model", status="can't tell", asked=asked, seen="too few replies")
    p = different_pvalue(usable)
    seen = f"p = {p:.2g}; without log-probabilities a share of another model's calls can't be seen"
    if p > ALPHA:
        return Finding(check="one_model", status="can't tell", asked=asked, seen=seen, pvalue=p)
    return Finding(check="one_model", status="not honoured", asked=asked, seen=seen, pvalue=p,
                   quirks=("swap-model",), breaks=("one_model",))  # fmt: skip


def routing(heard: Heard) -> Finding:
    """Return which hosts, models and fingerprints the replies name."""
    replies = [r.observation for r in heard.answered(*heard.checks) if r.check != "nonsense"]
    named = {name: Counter(v for o in replies if (v := getattr(o, name))) for name in
             ("served_model", "provider", "system_fingerprint")}  # fmt: skip
    asked = f"{len(replies)} replies to {heard.model!r}: the names they carry"
    seen = "; ".join(f"{name.replace('_', ' ')}: {_listed(found)}" for name, found in named.items())
    several = [name for name, found in named.items() if len(found) > 1]
    counts = {name: dict(found) for name, found in named.items()}
    if not replies:
        return Finding(check="routing", status="can't tell", asked=asked, seen="no reply to read")
    status: Status = "not honoured" if several else "honoured"
    return Finding(check="routing", status=status, asked=asked, seen=seen, counts=counts,
                   breaks=("one_model",) if several else ())  # fmt: skip


def clock(heard: Heard) -> Finding:
    """Return how far the server's clock is from ours.

    A reply's Date was written between our request and its arrival: every reply gives the least and the most its
    clock can be ahead, and only what is too far for both is a finding, however slow the server is.
    """
    bounds = [found for r in heard.answered(*heard.checks) if (found := _skew_bounds_s(r)) is not None]
    asked = "the Date of every reply against our clock"
    if not bounds:
        return Finding(check="clock", status="can't tell", asked=asked, seen="replies have no Date")
    low, high = (median(side) for side in zip(*bounds, strict=True))
    status: Status = "not honoured" if low > MOST_SKEW_S or high < -MOST_SKEW_S else "honoured"
    seen = f"{low:+.0f} to {high:+.0f} s in {len(bounds)} replies"
    return Finding(check="clock", status=status, asked=asked, seen=seen,
                   counts={"replies": len(bounds), "skew_low_s": low, "skew_high_s": high})  # fmt: skip


def latency(heard: Heard) -> Finding:
    """Return how long replies take."""
    times = sorted(t for r in heard.answered(*heard.checks) if (t := r.observation.latency_s) is not None)
    n_failed = sum(r.observation.missing for r in heard.of(*heard.checks) if r.check != "nonsense")
    asked = f"{len(heard.replies)} calls"
    if not times:
        return Finding(check="latency", status="can't tell", asked=asked, seen="no reply to read")
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    seen = f"median {median(times):.2f} s, 95 % within {p95:.2f} s; {n_failed} calls brought no reply to read"
    return Finding(check="latency", status="measured", asked=asked, seen=seen,
                   counts={"median_s": median(times), "p95_s": p95, "failed": n_failed})  # fmt: skip


def _share_interval(k: int, n: int) -> tuple[float, float]:
    """Return the exact interval of a share at 1 − `ALPHA` (Clopper & Pearson 1934)."""
    interval = binomtest(k, n).proportion_ci(1 - ALPHA, method="exact")
    return float(interval.low), float(interval.high)


def _halves(replies: Sequence[Reply]) -> tuple[list[str], list[str]]:
    ordered = [r.observation.text for r in sorted(replies, key=lambda r: r.seconds) if r.observation.text is not None]
    return ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]


def _repeated_ids(observed: Sequence[Observation]) -> int:
    ids = [o.response_id for o in informative_ids(observed)]
    return len(ids) - len(set(ids))


def _long_repeats(texts: Sequence[str]) -> int:
    long = [text for text in texts if len(text) >= LONG_ANSWER]
    return len(long) - len(set(long))


def _near_alike(heard: Heard) -> bool:
    """Return whether stories asked for with slightly different limits begin alike, as under greedy decoding."""
    starts = [
        n_alike(*pair)
        for pair in combinations(heard.texts(*(f"story-near-{i}" for i in range(1, checks.N_NEAR + 1))), 2)
    ]
    return bool(starts) and min(starts) >= _SAME_START


def _skew_bounds_s(reply: Reply) -> tuple[float, float] | None:
    """Return the least and the most seconds the server's clock is ahead of ours; a Date has whole seconds."""
    date, o = reply.wire.server_date if reply.wire else None, reply.observation
    if date is None or o.requested_at is None or o.latency_s is None:
        return None
    try:
        ahead = (parsedate_to_datetime(date) - o.requested_at).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return ahead - o.latency_s, ahead + _DATE_STEP_S


def _listed(found: Counter[str]) -> str:
    return ", ".join(f"{name[:80]!r} ({n})" for name, n in found.most_common(4)) or "not named"
