"""Every fault ends in exactly one typed outcome, and the run goes on."""

from __future__ import annotations

import base64
import itertools
import json
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from support.hurried_time import HurriedClock
from support.lanes import MemorySink, calls

from blackbox.collect import Lane, LaneResult, Limits, collect
from blackbox.core import EndpointSpec, canonical
from blackbox.endpoints.openai_chat import ENDPOINT
from blackbox.errors import UsageError
from blackbox.serve import FAULTS, FixedAnswers, LoggedRequest, RequestLog, Rule, Script, When, make_fault, running

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Clock

KEY = "sk-live-0123456789/abc+DEF"
MAX_ATTEMPTS = 2
RETRIED = frozenset({"status", "html-error", "reset", "cut-body", "cut-stream", "bad-framing", "keep-alive-race"})
REFUSALS = 20
"""Attempts under a rate limit."""
DEADLINE_S = 6.0
SILENT = ("hang", "slow-bytes")
"""Faults that only a deadline ends; they are waited for once, beside nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A lane's result, its sink, and what the server logged of it."""

    result: LaneResult
    sink: MemorySink
    logged: Sequence[LoggedRequest]


def _n_struck(name: str) -> int:
    """Return how many requests of one call a fault meets until it has its outcome."""
    if name.startswith("rate-limit") and name != "rate-limit-absurd":
        return REFUSALS
    return MAX_ATTEMPTS if name in RETRIED else 1


async def _all(
    rules: Mapping[str, Rule],
    *,
    n: int = 3,
    clock: Clock | None = None,
    concurrency: int = 1,
    attempts: int = MAX_ATTEMPTS,
) -> dict[str, Collected]:
    """Return what is collected from one endpoint a rule, all at once from one server."""
    log, served = RequestLog(), {name: FixedAnswers("Blue") for name in rules}
    sinks = {name: MemorySink() for name in rules}
    with running(served, script=Script(rules=tuple(rules.values())), log=log) as base_url:
        async with AsyncExitStack() as stack:
            lanes = []
            for name in rules:
                spec = _spec(name, base_url, concurrency)
                endpoint = await stack.enter_async_context(ENDPOINT.open(spec, {"SHOP_KEY": KEY}))
                lanes.append(Lane(name=name, spec=spec, endpoint=endpoint, sink=sinks[name], pending=calls(n)))
            results = await collect(
                lanes,
                limits=Limits(max_attempts=attempts),
                clock=clock or HurriedClock(),
                rng=random.Random(0),  # noqa: S311 - spreads waits
                on_progress=lambda _: None,
            )
    return {
        result.name: Collected(
            result=result,
            sink=sinks[result.name],
            logged=[entry for entry in log.entries if entry.model == result.name],
        )
        for result in results
    }


def _spec(name: str, base_url: str, concurrency: int) -> EndpointSpec:
    return EndpointSpec(
        name=name,
        kind="openai-chat",
        base_url=base_url,
        model=name,
        api_key_env="SHOP_KEY",
        concurrency=concurrency,
        timeout_s=DEADLINE_S if name in SILENT else 60.0,
    )


def _rule(name: str, first: int, last: int | None, value: str | None = None) -> Rule:
    return Rule(name=name, does=make_fault(name, value), when=When(models=(name,), requests=((first, last),)))


async def test_every_fault_has_one_outcome_and_the_run_goes_on() -> None:
    """The first call is answered, the second meets the fault at each attempt, the third is answered again.

    What becomes of the second is what the registry says; server log and attempts agree; the key is nowhere.
    """
    names = [name for name in FAULTS if name not in ("limit-rate", *SILENT)]
    _check(await _all({name: _rule(name, 2, 1 + _n_struck(name)) for name in names}), names)


async def test_a_deadline_ends_what_never_ends() -> None:
    """Silence, and a byte each half second, are errors once the deadline is over; the call after is answered."""
    found = await _all({name: _rule(name, 2, 2) for name in SILENT}, attempts=1)
    _check(found, SILENT)
    kinds = {
        body["error"]["kind"] for each in found.values() for body in each.sink.bodies("observation") if body["error"]
    }
    assert {"timeout"} == kinds


