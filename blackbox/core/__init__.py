"""The records every stage shares: frozen, slotted, keyword-only, free of I/O.

Arrays are named in annotations only; nothing here imports numpy at start-up (`blackbox --help` stays light).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.core.calls import (
    MISSING_OUTCOMES,
    TEXT_OUTCOMES,
    Call,
    CallError,
    Completion,
    Endpoint,
    EndpointKind,
    EndpointSpec,
    Observation,
    Outcome,
    Prices,
    Sink,
    TokenLogprob,
    Usage,
    Wire,
)
from blackbox.core.canonical import canonical, digest, plain
from blackbox.core.runs import Clock, Comparison, Manifest, OnProgress, Progress, Run
from blackbox.core.signals import (
    Effect,
    FeatureExtractor,
    FeatureMatrix,
    PairScore,
    PairSignal,
    PooledProbe,
    PreparingSignal,
    ProbeSimilarity,
    ReferenceSignal,
    SignalInfo,
    Status,
    TwoSampleResult,
    TwoSampleSignal,
)
from blackbox.core.suites import Decision, Decoding, Fact, Form, Message, Probe, Short, Suite

if TYPE_CHECKING:
    from blackbox.core.signals import AnyArray as AnyArray
    from blackbox.core.signals import FloatArray as FloatArray
    from blackbox.core.signals import LabelArray as LabelArray

__all__ = [
    "MISSING_OUTCOMES",
    "TEXT_OUTCOMES",
    "Call",
    "CallError",
    "Clock",
    "Comparison",
    "Completion",
    "Decision",
    "Decoding",
    "Effect",
    "Endpoint",
    "EndpointKind",
    "EndpointSpec",
    "Fact",
    "FeatureExtractor",
    "FeatureMatrix",
    "Form",
    "Manifest",
    "Message",
    "Observation",
    "OnProgress",
    "Outcome",
    "PairScore",
    "PairSignal",
    "PooledProbe",
    "PreparingSignal",
    "Prices",
    "Probe",
    "ProbeSimilarity",
    "Progress",
    "ReferenceSignal",
    "Run",
    "Short",
    "SignalInfo",
    "Sink",
    "Status",
    "Suite",
    "TokenLogprob",
    "TwoSampleResult",
    "TwoSampleSignal",
    "Usage",
    "Wire",
    "canonical",
    "digest",
    "plain",
]
