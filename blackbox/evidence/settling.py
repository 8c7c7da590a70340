"""How many more answers would settle what a comparison leaves open."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blackbox.evidence.document import SameEvidence

MORE = "More answers at the same probes: a smaller difference than these can show may remain."
MOST = 100
"""Times as many answers beyond which asking more is no advice."""


def more_answers(same: SameEvidence, *, suite: str) -> str:
    """Return which further answers would show a difference as large as the margin.

    The squared distance that is tested grows with the square of a share and is estimated with an error that falls with
    the number of answers a probe, so the smallest share that is seen falls with their square root (METHODS §2: the
    squared MMD of a mixture is ε² times that of its parts).

    Args:
        same: The evidence on *same*; its first detectable alternative gives the scale.
        suite: Name of the suite that was asked.
    """
    seen = same.detectable[0] if same.detectable else None
    n_calls = _n_calls(same)
    if seen is None or seen.value is None or seen.value <= same.margin or not n_calls:
        return MORE
    times = (seen.value / same.margin) ** 2
    if times > MOST:
        return f"{MORE} At this size asking {suite} again would not do: another suite has to show it."
    return (
        f"To see {same.margin:.0%} of the calls answered otherwise ({seen.alternative}) with power {seen.power:g}, "
        f"and not only {seen.value:.0%}: about {times:.1f} times as many answers, some "
        f"{math.ceil(n_calls * times):,} a side of {suite}, in new runs of more repeats."
    )


def _n_calls(same: SameEvidence) -> int:
    """Return the answers of the smaller side that were tested."""
    signals = same.test.signals if same.test is not None else ()
    return max((min(s.n_x, s.n_y) for s in signals if s.status == "computed"), default=0)
