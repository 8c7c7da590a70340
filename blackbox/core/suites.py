"""Suites, probes, decoding and decision rules."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from blackbox.core.canonical import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

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
class Fact:
    """One numeric fact of a batch: an answer within `tolerance` of `value` is right.

    Args:
        id: Name within its probe.
        value: What is true, in `unit`.
        tolerance: Absolute, in `unit`; 0 where only the exact number is right.
        unit: Unit of the value; empty for counts and years.
        source: Where the value is published.
    """

    id: str
    value: float
    tolerance: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """The short form of a suite, for a first look: which probes, and how often at most."""

    repeats: int
    probe_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question of a suite, asked `repeats` times.

    `max_output_tokens` is None for imported probes only: what limited recorded answers is unknown.

    `key` is the right answer as the probe's parser writes it (`C` for a choice, a tool's name or `none` for a tool
    call), None where there is none: it says which answers are wrong, and no test of sameness reads it.
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
    key: str | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of the messages alone: what makes two imported probes the same question."""
        return digest(self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A versioned list of probes; `document` is the parsed file the digest is taken of.

    `detects`, `against` and `unchecked` are for people: what the suite can show, what is known against it, and what
    nobody could check who wrote it. `provenance` says what a made suite was made from.
    """

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
    detects: str = ""
    against: str = ""
    unchecked: tuple[str, ...] = ()
    short: Short | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def sent_decoding(self, probe: Probe) -> Decoding:
        """Return what this suite asks for at `probe`: suite, then probe, then its token limit."""
        merged = self.decoding.merged(probe.decoding)
        return merged.merged(Decoding(max_output_tokens=probe.max_output_tokens))
