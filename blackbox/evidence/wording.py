"""The verdicts in words, written once. 'Not rejected' is never worded as sameness; nothing names a direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blackbox.evidence.verdict import Judged

TWO_PRODUCTS = "Two different products always differ here; this says nothing about ancestry."
TWO_ENDPOINTS = "No statement on copying is possible from two endpoints."
DIRECTION = "Behaviour is symmetric: no result says who derived from whom."

LIMITS = (
    "This covers only the calls that were sent; an endpoint can answer other traffic in another way.",
    "Permutation p-values speak for these probes; intervals over probes speak for new probes of the same family.",
    "A model's name in a reply is what the server wrote, not a measurement.",
    "What each endpoint really honours of the sampling settings was not measured.",
    "Equivalence is claimed only below a margin fixed beforehand, with a control that would have been seen at it.",
    DIRECTION,
    "A kinship score is not the probability of copying, and without a reference population there is no ratio.",
)

BANDS = {
    "repeat": "The effect is no larger than between two sessions of one endpoint.",
    "benign": "Answers differ by no more than honest hosts of one model do; this is not evidence of another model.",
    "unrelated": "The effect is as large as between unrelated endpoints.",
    "unknown": "Different serving or a different model; these data can't say which.",
}


BEYOND = (
    "The effect is larger than between any of {n} pairs of hosts of the same weights; that still does not say which "
    "other serving or other model it is."
)
FURTHER = "Up to {share:.0%} of further probes of this family could still differ."


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
