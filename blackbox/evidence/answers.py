"""All answers of a comparison, once a probe: equal ones counted together, so that a person can look any of them up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.core import TEXT_OUTCOMES
from blackbox.evidence.exhibits import prompt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Observation, Probe, Run

MAX_CHARACTERS = 900_000
"""Of all answers of a comparison together; beyond it each is cut shorter, then fewer probes are held."""
LONGEST, SHORTEST = 900, 80
MAX_ANSWERS = 40
"""Different answers held a probe: the most frequent ones, then by repeat."""
PROMPT_CHARACTERS = 600


@dataclass(slots=True, kw_only=True)
class _Tally:
    text: str | None
    outcome: str
    by_run: dict[str, int]

    @property
    def n(self) -> int:
        return sum(self.by_run.values())


def answers_entry(runs: Sequence[Run], forms: Mapping[str, str], *, n_suites: int = 1) -> dict[str, Any]:
    """Return a suite's entry of the document's `answers`.

    Args:
        runs: The compared runs of the suite.
        forms: Form of each probe.
        n_suites: Suites that share the room.
    """
    probes = [probe for probe in runs[0].suite.probes if probe.id in forms]
    tallies = [_tallied(runs, probe) for probe in probes]
    listed = [len(found[:MAX_ANSWERS]) for found in tallies]
    room = MAX_CHARACTERS // max(1, n_suites)
    longest = max(SHORTEST, min(LONGEST, room // max(1, sum(listed))))
    held = _held(listed, room, longest)
    return {
        "suite": runs[0].manifest.suite_name,
        "suite_version": runs[0].manifest.suite_version,
        "runs": [run.id for run in runs],
        "n_probes": len(probes),
        "probes": [
            _entry(probe, forms[probe.id], found, longest)
            for probe, found in zip(probes[:held], tallies[:held], strict=True)
        ],
    }


def _held(listed: Sequence[int], room: int, longest: int) -> int:
    """Return how many probes there is room for."""
    used = 0
    for place, n in enumerate(listed):
        used += n * longest
        if used > room and place:
            return place
    return len(listed)


def _tallied(runs: Sequence[Run], probe: Probe) -> list[_Tally]:
    """Return the different answers at a probe, most frequent first; a lost call is no answer."""
    said = sorted(
        ((o.repeat, place, o) for place, run in enumerate(runs) for o in run.observations if o.probe_id == probe.id),
        key=lambda each: each[:2],
    )
    found: dict[tuple[str, str | None], _Tally] = {}
    for _, place, observation in said:
        if observation.missing:
            continue
        text, outcome = _text(observation), str(observation.outcome)
        tally = found.setdefault((outcome, text), _Tally(text=text, outcome=outcome, by_run={}))
        tally.by_run[str(place)] = tally.by_run.get(str(place), 0) + 1
    return sorted(found.values(), key=lambda tally: -tally.n)


def _text(observation: Observation) -> str | None:
    """Return the answer; None where there is none: its outcome says what came instead."""
    return observation.text or None if observation.outcome in TEXT_OUTCOMES else None


def _entry(probe: Probe, form: str, found: Sequence[_Tally], longest: int) -> dict[str, Any]:
    asked = prompt(probe)
    return {
        "probe_id": probe.id,
        "family": probe.family,
        "language": probe.language,
        "form": form,
        "prompt": asked[:PROMPT_CHARACTERS],
        "prompt_cut": len(asked) > PROMPT_CHARACTERS,
        "n_distinct": len(found),
        "answers": [
            {
                "text": None if tally.text is None else tally.text[:longest],
                "cut": len(tally.text or "") > longest,
                "outcome": tally.outcome,
                "n": tally.n,
                "by_run": tally.by_run,
            }
            for tally in found[:MAX_ANSWERS]
        ],
    }
