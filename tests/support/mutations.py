"""Valid files made wrong: bytes changed, cut out, put in, doubled; always the same for a seed."""

from __future__ import annotations

import random

TOKENS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"null",
    b"NaN",
    b"1e999",
    b"-1",
    b"\\ud800",
    b"\x00",
    b"\xff",
    b"\n",
)
"""What breaks a text format sooner than random bytes."""


def mutated(content: bytes, seed: int, *, tokens: tuple[bytes, ...] = TOKENS) -> bytes:
    """Return `content` with one to four changes."""
    rng = random.Random(seed)  # noqa: S311 - makes test data
    found = bytearray(content)
    for _ in range(rng.randrange(1, 5)):
        at, kind = rng.randrange(len(found) + 1), rng.randrange(6)
        if kind == 0 and at < len(found):
            found[at] = rng.randrange(256)
        elif kind == 1:
            del found[at : at + rng.randrange(1, 40)]
        elif kind == 2:
            found[at:at] = rng.randbytes(rng.randrange(1, 20))
        elif kind == 3:
            found[at:at] = rng.choice(tokens)
        elif kind == 4:
            found[at:at] = found[at : at + rng.randrange(1, 200)]
        else:
            del found[at:]
    return bytes(found)
