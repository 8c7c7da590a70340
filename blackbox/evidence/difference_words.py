"""The sentences of a difference between two comparisons, written once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = {
    "answers": "the answers",
    "conditions": "the conditions",
    "sample": "the sample",
    "method": "the method",
}
ONLY = {
    "answers": (
        "Only the answers differ. Either the endpoints answer otherwise now, or this is chance: two samples of one "
        "endpoint give different numbers too. `blackbox drift` on the runs of one endpoint can tell which."
    ),
    "conditions": (
        "Only the recorded conditions differ; numbers are not computed from them: check both with `blackbox verify`."
    ),
    "sample": (
        "Only the sample differs (how many calls, probes or pairs): more calls narrow intervals, more pairs make "
        "adjusted p-values larger, without any change of an endpoint."
    ),
    "method": "Only the method differs, so the change is due to it and says nothing new about the endpoints.",
}
SEVERAL = (
    "{causes} differ, so the change can't be put down to one of them. To separate them, compare the earlier runs again "
    "with the present version and settings."
)
UNEXPLAINED = (
    "The same answers, sample and method gave other numbers: one of the two documents was edited or was not made by "
    "the version it names. `blackbox verify` on both tells which."
)


def sentence(status: str, causes: Sequence[str]) -> str:
    """Return what a pair's change can be due to.

    Args:
        status: `unchanged`, `numbers changed` or `answer changed`.
        causes: Kinds of cause that differ.
    """
    if status == "unchanged":
        return _unchanged(causes)
    if not causes:
        return UNEXPLAINED
    return ONLY[causes[0]] if len(causes) == 1 else SEVERAL.format(causes=_capital(_listed(causes)))


def summary(statuses: Sequence[str], *, n_before: int, n_after: int) -> str:
    """Return in a sentence how many pairs changed."""
    if not statuses:
        return "The two comparisons share no pair of endpoints under one suite: nothing can be set side by side."
    changed, moved = statuses.count("answer changed"), statuses.count("numbers changed")
    alone = n_before + n_after - 2 * len(statuses)
    both = (
        f"{len(statuses)} {_pairs(len(statuses))} in both: {changed} with another answer, {moved} with other numbers "
        f"only, {len(statuses) - changed - moved} unchanged."
    )
    return f"{both} {alone} {_pairs(alone)} in one of the two only." if alone else both


def _unchanged(causes: Sequence[str]) -> str:
    if not causes:
        return "Nothing changed, and nothing behind it did."
    return f"Nothing changed, although {_listed(causes)} {'differs' if causes == ['method'] else 'differ'}."


def _listed(causes: Sequence[str]) -> str:
    names = [NAMES[cause] for cause in causes]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _pairs(number: int) -> str:
    return "pair" if number == 1 else "pairs"
