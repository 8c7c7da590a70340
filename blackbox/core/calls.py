"""Endpoints as configured, one call, its typed reply and the observation it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from blackbox.core.suites import Decoding, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices per million tokens."""

    input_per_mtok: float
    output_per_mtok: float
    currency: str = "USD"

    def cost(self, prompt_tokens: float, output_tokens: float) -> float:
        """Return the price of one call or of many, in `currency`."""
        return (prompt_tokens * self.input_per_mtok + output_tokens * self.output_per_mtok) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSpec:
    """A hosted API as configured. Holds names of environment variables, never their values."""

    name: str
    kind: str
    base_url: str
    model: str
    claimed_model: str | None = None
    api_key_env: str | None = None
    decoding: Decoding | None = None
    headers_env: Mapping[str, str] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    routing: Mapping[str, Any] = field(default_factory=dict)
    rpm: float | None = None
    tpm: float | None = None
    concurrency: int = 4
    timeout_s: float = 120.0
    prices: Prices | None = None
    preset: str | None = None
    token_limit_field: str = "max_tokens"  # noqa: S105 - the name of a JSON field
    known_quirks: tuple[str, ...] = ()


class Outcome(StrEnum):
    """What became of one planned call; every observation has exactly one."""

    OK = "ok"
    TRUNCATED = "truncated"
    REFUSAL = "refusal"
    FILTERED = "filtered"
    TOOL_CALL = "tool_call"
    REASONING_ONLY = "reasoning_only"
    EMPTY = "empty"
    ERROR = "error"
    MALFORMED = "malformed"


TEXT_OUTCOMES = frozenset({Outcome.OK, Outcome.TRUNCATED})
"""Outcomes whose text is an answer."""
MISSING_OUTCOMES = frozenset({Outcome.ERROR, Outcome.MALFORMED})
"""Outcomes that say nothing about the model: missing, never a category, never an empty text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts as the server reported them."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLogprob:
    """One output token with its log-probability and the alternatives the server listed."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallError:
    """Why an observation is missing, in words free of secrets."""

    kind: str
    message: str
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to send: what an endpoint needs and nothing more."""

    messages: tuple[Message, ...]
    decoding: Decoding
    tools: tuple[Mapping[str, Any], ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    """Fields laid over the request's, None takes one out: only `doctor` sets any, to ask what no suite may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How a reply came: facts of the server that no observation of a suite needs, read by `doctor`.

    Args:
        n_choices: Choices in the reply.
        n_events: Pieces it came in where it was streamed, else None.
        server_date: The server's Date header.
        key_removed: Whether the reply quoted a key, which was taken out.
    """

    n_choices: int | None = None
    n_events: int | None = None
    server_date: str | None = None
    key_removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One reply as read, typed, nothing coerced. `error` is set exactly when `outcome` is malformed."""

    outcome: Outcome
    text: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    finish_reason_raw: str | None = None
    finish_reason: str | None = None
    logprobs: tuple[TokenLogprob, ...] | None = None
    usage: Usage | None = None
    latency_s: float | None = None
    first_byte_s: float | None = None
    response_id: str | None = None
    cache_headers: Mapping[str, str] = field(default_factory=dict)
    served_model: str | None = None
    provider: str | None = None
    system_fingerprint: str | None = None
    error: CallError | None = None
    wire: Wire | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One answer with its circumstances. Key is `<probe_id>#<repeat>`."""

    key: str
    probe_id: str
    repeat: int
    block_id: int
    outcome: Outcome
    text: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    finish_reason_raw: str | None = None
    finish_reason: str | None = None
    logprobs: tuple[TokenLogprob, ...] | None = None
    usage: Usage | None = None
    latency_s: float | None = None
    first_byte_s: float | None = None
    requested_at: datetime | None = None
    attempts: int = 1
    response_id: str | None = None
    cache_headers: Mapping[str, str] = field(default_factory=dict)
    served_model: str | None = None
    provider: str | None = None
    system_fingerprint: str | None = None
    sent_decoding: Decoding | None = None
    error: CallError | None = None

    @property
    def missing(self) -> bool:
        """Whether this says nothing about the model's answers."""
        return self.outcome in MISSING_OUTCOMES


class Endpoint(Protocol):
    """One opened endpoint. Raises `EndpointError`s only; client-library retries are off."""

    async def complete(self, call: Call) -> Completion:
        """Send one call and return the typed reply."""
        ...


class EndpointKind(Protocol):
    """An endpoint file's `ENDPOINT`: opens what a spec describes, with the keys the environment holds."""

    def open(self, spec: EndpointSpec, environ: Mapping[str, str]) -> AbstractAsyncContextManager[Endpoint]:
        """Return a context manager whose value sends calls; its exit closes every connection.

        Raises:
            ConfigError: A named environment variable is not set.
        """
        ...


class Sink(Protocol):
    """Where collection puts what it saw; returning means: on disk."""

    async def append(self, kind: Literal["attempt", "observation", "note"], body: Mapping[str, Any]) -> None:
        """Store one journal entry durably."""
        ...
