"""An endpoint in memory over a made-up Markov model, with exact log-probabilities and a switch for every quirk."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from blackbox.core import (
    Call,
    Completion,
    Decoding,
    EndpointSpec,
    Observation,
    Outcome,
    TokenLogprob,
    Usage,
    Wire,
    digest,
    plain,
)
from blackbox.errors import RequestRejected
from blackbox.evidence import checks
from blackbox.evidence.checks import Heard, Reply
from blackbox.evidence.honoured_fields import alternatives

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

WORDS = tuple(f" {a}{b}e" for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u"))
N_LISTED = 20
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Pretend:
    """A server that honours everything it is not told to spoil.

    Args:
        rng: Draws the answers; the model itself is fixed.
        quirks: Names as in the reference endpoint.
        logprobs: Whether log-probabilities are given.
        dated: Whether replies carry a Date, a second a call from `BEGUN` on.
        noise: Nats by which log-probabilities vary smoothly from call to call.
        swapped_after: Calls that the first model answers, with the quirk swap-model.
    """

    rng: np.random.Generator
    quirks: frozenset[str] = frozenset()
    logprobs: bool = True
    dated: bool = True
    noise: float = 0.0
    swapped_after: int = 30
    n_calls: int = 0
    cache: dict[str, Completion] = field(default_factory=dict)

    async def complete(self, call: Call) -> Completion:
        """Answer one call."""
        self.n_calls += 1
        key = digest(plain(call))
        if "cache-repeats" in self.quirks and key in self.cache:
            return self.cache[key]
        self.cache[key] = self._reply(call)
        return self.cache[key]

    def _reply(self, call: Call) -> Completion:
        body, decoding = call.body, call.decoding
        if body.get("model") and "echo-model" not in self.quirks:
            raise RequestRejected("no such model", kind="http_404", status=404)
        tokens = self._tokens(
            call, self._limit(call), np.random.default_rng(decoding.seed) if self._seeded(call) else self.rng
        )
        text, finish = self._cut("".join(token.token for token in tokens), len(tokens), call)
        listed = self.logprobs and decoding.top_logprobs and "ignore-logprobs" not in self.quirks
        scale = 1.5 if "inflate-usage" in self.quirks else 1
        n_prompt = self._prompt_tokens(call)
        return Completion(
            outcome=Outcome.TRUNCATED if finish == "length" else Outcome.OK if text else Outcome.EMPTY,
            text=text or None, finish_reason=finish, finish_reason_raw=finish,
            logprobs=tuple(tokens) if listed else None, latency_s=0.1, first_byte_s=0.05,
            usage=Usage(prompt_tokens=int(n_prompt * scale), completion_tokens=int(len(tokens) * scale)),
            response_id=f"r-{self.n_calls}", served_model=body.get("model", "m"),
            wire=Wire(n_choices=1 if "ignore-n" in self.quirks else body.get("n", 1),
                      n_events=5 if body.get("stream") else None, server_date=self._date()),
        )  # fmt: skip

    def _date(self) -> str | None:
        if not self.dated:
            return None
        return formatdate((BEGUN + timedelta(seconds=self.n_calls)).timestamp(), usegmt=True)

    def _seeded(self, call: Call) -> bool:
        return call.decoding.seed is not None and "ignore-seed" not in self.quirks

    def _limit(self, call: Call) -> int:
        stated = {"max_tokens": call.decoding.max_output_tokens, **call.body}
        known = [
            stated.get(n)
            for n in ("max_tokens", "max_completion_tokens")
            if f"ignore-{n.replace('_', '-')}" not in self.quirks
        ]
        return min([limit for limit in known if limit is not None], default=120)

    def _tokens(self, call: Call, limit: int, rng: np.random.Generator) -> list[TokenLogprob]:
        asked = 1.0 if "ignore-temperature" in self.quirks else call.decoding.temperature
        temperature = (1.0 if asked is None else asked) * (0.6 if "temperature" in self.quirks else 1)
        prompt, system = call.messages[-1].content, self._system(call)
        short = "one word" in prompt or "number only" in prompt
        who, tokens, place = self._who(rng), [], 0
        for _ in range(min(limit, 1) if short else limit):
            known = _law(who, f"{prompt}|{system}", place)
            if self.noise:
                known = _Law.of(known.p * np.exp(self.noise * self.rng.standard_normal(len(known.p))))
            place = self._draw(known, temperature, [t.token for t in tokens], rng)
            top = known.top[: call.decoding.top_logprobs] if call.decoding.top_logprobs else ()
            tokens.append(TokenLogprob(token=WORDS[place], logprob=known.logs[place], top=top))
        return tokens

    def _who(self, rng: np.random.Generator) -> str:
        u = float(self.rng.random())
        if "swap-model" in self.quirks:
            return "other" if self.n_calls > self.swapped_after else "it"
        if "reroute-share" in self.quirks:
            return "other" if u < 0.2 else "it"
        if "two-builds" in self.quirks:
            return "it~" if u < 0.5 else "it"
        del rng
        return "it"

    def _draw(self, law: _Law, temperature: float, before: list[str], rng: np.random.Generator) -> int:
        if temperature <= 0:
            return int(law.p.argmax())
        p = law.p if temperature == 1 else law.p ** (1 / temperature)
        if "repetition-penalty" in self.quirks:
            p = p * np.array([0.4 if word in before else 1.0 for word in WORDS])
        if "hidden-top-p" in self.quirks:
            order = np.argsort(-p)
            share = np.cumsum(p[order]) / p.sum()
            p = p.copy()
            p[order[1:][share[:-1] >= 0.8]] = 0.0
        up_to = p.cumsum()
        return int(np.searchsorted(up_to, rng.random() * up_to[-1], side="right"))

    def _system(self, call: Call) -> str:
        stated = "".join(
            m.content for m in call.messages if m.role == "system" and "drop-system-role" not in self.quirks
        )
        if "date-line" in self.quirks:
            return "Today's date: 2026-01-01, a Thursday, all day.\n" + stated
        return stated or (
            "You are a friendly assistant. Please answer at length." if "system-prompt" in self.quirks else ""
        )

    def _prompt_tokens(self, call: Call) -> int:
        system = self._system(call)
        return 6 + _n_tokens(call.messages[-1].content) + (3 + _n_tokens(system) if system else 0)

    def _cut(self, text: str, n: int, call: Call) -> tuple[str, str]:
        at = [text.find(s) for s in call.decoding.stop if s in text and "ignore-stop" not in self.quirks]
        finish = "stop" if at else "length" if n >= self._limit(call) else "stop"
        text = text[: min(at)] if at else text
        return (text.lstrip() if "strip-leading-space" in self.quirks else text), finish


def _n_tokens(text: str) -> int:
    return len(text) // 3 + 1


@dataclass(frozen=True)
class _Law:
    """One distribution over the words, with what is listed of it."""

    p: np.ndarray
    logs: list[float]
    top: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, weights: np.ndarray) -> _Law:
        """Return the law with these weights."""
        p = weights / weights.sum()
        logs = np.log(p).tolist()
        order = np.argsort(-p)[:N_LISTED].tolist()
        return cls(p=p, logs=logs, top=tuple((WORDS[j], logs[j]) for j in order))


@lru_cache(maxsize=20_000)
def _law(who: str, context: str, last: int) -> _Law:
    seed = hashlib.sha256(f"{who.rstrip('~')}|{context}|{last % 7}".encode()).digest()
    law = np.random.default_rng(int.from_bytes(seed[:8], "big")).dirichlet(np.full(len(WORDS), 0.4))
    return _Law.of(law * (1 + 0.1 * np.sin(np.arange(len(WORDS))) if who.endswith("~") else 1.0) + 1e-6)


async def heard_from(model: Any) -> Heard:
    """Return the replies of an endpoint to all checks, asked one by one in the spread order."""
    nonsense, replies = "model-0123456789", []
    order: list[tuple[float, str, Call, int]] = []

    async def ask(sent: tuple[checks.Check, ...]) -> None:
        order[:] = [((r + 0.5) / c.repeats, c.name, c.call, r) for c in sent for r in range(c.repeats)]
        for _, name, call, repeat in sorted(order, key=lambda each: each[:2]):
            replies.append(await _reply(model, name, call, repeat, len(replies)))

    await ask(checks.first_checks("max_tokens", nonsense=nonsense))
    heard = Heard(replies=tuple(replies), model="m", nonsense=nonsense)
    await ask(checks.later_checks(alternatives(heard)))
    return Heard(replies=tuple(replies), model="m", nonsense=nonsense)


async def _reply(model: Any, name: str, call: Call, repeat: int, n_before: int) -> Reply:
    common: dict[str, Any] = {
        "key": f"{name}#{repeat}", "probe_id": name, "repeat": repeat, "block_id": repeat,
        "requested_at": BEGUN + timedelta(seconds=n_before), "sent_decoding": call.decoding,
    }  # fmt: skip
    try:
        completion = await model.complete(call)
    except RequestRejected as error:
        from blackbox.core import CallError

        failure = CallError(kind=error.kind, message=str(error), status=error.status)
        return Reply(
            check=name, seconds=n_before, observation=Observation(outcome=Outcome.ERROR, error=failure, **common)
        )
    names = ("outcome", "text", "finish_reason", "finish_reason_raw", "logprobs", "usage", "latency_s", "first_byte_s",
             "response_id", "served_model")  # fmt: skip
    observation = Observation(**{n: getattr(completion, n) for n in names}, **common)
    return Reply(check=name, seconds=n_before, observation=observation, wire=completion.wire)


@dataclass(frozen=True)
class PretendKind:
    """An endpoint kind that opens a pretended server."""

    model: Pretend

    @asynccontextmanager
    async def open(self, spec: EndpointSpec, environ: Mapping[str, str]) -> AsyncIterator[Pretend]:
        """Yield the server."""
        del spec, environ
        yield self.model


__all__ = ["BEGUN", "Decoding", "Pretend", "PretendKind", "heard_from"]
