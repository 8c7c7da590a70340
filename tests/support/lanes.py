"""Endpoints that follow a script, sinks that remember, and lanes made of both."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

from blackbox.collect import Lane, LaneResult, Limits, PlannedCall, collect
from blackbox.core import Call, Completion, Decoding, EndpointSpec, Message, Outcome, Prices, Progress, Usage
from blackbox.errors import TransientError
from support.virtual_time import virtual_clock

Script = Callable[[str, int], Awaitable[Completion]]
"""Answers attempt n (from 1) of the call with this key."""


class ScriptedEndpoint:
    """Lets a script answer, and remembers when each request was sent and answered."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.sent: list[tuple[float, str]] = []
        self.answered: list[str] = []
        self.n_under_way = 0
        self.most_under_way = 0

    async def complete(self, call: Call) -> Completion:
        """Answer as the script says."""
        key = call.messages[0].content
        self.sent.append((asyncio.get_running_loop().time(), key))
        self.n_under_way += 1
        self.most_under_way = max(self.most_under_way, self.n_under_way)
        try:
            completion = await self._script(key, sum(sent == key for _, sent in self.sent))
        finally:
            self.n_under_way -= 1
        self.answered.append(key)
        return completion


class MemorySink:
    """Keeps entries in order; each takes `delay_s` to be on disk, and the entry number `fails_at` cannot be stored."""

    def __init__(self, *, delay_s: float = 0.0, fails_at: int | None = None) -> None:
        self.entries: list[tuple[str, Mapping[str, Any]]] = []
        self._delay_s = delay_s
        self._fails_at = fails_at

    async def append(self, kind: Literal["attempt", "observation", "note"], body: Mapping[str, Any]) -> None:
        """Store one entry."""
        await asyncio.sleep(self._delay_s)
        if self._fails_at is not None and len(self.entries) >= self._fails_at:
            raise OSError(28, "No space left on device")
        self.entries.append((kind, body))

    def bodies(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the bodies of one kind, in order."""
        return [body for entry, body in self.entries if entry == kind]

    @property
    def keys(self) -> list[str]:
        """Keys of the observations, in order."""
        return [body["key"] for body in self.bodies("observation")]


def answer(text: str = "Blue", *, prompt_tokens: int | None = 10, output_tokens: int | None = 5) -> Completion:
    """Return an ordinary completion."""
    usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=output_tokens)
    return Completion(outcome=Outcome.OK, text=text, usage=usage)


def always(completion: Completion | None = None, *, delay_s: float = 1.0) -> Script:
    """Return a script that answers everything alike after `delay_s`."""

    async def script(key: str, _: int) -> Completion:
        await asyncio.sleep(delay_s)
        return completion or answer(key)

    return script


def failing(error: Callable[[], Exception], *, first: int | None = None, delay_s: float = 1.0) -> Script:
    """Return a script that fails the first attempts of every call, or all."""

    async def script(key: str, attempt: int) -> Completion:
        await asyncio.sleep(delay_s)
        if first is None or attempt <= first:
            raise error()
        return answer(key)

    return script


def unreachable() -> TransientError:
    """Return a timeout."""
    return TransientError("no reply", kind="timeout")


def calls(n: int) -> tuple[PlannedCall, ...]:
    """Return `n` calls whose text is their key."""
    return tuple(
        PlannedCall(
            key=f"p{i}#0", probe_id=f"p{i}", repeat=0, block_id=0,
            call=Call(messages=(Message(role="user", content=f"p{i}#0"),), decoding=Decoding(max_output_tokens=16)),
        )
        for i in range(n)
    )  # fmt: skip


def lane(
    endpoint: ScriptedEndpoint, sink: MemorySink, *, n: int = 10, name: str = "shop", done: int = 0, **changes: Any
) -> Lane:
    """Return a lane of `n` calls of which the first `done` have been answered before."""
    settings: dict[str, Any] = {"kind": "scripted", "base_url": "http://127.0.0.1", "model": "m", "concurrency": 4}
    spec = EndpointSpec(name=name, **(settings | changes))
    return Lane(name=name, spec=spec, endpoint=endpoint, sink=sink, pending=calls(n)[done:], n_done_before=done)


async def collected(
    *lanes: Lane, limits: Limits | None = None, events: list[Progress] | None = None, seed: int = 0
) -> tuple[LaneResult, ...]:
    """Return the results of collecting lanes on the running virtual loop."""
    seen: list[Progress] = [] if events is None else events
    rng = random.Random(seed)  # noqa: S311 - spreads waits
    return await collect(lanes, limits=limits or Limits(), clock=virtual_clock(), rng=rng, on_progress=seen.append)


def most_in_a_window(times: Sequence[float], seconds: float) -> int:
    """Return the largest number of moments within a half-open window of this length."""
    return max(sum(start <= time < start + seconds for time in times) for start in times)


PRICES = Prices(input_per_mtok=1_000_000.0, output_per_mtok=2_000_000.0)
"""1 per prompt token, 2 per output token."""
