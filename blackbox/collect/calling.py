"""One call of the plan: its attempts, each paced, paid for and journalled, until there is an observation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from blackbox.collect import retry
from blackbox.collect.estimating import CallTokens, call_tokens, text_tokens
from blackbox.core import CallError, Completion, Observation, Outcome, plain
from blackbox.errors import AuthenticationFailed, EndpointError, TransientError

if TYPE_CHECKING:
    import random
    from datetime import datetime

    from blackbox.collect.budget import Budget
    from blackbox.collect.pacing import Pacer, Window
    from blackbox.collect.planning import PlannedCall
    from blackbox.collect.tally import Tally
    from blackbox.core import Clock, Endpoint, Prices, Sink

_MAY_BE_BILLED = frozenset({"timeout", "reset", "protocol", "network"})
"""Failures after which the server may have answered, and charged, without our seeing it."""


class StopLaneError(Exception):
    """Nothing more is to be sent on this lane.

    Args:
        status: What becomes of the lane.
        reason: Why, for a person.
    """

    def __init__(self, status: Literal["stopped", "failed"], reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class Line:
    """What the calls of one lane share.

    `has_answered` tells whether a reply came in this session; `stopped` is set once, then no further attempt begins;
    `busy` holds the tasks that have something under way which must not be lost.
    """

    endpoint: Endpoint
    sink: Sink
    pacer: Pacer
    window: Window
    budget: Budget
    clock: Clock
    rng: random.Random
    prices: Prices | None
    tally: Tally
    max_attempts: int
    has_answered: bool = False
    stopped: StopLaneError | None = None
    busy: set[asyncio.Task[None] | None] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a call.

    Args:
        observation: What is stored.
        unreachable: Attempts ran out, so that asking again may help.
        key_removed: The reply quoted a key, which was taken out.
    """

    observation: Observation
    unreachable: bool = False
    key_removed: bool = False


