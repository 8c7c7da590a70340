"""Limits, answers and refusals drawn at random: whether any is exceeded by more than one burst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.storms import Sliding, Tokens, Windows, stormed

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from support.storms import Rule

NAMES: dict[str, dict[str, Any]] = {
    "named": {},
    "rounded up": {"in_whole_s": True},
    "not named": {"says_when": False},
}
"""How a refusal names the time to wait → what a `StormServer` is told."""


@dataclass(frozen=True, kw_only=True)
class Storm:
    """A limit and a client.

    Args:
        said: All of it, for a person.
        rule: Makes the limit.
        is_bucket: Whether parts of a request are let pass.
        how: What `stormed` is told.
    """

    said: str
    rule: Callable[[], Rule]
    is_bucket: bool
    how: dict[str, Any]

    def over(self, n: int) -> tuple[float, float]:
        """Return how many requests above one burst `n` calls went, in whole requests for a bucket, and refusals."""
        found = stormed(self.rule(), n=n, **self.how)
        spare = self.how["concurrency"] + (1 - 1e-9 if self.is_bucket else 0)
        return found["over"] - spare, found["refused"]


def drawn_storm(rng: random.Random) -> Storm:
    """Return one: rates from six a minute to 30 a second, refusals after 5 ms to 3 s, 1 to 32 requests at once."""
    kind = rng.choice(["bucket", "bucket", "window", "sliding"])
    args, rule = _drawn_rule(kind, rng)
    names = rng.choice(list(NAMES))
    how = {
        "concurrency": rng.choice([1, 2, 3, 4, 8, 16, 32]),
        "reply_s": round(10 ** rng.uniform(-1.7, 1), 3),
        "refusal_s": round(10 ** rng.uniform(-2.3, 0.477), 3),
    }
    return Storm(
        said=f"{kind} {args} {names} {how}", rule=rule, is_bucket=kind == "bucket", how={**how, **NAMES[names]}
    )


def _drawn_rule(kind: str, rng: random.Random) -> tuple[tuple[float, ...], Callable[[], Rule]]:
    if kind == "bucket":
        rate, burst = round(10 ** rng.uniform(-1, 1.5), 3), rng.choice([1, 1, 2, 3, 5, 8, 13, 20, 40, 60, 100])
        return (rate, burst), lambda: Tokens(rate, burst)
    n, seconds = rng.choice([1, 2, 5, 10, 20, 60]), rng.choice([1, 1, 10, 60])
    if kind == "sliding":
        return (n, seconds), lambda: Sliding(n, seconds)
    begun_s = round(rng.uniform(0, seconds), 2)
    return (n, seconds, begun_s), lambda: Windows(n, seconds, begun_s=begun_s)
