"""What a plan would cost at one stated price, so that plans compare where an endpoint's own prices are unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core import Prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REFERENCE = Prices(input_per_mtok=0.50, output_per_mtok=1.50)
"""A mid-size model's prices, per million tokens, in US dollars."""


def reference_cost(row: Mapping[str, Any]) -> float:
    """Return the cost of one plan row at the reference prices."""
    return REFERENCE.cost(row["prompt_tokens"], row["output_tokens"])


def reference_note(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return one line: the dearest endpoint's cost at the reference prices."""
    by_endpoint: dict[str, float] = {}
    for row in rows:
        by_endpoint[row["endpoint"]] = by_endpoint.get(row["endpoint"], 0.0) + reference_cost(row)
    most = max(by_endpoint.values(), default=0.0)
    return f"at $0.50 and $1.50 per million tokens this is at most ${most:.2f} an endpoint"
