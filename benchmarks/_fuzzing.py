"""Fuzzed answers for the parsers: known ones cut, joined and repeated, with any code points thrown in."""

from __future__ import annotations

import json
import random
from collections import Counter
from time import perf_counter
from typing import TYPE_CHECKING

from blackbox import suites
from blackbox.core import Observation, Outcome
from blackbox.features import reading

if TYPE_CHECKING:
    from blackbox.core import Probe

SEED, MOST = 20_260_102, 2_000

SEEDS = (
    "B", "The answer is C.", "答案：Ａ", "42", "forty-two", "сорок два", "٤٢", "四十二", "heads", "Красный.",
    "**Blue**",
    "1. 3776\n2. 44.96", "I'm sorry, but I can't help with that.", "抱歉，我无法回答。", "۱۲۳", "", "\u200f أزرق",
    "I am Qwen, made by Alibaba Cloud.", "e\u0301\u0301\u0301", "\ud800", "\U0001f469\u200d\U0001f467", "-0.0",
    "1,234,567.89", "\\boxed{D}", "０１２", "null", "a" * 300,
)  # fmt: skip
VALUES = (
    "Lisbon", 3, -1, 2.5, 1e308, None, True, [], ["x"], {}, {"a": {"b": []}}, "2026-01-01", "", 10**30, "EUR", "AAPL",
)  # fmt: skip


def fuzz(n: int) -> dict:
    """Return what came of `n` fuzzed answers: every parser, statuses, how many broke (none may)."""
    rng, parsers = random.Random(SEED), list(_fuzzed_probes().values())  # noqa: S311 - makes test data
    status: Counter[str] = Counter()
    started = perf_counter()
    for i in range(n):
        probe = parsers[i % len(parsers)]
        found = reading(_answer(rng, probe, called=probe.parser == "tool" and i % 2 == 0), probe)
        assert found.category is not None
        found.category.encode("utf-8", "surrogatepass")
        status[f"{probe.parser} {found.status}"] += 1
    seconds = perf_counter() - started
    return {"n_answers": n, "n_broke": 0, "statuses": dict(sorted(status.items())), "seconds": seconds}


def _answer(rng: random.Random, probe: Probe, *, called: bool) -> Observation:
    """Return an answer in the shape its parser expects, as far as fuzz keeps it: text, ten lines, or tool calls."""
    calls = tuple(_call(rng, probe) for _ in range(rng.randrange(1, 4))) if called else ()
    text = "\n".join(f"{place}. {_mutated(rng)}" for place in range(1, len(probe.facts) + 1)) or _mutated(rng) or " "
    return Observation(
        key="p#0", probe_id=probe.id, repeat=0, block_id=0, outcome=Outcome.TOOL_CALL if called else Outcome.OK,
        text=None if called else text[:MOST], tool_calls=calls,
    )  # fmt: skip


def _call(rng: random.Random, probe: Probe) -> dict:
    """Return a call of an offered tool with its arguments cut, joined or replaced."""
    function = rng.choice(probe.tools)["function"]
    arguments = json.dumps({name: rng.choice(VALUES) for name in function["parameters"]["properties"]})
    if rng.random() < 0.5:
        at = rng.randrange(len(arguments) + 1)
        arguments = arguments[:at] + _mutated(rng) + arguments[at + rng.randrange(3) :]
    name = function["name"] if rng.random() < 0.9 else _mutated(rng)
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def _fuzzed_probes() -> dict:
    found = {}
    for suite in suites.available():
        for probe in suite.probes:
            found.setdefault(probe.parser, probe)
    return found


def _mutated(rng: random.Random) -> str:
    """Return an answer put together from known ones, cut, joined, repeated, with any code points thrown in."""
    text = rng.choice(SEEDS)
    for _ in range(rng.randrange(4)):
        kind, at = rng.randrange(5), rng.randrange(len(text) + 1)
        other = rng.choice(SEEDS)
        text = (
            text[:at] + chr(rng.randrange(0x110000)) + text[at:] if kind == 0
            else text[:at] + other if kind == 1
            else other + rng.choice(" \n\t.,:()*") + text if kind == 2
            else text * rng.randrange(1, 4) if kind == 3
            else text[at:] + text[:at]
        )  # fmt: skip
    return text[:MOST]
