"""The verdicts in sentences, from the words of `core.wording`. 'Not rejected' is never worded as sameness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core.wording import BANDS, BEYOND, DIRECTION, FURTHER, LIMITS, TWO_ENDPOINTS, TWO_PRODUCTS

if TYPE_CHECKING:
    from blackbox.evidence.verdict import Judged

__all__ = [
    "BANDS",
    "DIRECTION",
    "LIMITS",
    "TWO_ENDPOINTS",
    "TWO_PRODUCTS",
    "related_sentence",
    "same_sentence",
    "tokenizer_sentence",
]


def same_sentence(
    judged: Judged,
    *,
    pvalue_adjusted: float | None,
    alpha: float,
    claims_differ: bool,
    further_probes: float | None = None,
    n_benign: int = 0,
) -> str:
    """Return the verdict of *same* in a few sentences.

    Args:
        judged: The verdict.
        pvalue_adjusted: Its p adjusted over pairs.
        alpha: The level it was judged at.
        claims_differ: Whether the two sides claim to be different models.
        further_probes: Share of further probes that could still differ.
        n_benign: Pairs in the same-weights band; 0 where it is unknown.
    """
    p = f"p = {pvalue_adjusted:.2g}" if pvalue_adjusted is not None else "no p-value"
    if judged.verdict == "different":
        beyond = n_benign > 0 and judged.band == "unknown"
        band = BEYOND.format(n=n_benign) if beyond else BANDS[judged.band]
        explained = f" It is {judged.explanation}." if judged.explanation else ""
        meaning = TWO_PRODUCTS if claims_differ else band
        return f"Different: the two do not answer from one distribution ({p}, α = {alpha:g}).{explained} {meaning}"
    if judged.verdict == "not_applicable":
        return f"Not applicable: {judged.reason}."
    if judged.verdict == "equivalent":
        further = f" {FURTHER.format(share=further_probes)}" if further_probes is not None else ""
        return f"Equivalent within the margin ({p}, α = {alpha:g}): {judged.reason}.{further}"
    inside = f" {BANDS['benign']}" if judged.band == "benign" else ""
    return f"Inconclusive ({p}, α = {alpha:g}): {judged.reason}.{inside}"


def related_sentence(*, rank_pvalue: float | None, n_references: int, reason: str | None) -> str:
    """Return what can be said on ancestry without a calibrated population."""
    if rank_pvalue is None:
        return f"{reason[0].upper()}{reason[1:]}. {DIRECTION}" if reason else DIRECTION
    floor = 1 / (1 + n_references)
    return (
        f"Among {n_references} other endpoints of unknown lineage the two rank at p = {rank_pvalue:.2g} "
        f"(the smallest reachable is {floor:.2g}). A rank is not a likelihood ratio: without a reference "
        f"population of known lineage no strength of evidence is stated. {DIRECTION}"
    )


def tokenizer_sentence(n_units: int, n_differing: int) -> str:
    """Return what token counts of repeated units say, with the conditions under which they say it."""
    if not n_differing:
        return (
            f"Reported token counts grow alike for all {n_units} units: compatible with one tokenizer, which many "
            "models share."
        )
    return (
        f"Reported token counts grow differently for {n_differing} of {n_units} units: another tokenizer or another "
        "way of counting. It excludes the same model only if the serving host itself counts and shows a pair of the "
        "same weights equal."
    )
