"""`run --until-decided`: settles pairs of answers while they come, and says which endpoints need no more calls."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from blackbox.core import digest, plain
from blackbox.errors import UsageError
from blackbox.evidence.conditions import decoding_conflict
from blackbox.evidence.sequential import (
    PairedStream,
    SequentialResult,
    SequentialRules,
    Side,
    Slot,
    plan_entry,
    result,
    result_entry,
)
from blackbox.features import category
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from blackbox.core import EndpointSpec, Observation, Run, Suite
    from blackbox.workflow.sessions import Session

SAID = "collected until decided, so that of this run only e-values may be reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the sequential mode says of one pair of endpoints under one suite, and what it cost.

    Args:
        a: Endpoint.
        b: Endpoint.
        suite: The suite's name.
        result: The e-process.
        n_calls: Answers of both that are stored.
        n_saved: Calls of both plans that were not needed.
    """

    a: str
    b: str
    suite: str
    result: SequentialResult
    n_calls: int
    n_saved: int

    @property
    def sentence(self) -> str:
        """In words, with what it cost."""
        said = {
            "different": "different",
            "undecided": "not decided, which is no sign that they are alike",
            "void": "no statement",
        }[self.result.status]
        spent = f"{self.n_calls} calls, {self.n_saved} saved"
        return f"{self.a} and {self.b} under {self.suite}: {said} ({self.result.reason}; {spent})"

    @property
    def entry(self) -> dict[str, Any]:
        """As JSON types."""
        about = {"a_endpoint": self.a, "b_endpoint": self.b, "suite": self.suite}
        return {**about, **result_entry(self.result), "n_calls": self.n_calls, "n_saved": self.n_saved}


class Deciding:
    """The e-processes of all pairs of sessions of one suite; called with every observation that is stored.

    Args:
        sessions: All of one suite.
        rules: Level, and how many pairs are tested at once.
    """

    def __init__(self, sessions: Sequence[Session], rules: SequentialRules) -> None:
        self._sessions = {session.name: session for session in sessions}
        self._parsers = {probe.id: probe for probe in sessions[0].suite.probes}
        slots = slots_of(sessions[0].suite, [call.key for call in sessions[0].calls])
        self._keys = {slot.key for slot in slots}
        self._streams = {(a.name, b.name): PairedStream(slots=slots, rules=rules) for a, b in combinations(sessions, 2)}
        for session in sessions:
            if session.existing is not None:
                for observation in open_run(session.existing.path).observations:
                    self(session.name, observation)

    def __call__(self, name: str, observation: Observation) -> frozenset[str]:
        """Take an answer to its pairs and return the sessions that are decided against all others."""
        if observation.key in self._keys:
            answer = category(observation, self._parsers[observation.probe_id])
            for pair, stream in self._streams.items():
                if name in pair:
                    side: Side = "a" if name == pair[0] else "b"
                    stream.offer(side, observation.key, answer)
        return self.done

    @property
    def done(self) -> frozenset[str]:
        """Sessions of which no more answers are wanted."""
        waiting = {name for pair, stream in self._streams.items() if not stream.decided for name in pair}
        return frozenset(self._sessions) - waiting

    def note(self, name: str) -> dict[str, Any]:
        """Return what the journal of a session is told of its e-values."""
        return {
            "note": "sequential",
            "e_values": [
                {
                    "against": self._sessions[pair[1] if name == pair[0] else pair[0]].spec.name,
                    "e_value": stream.e_value,
                    "needed": stream.rules.needed,
                    "n_pairs": stream.betting.n_pairs,
                }
                for pair, stream in self._streams.items()
                if name in pair
            ],
        }

    def warning(self, name: str) -> str:
        """Return what the manifest of a session says of its e-values."""
        values = [
            f"{each['e_value']:.3g} against {each['against']} after {each['n_pairs']} pairs ({each['needed']:g} needed)"
            for each in self.note(name)["e_values"]
        ]
        return f"{SAID}: {'; '.join(values)}"

    def decided(self, runs: Mapping[str, Run]) -> list[Decided]:
        """Return what is said of each pair whose runs are given by session name."""
        found = []
        for (a, b), stream in self._streams.items():
            if a in runs and b in runs:
                n_calls = len(runs[a].observations) + len(runs[b].observations)
                n_planned = len(self._sessions[a].calls) + len(self._sessions[b].calls)
                found.append(
                    Decided(
                        a=self._sessions[a].spec.name,
                        b=self._sessions[b].spec.name,
                        suite=self._sessions[a].suite.name,
                        result=result(stream, runs[a], runs[b]),
                        n_calls=n_calls,
                        n_saved=n_planned - n_calls,
                    )
                )
        return found


