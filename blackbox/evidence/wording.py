"""The verdicts in words, written once. 'Not rejected' is never worded as sameness; nothing names a direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blackbox.evidence.verdict import Judged

TWO_PRODUCTS = "Two different products always differ here; this says nothing about ancestry."
TWO_ENDPOINTS = "No statement on copying is possible from two endpoints."
DIRECTION = "Behaviour is symmetric: no result says who derived from whom."
MIXED = "Not computed: this version does not estimate the share of calls answered by another model."

LIMITS = (
    "This covers only the calls that were sent; an endpoint can answer other traffic in another way.",
    "Permutation p-values speak for these probes; intervals over probes speak for new probes of the same family.",
    "A model's name in a reply is what the server wrote, not a measurement.",
    "What each endpoint really honours of the sampling settings was not measured.",
    "No equivalence is claimed: that needs a positive control at a margin fixed beforehand.",
    DIRECTION,
    "A kinship score is not the probability of copying, and without a reference population there is no ratio.",
)

BANDS = {
    "repeat": "The effect is no larger than between two sessions of one endpoint.",
    "benign": "Answers differ by no more than honest hosts of one model do; this is not evidence of another model.",
    "unrelated": "The effect is as large as between unrelated endpoints.",
    "unknown": "Different serving or a different model; these data can't say which.",
}


def same_sentence(judged: Judged, *, pvalue_adjusted: float | None, alpha: float, claims_differ: bool) -> str:
    """Return the verdict of *same* in one or two sentences.

    Args:
        judged: The verdict.
        pvalue_adjusted: Its p adjusted over pairs.
        alpha: The level it was judged at.
        claims_differ: Whether the two sides claim to be different models.
    """
    p = f"p = {pvalue_adjusted:.2g}" if pvalue_adjusted is not None else "no p-value"
    if judged.verdict == "different":
        meaning = TWO_PRODUCTS if claims_differ else BANDS[judged.band]
        return f"Different: the two do not answer from one distribution ({p}, α = {alpha:g}). {meaning}"
    if judged.verdict == "not_applicable":
        return f"Not applicable: {judged.reason}."
    return f"Inconclusive ({p}, α = {alpha:g}): {judged.reason}."


def related_sentence(*, rank_pvalue: float | None, n_references: int, reason: str | None) -> str:
    """Return what can be said on ancestry without a calibrated population."""
    if rank_pvalue is None:
        return f"{reason}. {DIRECTION}" if reason else DIRECTION
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
