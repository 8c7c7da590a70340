"""For which pairs a population speaks: suite, language, decoding, period, size class, reasoning mode (METHODS §4.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from blackbox.core import plain
from blackbox.evidence.conditions import decoding_conflict, window
from blackbox.evidence.document import claimed_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Run

MIN_PROBE_SHARE = 0.8
"""Share of a population's probes that both runs must have answered."""
PERIOD_SLACK_DAYS = 180
"""How far outside the population's time of collection a run may lie."""
SIZE_SLACK = 4.0
"""By what factor a model may be smaller or larger than any of the population's."""
NAMED_SIZE = re.compile(r"(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
"""Parameters as names give them, in billions: 14b, 0.5B, 8x7b."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applies:
    """One condition of a population held against a pair."""

    name: str
    state: Literal["met", "unmet", "unknown"]
    meaning: str


def stated_conditions(runs: Sequence[Run]) -> dict[str, Any]:
    """Return what a population records of the circumstances of its runs."""
    times = [t for run in runs if (t := window(run)) is not None]
    decodings = {str(plain(run.manifest.sent_decoding)): plain(run.manifest.sent_decoding) for run in runs}
    return {
        "sent_decoding": list(decodings.values()),
        "collected_from": plain(min(t[0] for t in times)) if times else None,
        "collected_to": plain(max(t[1] for t in times)) if times else None,
        "reasoning": sorted({_reasoning(run) for run in runs}),
        "size_class": _sizes(runs),
    }


def _reasoning(run: Run) -> str:
    if any(o.reasoning for o in run.observations):
        return "shown"
    return "unknown" if run.manifest.origin == "imported" else "not shown"


def applicability(document: Mapping[str, Any], runs: Sequence[Run], n_answered: int) -> list[Applies]:
    """Return every condition of a population held against two runs.

    Args:
        document: The population's document.
        runs: The two runs.
        n_answered: Probes of the population that both answered.
    """
    stated = document["conditions"]
    return [
        _probes(len(document["probes"]), n_answered),
        _decoding(stated["sent_decoding"], runs),
        _period(stated, runs),
        _reasoning_mode(stated["reasoning"], runs),
        _size_class(stated["size_class"], runs),
    ]


def _sizes(runs: Sequence[Run]) -> dict[str, float] | None:
    """Return the smallest and the largest size, in billions of parameters, that the models' names give."""
    named = [size for run in runs if (size := named_size(claimed_model(run))) is not None]
    return {"from_b": min(named), "to_b": max(named), "n_named": len(named)} if named else None


def named_size(model: str) -> float | None:
    """Return the billions of parameters a model's name gives; of experts all of them."""
    found = NAMED_SIZE.search(model)
    return int(found[1] or 1) * float(found[2]) if found else None


def _size_class(stated: Mapping[str, float] | None, runs: Sequence[Run]) -> Applies:
    named = [named_size(claimed_model(run)) for run in runs]
    if not stated or None in named:
        meaning = "how large the models are is known from their names only, and one does not say"
        return Applies(name="size class", state="unknown", meaning=meaning)
    low, high = stated["from_b"], stated["to_b"]
    around = f"the population's are named {low:g} to {high:g} billion parameters"
    if any(not low / SIZE_SLACK <= float(size or 0) <= high * SIZE_SLACK for size in named):
        meaning = f"a model is named more than {SIZE_SLACK:g} times smaller or larger: {around}"
        return Applies(name="size class", state="unmet", meaning=meaning)
    return Applies(name="size class", state="met", meaning=f"by their names of a size with the population: {around}")


def _probes(n: int, n_answered: int) -> Applies:
    enough = n_answered >= MIN_PROBE_SHARE * n
    need = "" if enough else f"; {MIN_PROBE_SHARE:.0%} are needed: calibrate on the probes that are there"
    meaning = f"both answered {n_answered} of the population's {n} probes, in the same words and languages{need}"
    return Applies(name="suite and language", state="met" if enough else "unmet", meaning=meaning)


def _decoding(stated: Sequence[Any], runs: Sequence[Run]) -> Applies:
    sent = [run.manifest.sent_decoding for run in runs]
    known = [s for s in stated if s is not None]
    if not known or any(s is None for s in sent):
        meaning = "sampling settings are unknown on a side: an untested condition"
        return Applies(name="decoding", state="unknown", meaning=meaning)
    for one in sent:
        conflicts = [decoding_conflict(one, other) for other in known]
        if all(conflicts):
            return Applies(name="decoding", state="unmet", meaning=f"asked with other settings ({conflicts[0]})")
    return Applies(name="decoding", state="met", meaning="asked with the population's sampling settings")


def _period(stated: Mapping[str, Any], runs: Sequence[Run]) -> Applies:
    times = [window(run) for run in runs]
    if stated["collected_from"] is None or any(t is None for t in times):
        return Applies(name="period", state="unknown", meaning="when the answers were given is not recorded")
    slack = timedelta(days=PERIOD_SLACK_DAYS)
    low, high = (datetime.fromisoformat(str(stated[n])) for n in ("collected_from", "collected_to"))
    outside = any(t is not None and (t[1] < low - slack or t[0] > high + slack) for t in times)
    if outside:
        meaning = f"collected more than {PERIOD_SLACK_DAYS} days outside the population's period"
        return Applies(name="period", state="unmet", meaning=meaning)
    return Applies(name="period", state="met", meaning="collected in the population's period")


def _reasoning_mode(stated: Sequence[str], runs: Sequence[Run]) -> Applies:
    own = {_reasoning(run) for run in runs}
    if "unknown" in own or "unknown" in stated:
        if "shown" in own and "shown" not in stated:
            return Applies(name="reasoning mode", state="unmet", meaning="no run of the population shows reasoning")
        return Applies(name="reasoning mode", state="unknown", meaning="whether models reasoned is not recorded")
    if own <= set(stated):
        return Applies(name="reasoning mode", state="met", meaning="as in the population")
    return Applies(name="reasoning mode", state="unmet", meaning="a reasoning mode the population does not hold")
