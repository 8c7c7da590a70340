"""Wrong answers as 64-bit codes, at probes whose suite states the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core import FeatureMatrix
from blackbox.features._codes import code_matrix
from blackbox.features._parsers import category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.core import FeatureExtractor, Run


class WrongAnswer:
    """The category of every valid answer that is not the probe's key; other answers and probes have no row."""

    version = 2

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return `(n,)` uint64 codes of the wrong answers."""
        keys = answer_keys(run)
        probes = {probe.id: probe for probe in run.suite.probes}
        every = code_matrix(
            "wrong_answer",
            self.version,
            run=run,
            probe_ids=probe_ids & frozenset(keys),
            text=lambda o: str(category(o, probes[o.probe_id])),
        )
        named = {o.key: str(category(o, probes[o.probe_id])) for o in run.observations if o.probe_id in keys}
        kept = [
            i for i, (p, k) in enumerate(zip(every.probe_ids, every.keys, strict=True)) if _wrong(named[k], keys[p])
        ]
        return FeatureMatrix(
            feature=every.feature,
            version=every.version,
            values=every.values[kept],
            probe_ids=tuple(every.probe_ids[i] for i in kept),
            keys=tuple(every.keys[i] for i in kept),
        )


def _wrong(found: str, key: str) -> bool:
    """An invalid answer or an outcome such as a refusal is no wrong answer."""
    return ":" not in found and found.casefold() != key.casefold()


def answer_keys(run: Run) -> Mapping[str, str]:
    """Return the right answer of each probe that states one."""
    stated = {probe.id: getattr(probe, "key", None) for probe in run.suite.probes}
    return {probe_id: str(key) for probe_id, key in stated.items() if key is not None}


FEATURE: FeatureExtractor = WrongAnswer()
