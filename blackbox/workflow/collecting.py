"""`run`: asks every endpoint every suite, endpoints interleaved, each answer on disk before it counts."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from blackbox import registry, store
from blackbox.collect import Lane, LaneResult, LaneStatus, Limits, collect
from blackbox.core import Progress
from blackbox.workflow.clock import JUMP_S, ClockWatch
from blackbox.workflow.deciding import Decided, Deciding, said_of, sequential_rules
from blackbox.workflow.extending import look_note
from blackbox.workflow.leaks import leaked_variables, masked
from blackbox.workflow.pilot import budget_warnings
from blackbox.workflow.sessions import RunRequest, Session, begin, intended

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import Clock, Endpoint, EndpointSpec, OnProgress

State = Literal["finished", "decided", "already_finished", "interrupted", "stopped", "failed"]

_CLOSED: Mapping[LaneStatus, Literal["interrupted", "stopped", "finished"]] = {
    "finished": "finished",
    "decided": "finished",
    "failed": "stopped",
    "stopped": "stopped",
    "interrupted": "interrupted",
}
"""What a lane's end makes of its run; a decided one is complete as it is, and nothing may be added to it."""
_BUDGET_SPENT = "the budget was spent before this suite began"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """What became of one endpoint under one suite; `run_id` is None where nothing was begun."""

    endpoint: str
    suite: str
    suite_version: int
    state: State
    reason: str | None = None
    run_id: str | None = None
    path: Path | None = None
    resumed: bool = False
    totals: Mapping[str, int] = field(default_factory=dict)
    n_sent: int = 0
    cost: float | None = None
    n_keys_removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What became of a request; `warnings` are for the person, `decided` is said of pairs collected until decided."""

    entries: tuple[RunEntry, ...]
    warnings: tuple[str, ...] = ()
    decided: tuple[Decided, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 done, 4 incomplete and resumable, 130 interrupted (DESIGN §7)."""
        states = {entry.state for entry in self.entries}
        if "interrupted" in states:
            return 130
        return 4 if states & {"stopped", "failed"} else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A session with its journal open and what earlier sessions of it had used."""

    session: Session
    writer: store.RunWriter
    n_attempts_before: int
    cost_before: float | None
    warnings: tuple[str, ...]


async def run_suites(
    request: RunRequest, *, environ: Mapping[str, str], clock: Clock, on_progress: OnProgress
) -> RunReport:
    """Collect everything a request asks for, suite by suite, all endpoints of a suite interleaved.

    What was collected before is never sent again. Everything that can be wrong beforehand is found, for all endpoints,
    before the first call. An endpoint that fails is left alone from then on; the others go on.

    Args:
        request: What to collect.
        environ: Holds the keys that the endpoints name.
        clock: Time, injected.
        on_progress: Told how far each endpoint is.

    Raises:
        UsageError: Found before the first call: a missing key, two names of one endpoint, a run too old.
        RunLocked: Another process writes to one of the runs.
        EvidenceDamaged: A run to be continued does not agree with its own digests.
    """
    sessions = intended(request, now=clock.now())
    todo = [session for session in sessions if not session.finished]
    entries = {session.run_key: _already(session) for session in sessions if session.finished}
    decided: list[Decided] = []
    for session in todo:
        _say_warnings(session, on_progress)
    async with AsyncExitStack() as stack:
        endpoints = {spec.name: await _open(stack, spec, environ) for spec in _needed(todo)}
        work = _Collection(request, endpoints, watch=ClockWatch(clock), on_progress=on_progress)
        for suite in request.suites:
            asked = [session for session in sessions if session.suite is suite]
            deciding = _deciding(asked, request)
            entries |= await work.suite([session for session in todo if session.suite is suite], deciding)
            if work.interrupted:
                break
            paths = {each.name: entries[each.run_key].path for each in asked if each.run_key in entries}
            decided += said_of(deciding, asked, paths)
    report = tuple(entries[session.run_key] for session in sessions if session.run_key in entries)
    spent = budget_warnings({f"{entry.endpoint} {entry.suite}": entry.totals for entry in report})
    quoted = (f"{entry.run_id}: {masked(entry.n_keys_removed)}" for entry in report if entry.n_keys_removed)
    warnings = (*_leaks(report, request.endpoints, environ), *quoted, *spent)
    return RunReport(entries=report, warnings=warnings, decided=tuple(decided))


class _Collection:
    """What is spent, and which endpoints are out, as suite follows suite."""

    def __init__(
        self, request: RunRequest, endpoints: Mapping[str, Endpoint], *, watch: ClockWatch, on_progress: OnProgress
    ) -> None:
        self.interrupted = False
        self._request = request
        self._endpoints = endpoints
        self._watch = watch
        self._clock = watch.clock
        self._on_progress = on_progress
        self._failed: dict[str, str] = {}
        self._n_sent = 0
        self._spent = 0.0

    async def suite(self, sessions: Sequence[Session], deciding: Deciding | None) -> dict[str, RunEntry]:
        """Collect one suite from all endpoints that are still in; return what became of each session, by run key."""
        out = {s.run_key: _out(s, "failed", self._failed[s.spec.name]) for s in sessions if s.spec.name in self._failed}
        open_sessions = [session for session in sessions if session.run_key not in out]
        limits = self._limits()
        if limits is None:
            return out | {s.run_key: _out(s, "stopped", _BUDGET_SPENT) for s in open_sessions}
        async with AsyncExitStack() as stack:
            opened = [await self._opened(stack, session) for session in open_sessions]
            done = deciding.done if deciding else frozenset()
            lanes = [self._lane(each, wanted=each.session.name not in done) for each in opened]
            rng = random.Random(self._request.seed)  # noqa: S311 - spreads retries, decides nothing
            results = await collect(
                lanes,
                limits=limits,
                clock=self._clock,
                rng=rng,
                on_progress=self._on_progress,
                on_stored=deciding,
            )
            return out | {
                each.session.run_key: await self._closed(each, result, deciding)
                for each, result in zip(opened, results, strict=True)
            }

    def _limits(self) -> Limits | None:
        """Return what is left of the budget; None: nothing."""
        request = self._request
        n_left = None if request.max_requests is None else request.max_requests - self._n_sent
        cost_left = None if request.max_cost is None else request.max_cost - self._spent
        if (n_left is not None and n_left <= 0) or (cost_left is not None and cost_left <= 0):
            return None
        return Limits(max_requests=n_left, max_cost=cost_left)

    async def _opened(self, stack: AsyncExitStack, session: Session) -> _Opened:
        run = session.existing
        path = run.path if run else begin(session, self._request, at=self._clock.now())
        known = run.manifest if run else None
        writer = await stack.enter_async_context(store.RunWriter(path, self._clock, extend=session.extending))
        if session.extending:
            await writer.append("note", look_note(session))
        return _Opened(
            session=session,
            writer=writer,
            # A session that was killed left no totals: what it used is counted from its answers.
            n_attempts_before=max(writer.used["attempts"], known.totals.get("n_attempts", 0) if known else 0),
            cost_before=_cost(session.spec, writer.used, known.cost if known else None),
            warnings=tuple(self._set_back(session, writer)),
        )

    def _set_back(self, session: Session, writer: store.RunWriter) -> Iterator[str]:
        """Say where this computer's clock is behind what the run holds already."""
        behind_s = (writer.last_at - self._clock.now()).total_seconds()
        if session.existing is not None and behind_s > JUMP_S:
            warning = f"the clock is {behind_s:,.0f} s behind the run's last answer: its times of day do not agree"
            self._on_progress(Progress(stage="collect", subject=session.name, done=len(writer.done_keys),
                                       total=len(session.calls), message=f"warning: {warning}"))  # fmt: skip
            yield warning

    def _lane(self, opened: _Opened, *, wanted: bool) -> Lane:
        session, done = opened.session, opened.writer.done_keys
        return Lane(
            name=session.name,
            spec=session.spec,
            endpoint=self._endpoints[session.spec.name],
            sink=opened.writer,
            pending=tuple(call for call in session.calls if wanted and call.key not in done),
            n_done_before=len(done),
        )

    async def _closed(self, opened: _Opened, result: LaneResult, deciding: Deciding | None) -> RunEntry:
        session, status = opened.session, result.status
        self._n_sent += result.n_attempts
        self._spent += result.cost or 0.0
        self.interrupted |= status == "interrupted"
        if status == "failed":
            self._failed[session.spec.name] = result.reason or "failed"
        total_cost = None if opened.cost_before is None else opened.cost_before + (result.cost or 0.0)
        warnings = [*session.warnings, *opened.warnings, *self._watch.warnings]
        warnings += [f"a session ended early: {result.reason}"] if result.reason else []
        warnings += [masked(result.n_keys_removed)] if result.n_keys_removed else []
        if deciding is not None:
            await opened.writer.append("note", deciding.note(session.name))
            warnings.append(deciding.warning(session.name))
        manifest = await opened.writer.finish(
            _CLOSED[status],
            {"n_attempts": opened.n_attempts_before + result.n_attempts},
            cost=total_cost,
            warnings=tuple(warnings),
        )
        return RunEntry(
            endpoint=session.spec.name,
            suite=session.suite.name,
            suite_version=session.suite.version,
            state=status,
            reason=result.reason,
            run_id=manifest.run_id,
            path=opened.writer.path,
            resumed=session.existing is not None,
            totals={name: n for name, n in manifest.totals.items() if n},
            n_sent=result.n_attempts,
            cost=manifest.cost,
            n_keys_removed=result.n_keys_removed,
        )


