"""Three pilot calls an endpoint before a plan is priced: does it think before it answers, and how much?

Thinking is billed and spends the same limit as the answer. A suite whose limit a model uses up in thought is not
applicable at this budget, and says so before it is paid for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Literal

from blackbox import registry
from blackbox.collect.estimating import text_tokens
from blackbox.core import Call, Decoding, Outcome
from blackbox.errors import EndpointError, RequestRejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Completion, Endpoint, EndpointSpec, Probe, Suite

N_CALLS = 3
ROOM = 2_048
"""Output tokens a pilot call may use, so that thinking shows its length."""
_ROOMS = (ROOM, 512, 0)
"""Tried in turn where an endpoint refuses so high a limit, as one of short context does; last what the suite sends."""
_REASON = (
    "thinks for about {thought:.0f} tokens before it answers and the limit is {limit}; "
    "set decoding: {{max_output_tokens: {wanted}}} in its block"
)
_ROUND = 256

Status = Literal["applicable", "not_applicable_at_this_budget", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """What the pilot calls of one endpoint showed.

    Args:
        endpoint: Its name.
        n_calls: Calls sent, those refused for their limit and asked again counted once.
        n_answered: Replies with an answer, or a refusal.
        reasoning_tokens: Largest count reported or, where none was, estimated from the reasoning shown; None: unknown.
        reply_tokens: Mean output tokens reported, thinking included; None: none reported.
        cost: At the endpoint's prices; None without prices or usage.
        error: Why a call failed, if one did.
    """

    endpoint: str
    n_calls: int
    n_answered: int
    reasoning_tokens: float | None
    reply_tokens: float | None
    cost: float | None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicability:
    """Whether an endpoint can answer a suite within the suite's token limit."""

    status: Status
    reason: str | None


async def pilots(
    specs: Sequence[EndpointSpec], suites: Sequence[Suite], environ: Mapping[str, str]
) -> tuple[Pilot, ...]:
    """Send three calls to each endpoint, of different suites where there are several; nothing is stored.

    A call that is refused is asked again with a lower limit, at most twice an endpoint.
    """
    return tuple([await _pilot(spec, _asked(suites), environ) for spec in specs])


