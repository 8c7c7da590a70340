"""Reads the numbers beside an answer: token usage and log-probabilities, exactly as the server wrote them."""

from __future__ import annotations

from typing import Any, TypeAlias

from blackbox.core import TokenLogprob, Usage

Json: TypeAlias = Any

_LARGEST = 10**12
"""No count and no log-probability is larger; JSON integers have no bound, the columns they are stored in have."""


def read_usage(value: Json) -> Usage | None:
    """Return the token counts in a `usage` object; a count that is no whole number from 0 up is None."""
    if not isinstance(value, dict):
        return None
    prompt_details = _object(value.get("prompt_tokens_details"))
    completion_details = _object(value.get("completion_tokens_details"))
    usage = Usage(
        prompt_tokens=_count(value.get("prompt_tokens")),
        completion_tokens=_count(value.get("completion_tokens")),
        reasoning_tokens=_count(completion_details.get("reasoning_tokens")),
        cached_tokens=_first_count(prompt_details.get("cached_tokens"), value.get("prompt_cache_hit_tokens")),
    )
    return None if usage == Usage() else usage


def read_logprobs(value: Json) -> tuple[TokenLogprob, ...] | None:
    """Return the log-probabilities of a choice, or None unless every entry is complete."""
    entries = _object(value).get("content")
    if not isinstance(entries, list) or not entries:
        return None
    tokens = [_token(entry) for entry in entries]
    return tuple(token for token in tokens if token) if all(tokens) else None


def _token(entry: Json) -> TokenLogprob | None:
    pair = _pair(entry)
    if pair is None:
        return None
    alternatives = entry.get("top_logprobs") or []
    pairs = [_pair(alternative) for alternative in alternatives] if isinstance(alternatives, list) else [None]
    if not all(pairs):
        return None
    return TokenLogprob(token=pair[0], logprob=pair[1], top=tuple(other for other in pairs if other))


def _pair(entry: Json) -> tuple[str, float] | None:
    token, logprob = _object(entry).get("token"), _object(entry).get("logprob")
    if not isinstance(token, str) or isinstance(logprob, bool) or not isinstance(logprob, (int, float)):
        return None
    return (token, float(logprob)) if abs(logprob) <= _LARGEST else None


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST else None


def _first_count(*values: Json) -> int | None:
    return next((count for count in map(_count, values) if count is not None), None)
