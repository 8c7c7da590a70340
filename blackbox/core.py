"""The records every stage shares: frozen, slotted, keyword-only, free of I/O.

Arrays are named in annotations only; this module must not import numpy (`blackbox --help` stays light).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    LabelArray = npt.NDArray[np.int8]
    AnyArray = npt.NDArray[Any]


# --- canonical form and digests -------------------------------------------------------------------


_JSON_SCALARS = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - the one place where any record becomes JSON, a line a type
    """Return `value` as JSON types: records become objects, times UTC ISO 8601, enums their text."""
    if type(value) in _JSON_SCALARS:  # by far the most frequent
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def canonical(value: object) -> str:
    """Return the one JSON text of `value` that digests are taken of (DESIGN §5).

    Raises:
        ValueError: A NaN or infinity is inside.
    """
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """Return the lower-case sha256 hex digest of `canonical(value)`."""
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()


# --- suites ---------------------------------------------------------------------------------------

Form = Literal["closed", "open", "auto"]
"""`auto` is for imported probes: closed when the pooled median answer is at most 40 code points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One chat message of a probe."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """Sampling settings; None means: not sent, the server's default applies."""

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    top_logprobs: int | None = None

    def merged(self, other: Decoding | None) -> Decoding:
        """Return these settings with every setting that `other` states laid over them."""
        if other is None:
            return self
        stated = {f.name: getattr(other, f.name) for f in fields(other)}
        return replace(self, **{name: value for name, value in stated.items() if value not in (None, ())})

    @property
    def deterministic(self) -> bool:
        """Whether replies are repeats rather than draws: temperature 0, or a seed sent."""
        return self.seed is not None or (self.temperature is not None and self.temperature <= 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Rules fixed before the first call (METHODS §1.3, §1.15)."""

    alpha: float = 0.01
    margin: float = 0.20
    n_permutations: int = 9_999
    seed: int = 0
    looks: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question of a suite, asked `repeats` times.

    `max_output_tokens` is None for imported probes only: what limited recorded answers is unknown.
    """

    id: str
    family: str
    language: str
    form: Form
    messages: tuple[Message, ...]
    repeats: int
    max_output_tokens: int | None
    decoding: Decoding | None = None
    parser: str = "text"
    tools: tuple[Mapping[str, Any], ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the messages alone: what makes two imported probes the same question."""
        return digest(self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A versioned list of probes; `document` is the parsed file the digest is taken of."""

    name: str
    version: int
    digest: str
    origin: Literal["shipped", "file", "imported"]
    questions: tuple[str, ...]
    decoding: Decoding
    decision: Decision
    probes: tuple[Probe, ...]
    title: str = ""
    description: str = ""
    licence: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def sent_decoding(self, probe: Probe) -> Decoding:
        """Return what this suite asks for at `probe`: suite, then probe, then its token limit."""
        merged = self.decoding.merged(probe.decoding)
        return merged.merged(Decoding(max_output_tokens=probe.max_output_tokens))


# --- endpoints ------------------------------------------------------------------------------------


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


# --- one call -------------------------------------------------------------------------------------


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


# --- runs -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a run was, without secrets (DESIGN §5). Mappings hold JSON types only."""

    schema: str
    run_id: str
    run_key: str
    label: str
    origin: Literal["collected", "imported"]
    status: Literal["running", "interrupted", "stopped", "finished"]
    suite_name: str
    suite_version: int
    suite_digest: str
    endpoint: Mapping[str, Any]
    sent_decoding: Mapping[str, Any] | None
    honoured_decoding: Mapping[str, Any] | None
    plan: Mapping[str, Any]
    packages: Mapping[str, str]
    created_at: datetime
    finished_at: datetime | None
    totals: Mapping[str, int]
    cost: float | None
    journal_count: int
    journal_head: str
    warnings: tuple[str, ...] = ()

    @property
    def endpoint_name(self) -> str:
        """The configured name of the endpoint, or the model's name for imported answers."""
        return str(self.endpoint["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All answers of one endpoint to one suite, collected once; ordered by probe, then repeat."""

    id: str
    manifest: Manifest
    suite: Suite
    observations: tuple[Observation, ...]


# --- features and signals -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureMatrix:
    """One feature of one run: a row an observation that has it (missing answers have no row).

    Args:
        feature: Registered name.
        version: Version of the feature's definition.
        values: `(n,)` codes, `(n, d)` floats, or, with `offsets`, the flat items of ragged rows.
        probe_ids: Probe of each row.
        keys: Observation key of each row.
        offsets: `(n + 1,)` row bounds of a ragged feature; row i is `values[offsets[i]:offsets[i + 1]]`.
    """

    feature: str
    version: int
    values: AnyArray
    probe_ids: tuple[str, ...]
    keys: tuple[str, ...]
    offsets: AnyArray | None = None

    def __post_init__(self) -> None:
        self.values.setflags(write=False)
        if self.offsets is not None:
            self.offsets.setflags(write=False)


class FeatureExtractor(Protocol):
    """A feature file's `FEATURE`: name is the file's, version is recorded with every result."""

    version: int

    def extract(self, run: Run, probe_ids: frozenset[str]) -> FeatureMatrix:
        """Return the rows of the observations at `probe_ids` that have this feature."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An effect size with its interval over probes; None where it cannot be had."""

    value: float | None
    ci_low: float | None
    ci_high: float | None
    unit: str


Status = Literal["computed", "not_applicable", "insufficient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSampleResult:
    """One signal's two-sample test. `per_probe` maps probe id to its unaveraged statistic."""

    signal: str
    version: int
    status: Status
    reason: str | None
    statistic: float | None
    effect: Effect | None
    pvalue: float | None
    pvalue_adjusted: float | None
    n_permutations: int | None
    n_x: int
    n_y: int
    per_probe: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScore:
    """One signal's kinship score of a pair, with its rank among unrelated references."""

    signal: str
    version: int
    status: Status
    reason: str | None
    value: float | None
    unrelated_quantile: float | None
    per_probe: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledProbe:
    """Both sides' rows at one probe, x before y.

    Args:
        probe_id: The probe.
        values: `(n_x + n_y,)` integer codes 0…k−1, or `(n_x + n_y, d)` floats.
        n_x: Rows of side x.
        n_y: Rows of side y.
        counts: For codes, `(1 + B, K)` counts of each code on side x under each labelling: computed
            once by the engine and shared by every signal that reads codes.
    """

    probe_id: str
    values: AnyArray
    n_x: int
    n_y: int
    counts: FloatArray | None = None

    @property
    def total_counts(self) -> FloatArray:
        """`(K,)` counts of each code on both sides together."""
        import numpy as np

        return np.bincount(self.values).astype(np.float64)


class TwoSampleSignal(Protocol):
    """A two-sample signal's one method; the engine owns permuting, averaging, p and adjustment."""

    info: SignalInfo

    def draws(self, z: Sequence[PooledProbe], labels: Sequence[LabelArray]) -> FloatArray:
        """Return `(1 + B, P)` per-probe statistics; row 0 is the observed labelling.

        Args:
            z: The pooled rows of each probe.
            labels: For each probe `(1 + B, n_x + n_y)`, 1 where a row is dealt to side x.
        """
        ...


class PairSignal(Protocol):
    """A kinship signal's one method."""

    info: SignalInfo

    def scores(self, runs: Sequence[FeatureMatrix], families: Sequence[int]) -> FloatArray:
        """Return `(P, R, R)` normalised per-probe scores of all pairs of runs; NaN where a side is silent.

        Probes are those of `runs`, sorted by id. What normalises a pair is taken from all runs outside the
        families of both its members, so that no pair is its own reference (METHODS §4.2).

        Args:
            runs: One feature matrix a run.
            families: For each run the number of its family (lineage group, else endpoint).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalInfo:
    """What a signal file declares beside its method.

    Args:
        version: Raised with every change of a number.
        question: Which question it serves.
        feature: The feature it reads.
        forms: The probe forms it applies to.
        omnibus: Whether it enters the omnibus test.
        directional: Whether, with unequal counts, it gains when one side is the more diverse; such a
            signal is standardised two-sided then (METHODS §2).
        needs: What else must hold, in words.
    """

    version: int
    question: Literal["same", "related", "tokenizer"]
    feature: str
    forms: tuple[Form, ...]
    omnibus: bool = True
    directional: bool = False
    needs: str = ""


# --- results --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A finished comparison: `document` is the `blackbox.comparison/1` object, complete for a report."""

    document: Mapping[str, Any]


# --- progress and clocks --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One progress event of long work. `stage` is `collect`, `embed` or `score`."""

    stage: str
    subject: str
    done: int
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    eta_s: float | None = None
    message: str | None = None


OnProgress: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time as the caller injects it: wall time (UTC), monotonic seconds, and an awaitable sleep."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
