"""`doctor`: measures what endpoints really honour, stores what was seen, and says what it means."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from blackbox import registry, store
from blackbox.collect import Lane, Limits, PlannedCall, collect
from blackbox.collect.estimating import call_tokens
from blackbox.core import Observation, digest, plain
from blackbox.evidence import checks
from blackbox.evidence.honoured import diagnose, honoured_settings, levels
from blackbox.evidence.honoured_fields import alternatives
from blackbox.workflow.leaks import leaked_variables
from blackbox.workflow.packages import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.collect import LaneResult
    from blackbox.core import Call, Clock, Completion, Endpoint, EndpointSpec, OnProgress, Wire
    from blackbox.evidence.checks import Check, Reply

State = Literal["finished", "stopped", "failed", "interrupted"]
_OPENER = "story"
"""Sent alone first: it finds a wrong key or address before the calls that servers may well refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorRequest:
    """Whom to examine.

    Args:
        endpoints: Side by side.
        results: The findings go into its folder `doctor`.
        seed: Decides the order of the calls.
        max_requests: Requests to send at most, over all endpoints.
        max_cost: Money to spend at most.
    """

    endpoints: tuple[EndpointSpec, ...]
    results: Path
    seed: int = 0
    max_requests: int | None = None
    max_cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What became of one endpoint; `document` is what was stored, None where it could not be examined to the end."""

    endpoint: str
    state: State
    reason: str | None
    n_sent: int
    cost: float | None
    document: Mapping[str, Any] | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an examination sends to one endpoint: rough upper estimates, if it keeps to the limits it is given."""

    endpoint: str
    n_requests: int
    prompt_tokens: int
    output_tokens: int
    cost: float | None
    currency: str | None


def endpoint_key(spec: EndpointSpec) -> str:
    """Return the digest that says whether an examination is of this endpoint: no key, price or limit is in it."""
    names = ("kind", "base_url", "model", "routing", "extra_body")
    return digest({name: getattr(spec, name) for name in names})


def budget(spec: EndpointSpec) -> Budget:
    """Return what an examination sends to an endpoint at most, before it begins."""
    sent = (*checks.first_checks(spec.token_limit_field, nonsense="x"), *checks.later_checks(checks.LISTED[0]))
    tokens = [(check.repeats, call_tokens(check.call)) for check in sent]
    prompt = sum(n * each.prompt for n, each in tokens)
    output = sum(check.repeats * check.call.body.get("n", 1) * call_tokens(check.call).output for check in sent)
    return Budget(
        endpoint=spec.name,
        n_requests=sum(n for n, _ in tokens),
        prompt_tokens=prompt,
        output_tokens=output,
        cost=spec.prices.cost(prompt, output) if spec.prices else None,
        currency=spec.prices.currency if spec.prices else None,
    )


async def examine(
    request: DoctorRequest, *, environ: Mapping[str, str], clock: Clock, on_progress: OnProgress
) -> tuple[Examined, ...]:
    """Examine every endpoint and store what was found, in the order given.

    An endpoint whose calls fail is left alone; the others go on. What an endpoint was asked before an interruption
    is not kept: half an examination finds nothing.

    Args:
        request: Whom to examine.
        environ: Holds the keys that the endpoints name.
        clock: Time, injected.
        on_progress: Told how far each endpoint is.

    Raises:
        UsageError: Found before the first call: a missing key, a limit that can't be kept.
        BlackboxError: Found before the first call: what is found can't be stored.
    """
    store.check_examinable(request.results)
    begun = clock.now()
    async with AsyncExitStack() as stack:
        patients = [
            _Patient(spec, await _opened(stack, spec, environ), request.seed, begun) for spec in request.endpoints
        ]
        for stage in range(_Patient.N_STAGES):
            asked = [patient for patient in patients if patient.state == "finished"]
            limits = _left(request, patients)
            if limits is None:
                for patient in asked:
                    patient.end("stopped", "the budget was spent")
                break
            lanes = [patient.lane(stage) for patient in asked]
            rng = random.Random(request.seed)  # noqa: S311 - spreads retries, decides nothing
            found = await collect(lanes, limits=limits, clock=clock, rng=rng, on_progress=on_progress)
            for patient, result in zip(asked, found, strict=True):
                patient.took(result)
    return tuple(patient.examined(request.results, clock.now(), environ) for patient in patients)


