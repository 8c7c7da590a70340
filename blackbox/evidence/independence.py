"""Are a run's answers independent draws? Copies and deterministic replies are not (METHODS §1.13)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blackbox.core import TEXT_OUTCOMES, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from blackbox.core import Observation, Run

LONG_ANSWER = 200
"""Code points from which two independent draws at temperature 1 repeating each other exactly is not expected."""
REPEATED_SHARE = 0.05
"""Share of long answers that repeat an earlier one of their probe, above which replies are called copies."""
MIN_REPEATS = 3
"""Answers a probe from which 'every answer of every probe is the same' says something."""

OVER_BUDGET = 0.5
"""Share of replies that end in thinking, without an answer, from which a suite is not applicable at its budget."""

State = Literal["independent", "copies", "deterministic", "over_budget", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence:
    """Whether replies are draws, and why it is thought so."""

    state: State
    reason: str | None

    @property
    def broken(self) -> bool:
        """Whether within-probe permutation is not applicable."""
        return self.state in {"copies", "deterministic", "over_budget"}


def assess(run: Run) -> Independence:
    """Return what a run's own records say about the independence of its answers."""
    observed = [o for o in run.observations if not o.missing]
    checks = (_over_budget, _sent_deterministic, _cache_headers, _repeated_ids, _long_repeats, _never_varies)
    for check in checks:
        finding = check(observed)
        if finding is not None:
            return finding
    if not informative_ids(observed):
        reason = "replies carry no identifiers of their own, so copies of short answers can't be recognised"
        return Independence(state="unknown", reason=reason)
    return Independence(state="independent", reason=None)


def _over_budget(observed: Sequence[Observation]) -> Independence | None:
    """Return that there is nothing to compare where most replies spent their tokens on thinking."""
    n = sum(o.outcome == Outcome.REASONING_ONLY for o in observed)
    if not n or n < OVER_BUDGET * len(observed):
        return None
    reason = (
        f"not applicable at this budget: {n} of {len(observed)} replies ended before an answer, in reasoning alone; "
        "give the endpoint a larger decoding.max_output_tokens"
    )
    return Independence(state="over_budget", reason=reason)


def informative_ids(observed: Iterable[Observation]) -> list[Observation]:
    """Return the replies with an identifier, unless all share one: a constant identifies nothing."""
    identified = [o for o in observed if o.response_id]
    return identified if len({o.response_id for o in identified}) > 1 or len(identified) == 1 else []


def _sent_deterministic(observed: Sequence[Observation]) -> Independence | None:
    sent = [o.sent_decoding for o in observed if o.sent_decoding is not None]
    n = sum(decoding.deterministic for decoding in sent)
    if not n:
        return None
    reason = f"{n} of {len(observed)} replies were asked for at temperature 0 or with a seed: repeats, not draws"
    return Independence(state="deterministic", reason=reason)


def _cache_headers(observed: Sequence[Observation]) -> Independence | None:
    n = sum(says_cached(o) for o in observed)
    if not n:
        return None
    reason = f"{n} of {len(observed)} replies came with a header of a response cache: copies, not draws"
    return Independence(state="copies", reason=reason)


def says_cached(observation: Observation) -> bool:
    """Return whether a reply's headers say that it may be a copy."""
    headers = {name.lower(): value.strip().lower() for name, value in observation.cache_headers.items()}
    age = headers.pop("age", "0")
    return (age.isdecimal() and int(age) > 0) or any("hit" in value.split(":")[0].split() for value in headers.values())


def _repeated_ids(observed: Sequence[Observation]) -> Independence | None:
    seen: set[str | None] = set()
    n = 0
    for o in informative_ids(observed):
        n += o.response_id in seen
        seen.add(o.response_id)
    if not n:
        return None
    reason = f"{n} of {len(observed)} replies carry an earlier reply's identifier (a response cache): copies, not draws"
    return Independence(state="copies", reason=reason)


def _long_repeats(observed: Sequence[Observation]) -> Independence | None:
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for o in observed:
        if o.outcome in TEXT_OUTCOMES and o.text is not None and len(o.text) >= LONG_ANSWER:
            answers[o.probe_id][o.text] += 1
    n = sum(c.total() for c in answers.values())
    repeats = sum(c.total() - len(c) for c in answers.values())
    if repeats <= 1 or repeats <= REPEATED_SHARE * n:
        return None
    reason = f"{repeats} of {n} long answers repeat an earlier one word for word: copies, not draws"
    return Independence(state="copies", reason=reason)


def _never_varies(observed: Sequence[Observation]) -> Independence | None:
    answers: dict[str, Counter[tuple[str, str | None]]] = defaultdict(Counter)
    for o in observed:
        answers[o.probe_id][o.outcome, o.text] += 1
    repeated = [c for c in answers.values() if c.total() >= MIN_REPEATS]
    if not repeated or any(len(c) > 1 for c in repeated):
        return None
    reason = f"at each of {len(repeated)} probes every repeat gave one and the same answer: repeats, not draws"
    return Independence(state="deterministic", reason=reason)