def applicability(pilot: Pilot, suite: Suite, spec: EndpointSpec) -> Applicability:
    """Return whether what the endpoint thinks leaves half of the tightest limit of a suite to the answer."""
    if pilot.reasoning_tokens is None:
        return Applicability(status="unknown", reason=pilot.error or "no pilot call was answered")
    limit = min((limit for probe in suite.probes if (limit := _limit(suite, probe, spec)) is not None), default=None)
    if limit is None or pilot.reasoning_tokens <= limit / 2:
        return Applicability(status="applicable", reason=None)
    wanted = _ROUND * (1 + int(2 * pilot.reasoning_tokens + limit) // _ROUND)
    reason = _REASON.format(thought=pilot.reasoning_tokens, limit=limit, wanted=wanted)
    return Applicability(status="not_applicable_at_this_budget", reason=reason)


def expected_output(pilot: Pilot, suite: Suite, spec: EndpointSpec) -> int | None:
    """Return the output tokens of a suite as the pilot lets expect: thought and a full answer, up to each limit."""
    if pilot.reasoning_tokens is None:
        return None
    total = 0.0
    for probe in suite.probes:
        limit, own = _limit(suite, probe, spec), probe.max_output_tokens or ROOM
        wanted = pilot.reasoning_tokens + own
        total += probe.repeats * (wanted if limit is None else min(limit, wanted))
    return round(total)


def _limit(suite: Suite, probe: Probe, spec: EndpointSpec) -> int | None:
    return suite.sent_decoding(probe).merged(spec.decoding).max_output_tokens


def _asked(suites: Sequence[Suite]) -> list[tuple[Suite, Probe]]:
    return [(suite, suite.probes[i % len(suite.probes)]) for i, suite in enumerate(islice(cycle(suites), N_CALLS))]


def _call(suite: Suite, probe: Probe, spec: EndpointSpec, room: int) -> Call:
    """Return a probe's call with at least `room` output tokens; an own limit above that is kept."""
    decoding = suite.sent_decoding(probe).merged(spec.decoding)
    own = decoding.max_output_tokens
    roomy = Decoding(max_output_tokens=max(room, own or room) or None)
    return Call(messages=probe.messages, decoding=decoding.merged(roomy), tools=probe.tools)


async def _pilot(spec: EndpointSpec, asked: Sequence[tuple[Suite, Probe]], environ: Mapping[str, str]) -> Pilot:
    replies: list[Completion] = []
    rooms = list(_ROOMS)
    error = None
    async with registry.endpoint_kind(spec.kind).open(spec, environ) as endpoint:
        for suite, probe in asked:
            try:
                replies.append(await _answered(endpoint, rooms, suite=suite, probe=probe, spec=spec))
            except EndpointError as failure:
                error = str(failure)
    return _summed(spec, len(asked), replies, error)


async def _answered(
    endpoint: Endpoint, rooms: list[int], *, suite: Suite, probe: Probe, spec: EndpointSpec
) -> Completion:
    """Return the reply under the highest limit that is not refused; limits refused are taken off `rooms`."""
    while True:
        call = _call(suite, probe, spec, rooms[0])
        try:
            return await endpoint.complete(call)
        except RequestRejected:
            lower = [room for room in rooms if _call(suite, probe, spec, room) != call]
            if not lower:
                raise
            rooms[:] = lower


def _summed(spec: EndpointSpec, n_calls: int, replies: Sequence[Completion], error: str | None) -> Pilot:
    silent = {Outcome.REASONING_ONLY, Outcome.EMPTY, Outcome.MALFORMED}
    used = [reply.usage for reply in replies if reply.usage is not None]
    output = [usage.completion_tokens for usage in used if usage.completion_tokens is not None]
    prompt = sum(usage.prompt_tokens or 0 for usage in used)
    return Pilot(
        endpoint=spec.name,
        n_calls=n_calls,
        n_answered=sum(reply.outcome not in silent for reply in replies),
        reasoning_tokens=max(map(_thought, replies), default=None),
        reply_tokens=sum(output) / len(output) if output else None,
        cost=spec.prices.cost(prompt, sum(output)) if spec.prices and used else None,
        error=error,
    )


def _thought(reply: Completion) -> float:
    """Return the tokens a reply spent on thinking: as reported, else estimated from the reasoning that came with it."""
    reported = reply.usage.reasoning_tokens if reply.usage else None
    if reported is not None:
        return float(reported)
    if reply.outcome == Outcome.REASONING_ONLY and reply.usage and reply.usage.completion_tokens:
        return float(reply.usage.completion_tokens)
    return float(text_tokens(reply.reasoning)) if reply.reasoning else 0.0


def with_pilots(
    document: Mapping[str, Any], found: Sequence[Pilot], specs: Sequence[EndpointSpec], suites: Sequence[Suite]
) -> dict[str, Any]:
    """Return a plan's document with what the pilots showed: typed applicability and repriced output of each row."""
    by_name, spec_of = {pilot.endpoint: pilot for pilot in found}, {spec.name: spec for spec in specs}
    suite_of = {(suite.name, suite.version): suite for suite in suites}
    rows = [
        _repriced(row, by_name[row["endpoint"]], spec_of[row["endpoint"]], suite_of[row["suite"], row["suite_version"]])
        for row in document["sessions"]
    ]
    return {**document, "sessions": rows, "pilot": list(found)}


def _repriced(row: Mapping[str, Any], pilot: Pilot, spec: EndpointSpec, suite: Suite) -> dict[str, Any]:
    output = expected_output(pilot, suite, spec) if row["n_requests"] else 0
    prices = spec.prices
    cost = prices.cost(row["prompt_tokens"], output) if prices and output is not None else None
    return {**row, "budget": applicability(pilot, suite, spec), "output_tokens_expected": output, "cost_expected": cost}


def budget_warnings(totals_by_run: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Return a line for each run most of whose replies ended in thought.

    Args:
        totals_by_run: `endpoint suite` → replies by outcome.
    """
    found = []
    for name, totals in totals_by_run.items():
        n = totals.get(Outcome.REASONING_ONLY.value, 0)
        answered = sum(count for outcome, count in totals.items() if outcome in set(map(str, Outcome)))
        if n and 2 * n >= answered:
            fix = "set decoding: {max_output_tokens: …} higher in its block and run again with --new"
            found.append(f"{name}: not applicable at this budget: {n} of {answered} replies are thought alone; {fix}")
    return tuple(found)
