"""One endpoint under one suite: workers that take calls off the plan, and what ends them early."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from blackbox.collect.calling import Answer, CallRun, Line, StopLaneError
from blackbox.collect.pacing import Pacer, Window
from blackbox.collect.tally import Tally
from blackbox.core import Observation, plain

if TYPE_CHECKING:
    import random
    from collections.abc import Coroutine, Mapping, Sequence

    from blackbox.collect.budget import Budget
    from blackbox.collect.passes import Passes
    from blackbox.collect.planning import PlannedCall
    from blackbox.core import Clock, Endpoint, EndpointSpec, OnProgress, Sink

LaneStatus = Literal["finished", "decided", "interrupted", "stopped", "failed"]

MAX_FAILURES_IN_A_ROW = 5
"""So many calls in a row without an answer end a lane; they stay open, so that a resumed run asks them again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What to collect from one endpoint, and where to put it.

    Args:
        name: What progress and result call it.
        spec: Rates, concurrency and prices.
        endpoint: Opened by the caller, closed by the caller.
        sink: Each append returns when the entry is on disk.
        pending: Calls to make, in this order; each is sent as it stands.
        n_done_before: Observations of earlier sessions of the run.
    """

    name: str
    spec: EndpointSpec
    endpoint: Endpoint
    sink: Sink
    pending: tuple[PlannedCall, ...]
    n_done_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneResult:
    """What became of a lane in this session.

    Args:
        name: The lane's.
        status: finished: every call has an observation; decided: no more are wanted; stopped: a limit; failed: the
            endpoint; interrupted: the person. The last three can be resumed.
        reason: Why it is not finished.
        counts: Stored observations by outcome.
        n_attempts: Requests sent.
        cost: Spent in the currency of the prices, estimated where replies lack usage; None without prices.
        n_keys_removed: Replies that quoted a key, which was taken out before they were stored.
    """

    name: str
    status: LaneStatus
    reason: str | None
    counts: Mapping[str, int] = field(default_factory=dict)
    n_attempts: int = 0
    cost: float | None = None
    n_keys_removed: int = 0


class LaneRun:
    """Runs one lane; memory is bounded by its concurrency.

    Args:
        lane: What to collect.
        budget: Shared by all lanes; it also says how many attempts a call gets.
        clock: Time, injected.
        rng: Jitter, injected.
        on_progress: Told after every answer.
        passes: Keeps it in step with other lanes and says when no more calls are wanted; None: neither.
    """

    def __init__(
        self,
        lane: Lane,
        *,
        budget: Budget,
        clock: Clock,
        rng: random.Random,
        on_progress: OnProgress,
        passes: Passes | None = None,
    ) -> None:
        spec = lane.spec
        self._passes = passes
        self._is_decided = False
        self._lane = lane
        self._queue = enumerate(lane.pending)
        self._tally = Tally(
            lane.name,
            n_done_before=lane.n_done_before,
            n_pending=len(lane.pending),
            monotonic=clock.monotonic,
            on_progress=on_progress,
        )
        self._line = Line(
            endpoint=lane.endpoint,
            sink=lane.sink,
            pacer=Pacer(rpm=spec.rpm, tpm=spec.tpm, clock=clock, burst=spec.concurrency),
            window=Window(spec.concurrency, monotonic=clock.monotonic),
            budget=budget,
            clock=clock,
            rng=rng,
            prices=spec.prices,
            tally=self._tally,
            max_attempts=budget.max_attempts,
        )
        self._workers: list[asyncio.Task[None]] = []
        self._held: list[Observation] = []
        self._has_answered = False

    async def run(self) -> LaneResult:
        """Work until every call has an observation or the lane ends early.

        A cancellation is the person's interrupt: it ends in a result, after everything received is stored.

        Raises:
            OSError: The sink could not store an entry (any error of a sink is passed on).
        """
        n_workers = min(self._lane.spec.concurrency, len(self._lane.pending))
        self._workers = [asyncio.create_task(self._work()) for _ in range(n_workers)]
        try:
            await first_error(self._workers)
            if self._line.stopped is None:
                await to_the_end(self._close())
        except asyncio.CancelledError:
            await cancel_all(self._workers)
            await first_error(self._workers)
            return self._result("interrupted", "interrupted")
        except BaseException:
            await cancel_all(self._workers)
            raise
        finally:
            if self._passes is not None:
                self._passes.ended(self._lane.name)
        stop = self._line.stopped
        if stop is not None:
            return self._result(stop.status, stop.reason)
        return self._result("decided" if self._is_decided else "finished", None)

    async def _work(self) -> None:
        for age, planned in self._queue:
            if not await self._wanted(planned):
                return
            try:
                answer = await CallRun(planned, age, self._line).answer()
            except StopLaneError as stop:
                self._stop(stop)
                return
            await to_the_end(self._record(answer))
            self._line.busy.discard(asyncio.current_task())
            if self._passes is not None:
                self._passes.finished(self._lane.name, planned.block_id)
            if self._line.stopped is not None:
                return

    async def _wanted(self, planned: PlannedCall) -> bool:
        """Wait for the call's turn among the lanes; say whether it is still to be sent."""
        if self._passes is None or await self._passes.admits(self._lane.name, planned.block_id):
            return True
        self._is_decided = True
        return False

    async def _record(self, answer: Answer) -> None:
        """Store an observation, or hold a failure back while it is unclear whether the endpoint answers at all."""
        if answer.key_removed:
            self._tally.n_keys_removed += 1
            await self._lane.sink.append("note", {"note": "key_removed", "key": answer.observation.key})
        if not answer.observation.missing:
            self._has_answered = True
            await self._store([*self._taken(), answer.observation])
        elif answer.unreachable or not self._has_answered:
            self._held.append(answer.observation)
            if len(self._held) >= MAX_FAILURES_IN_A_ROW:
                self._stop(StopLaneError("failed", self._failures()))
        else:
            await self._store([answer.observation])
        self._tally.n_open_failures = len(self._held)
        self._tally.report()

    async def _close(self) -> None:
        """Decide on the failures that no answer followed: they count if the endpoint ever answered in this run."""
        if self._held and not self._has_answered and not self._lane.n_done_before:
            self._stop(StopLaneError("failed", self._failures()))
        await self._store(self._taken())

    async def _store(self, observations: Sequence[Observation]) -> None:
        for observation in observations:
            await self._lane.sink.append("observation", plain(observation))
            self._tally.outcomes[observation.outcome] += 1
            if self._passes is not None:
                self._passes.stored(self._lane.name, observation)

    def _taken(self) -> list[Observation]:
        held, self._held = self._held, []
        return held

    def _failures(self) -> str:
        held = self._taken()
        error = held[-1].error
        assert error is not None
        if len(held) == 1 and not self._has_answered:
            return f"its first call failed: {error.message}"
        which = f"{len(held)} calls in a row" if self._has_answered else f"all of the first {len(held)} calls"
        return f"{which} failed, the last one: {error.message}"

    def _stop(self, stop: StopLaneError) -> None:
        """Begin nothing more; what is under way is finished and stored."""
        if self._line.stopped is None:
            self._line.stopped = stop
            for worker in self._workers:
                if worker not in self._line.busy and worker is not asyncio.current_task():
                    worker.cancel()

    def _result(self, status: LaneStatus, reason: str | None) -> LaneResult:
        tally = self._tally
        return LaneResult(
            name=self._lane.name,
            status=status,
            reason=reason,
            counts=tally.counts,
            n_attempts=tally.n_attempts,
            cost=tally.cost if tally.cost is not None or self._lane.spec.prices is None else 0.0,
            n_keys_removed=tally.n_keys_removed,
        )


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do `work` whole even if this task is cancelled meanwhile; the cancellation comes through afterwards."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await first_error([task])
        raise


async def first_error(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Wait until all tasks are done, or raise the first error; a cancelled task is no error."""
    if not tasks:
        return
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        if not task.cancelled():
            task.result()


async def cancel_all(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have ended, each in its own way."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
