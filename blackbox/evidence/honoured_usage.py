"""What token counts tell: whether they are of the text, whether system messages count, and what was put in unasked."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from blackbox.evidence import checks
from blackbox.evidence.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.evidence.checks import Heard, Reply
    from blackbox.evidence.finding import Status

PLAIN_TEMPLATE_TOKENS = 16
"""Chat templates without a text of their own put 4 to 16 tokens around a one-letter message; more may be a text."""
INTO_A_PROMPT_TOKENS = 3
"""A one-letter system message that is put beside a text in the system's turn adds this at most; a turn adds more."""
_LIMITED = ("story", "seeded", "warm-rain", "warm-bread", "cold-rain", "cold-bread", "bare", "told")
_SLACK_TOKENS = 2
"""End marks that some servers count."""


def usage(heard: Heard, *, limit_honoured: bool) -> Finding:
    """Return whether the counts are those of the text.

    Known without the tokenizer: an answer cut at a limit has that many tokens; an answer with log-probabilities has
    one token a listed entry; no text has more tokens than bytes.

    Args:
        heard: The replies.
        limit_honoured: Whether the output limit that was sent was found to be carried out.
    """
    replies = heard.answered(*heard.checks)
    asked = "the token counts of all replies, against limits, listed tokens and bytes"
    if not replies:
        return Finding(check="usage", status="can't tell", asked=asked, seen="no reply to read")
    counted = [r for r in replies if r.observation.usage and r.observation.usage.completion_tokens is not None]
    if not counted:
        seen = f"none of {len(replies)} replies has counts"
        return Finding(check="usage", status="not honoured", asked=asked, seen=seen, breaks=("usage",))
    ratios = [ratio for r in counted if (ratio := _ratio(r, limited=limit_honoured)) is not None]
    slopes = _differences(heard, "user")
    too_steep = [d for d in slopes if d > len(checks.UNIT.encode())]
    factor = median(ratios) if ratios else None
    seen = (
        f"{len(counted)} of {len(replies)} replies have counts; counted tokens over known ones: "
        f"{'unknown' if factor is None else f'{factor:.2f}'} (median of {len(ratios)}); "
        f"a repeated unit adds {' '.join(map(str, slopes)) or 'unknown'}"
    )
    counts = {
        "replies": len(replies),
        "counted": len(counted),
        "factor": factor,
        "known": len(ratios),
        "unit_adds": slopes,
    }
    if (factor is not None and factor > 1) or too_steep:
        return Finding(check="usage", status="not honoured", asked=asked, seen=seen, counts=counts,
                       quirks=("inflate-usage",), breaks=("usage",))  # fmt: skip
    return Finding(check="usage", status="honoured" if ratios else "can't tell", asked=asked, seen=seen, counts=counts)


def _ratio(reply: Reply, *, limited: bool) -> float | None:
    """Return counted over known output tokens, 1 where they agree up to end marks; None where nothing is known."""
    observation = reply.observation
    counts = observation.usage
    if counts is None or counts.completion_tokens is None or counts.reasoning_tokens or observation.reasoning:
        return None
    known = len(observation.logprobs) if observation.logprobs else None
    if known is None and limited and observation.finish_reason == "length" and observation.sent_decoding:
        known = observation.sent_decoding.max_output_tokens if reply.check in _LIMITED else None
    if not known or known < _SLACK_TOKENS * 4:
        return None
    n = counts.completion_tokens
    return 1.0 if known <= n <= known + _SLACK_TOKENS else n / known


def system_role(heard: Heard) -> Finding:
    """Return whether what a system message says is counted as read, as the same words of a user are."""
    system, user = (_growth(heard, kind) for kind in ("system", "user"))
    asked = f"1 to {checks.MOST_UNITS} repeats of a unit, in a system message and in a user's"
    if system is None or user is None or user <= 0:
        return Finding(check="system_role", status="can't tell", asked=asked, seen="no counts of prompt tokens")
    seen = f"a repeat adds {system:.2f} tokens in a system message, {user:.2f} in a user's"
    counts = {"system": system, "user": user}
    if system >= user / 2:
        return Finding(check="system_role", status="honoured", asked=asked, seen=seen, counts=counts)
    return Finding(check="system_role", status="ignored", asked=asked, seen=seen, counts=counts,
                   quirks=("drop-system-role",))  # fmt: skip


def default_text(heard: Heard, *, factor: float | None, drops_system: bool) -> Finding:
    """Return whether the prompt holds text that was not sent.

    Args:
        heard: The replies.
        factor: By how much counts were found to be inflated.
        drops_system: Whether system messages were found to be dropped: then ours can't be told from none.
    """
    asked = "the message 'a', alone and with the system message 'a'; the date asked for"
    bare, told = (_prompt_tokens(heard, name) for name in ("bare", "told"))
    dated = _dated(heard)
    if bare is None or told is None:
        return Finding(check="default_text", status="can't tell", asked=asked, seen="no counts of prompt tokens")
    scale = factor if factor and factor > 1 else 1.0
    alone, with_system = bare / scale, told / scale
    n_asked = len(heard.texts("date"))
    seen = f"{bare} prompt tokens alone, {told} with a system message; {dated} of {n_asked} answers name today"
    counts = {"alone": bare, "with_system": told, "named_today": dated, "scale": scale}
    quirks = ("date-line",) if dated else _put_in(alone, with_system, drops_system=drops_system)
    if not quirks:
        status: Status = "honoured" if alone <= PLAIN_TEMPLATE_TOKENS else "can't tell"
        return Finding(check="default_text", status=status, asked=asked, seen=seen, counts=counts)
    return Finding(check="default_text", status="not honoured", asked=asked, seen=f"{seen}: {_words(quirks)}",
                   counts=counts, quirks=quirks)  # fmt: skip


def _put_in(alone: float, with_system: float, *, drops_system: bool) -> tuple[str, ...]:
    """Return which texts fit: a long prompt alone may be the template's own words, so that it accuses nobody."""
    if drops_system:
        return ()
    if with_system < alone:
        return ("system-prompt",)
    beside_a_text = with_system - alone <= INTO_A_PROMPT_TOKENS
    return ("date-line", "system-prompt") if alone > PLAIN_TEMPLATE_TOKENS and beside_a_text else ()


def _words(quirks: Sequence[str]) -> str:
    if quirks == ("system-prompt",):
        return "a default system prompt, which an explicit one replaces"
    if quirks == ("date-line",):
        return "the date is in the prompt"
    return "more than a template needs: a date line, a permanent system prompt, or a template's own text"


def _dated(heard: Heard) -> int:
    named = 0
    for reply in heard.answered("date"):
        at, text = reply.observation.requested_at, reply.observation.text or ""
        days = [] if at is None else [(at + timedelta(days=d)).date().isoformat() for d in (-1, 0, 1)]
        named += any(day in text for day in days)
    return named


def _growth(heard: Heard, kind: str) -> float | None:
    differences = _differences(heard, kind)
    return sum(differences) / len(differences) if differences else None


def _differences(heard: Heard, kind: str) -> list[int]:
    """Return how many prompt tokens each further repeat of the unit adds; empty if any is unknown."""
    counts = [_prompt_tokens(heard, f"{kind}-{k}") for k in range(1, checks.MOST_UNITS + 1)]
    known = [count for count in counts if count is not None]
    return [b - a for a, b in pairwise(known)] if len(known) == len(counts) else []


def _prompt_tokens(heard: Heard, check: str) -> int | None:
    counts = [
        u.prompt_tokens for r in heard.answered(check) if (u := r.observation.usage) and u.prompt_tokens is not None
    ]
    return min(counts) if counts else None
