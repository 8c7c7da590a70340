"""The same-weights band: how far honest hosts of one model lie apart (METHODS §1.13, §1.14)."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.core import TEXT_OUTCOMES
from blackbox.evidence.similarity import Band, band, similarity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from blackbox.core import Effect, Observation, Run
    from blackbox.evidence.samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """How often two runs of deterministic or cached replies disagree, against the same-weights band.

    Args:
        value: Share of the probes at which the two sides' answers differ, each probe counted once a side.
        n_probes: Probes both sides answered.
        pvalue: (1 + benign pairs at least as far) / (1 + benign pairs); None without the band.
        band: The disagreement of the benign pairs.
    """

    value: float | None
    n_probes: int
    pvalue: float | None
    band: Band | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenignBand:
    """Pairs of hosts of the same weights, as the user declared them.

    Args:
        pairs: The run ids of each benign pair.
        effect: Range of their effects, in the unit of the pair's distance.
        similarity: Range of their similarities.
    """

    pairs: tuple[tuple[str, str], ...]
    effect: Band | None
    similarity: Band | None


def benign_pairs(
    a: Sample, b: Sample, hosts: Sequence[Sample], same_host: Callable[[Run, Run], bool]
) -> list[tuple[Sample, Sample]]:
    """Return every pair of different hosts among side a and the benign runs; side b is never among them.

    Args:
        a: The reference, whose weights the hosts serve.
        b: The suspect.
        hosts: Runs of the same weights on other hosts.
        same_host: Whether two runs are of one endpoint.
    """
    others = [h for h in hosts if h.run.id not in {a.run.id, b.run.id} and not same_host(h.run, b.run)]
    members = [a, *others]
    return [(x, y) for i, x in enumerate(members) for y in members[i + 1 :] if not same_host(x.run, y.run)]


def benign_band(
    pairs: Sequence[tuple[Sample, Sample]], forms: Mapping[str, str], effect: Callable[[Sample, Sample], Effect]
) -> BenignBand | None:
    """Return the band of the pairs whose replies are draws, or None without any."""
    independent = [(x, y) for x, y in pairs if not x.independence.broken and not y.independence.broken]
    if not independent:
        return None
    effects = [value for x, y in independent if (value := effect(x, y).value) is not None]
    alike = [value for x, y in independent if (value := similarity(x, y, forms)) is not None]
    return BenignBand(
        pairs=tuple((x.run.id, y.run.id) for x, y in independent), effect=band(effects), similarity=band(alike)
    )


def deterministic_disagreement(
    a: Sample, b: Sample, probe_ids: Collection[str], pairs: Sequence[tuple[Sample, Sample]]
) -> Disagreement:
    """Return how far two runs of repeats lie apart, judged only against the same-weights band.

    Permuting labels within a probe would count repeats as draws. Null hypothesis: the pair is one more pair of
    hosts of the same weights.

    References:
        Phipson & Smyth (2010), "Permutation p-values should never be zero", SAGMB 9(1), art. 39 (the +1).
    """
    value, n_probes = _disagreement(a, b, probe_ids)
    benign = [d for x, y in pairs if (d := _disagreement(x, y, probe_ids)[0]) is not None]
    pvalue = None
    if value is not None and benign:
        pvalue = (1 + sum(d >= value for d in benign)) / (1 + len(benign))
    return Disagreement(value=value, n_probes=n_probes, pvalue=pvalue, band=band(benign))


def _disagreement(a: Sample, b: Sample, probe_ids: Collection[str]) -> tuple[float | None, int]:
    parsed = _parsed(a) & _parsed(b)
    of_a, of_b = (_one_answer(side, probe_ids, parsed) for side in (a, b))
    shared = sorted(set(of_a) & set(of_b))
    return (sum(of_a[p] != of_b[p] for p in shared) / len(shared) if shared else None), len(shared)


def _parsed(side: Sample) -> set[str]:
    """Return the probes all of whose usable answers have a parsed category."""
    matrix = side.features.get("answer")
    keys = set(matrix.keys) if matrix else set()
    usable = [o for o in side.run.observations if not o.missing]
    return {o.probe_id for o in usable} - {o.probe_id for o in usable if o.key not in keys}


def _one_answer(side: Sample, probe_ids: Collection[str], parsed: Collection[str]) -> dict[str, str]:
    """Return each probe's most frequent answer: a probe counts once a side, however often it was asked.

    Where both sides' answers are parsed the categories are compared, so that dress and, for facts, differences within
    the tolerance do not count as disagreement.
    """
    matrix = side.features.get("answer")
    codes = dict(zip(matrix.keys, matrix.values.tolist(), strict=True)) if matrix else {}
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    for o in side.run.observations:
        if not o.missing and o.probe_id in probe_ids:
            answers[o.probe_id][f"code:{codes[o.key]}" if o.probe_id in parsed else _content(o)] += 1
    return {probe: min(c, key=lambda text: (-c[text], text)) for probe, c in answers.items()}


def _content(observation: Observation) -> str:
    if observation.outcome in TEXT_OUTCOMES and observation.text is not None:
        return "text:" + unicodedata.normalize("NFC", observation.text).strip()
    return f"outcome:{observation.outcome}"
