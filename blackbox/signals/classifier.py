"""Classifier two-sample test: can a classifier trained on some probes tell the sides apart at others?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blackbox.core import PooledProbe, SignalInfo
from blackbox.stats.classification import centred_components, held_out_accuracy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import FloatArray, LabelArray


class ClassifierTest:
    """Balanced accuracy minus one half of a linear classifier of embeddings at probes it was not trained on.

    It sees only what is common to probes (a manner), not what is particular to one (Lopez-Paz & Oquab 2017).
    """

    info = SignalInfo(
        version=1,
        question="same",
        feature="embedding",
        forms=("open",),
        omnibus=False,
        needs="two open probes: one to learn from, one to be judged by",
        min_probes=2,
        joint=True,
    )

    def prepared(self, z: Sequence[PooledProbe]) -> list[PooledProbe]:
        """Return the probes with their centred leading components as `base`."""
        rows = centred_components([probe.values for probe in z])
        return [replace(probe, base=own) for probe, own in zip(z, rows, strict=True)]

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` statistics; row 0 is the observed labelling."""
        bases = [probe.base for probe in z if probe.base is not None]
        rows = bases if len(bases) == len(z) else centred_components([probe.values for probe in z])
        return held_out_accuracy(rows, labels)


SIGNAL = ClassifierTest()
