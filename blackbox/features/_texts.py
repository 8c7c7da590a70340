"""Which observations have a text, and the one form in which texts are compared."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.core import TEXT_OUTCOMES
from blackbox.errors import EvidenceDamaged

if TYPE_CHECKING:
    from blackbox.core import Observation, Run


def normalised(text: str) -> str:
    """Return `text` in NFC with outer white space stripped (METHODS §1.11)."""
    return unicodedata.normalize("NFC", text).strip()


def answer_text(observation: Observation) -> str:
    """Return the exact text of an observation whose outcome is a text.

    Raises:
        EvidenceDamaged: It holds none, which no writer of ours can produce.
    """
    if observation.text is None:
        raise EvidenceDamaged(f"observation {observation.key} is {observation.outcome} but holds no text")
    return observation.text


def answered(run: Run, probe_ids: frozenset[str]) -> tuple[Observation, ...]:
    """Return the observations at `probe_ids` that have a text, in the run's order."""
    return tuple(o for o in run.observations if o.probe_id in probe_ids and o.outcome in TEXT_OUTCOMES)


def sha256(text: str) -> bytes:
    """Return the sha256 of `text`; lone surrogates, which no strict encoding accepts, count as themselves."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """A text as `before + core + after`, where the core begins and ends with a letter, digit or mark."""

    before: str
    core: str
    after: str


def trimmed(text: str) -> Trimmed:
    """Return `text` split into its core and what stands around it: quotes, markdown, punctuation, emoji."""
    start, stop = 0, len(text)
    while start < stop and not spoken(text[start]):
        start += 1
    while stop > start and not spoken(text[stop - 1]):
        stop -= 1
    return Trimmed(before=text[:start], core=text[start:stop], after=text[stop:])


def spoken(char: str) -> bool:
    """Return whether `char` is a letter, digit or combining mark of any script."""
    return unicodedata.category(char)[0] in "LMN"
