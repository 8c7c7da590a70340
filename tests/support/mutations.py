"""Valid files made wrong: bytes changed, cut out, put in, doubled; always the same for a seed."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

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


ODD = (
    None,
    True,
    -1,
    0,
    2**70,
    1e308,
    "",
    "x" * 3000,
    "\ud800",
    "\x00",
    "a\nb",
    [],
    {},
    [[]],
    {"a": None},
    [None],
    "=1",
    "@deep@",
    "@deeper@",
    "@digits@",
    "@large@",
    "@twice@",
)
"""Values that have the syntax of JSON and not the sense of what was there; those in @ stand for what is in `RAW`."""
RAW = {
    b'"@deep@"': b"[" * 150 + b"]" * 150,
    b'"@deeper@"': b'{"a":' * 950 + b"1" + b"}" * 950,
    b'"@digits@"': b"9" * 5_000,
    b'"@large@"': b"-1e99999",
    b'"@twice@"': b'{"a": 1, "a": 2}',
}
"""What no JSON library writes: nested deep, numbers no type holds, a key twice."""


def restructured(content: bytes, seed: int) -> bytes:
    """Return JSON, or the first changed line of JSON Lines, with one to three values replaced, dropped or doubled.

    What is no JSON is changed as `mutated` does.
    """
    rng = random.Random(seed)  # noqa: S311 - makes test data
    lines = content.split(b"\n") if b"}\n{" in content else [content]
    at = rng.randrange(len(lines))
    try:
        document = json.loads(lines[at])
    except ValueError:
        return mutated(content, seed)
    for _ in range(rng.randrange(1, 4)):
        document = _changed(document, rng)
    line = json.dumps(document).encode()
    for name, raw in RAW.items():
        line = line.replace(name, raw)
    return b"\n".join([*lines[:at], line, *lines[at + 1 :]])


def _changed(value: Any, rng: random.Random) -> Any:
    if isinstance(value, (dict, list)) and value and rng.random() < 0.85:
        places = list(value) if isinstance(value, dict) else list(range(len(value)))
        place, kind = rng.choice(places), rng.randrange(8)
        if kind == 0:
            del value[place]
        elif kind == 1 and isinstance(value, list):
            value.append(deepcopy(value[place]))
        else:
            value[place] = _changed(value[place], rng)
        return value
    return deepcopy(rng.choice(ODD))
