"""Families that are made from a key: the same kinds of questions, drawn anew for whoever holds the key.

`FAMILIES` maps a family's name to what makes its probe documents. Everything is drawn by HMAC-SHA256 from the key
and a label, so that the questions follow from the key alone and nobody without it can list them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from blackbox.suites.families import (
    borders,
    choosing,
    identities,
    knowledge,
    picks,
    refusals,
    sequences,
    texts,
    tokens,
    tool_calls,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blackbox.suites.families.draws import Draws

Maker: TypeAlias = "Callable[[Draws], list[dict[str, Any]]]"

FAMILIES: Mapping[str, Maker] = {
    "border-input": borders.make_secret,
    "continuation": texts.continuations,
    "determinism": texts.long_requests,
    "identity": identities.make,
    "knowledge-edge": knowledge.make,
    "one-token": picks.make,
    "open-ended": texts.open_questions,
    "random-bits": sequences.make,
    "reasoned-choice": choosing.make,
    "refusal": refusals.make,
    "tokenizer": tokens.make,
    "tool-call": tool_calls.make,
}
VERSIONS: Mapping[str, int] = dict.fromkeys(FAMILIES, 1) | {
    "border-input": 2, "continuation": 3, "determinism": 2, "knowledge-edge": 2, "one-token": 4, "open-ended": 3,
    "refusal": 2, "tokenizer": 2, "tool-call": 2,
}  # fmt: skip
"""Raised where the same key gives another suite than it gave before: other questions, or another account of them."""
