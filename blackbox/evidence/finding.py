"""What a check of an endpoint found, and what that does to each of the five questions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from blackbox.evidence.checks import Reply

Status = Literal["honoured", "not honoured", "ignored", "can't tell", "measured"]
"""`not honoured`: refused, or done otherwise than asked; `ignored`: answered as if it had not been asked."""
Premise = Literal["draws", "temperature", "greedy", "usage", "one_model"]
"""What a suite takes for granted: answers are draws · temperature is carried out · so is temperature 0 · counts are of
the text · one model answers."""

FAMILY_ALPHA = 0.01
"""P(any statistical finding on an endpoint that honours everything) is at most this."""
N_STATISTICAL = 4
"""Tests the level is split over: stated probabilities, spread by temperature (cold, hot), early against late."""
ALPHA = FAMILY_ALPHA / N_STATISTICAL


_NOT_NOW = frozenset({408, 409, 425, 429})
"""Client errors that the same call may not meet again: a timeout, a conflict, too early, too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One setting or circumstance of an endpoint, as measured.

    Args:
        check: Which.
        status: What became of it.
        asked: What was sent, in words.
        seen: What came back, in words, with counts.
        counts: The numbers themselves.
        pvalue: Where the finding is statistical: against the null that the endpoint does as asked.
        quirks: Profiles of the reference endpoint that this fits; several where they can't be told apart.
        breaks: What suites take for granted and this endpoint does not give.
        effects: Question: what this does to it.
    """

    check: str
    status: Status
    asked: str
    seen: str
    counts: Mapping[str, Any] = field(default_factory=dict)
    pvalue: float | None = None
    quirks: tuple[str, ...] = ()
    breaks: tuple[Premise, ...] = ()
    effects: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_trouble(self) -> bool:
        """Whether the endpoint does not do as asked."""
        return self.status in {"not honoured", "ignored"}


def with_effects(finding: Finding) -> Finding:
    """Return the finding with what it does to each question, if it is one of trouble."""
    return replace(finding, effects=_EFFECTS.get(finding.check, {})) if finding.is_trouble else finding


def refused(replies: Sequence[Reply]) -> bool:
    """Return whether the server refused every one of some calls as they are."""
    return bool(replies) and all(_is_refusal(reply) for reply in replies)


def refusal_words(replies: Iterable[Reply]) -> str:
    """Return with which statuses calls were refused."""
    statuses = sorted({e.status for reply in replies if (e := reply.observation.error) and e.status})
    return f"refused with {', '.join(map(str, statuses)) or 'an error'}"


def _is_refusal(reply: Reply) -> bool:
    error = reply.observation.error
    status = error.status if error is not None else None
    return status is not None and 400 <= status < 500 and status not in _NOT_NOW  # noqa: PLR2004 - HTTP's client errors


_TILT = "answers differ for this reason alone: another sampling looks like another model"
_COPIES = "copies are not draws: within-probe permutation does not apply"
_COUNTS = "token counts are left out: they are not those of the text"
_SEVERAL = "answers of several models or builds are pooled into one"

_EFFECTS: Mapping[str, Mapping[str, str]] = {
    "temperature": {
        "same": _TILT,
        "related": "weaker: more noise in each answer than the population's",
        "changed": "comparable with runs of the same endpoint only",
        "mixed": "a tilt can pass for a share: given only where the tilt fits worse",
        "which": "the library's runs were asked at honoured temperatures",
    },
    "sampling": {
        "same": _TILT,
        "changed": "comparable with runs under the same hidden setting only",
        "mixed": "a tilt can pass for a share: given only where the tilt fits worse",
        "which": "answers are more peaked than the library's",
    },
    "repeats": {
        "same": _COPIES,
        "related": "repeats add nothing: one answer a probe counts",
        "changed": "a change shows only when the copies expire",
        "mixed": _COPIES,
        "which": "one answer a probe counts",
    },
    "seed": {"same": "none while suites send no seed", "changed": "the determinism suite can't use seeds here"},
    "n": {"same": "none: every answer is asked for in a call of its own"},
    "logprobs": {
        "same": "log-probability signals and border inputs are not available",
        "changed": "first-token log-probabilities can't be followed",
    },
    "max_tokens": {"same": "answers may be longer than the other side's where this spelling is used; set the other"},
    "max_completion_tokens": {"same": "none while max_tokens is sent and honoured"},
    "stop": {"same": "none: suites send no stop texts"},
    "system_role": {
        "same": "the neutral system message is not seen by the model: hosts with other defaults differ for that reason",
        "related": "as for same, mostly harmless",
        "which": "as for same",
    },
    "usage": {
        "same": _COUNTS,
        "related": "the tokenizer line excludes nothing",
        "changed": "a change of billing looks like a change of tokenizer",
        "which": _COUNTS,
    },
    "default_text": {
        "same": "replies follow text that we did not send; every suite's explicit system message replaces a default "
        "one, not a permanent one",
        "changed": "a date in the prompt changes answers from day to day",
        "which": "as for same",
    },
    "leading_space": {"same": "raw text differs by formatting; the normalised answer is compared too"},
    "model_name": {
        "same": "the name in a reply proves nothing here",
        "changed": "a change of the served name can't be seen",
        "which": "the name in a reply proves nothing here",
    },
    "one_model": {
        "same": _SEVERAL,
        "related": _SEVERAL,
        "changed": "unstable: a run is split where the change falls inside it",
        "mixed": "this is what mixed measures, given runs of the candidates",
        "which": _SEVERAL,
    },
    "routing": {
        "same": "several hosts or builds answer: pin one (routing), or compare with the same-weights band",
        "changed": "a change of host looks like a change of model",
        "mixed": "answers can be split by host",
    },
    "streaming": {"same": "none: suites do not stream"},
    "clock": {"changed": "the server's own times can't order its replies; ours are used"},
}