def _check(found: Mapping[str, Collected], names: Sequence[str]) -> None:
    assert {name: FAULTS[name].becomes for name in names} == {name: _became(each) for name, each in found.items()}
    for name, each in found.items():
        stopped = FAULTS[name].becomes == "stopped"
        observed = each.sink.bodies("observation")
        assert (["p0#0"] if stopped else ["p0#0", "p1#0", "p2#0"]) == each.sink.keys, name
        assert (each.result.status in ("stopped", "failed")) == stopped, name
        assert {"ok"} == {body["outcome"] for body in observed if body["key"] != "p1#0"}, name
        assert each.result.n_attempts == len(each.logged), name
        assert _n_struck(name) - (name == "keep-alive-race") == sum(name in entry.done for entry in each.logged), name
        assert _answered_ids(each) <= {entry.response_id for entry in each.logged}, name
        _assert_no_key(each)


def _became(each: Collected) -> str:
    if each.result.status in ("stopped", "failed"):
        return "stopped"
    (second,) = (body for body in each.sink.bodies("observation") if body["key"] == "p1#0")
    return str(second["outcome"])


def _answered_ids(each: Collected) -> set[str | None]:
    ids = {body["response_id"] for body in each.sink.bodies("observation") if body["outcome"] == "ok"}
    return {each for each in ids if "key removed" not in each}


def _assert_no_key(each: Collected) -> None:
    kept = "".join(canonical(entry) for entry in (*each.sink.entries, *each.logged, each.result.reason))
    forms = (
        KEY,
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
        KEY.encode().hex(),
        json.dumps(KEY)[1:-1],
    )
    assert [form for form in forms if form in kept] == []


async def test_a_fault_of_one_endpoint_leaves_the_others_alone() -> None:
    """While one is refused for good and one replies nonsense for a while, the third is asked to its end."""
    rules = {
        "unauthorized": _rule("unauthorized", 1, None),
        "null-choices": _rule("null-choices", 2, 5),
        "status": _rule("status", 100, None),
    }
    found = await _all(rules, n=6)
    assert ("failed", 0) == (found["unauthorized"].result.status, len(found["unauthorized"].sink.keys))
    assert "SHOP_KEY" in (found["unauthorized"].result.reason or "")
    assert {"ok": 2, "malformed": 4} == found["null-choices"].result.counts
    assert {"ok": 6} == found["status"].result.counts


async def test_a_rate_that_is_kept_lets_everything_through() -> None:
    """Real waits: every call is answered, some after a refusal, and what passed was never closer than the rate."""
    from blackbox.workflow.clock import SYSTEM_CLOCK

    rules = {"limit-rate": _rule("limit-rate", 1, None, "600")}
    each = (await _all(rules, n=6, clock=SYSTEM_CLOCK, concurrency=4))["limit-rate"]
    assert {"ok": 6} == each.result.counts
    passed = sorted(entry.at for entry in each.logged if entry.status == 200)
    assert 429 in {entry.status for entry in each.logged}
    assert each.result.n_attempts == len(each.logged)
    assert all((b - a).total_seconds() > 0.08 for a, b in itertools.pairwise(passed))


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [
        ("resett", None, "unknown fault 'resett'; did you mean 'reset'?"),
        ("reset", "1", "the fault reset takes no value"),
        ("status", "200", "'200' is not an HTTP error status"),
        ("gzip-bomb", "0", "'0' is not a whole number from 1 to 2000"),
        ("redirect", "ftp://x", "'ftp://x' is no http address"),
        ("limit-rate", "0", "no request would ever pass"),
        ("hang", "-1", "'-1' is not a number from 0 up"),
    ],
)
def test_a_wrong_fault_is_one_clear_line(fault: str, value: str | None, said: str) -> None:
    """What is wrong, and what to write."""
    with pytest.raises(UsageError) as caught:
        make_fault(fault, value)
    assert said in str(caught.value)
