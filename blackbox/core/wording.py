"""The words of verdicts, limits and strengths of evidence, written once for every stage, page and screen.

A test reads them, and every page drawn from them, for overclaiming words: nothing proves, nothing is called a copy,
*same* stands only beside its margin or its weights, and what was not found is never worded as sameness (METHODS §1.12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# --- what was asked, and what an answer is ---------------------------------------------------------

QUESTIONS: Mapping[str, str] = {
    "same": "Do A and B answer from one distribution?",
    "related": "Do A and B share ancestry, more than unrelated models do?",
    "mixed": "Is a share of B's calls answered by something other than A?",
}
PROPOSITIONS: Mapping[str, tuple[str, str]] = {
    "same": (
        "within each probe it makes no difference which of the two was asked (the null hypothesis)",
        "the two answer from different distributions, whatever the cause",
    ),
    "related": (
        "A and B share ancestry: the same weights, or one tuned from the other, or both from one tuned checkpoint",
        "A and B are unrelated; and, where the population has them, A and B are siblings or taught by one teacher",
    ),
    "mixed": (
        "every call of B is answered as A answers (the null hypothesis)",
        "a share of B's calls is answered by something else",
    ),
}
"""Of each question what is weighed against what."""
VERDICTS: Mapping[str, str] = {
    "different": "different",
    "inconclusive": "inconclusive",
    "not_applicable": "not applicable",
    "equivalent": "equivalent within the margin",
}
NOT_SAID: Mapping[str, str] = {
    "different": (
        "why they differ, which of the two changed, or that either did anything wrong. Another way of serving one "
        "and the very same weights can differ too. Nor does it say anything about ancestry."
    ),
    "inconclusive": (
        "that the two are alike. A difference that these answers are too few to show, or one that something else "
        "hides, may well be there."
    ),
    "not_applicable": "anything about the two, in either direction: the question could not be put to these answers.",
    "equivalent": (
        "that the two are identical. Differences smaller than the margin, or at other probes, remain possible."
    ),
    "related": (
        "who derived from whom, nor how probable it is that anything was taken: behaviour is symmetric, and a rank "
        "or a ratio is not a probability of ancestry."
    ),
    "mixed": "that every call was answered by one model. Silence here is not a finding.",
    "several": (
        "why any of them differ, who changed, or who derived from whom. A pair without a finding is not a pair found "
        "alike, and among many pairs some stand out by chance: the numbers are corrected for that, an eye is not."
    ),
}

# --- fixed sentences --------------------------------------------------------------------------------

TWO_PRODUCTS = "Two different products always differ here; this says nothing about ancestry."
TWO_ENDPOINTS = "No statement on copying is possible from two endpoints."
DIRECTION = "Behaviour is symmetric: no result says who derived from whom."
NOT_A_PROBABILITY = "The ratio is not the probability of copying."

ONLY_THESE_CALLS = "This covers only the calls that were sent; an endpoint can answer other traffic in another way."
NAMES_ARE_CLAIMS = "A model's name in a reply is what the server wrote, not a measurement."
LIMITS = (
    ONLY_THESE_CALLS,
    "Permutation p-values speak for these probes; intervals over probes speak for new probes of the same family.",
    NAMES_ARE_CLAIMS,
    "What each endpoint really honours of the sampling settings was not measured.",
    "Equivalence is claimed only below a margin fixed beforehand, with a control that would have been seen at it.",
    DIRECTION,
    "A kinship score is not the probability of copying, and without a reference population there is no ratio.",
)

# --- the three bands ---------------------------------------------------------------------------------

BANDS: Mapping[str, str] = {
    "repeat": "The effect is no larger than between two sessions of one endpoint.",
    "benign": "Answers differ by no more than honest hosts of one model do; this is not evidence of another model.",
    "unrelated": "The effect is as large as between unrelated endpoints.",
    "unknown": "Different serving or a different model; these data can't say which.",
}
BAND_FACTS: Mapping[str, str] = {
    "repeat": "within the repeat control: no larger than between two sessions of one endpoint",
    "benign": "within honest serving: no larger than between hosts of one and the same weights",
    "unrelated": "as large as between unrelated endpoints",
    "unknown": "unknown: nothing was measured that would tell another way of serving from another model",
}
BEYOND = (
    "The effect is larger than between any of {n} pairs of hosts of the same weights; that still does not say which "
    "other serving or other model it is."
)
FURTHER = "Up to {share:.0%} of further probes of this family could still differ."

# --- the verbal scale --------------------------------------------------------------------------------

VERBAL_SCALE: tuple[tuple[float, str], ...] = (
    (6.0, "extremely strong support"),
    (4.0, "very strong support"),
    (3.0, "strong support"),
    (2.0, "moderately strong support"),
    (1.0, "moderate support"),
    (0.3010, "weak support"),
    (0.0, "no support either way"),
)
"""log10 of the ratio from which a phrase is used (after ENFSI 2015, "Guideline for evaluative reporting in forensic
science", table 3); the same phrases serve the other side for ratios below one."""
SEPARATES: Mapping[str, str] = {
    "unrelated": "shared ancestry (same weights, one tuned from the other, or both from one tuned checkpoint) from "
    "no relation",
    "sibling": "shared ancestry from siblings of one vendor or models taught by one teacher",
}
CANNOT_SEPARATE = (
    "the same weights from a close derivative, where every question was asked once (repeats can)",
    "a shared base model alone from no relation: most such pairs look unrelated here",
    "who derived from whom",
)

# --- harmless explanations ---------------------------------------------------------------------------

EXPLANATIONS: Mapping[str, str] = {
    "sampling temperature": "one side samples hotter or colder",
    "top_p": "one side cuts off improbable words",
    "top_k": "one side keeps a fixed number of words to choose from",
    "filter or refusal": "one side filters or refuses more",
    "length cap": "one side cuts answers earlier",
    "formatting": "the same words in another dress or white space",
}
"""What this version can test beside a difference, and how it would make one."""
UNTESTABLE = (
    "another numeric precision, engine or batch size behind one and the same weights",
    "a chat template, system prompt or date line that the host adds",
    "a router that spreads calls over several hosts or versions",
    "a newer version of one and the same model, released under its old name",
    "training on the same public data, or on the same teacher's answers, without one coming from the other",
)
"""Harmless explanations that no test on answers alone rules out; bands and the other side's records speak of them."""

# --- the other side ----------------------------------------------------------------------------------

REBUTTALS = (
    "deployment records of the window stated here: digest of the weights, engine, template, sampling, filters, routes",
    "a second session, or access for one, under settings that both sides agree on",
    "runs of the same weights on hosts of their own: they give the same-weights band (`compare --benign RUN`)",
    "the same suite, collected by themselves, and what `blackbox compare` says of it; the commands below repeat ours",
    "lineage of the model: base checkpoint, data and teachers, with dates; or weights for `blackbox weights`",
    "probes at which they hold the question unfit, or answers that they hold misread: each is listed here by name",
)
REPLY_EMPTY = (
    "No reply was given with this report. The operator of either endpoint can write one here and print it, or send it "
    "to whoever made the report: `blackbox report --reply FILE` puts it into the page and its JSON form, word for word."
)
REPLY_GIVEN = "Word for word as handed in; nobody has edited or checked it, and it is no part of any number here."

# --- how the pair came about -------------------------------------------------------------------------

CHOSEN_UNSTATED = (
    "not stated. A pair that was picked because it looked alike is weaker evidence than one named beforehand; "
    "`compare --chosen TEXT` puts the answer here"
)
LOOKS = "look {look} of {planned} planned; every further look has its price in the level"