class _Patient:
    """One endpoint: its calls in three stages, what came back, what it cost.

    Args:
        spec: The endpoint.
        endpoint: Opened.
        seed: Of the order of calls.
        begun: When the examination began.
    """

    N_STAGES = 3

    def __init__(self, spec: EndpointSpec, endpoint: Endpoint, seed: int, begun: datetime) -> None:
        self.spec = spec
        self.state: State = "finished"
        self.n_sent = 0
        self.cost: float | None = None
        self._reason: str | None = None
        self._seed = seed
        self._begun = begun
        self._nonsense = f"model-{digest([begun, spec.base_url])[:10]}"
        self._listening = _Listening(endpoint)
        self._kept = _Kept()
        self._planned: list[PlannedCall] = []

    def lane(self, stage: int) -> Lane:
        """Return the calls of a stage, as a lane."""
        calls = self._ordered(stage)
        self._planned += calls
        return Lane(
            name=self.spec.name, spec=self.spec, endpoint=self._listening, sink=self._kept, pending=tuple(calls)
        )

    def took(self, result: LaneResult) -> None:
        """Note how a stage went."""
        self.n_sent += result.n_attempts
        if result.cost is not None:
            self.cost = (self.cost or 0.0) + result.cost
        if result.status in ("stopped", "failed", "interrupted"):
            self.end(result.status, result.reason)

    def end(self, state: Literal["stopped", "failed", "interrupted"], reason: str | None) -> None:
        """Ask nothing more."""
        self.state, self._reason = state, reason

    def examined(self, results: Path, at: datetime, environ: Mapping[str, str]) -> Examined:
        """Judge and store what came back; nothing is stored of an endpoint that was not asked everything."""
        base = {"endpoint": self.spec.name, "reason": self._reason, "n_sent": self.n_sent, "cost": self.cost}
        if self.state != "finished":
            return Examined(state=self.state, **base)  # type: ignore[arg-type]
        document = store.write_examination(results, self._document(at), self._calls(), at=self._begun)
        path = results / store.EXAMINATIONS / document["id"]
        names = [name for name in (self.spec.api_key_env, *self.spec.headers_env.values()) if name]
        leaks = leaked_variables(path, {name: environ[name] for name in names if environ.get(name)})
        reason = f"{path} holds the value of {', '.join(leaks)}: share it with nobody" if leaks else None
        return Examined(state="finished", **(base | {"reason": reason}), document=document, path=path)  # type: ignore[arg-type]

    def _ordered(self, stage: int) -> list[PlannedCall]:
        """Return a stage's calls, each check's repeats spread evenly over the stage."""
        first = checks.first_checks(self.spec.token_limit_field, nonsense=self._nonsense)
        if stage == 0:
            return [_planned(check, 0) for check in first if check.name == _OPENER]
        if stage == 1:
            return self._spread([(c, r) for c in first for r in range(c.name == _OPENER, c.repeats)])
        later = checks.later_checks(alternatives(self.heard()))
        return self._spread([(check, r) for check in later for r in range(check.repeats)])

    def _spread(self, calls: Sequence[tuple[Check, int]]) -> list[PlannedCall]:
        def place(call: tuple[Check, int]) -> float:
            check, repeat = call
            jitter = int(digest([self._seed, check.name, repeat])[:8], 16) / 2**32
            return (repeat + jitter) / check.repeats

        return [_planned(check, repeat) for check, repeat in sorted(calls, key=place)]

    def heard(self) -> checks.Heard:
        """Return what came back so far."""
        return checks.Heard(replies=tuple(self._replies()), model=self.spec.model, nonsense=self._nonsense)

    def _replies(self) -> list[Reply]:
        by_key = {planned.key: planned for planned in self._planned}
        replies = []
        for observation in self._kept.observations:
            at = observation.requested_at or self._begun
            replies.append(checks.Reply(
                check=observation.probe_id, observation=observation, seconds=(at - self._begun).total_seconds(),
                wire=self._listening.wires.get(id(by_key[observation.key].call)),
            ))  # fmt: skip
        return sorted(replies, key=lambda reply: (reply.seconds, reply.observation.key))

    def _calls(self) -> list[dict[str, Any]]:
        by_key = {planned.key: planned.call for planned in self._planned}
        return [
            {"call": plain(by_key[reply.observation.key]), "observation": plain(reply.observation),
             "wire": plain(reply.wire), "seconds": reply.seconds}
            for reply in self._replies()
        ]  # fmt: skip

    def _document(self, at: datetime) -> dict[str, Any]:
        heard = self.heard()
        findings = diagnose(heard, token_limit_field=self.spec.token_limit_field)
        return {
            "endpoint": self.spec.name,
            "endpoint_key": endpoint_key(self.spec),
            "model": self.spec.model,
            "base_url": self.spec.base_url,
            "created_at": plain(self._begun),
            "finished_at": plain(at),
            "seed": self._seed,
            "levels": levels(),
            "n_calls": len(heard.replies),
            "n_sent": self.n_sent,
            "cost": self.cost,
            "findings": plain(findings),
            "honoured": honoured_settings(findings, token_limit_field=self.spec.token_limit_field),
            "packages": versions(),
        }


@dataclass(slots=True)
class _Listening:
    """Passes calls on and keeps how each reply came, by the identity of the call: each is sent as planned."""

    endpoint: Endpoint
    wires: dict[int, Wire] = field(default_factory=dict)

    async def complete(self, call: Call) -> Completion:
        completion = await self.endpoint.complete(call)
        if completion.wire is not None:
            self.wires[id(call)] = completion.wire
        return completion


@dataclass(slots=True)
class _Kept:
    """A sink in memory: an examination is judged as a whole, and begun again if it is interrupted."""

    observations: list[Observation] = field(default_factory=list)

    async def append(self, kind: Literal["attempt", "observation", "note"], body: Mapping[str, Any]) -> None:
        if kind == "observation":
            self.observations.append(store.decode_observation(body, where="a reply"))


def _planned(check: Check, repeat: int) -> PlannedCall:
    own = replace(check.call)  # a repeat of its own: how replies came is kept by the identity of the call
    return PlannedCall(key=f"{check.name}#{repeat}", probe_id=check.name, repeat=repeat, block_id=repeat, call=own)


async def _opened(stack: AsyncExitStack, spec: EndpointSpec, environ: Mapping[str, str]) -> Endpoint:
    return await stack.enter_async_context(registry.endpoint_kind(spec.kind).open(spec, environ))


def _left(request: DoctorRequest, patients: Sequence[_Patient]) -> Limits | None:
    n_sent, spent = sum(p.n_sent for p in patients), sum(p.cost or 0.0 for p in patients)
    n_left = None if request.max_requests is None else request.max_requests - n_sent
    cost_left = None if request.max_cost is None else request.max_cost - spent
    if (n_left is not None and n_left <= 0) or (cost_left is not None and cost_left <= 0):
        return None
    return Limits(max_requests=n_left, max_cost=cost_left)
