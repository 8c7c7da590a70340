"""Fuzzed answers for the parsers: known ones cut, joined and repeated, with any code points thrown in."""

from __future__ import annotations

import random
from collections import Counter
from time import perf_counter

from blackbox import suites
from blackbox.core import Observation, Outcome
from blackbox.features import reading

SEED = 20_260_102

SEEDS = (
    "B", "The answer is C.", "答案：Ａ", "42", "forty-two", "сорок два", "٤٢", "四十二", "heads", "Красный.",
    "**Blue**",
    "1. 3776\n2. 44.96", "I'm sorry, but I can't help with that.", "抱歉，我无法回答。", "۱۲۳", "", "\u200f أزرق",
    "I am Qwen, made by Alibaba Cloud.", "e\u0301\u0301\u0301", "\ud800", "\U0001f469\u200d\U0001f467", "-0.0",
    "1,234,567.89", "\\boxed{D}", "０１２", "null", "a" * 300,
)  # fmt: skip


def fuzz(n: int) -> dict:
    """Return what came of `n` fuzzed answers: every parser, statuses, how many broke (none may)."""
    rng, parsers = random.Random(SEED), list(_fuzzed_probes().values())  # noqa: S311 - makes test data
    status: Counter[str] = Counter()
    started = perf_counter()
    for i in range(n):
        probe = parsers[i % len(parsers)]
        observation = Observation(
            key="p#0", probe_id=probe.id, repeat=0, block_id=0, outcome=Outcome.OK, text=_mutated(rng) or " "
        )
        found = reading(observation, probe)
        assert found.category is not None
        found.category.encode("utf-8", "surrogatepass")
        status[f"{probe.parser} {found.status}"] += 1
    seconds = perf_counter() - started
    return {"n_answers": n, "n_broke": 0, "statuses": dict(sorted(status.items())), "seconds": seconds}


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
    return text[:2_000]