class CallRun:
    """All attempts of one call.

    Args:
        planned: The call.
        age: Its place in the plan; older calls go first.
        line: What it shares with the lane's other calls.
    """

    def __init__(self, planned: PlannedCall, age: int, line: Line) -> None:
        self._planned = planned
        self._age = age
        self._line = line
        self._tokens: CallTokens = call_tokens(planned.call)
        self._worst_cost = self._price(self._tokens.prompt, self._tokens.output)
        self._n_attempts = 0
        self._n_refusals = 0
        self._wait_s = 0.0
        self._has_place = False
        self._requested_at: datetime | None = None

    async def answer(self) -> Answer:
        """Return the observation of the call, whatever became of it.

        Raises:
            StopLaneError: The lane ends here: key, quota, budget, or a wait too long. There is no observation then.
        """
        line = self._line
        try:
            completion = await retry.with_retries(
                self._attempt, wait=lambda: self._wait_s, give_up=self._gives_up, clock=line.clock
            )
        except AuthenticationFailed as error:
            raise StopLaneError("failed", str(error)) from None
        except EndpointError as error:
            return Answer(observation=self._failed(error), unreachable=isinstance(error, TransientError))
        finally:
            self._give_place_back()
        removed = completion.wire is not None and completion.wire.key_removed
        return Answer(observation=self._answered(completion), key_removed=removed)

    async def _attempt(self) -> Completion:
        line = self._line
        if self._has_place:
            self._has_place = False  # it is lost if we are cancelled while queueing
            await line.window.queue_again(self._age)
        else:
            await line.window.enter(self._age)
        self._has_place = True
        await line.pacer.admit(self._tokens.prompt + self._tokens.output)
        spent_up = await line.budget.reserve(self._worst_cost)
        if spent_up is not None:
            raise StopLaneError("stopped", spent_up)
        return await self._send()

    async def _send(self) -> Completion:
        line, task = self._line, asyncio.current_task()
        line.busy.add(task)
        self._n_attempts += 1
        line.tally.n_attempts += 1
        self._requested_at, sent_at = line.clock.now(), line.clock.monotonic()
        spent = self._worst_cost  # if we never learn what came of it
        try:
            completion = await line.endpoint.complete(self._planned.call)
            spent = self._cost(completion)
        except EndpointError as error:
            spent = self._worst_cost if error.kind in _MAY_BE_BILLED else 0.0
            await self._note_failure(error, sent_at)
            line.busy.discard(task)
            raise
        finally:
            self._settle(spent)
        line.has_answered = True
        line.window.widen()
        line.pacer.answered(sent_at=sent_at)
        line.pacer.refund(self._unused_tokens(completion))
        return completion

    async def _note_failure(self, error: EndpointError, sent_at: float) -> None:
        line, now = self._line, self._line.clock.monotonic()
        asked = error.retry_after_s if isinstance(error, TransientError) else None
        body = {"key": self._planned.key, "attempt": self._n_attempts, "at": self._requested_at, "kind": error.kind,
                "status": error.status, "retry_after_s": asked, "latency_s": now - sent_at}  # fmt: skip
        delay_s = self._delayed(error, sent_at) if isinstance(error, TransientError) else None
        await line.sink.append("attempt", plain(body))
        if line.stopped is not None:
            raise line.stopped
        if asked is not None and asked > retry.LONGEST_WAIT_S:
            raise StopLaneError("stopped", f"the server asks to wait {asked / 60:.0f} minutes; run again after that")
        if delay_s is not None and not self._gives_up():
            line.tally.n_retries += 1
            line.tally.report(f"{error}; trying again in {delay_s:.0f} s")

    def _delayed(self, error: TransientError, sent_at: float) -> float:
        """Set when the next attempt may come, in seconds from now; under a rate limit the whole lane waits."""
        line = self._line
        if not retry.is_rate_limit(error):
            self._give_place_back()
            self._wait_s = retry.wait_s(error, attempt=self._n_attempts - self._n_refusals, rng=line.rng)
            return self._wait_s
        self._n_refusals += 1
        delay_s = retry.wait_s(error, attempt=self._n_refusals, rng=line.rng)
        if not line.pacer.knows_the_rate:
            line.window.narrow(sent_at=sent_at)
        wait_s = min(delay_s, retry.LONGEST_WAIT_S)
        line.pacer.refused(sent_at=sent_at, wait_s=wait_s, asked_s=error.retry_after_s)
        self._wait_s = 0.0  # the pacer holds this call like all others, and its place keeps it first
        return delay_s

    def _gives_up(self) -> bool:
        n_failures = self._n_attempts - self._n_refusals
        line, most = self._line, self._line.max_attempts
        if line.has_answered:
            return n_failures >= most or self._n_refusals >= retry.MAX_REFUSALS
        # Where nothing was ever answered, and no time is named, not every call gets all its attempts, minutes apart.
        return self._n_attempts >= most or (self._n_refusals > 0 and line.pacer.n_probes >= most)

    def _give_place_back(self) -> None:
        if self._has_place:
            self._has_place = False
            self._line.window.leave()

    def _settle(self, spent: float) -> None:
        line = self._line
        line.budget.settle(reserved=self._worst_cost, spent=spent)
        if line.prices is not None:
            line.tally.cost = (line.tally.cost or 0.0) + spent

    def _price(self, prompt_tokens: float, output_tokens: float) -> float:
        return self._line.prices.cost(prompt_tokens, output_tokens) if self._line.prices else 0.0

    def _used(self, completion: Completion) -> CallTokens:
        """Return the tokens a reply cost: the server's counts, estimated from the texts where it gives none."""
        usage = completion.usage
        prompt = usage.prompt_tokens if usage else None
        output = usage.completion_tokens if usage else None
        texts = (completion.text or "") + (completion.reasoning or "")
        return CallTokens(
            prompt=self._tokens.prompt if prompt is None else prompt,
            output=text_tokens(texts) if output is None else output,
        )

    def _cost(self, completion: Completion) -> float:
        used = self._used(completion)
        return self._price(used.prompt, used.output)

    def _unused_tokens(self, completion: Completion) -> float:
        used = self._used(completion)
        return self._tokens.prompt + self._tokens.output - used.prompt - used.output

    def _answered(self, completion: Completion) -> Observation:
        read = {member.name: getattr(completion, member.name) for member in fields(Completion) if member.name != "wire"}
        return self._observation(**read)

    def _failed(self, error: EndpointError) -> Observation:
        reason = CallError(kind=error.kind, message=str(error), status=error.status)
        return self._observation(outcome=Outcome.ERROR, error=reason)

    def _observation(self, **read: object) -> Observation:
        planned = self._planned
        return Observation(
            key=planned.key,
            probe_id=planned.probe_id,
            repeat=planned.repeat,
            block_id=planned.block_id,
            requested_at=self._requested_at,
            attempts=self._n_attempts,
            sent_decoding=planned.call.decoding,
            **read,  # type: ignore[arg-type]
        )