def _say_warnings(session: Session, on_progress: OnProgress) -> None:
    """Say what `doctor` found before anything is sent; the run's manifest holds it too."""
    for warning in session.warnings:
        on_progress(Progress(
            stage="collect", subject=session.name, done=0, total=len(session.calls), message=f"warning: {warning}",
        ))  # fmt: skip


def _deciding(sessions: Sequence[Session], request: RunRequest) -> Deciding | None:
    if not request.until_decided:
        return None
    return Deciding(sessions, sequential_rules(request.endpoints, request.suites, sessions[0].suite))


async def _open(stack: AsyncExitStack, spec: EndpointSpec, environ: Mapping[str, str]) -> Endpoint:
    return await stack.enter_async_context(registry.endpoint_kind(spec.kind).open(spec, environ))


def _needed(sessions: Sequence[Session]) -> list[EndpointSpec]:
    return list({session.spec.name: session.spec for session in sessions}.values())


def _cost(spec: EndpointSpec, used: Mapping[str, int], known: float | None) -> float | None:
    """Return what earlier sessions cost: what they said, or what their answers come to if that is more."""
    if spec.prices is None:
        return None
    return max(known or 0.0, spec.prices.cost(used["prompt_tokens"], used["completion_tokens"]))


def _already(session: Session) -> RunEntry:
    run = session.existing
    assert run is not None
    return RunEntry(
        endpoint=session.spec.name,
        suite=session.suite.name,
        suite_version=session.suite.version,
        state="already_finished",
        reason=f"run {run.id} has all answers; begin another with --new or another --label, or extend it with --more",
        run_id=run.id,
        path=run.path,
        totals={name: n for name, n in run.manifest.totals.items() if n},
        cost=run.manifest.cost,
    )


def _out(session: Session, state: State, reason: str) -> RunEntry:
    run = session.existing
    return RunEntry(
        endpoint=session.spec.name,
        suite=session.suite.name,
        suite_version=session.suite.version,
        state=state,
        reason=reason,
        run_id=run.id if run else None,
        path=run.path if run else None,
        resumed=False,
    )


def _leaks(entries: Sequence[RunEntry], specs: Sequence[EndpointSpec], environ: Mapping[str, str]) -> tuple[str, ...]:
    variables = {name for spec in specs for name in (spec.api_key_env, *spec.headers_env.values()) if name}
    folders = [entry.path for entry in entries if entry.path is not None and entry.n_sent]
    return tuple(
        f"{folder} holds the value of {name}: share it with nobody, and replace that key"
        for folder in folders
        for name in leaked_variables(folder, {name: environ[name] for name in variables if environ.get(name)})
    )
