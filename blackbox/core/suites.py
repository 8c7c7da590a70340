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
