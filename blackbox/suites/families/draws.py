"""Random choices that follow from a key: HMAC-SHA256 in counter mode, the same on every machine for ever."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")
_BYTES = 8
_RANGE = 2 ** (8 * _BYTES)


class Draws:
    """Choices drawn from a key and a label; no library's generator can change them.

    Args:
        key: Secret, or public where the questions are to be reproducible by all.
        label: Two labels under one key give independent choices.

    References:
        Krawczyk, Bellare & Canetti (1997), RFC 2104 (HMAC).
    """

    def __init__(self, key: bytes, label: str) -> None:
        self._key = key
        self._label = label
        self._count = 0

    def child(self, label: str) -> Draws:
        """Return draws of their own, which depend on no earlier choice here."""
        return Draws(self._key, f"{self._label}/{label}")

    def below(self, n: int) -> int:
        """Return a whole number from 0 to n − 1, each alike (values that would favour some are drawn again)."""
        limit = _RANGE - _RANGE % n
        while (value := self._next()) >= limit:
            pass
        return value % n

    def between(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[_T]) -> _T:
        """Return one of `options`."""
        return options[self.below(len(options))]

    def sample(self, options: Sequence[_T], n: int) -> list[_T]:
        """Return `n` different ones of `options` in random order."""
        return self.shuffled(options)[:n]

    def shuffled(self, options: Sequence[_T]) -> list[_T]:
        """Return `options` in random order (Fisher–Yates)."""
        found = list(options)
        for i in range(len(found) - 1, 0, -1):
            j = self.below(i + 1)
            found[i], found[j] = found[j], found[i]
        return found

    def _next(self) -> int:
        message = f"{self._label}#{self._count}".encode()
        self._count += 1
        return int.from_bytes(hmac.new(self._key, message, hashlib.sha256).digest()[:_BYTES], "big")