def said_of(deciding: Deciding | None, sessions: Sequence[Session], paths: Mapping[str, Path | None]) -> list[Decided]:
    """Return what is said of each pair of sessions with a run on disk, read back from there."""
    if deciding is None:
        return []
    folders = {session.name: paths.get(session.name) for session in sessions}
    return deciding.decided({name: open_run(path) for name, path in folders.items() if path is not None})


def sequential_rules(endpoints: Sequence[EndpointSpec], suites: Sequence[Suite], suite: Suite) -> SequentialRules:
    """Return the rules one suite is decided by: its level, over all pairs of endpoints and all suites."""
    return SequentialRules(alpha=suite.decision.alpha, n_pairs=len(list(combinations(endpoints, 2))) * len(suites))


def sequential_plan(endpoints: Sequence[EndpointSpec], suites: Sequence[Suite], suite: Suite) -> dict[str, Any]:
    """Return what the plan of every run of one suite says of the sequential mode."""
    return plan_entry(sequential_rules(endpoints, suites, suite), [spec.name for spec in endpoints])


def refuse_undecidable(sessions: Sequence[Session], plans: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Refuse, before the first call, what can't be decided by pairs.

    Args:
        sessions: All of a request.
        plans: What a new run of each session would say of the sequential mode, None where it is not asked for.

    Raises:
        UsageError: With what to do instead.
    """
    for session in sessions:
        _refuse_other_mode(session, plans[session.name])
    wanted = [session for session in sessions if plans[session.name] is not None]
    if not wanted:
        return
    if len({session.spec.name for session in wanted}) == 1:
        raise UsageError("--until-decided compares endpoints pair by pair; name at least two")
    for session in wanted:
        _refuse_no_draws(session)
    for suite in {session.suite.digest for session in wanted}:
        first, *others = [session for session in wanted if session.suite.digest == suite]
        for other in others:
            conflict = decoding_conflict(_sampling(first), _sampling(other))
            if conflict:
                raise UsageError(
                    f"{first.spec.name} and {other.spec.name} would be asked for different sampling ({conflict}): "
                    "their answers differ for this reason alone"
                )


def slots_of(suite: Suite, keys: Sequence[str]) -> tuple[Slot, ...]:
    """Return the plan's calls to closed probes, in its order."""
    closed = {probe.id for probe in suite.probes if probe.form == "closed"}
    slots = (Slot(key=key, probe_id=key.rpartition("#")[0]) for key in keys)
    return tuple(slot for slot in slots if slot.probe_id in closed)


def _refuse_other_mode(session: Session, said: Mapping[str, Any] | None) -> None:
    run = session.existing
    if run is None:
        return
    before = run.manifest.plan.get("sequential")
    if (before is None) != (said is None) or (said is not None and digest(before) != digest(said)):
        mode = "without --until-decided" if before is None else "with --until-decided"
        raise UsageError(
            f"run {run.id} was begun {mode}, or with other endpoints; what may be said of it was fixed then. "
            "Go on in the same way, or begin another with --new or another --label"
        )


def _refuse_no_draws(session: Session) -> None:
    name, suite = session.spec.name, session.suite
    if not any(probe.form == "closed" for probe in suite.probes):
        raise UsageError(f"--until-decided reads closed probes; suite {suite.name} has none: choose e.g. -s one-token")
    n = sum(call.call.decoding.deterministic for call in session.calls)
    if n:
        raise UsageError(
            f"{name} would be asked {n} times at temperature 0 or with a seed: repeats, not draws; choose another suite"
        )


def _sampling(session: Session) -> Mapping[str, Any]:
    return dict(plain(session.suite.decoding.merged(session.spec.decoding)))
