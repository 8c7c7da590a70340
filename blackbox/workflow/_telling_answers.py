"""Which answers speak for the kinship of a pair: probes by their score, and the rarest phrases both use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.core import TEXT_OUTCOMES
from blackbox.evidence.cohort import at_each_probe
from blackbox.evidence.document import finite
from blackbox.evidence.kin_scores import contexts_of
from blackbox.features import shared_phrases
from blackbox.workflow._kinship_rows import similarities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import FloatArray, ReferenceSignal, Run
    from blackbox.evidence.kin_scores import Wanted
    from blackbox.workflow._kinship_rows import ProbeRows

N_PROBES = 10
N_PHRASES = 15
PHRASES_A_PROBE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What the telling answers are looked for in.

    Args:
        runs: The compared runs.
        probe_names: Of each run, the population's name of each of its probes.
        rows: Word 3-grams of the references, then of the runs.
        fold_of_reference: Fold of each reference.
        probe_ids: The probes, by the population's names.
    """

    runs: Sequence[Run]
    probe_names: Sequence[Mapping[str, str]]
    rows: Sequence[ProbeRows]
    fold_of_reference: Sequence[int]
    probe_ids: Sequence[str]


def telling_answers(given: Telling, signal: ReferenceSignal, wanted: Sequence[Wanted]) -> list[dict[str, Any]]:
    """Return for each pair its most telling probes, and the rarest shared phrases at them.

    Args:
        given: Where to look.
        signal: The signal on word 3-grams.
        wanted: The pairs.
    """
    n = len(given.fold_of_reference)
    contexts = contexts_of(wanted, range(n), given.fold_of_reference)
    found: dict[int, dict[str, Any]] = {}
    for left, context in contexts.items():
        places = [i for i, pair in enumerate(wanted) if pair.left == left]
        probes = similarities(signal, given.rows, given.probe_ids, lambda _: None)
        scores = at_each_probe(probes, context, [(wanted[i].a, wanted[i].b) for i in places])
        references = [given.rows[r] for r in context.members[context.references]]
        for column, i in enumerate(places):
            a, b = wanted[i].a - n, wanted[i].b - n
            found[i] = _told(given, scores[:, column], references, (a, b))
    return [found[i] for i in range(len(wanted))]


def _told(given: Telling, scores: FloatArray, references: Sequence[ProbeRows], pair: tuple[int, int]) -> dict[str, Any]:
    known = [
        i for i in np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable").tolist() if np.isfinite(scores[i])
    ]
    best = known[:N_PROBES]
    texts = [_first_texts(given.runs[side], given.probe_names[side]) for side in pair]
    phrases = [
        phrase
        for i in best
        for phrase in _phrases(given.probe_ids[i], texts, [own.get(given.probe_ids[i], []) for own in references])
    ]
    rarest = sorted(phrases, key=lambda p: (p["n_sharing"], -p["n_words"]))
    return {
        "probes": [{"probe_id": given.probe_ids[i], "score": finite(float(scores[i]))} for i in best],
        "phrases": rarest[:N_PHRASES],
    }


def _phrases(
    probe_id: str, texts: Sequence[Mapping[str, str]], references: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    a, b = (side.get(probe_id) for side in texts)
    if a is None or b is None:
        return []
    held = [np.concatenate(answers) for answers in references if answers]
    return [
        {
            "probe_id": probe_id,
            "phrase": phrase.text,
            "n_words": phrase.n_words,
            "n_sharing": phrase.n_sharing,
            "n_references": len(held),
        }
        for phrase in shared_phrases(a, b, held)[:PHRASES_A_PROBE]
    ]


def _first_texts(run: Run, names: Mapping[str, str]) -> dict[str, str]:
    """Return the first answer of a run to each probe the population knows, by the population's name."""
    texts: dict[str, str] = {}
    for o in run.observations:
        if o.probe_id in names and o.outcome in TEXT_OUTCOMES and o.text is not None:
            texts.setdefault(names[o.probe_id], o.text)
    return texts
