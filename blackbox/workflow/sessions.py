"""Which runs a collection begins, continues or finds finished: decided for all endpoints before the first call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from blackbox import store
from blackbox.collect import PlannedCall, plan
from blackbox.core import Decoding, EndpointSpec, Manifest, Suite, digest, plain
from blackbox.errors import UsageError
from blackbox.workflow.deciding import refuse_undecidable, sequential_plan
from blackbox.workflow.doctor_advice import advise, honoured_decoding, recent_examinations
from blackbox.workflow.extending import next_look, refuse_unextendable
from blackbox.workflow.packages import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from blackbox.store import RunSummary
    from blackbox.workflow.doctor_advice import Examinations

OLDEST = timedelta(hours=24)
"""A run begun longer ago mixes "then" and "now" (METHODS §1.8); it is continued only if asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What to collect.

    Args:
        endpoints: Every one is asked every suite.
        suites: In this order.
        results: Folder of runs.
        label: Another label is another session of the same endpoint.
        seed: Decides the random order of the calls.
        new: Begin another run although there is one of this key.
        resume_old: Continue a run even if it was begun more than 24 hours ago.
        max_requests: Requests to send at most, over all suites and endpoints.
        max_cost: Money to spend at most.
        until_decided: Stop each pair of endpoints as soon as its e-value suffices.
        despite_doctor: Collect although `doctor` found a suite's premise broken.
        more: Extend finished runs by as many repeats again: a further look.
    """

    endpoints: tuple[EndpointSpec, ...]
    suites: tuple[Suite, ...]
    results: Path
    label: str = ""
    seed: int = 0
    new: bool = False
    resume_old: bool = False
    max_requests: int | None = None
    max_cost: float | None = None
    until_decided: bool = False
    despite_doctor: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One endpoint under one suite.

    Args:
        spec: The endpoint.
        suite: The suite.
        run_key: What makes two collections one run.
        calls: All of the run, those that were answered before among them.
        existing: The run that is continued, extended or was found finished.
        look: Which look at the run these calls make possible.
        extending: Whether a finished run is opened again for it.
        examination: What `doctor` found of the endpoint in the last 24 hours.
        warnings: What of that touches the suite.
    """

    spec: EndpointSpec
    suite: Suite
    run_key: str
    calls: tuple[PlannedCall, ...]
    existing: RunSummary | None
    examination: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    look: int = 1
    extending: bool = False

    @property
    def name(self) -> str:
        """What progress calls it."""
        return f"{self.spec.name} {self.suite.name}"

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to send."""
        return self.existing is not None and self.existing.manifest.status == "finished" and not self.extending


def intended(request: RunRequest, *, now: datetime) -> tuple[Session, ...]:
    """Return all sessions of a request, suite by suite; nothing is written.

    Raises:
        UsageError: Two endpoints are one under two names, a run is too old to be continued unasked, a limit can't be
            kept, what is to be decided can't be, or `doctor` found a suite's premise broken.
    """
    _refuse_uncountable(request)
    runs = () if request.new else store.find_runs(request.results)
    newest = {run.manifest.run_key: run for run in runs}
    sessions = [_session(request, spec, suite, newest) for suite in request.suites for spec in request.endpoints]
    _refuse_twins(sessions)
    refuse_undecidable(sessions, {session.name: _sequential(session.suite, request) for session in sessions})
    if request.more:
        refuse_unextendable(sessions)
    for session in sessions:
        _refuse_old(session, now=now, allowed=request.resume_old)
    examinations = recent_examinations(request.results, now=now)
    return tuple(_advised(session, request, examinations) for session in sessions)


def _advised(session: Session, request: RunRequest, examinations: Examinations) -> Session:
    if session.finished:
        return session
    spec, suite = session.spec, session.suite
    warnings = advise([(spec, suite)], examinations, despite=request.despite_doctor)
    return replace(session, examination=examinations.of(spec), warnings=warnings)


def run_key(spec: EndpointSpec, suite: Suite, *, seed: int, label: str) -> str:
    """Return the digest that says whether two collections are one run (DESIGN §5): no key, price or limit is in it."""
    return digest({
        "suite_digest": suite.digest,
        "kind": spec.kind,
        "base_url": spec.base_url,
        "model": spec.model,
        "routing": spec.routing,
        "extra_body": spec.extra_body,
        "sent_decoding": sent_decoding(spec, suite),
        "repeats": {probe.id: probe.repeats for probe in suite.probes},
        "seed": seed,
        "label": label,
    })  # fmt: skip


def sent_decoding(spec: EndpointSpec, suite: Suite) -> Decoding:
    """Return what is asked of every probe that says nothing else: the suite's settings under the endpoint's."""
    return suite.decoding.merged(spec.decoding)


def begin(session: Session, request: RunRequest, *, at: datetime) -> Path:
    """Make the run of a session that continues none, its plan fixed and digested, and return its folder.

    Where another process began the same run since, that run's folder is returned: it is locked, or can be continued.
    """
    spec, suite = session.spec, session.suite
    manifest = Manifest(
        schema=store.RUN_SCHEMA,
        run_id=store.new_run_id(at, spec.name, suite.name, session.run_key),
        run_key=session.run_key,
        label=request.label,
        origin="collected",
        status="running",
        suite_name=suite.name,
        suite_version=suite.version,
        suite_digest=suite.digest,
        endpoint=plain(spec),
        sent_decoding=plain(sent_decoding(spec, suite)),
        honoured_decoding=honoured_decoding(session.examination),
        plan=_plan_document(session, request),
        packages=versions(),
        created_at=at,
        finished_at=None,
        totals={},
        cost=None,
        journal_count=0,
        journal_head="",
    )
    return store.create_run(request.results, manifest=manifest, suite=suite, join=not request.new)


def _session(request: RunRequest, spec: EndpointSpec, suite: Suite, newest: Mapping[str, RunSummary]) -> Session:
    key = run_key(spec, suite, seed=request.seed, label=request.label)
    existing = newest.get(key)
    extending = request.more and existing is not None and existing.manifest.status == "finished"
    look = next_look(existing, suite, extending=extending)
    calls = tuple(_for_endpoint(call, spec) for call in plan(suite, seed=request.seed, looks=look))
    return Session(spec=spec, suite=suite, run_key=key, calls=calls, existing=existing, look=look, extending=extending)


def _for_endpoint(planned: PlannedCall, spec: EndpointSpec) -> PlannedCall:
    decoding = planned.call.decoding.merged(spec.decoding)
    return replace(planned, call=replace(planned.call, decoding=decoding))


def _plan_document(session: Session, request: RunRequest) -> dict[str, Any]:
    suite, primary = session.suite, request.suites[0]
    document = {
        "schema": "blackbox.plan/1",
        "seed": request.seed,
        "n_calls": len(session.calls),
        "order": "passes over all probes in random order, endpoints interleaved",
        "order_digest": digest([call.key for call in session.calls]),
        "primary": {
            "question": primary.questions[0],
            "suite": f"{primary.name}@{primary.version}",
            "signal": "omnibus",
        },
        "decision": plain(suite.decision),
    }
    sequential = _sequential(suite, request)
    if sequential is not None:
        document["sequential"] = sequential
    return {**document, "digest": digest(document)}


def _sequential(suite: Suite, request: RunRequest) -> dict[str, Any] | None:
    return sequential_plan(request.endpoints, request.suites, suite) if request.until_decided else None


def _refuse_uncountable(request: RunRequest) -> None:
    """Refuse a limit on money where money can't be counted: it would be a limit that does not hold."""
    if request.max_cost is None:
        return
    for spec in request.endpoints:
        if spec.prices is None:
            raise UsageError(
                f"--max-cost needs prices: write prices: {{input_per_mtok: …, output_per_mtok: …}} in the block of "
                f"endpoint {spec.name}, or limit the calls with --max-requests"
            )
    currencies = sorted({spec.prices.currency for spec in request.endpoints if spec.prices})
    if len(currencies) > 1:
        raise UsageError(f"--max-cost is one sum, and the prices are in {' and '.join(currencies)}; run them apart")


def _refuse_twins(sessions: Sequence[Session]) -> None:
    first: dict[str, Session] = {}
    for session in sessions:
        twin = first.setdefault(session.run_key, session)
        if twin is not session:
            raise UsageError(
                f"{twin.spec.name} and {session.spec.name} are one endpoint under two names; "
                "run one of them, and again with another --label for a second session"
            )


def _refuse_old(session: Session, *, now: datetime, allowed: bool) -> None:
    run = session.existing
    if run is None or session.finished or allowed or now - run.manifest.created_at <= OLDEST:
        return
    raise UsageError(
        f"run {run.id} was begun more than 24 hours ago; go on with it with --resume-old, or begin another with --new"
    )
