"""Families that are made from a key: the same kinds of questions, drawn anew for whoever holds the key.

`FAMILIES` maps a family's name to what makes its probe documents. Everything is drawn by HMAC-SHA256 from the key
and a label, so that the questions follow from the key alone and nobody without it can list them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from blackbox.suites.families import borders, choosing, picks, sequences, texts, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blackbox.suites.families.draws import Draws

Maker: TypeAlias = "Callable[[Draws], list[dict[str, Any]]]"

FAMILIES: Mapping[str, Maker] = {
    "border-input": borders.make,
    "continuation": texts.continuations,
    "determinism": texts.long_requests,
    "one-token": picks.make,
    "open-ended": texts.open_questions,
    "random-bits": sequences.make,
    "reasoned-choice": choosing.make,
    "tokenizer": tokens.make,
}
VERSION = 1
"""Raised when the same key gives other questions."""
