"""Fixed texts of the report: what a number means. What verdicts and limits are called stands in `core.wording`.

A test reads every text of this package for overclaiming words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core.wording import BAND_FACTS, NOT_SAID, QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NOT_SAID", "QUESTIONS"]

BANDS = BAND_FACTS

P_ADJUSTED = (
    "How often shuffling the answers between A and B, probe by probe, gives a difference at least this large; "
    "corrected for the number of pairs looked at. Small means chance is a poor explanation."
)
P_ALONE = "The number above before that correction."
P_IMPUTED = "The number for this pair if every lost answer had been the least favourable one."
EFFECT = (
    "How far apart the answers are: mean over probes of the squared kernel distance between the two sides "
    "(0: no difference). In brackets, its interval over new probes of this kind."
)
SHARE = (
    "How far apart the answers are: as far as if this share of one side's calls came from the control model instead "
    "(0: no difference). In brackets, its interval over new probes of this kind."
)
BAND = "What the size of the difference compares to."
MARGIN = "The difference fixed beforehand as too small to matter; needed to call two endpoints equivalent."
MDE = "The smallest difference these answers would have shown."
P_SHARE = (
    "How often dealing the answers anew between A and B gives B as many answers typical of the alternative. Small "
    "means chance is a poor explanation; whether a share is the right one is checked apart."
)
SHARE_BOUND = (
    "Share of B's calls that A's answers, as sampled, can't explain, whatever answered them; 0 shows nothing. It takes "
    "the share to be the same at every probe."
)
RANK_P = (
    "Share of reference families that come at least as close to either side as A and B come to each other. "
    "Its smallest reachable value is one over the number of families plus one."
)
SCORE = "How much closer the two are than either is to the references, in standard deviations."
RATIO = (
    "log10 of how much better shared ancestry explains the answers than no relation does, bounded by its population."
)
POPULATION = "The pairs of known lineage that the ratio was calibrated on."

SIGNALS: Mapping[str, str] = {
    "exact_mmd": "Short answers: how often both give exactly the same words.",
    "chi2": "Short answers: how differently each answer is used, rare ones counted fully.",
    "embedding_mmd": "Long answers: distance between their meanings, by sentence embeddings.",
    "exact_mmd_raw": "Short answers as sent, with their dress and white space: alone it means formatting.",
    "jsd": "Short answers: how far apart the shares of each answer are, in bits, chance taken off.",
    "hamming_mmd": "Answers compared character by character.",
    "hamming_mmd_tokens": "Answers compared word by word, in order.",
    "spectrum_mmd": "Short sequences of characters that answers use, wherever they stand.",
    "energy": "Long answers: distance between their meanings, without a scale to choose.",
    "classifier": "Long answers: whether what tells the sides apart at some questions does so at others.",
    "first_token": "Log-probabilities listed for the first token.",
    "length": "How long answers are.",
    "outcome": "How often each side answers, is cut off, refuses, is filtered or stays silent.",
    "rank_answer": "Single short answers: are they as common as the other side's own?",
    "rank_embedding": "Single long answers: do they lie where the other side's own do?",
    "w3": "Rare sequences of three words that both use.",
    "c5": "Rare sequences of five characters that both use.",
    "prefix": "Openings that both begin with and few others do.",
    "answer_profile": "Short answers that both give and few others do.",
    "wrong_answers": "Whether both err alike where both err.",
    "refusal_pattern": "Which requests both refuse.",
    "tokenizer": "How reported token counts grow when a text is repeated.",
}

OUTCOMES: Mapping[str, str] = {
    "ok": "answered",
    "truncated": "answered, cut off by the token limit",
    "refusal": "refused",
    "filtered": "held back by a content filter",
    "tool_call": "a tool call instead of text",
    "reasoning_only": "reasoning without an answer",
    "empty": "an empty answer",
    "error": "no reply",
    "malformed": "a reply that could not be read",
}

_UNDETERMINED = frozenset({"", "und", "None"})
"""What stands for a language in a suite that states none (ISO 639-2: undetermined)."""


def language(code: object) -> str:
    """Return a language as it is printed."""
    return "language not stated" if str(code) in _UNDETERMINED else str(code)


READ_ME = (
    "A is the first name, B the second. Nothing in this page was computed by the page: every number stands in "
    "comparison.json beside it."
)
