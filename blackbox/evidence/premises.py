"""What a suite takes for granted, held against what an endpoint was found to give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blackbox.core import Decoding

_BROKEN = {
    "draws": "its answers are not draws",
    "temperature": "it does not carry out the temperature",
    "greedy": "temperature 0 is not carried out",
    "usage": "its token counts are not those of the text",
}
"""Premises without which a suite's answers mean something else: such a run is refused."""
_QUOTING = frozenset({"routing", "model_name"})
"""Checks whose words quote names that servers send: these stay with the examination, out of manifests and warnings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """What of an endpoint touches a suite: reasons to refuse it, and what to be told of."""

    refused: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()


def premises(decodings: Iterable[Decoding], *, counts_tokens: bool) -> frozenset[str]:
    """Return what a suite takes for granted of an endpoint.

    Args:
        decodings: What is sent at each probe.
        counts_tokens: Whether its answers are token counts rather than texts.
    """
    if counts_tokens:
        return frozenset({"usage"})
    needed = set()
    for decoding in decodings:
        cold = decoding.temperature is not None and decoding.temperature <= 0
        needed |= {"greedy"} if cold else {"draws", "temperature"}
    return frozenset(needed)


def held_against(needed: frozenset[str], findings: Iterable[Mapping[str, Any]], questions: Iterable[str]) -> Unfit:
    """Return what the findings on an endpoint mean for a suite with these premises and questions.

    An ignored or forced temperature is refused; hidden settings beside an honoured temperature are a warning: the
    comparison knows them as a benign explanation.

    Args:
        needed: The suite's premises.
        findings: As stored by `doctor`.
        questions: What the suite serves.
    """
    refused, warned = [], []
    for finding in findings:
        if finding.get("status") not in ("ignored", "not honoured"):
            continue
        broken = [name for name in finding.get("breaks") or () if name in needed and name in _BROKEN]
        if broken and finding.get("check") != "sampling":
            refused.append(f"{_BROKEN[broken[0]]} ({_short(finding)})")
        elif touched := [f"{q}: {text}" for q in questions if (text := _effect(finding, q))]:
            warned.append(f"{_short(finding)}; {touched[0]}")
    return Unfit(refused=tuple(refused), warned=tuple(warned))


def _short(finding: Mapping[str, Any]) -> str:
    said = f"{str(finding.get('check')).replace('_', ' ')} {finding.get('status')}"
    return said if finding.get("check") in _QUOTING else f"{said}: {finding.get('seen')}"


def _effect(finding: Mapping[str, Any], question: str) -> str | None:
    text = (finding.get("effects") or {}).get(question)
    return None if text is None or str(text).startswith("none") else str(text)
