"""What is said on a share of other calls, as the document's `mixed` object and in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blackbox.evidence.mixture import Mixed

AS_SAMPLED = "by the reference as sampled, if it is the same share at every probe"


def mixed_entry(found: Mixed) -> dict[str, Any]:
    """Return a pair's `mixed` object: the share where every check allows it, else null with the reason."""
    fitted = found.estimate
    given = fitted is not None and found.reason is None
    return {
        "share": fitted.share if fitted and given else None,
        "ci_low": fitted.ci_low if fitted and given else None,
        "ci_high": fitted.ci_high if fitted and given else None,
        "alternative": found.alternative,
        "reason": found.reason,
        "alpha": found.alpha,
        "pvalue": found.pvalue,
        "pvalue_imputed": found.pvalue_imputed,
        "checks": {
            "fit_pvalue": fitted.fit_pvalue,
            "common_share_pvalue": fitted.common_pvalue,
            "tilt_exponent": fitted.tilt_exponent,
            "tilt_bic_difference": fitted.tilt_bic,
        }
        if fitted
        else None,
        "lower_bound": {
            "value": found.bound.value,
            "n_calls": found.bound.n_calls,
            "n_in_set_b": found.bound.n_suspect,
            "n_in_set_a": found.bound.n_reference,
        }
        if found.bound
        else None,
    }


def mixed_sentence(found: Mixed) -> str:
    """Return what can be said on a share of B's calls that A does not explain."""
    return " ".join(part for part in (_of_alternative(found), _of_bound(found)) if part)


def _of_alternative(found: Mixed) -> str:
    fitted = found.estimate
    if fitted is not None and found.reason is None:
        return (
            f"An estimated {fitted.share:.0%} of B's calls [{fitted.ci_low:.0%}, {fitted.ci_high:.0%}] are answered as "
            f"{found.alternative} answers (p = {found.pvalue:.2g}, α = {found.alpha:.2g})."
        )
    if found.pvalue is None:
        return f"No share is given: {found.reason}."
    if fitted is None:
        return f"{found.alternative}: {found.reason}."
    return (
        f"B leans towards {found.alternative} (p = {found.pvalue:.2g}), but no share is given, because {found.reason}."
    )


def _of_bound(found: Mixed) -> str:
    if found.bound is None:
        return ""
    if not found.bound.value:
        return (
            "Whatever the alternative, no share is shown to be unexplained; a small one can't be seen in so few calls."
        )
    return (
        f"At least {found.bound.value:.1%} of B's calls isn't explained {AS_SAMPLED} "
        f"(wrong with probability {found.alpha:.2g} at most)."
    )
