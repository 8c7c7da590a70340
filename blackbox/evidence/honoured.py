"""All findings on one endpoint, from the replies to `checks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.evidence import checks
from blackbox.evidence.finding import ALPHA, FAMILY_ALPHA, with_effects
from blackbox.evidence.honoured_fields import (
    leading_space,
    limits,
    log_probabilities,
    model_name,
    n_choices,
    seed,
    stop,
    streaming,
)
from blackbox.evidence.honoured_sampling import sampling, temperature
from blackbox.evidence.honoured_serving import clock, latency, one_model, repeats, routing
from blackbox.evidence.honoured_usage import default_text, system_role, usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blackbox.evidence.checks import Heard
    from blackbox.evidence.finding import Finding

DECODING = ("temperature", "sampling", "repeats", "system_role", "default_text", "leading_space")
"""Checks whose outcome changes what every suite's answers are; the output limit, in the spelling sent, is another."""


def diagnose(heard: Heard, *, token_limit_field: str) -> tuple[Finding, ...]:
    """Return every finding, in a fixed order; each says what was asked, seen and what follows.

    Args:
        heard: The replies.
        token_limit_field: The spelling of the limit that was sent with every call but those that test spellings.
    """
    copies = repeats(heard)
    by_spelling = {finding.check: finding for finding in limits(heard)}
    counted = usage(heard, limit_honoured=by_spelling[token_limit_field].status == "honoured")
    system = system_role(heard)
    is_random = copies.kind is None
    found = (
        temperature(heard, copies=copies.kind == "cache"),
        sampling(heard, copies=copies.kind == "cache"),
        copies.finding,
        seed(heard, is_random=is_random),
        n_choices(heard),
        log_probabilities(heard),
        *by_spelling.values(),
        stop(heard),
        system,
        default_text(heard, factor=counted.counts.get("factor"), drops_system=system.status == "ignored"),
        counted,
        leading_space(heard),
        one_model(heard, copies=copies.kind == "cache"),
        model_name(heard),
        routing(heard),
        streaming(heard),
        clock(heard),
        latency(heard),
    )
    return tuple(with_effects(each) for each in found)


def honoured_settings(findings: Iterable[Finding], *, token_limit_field: str) -> dict[str, str]:
    """Return what a run's manifest keeps of each setting its answers depend on: what became of it, in our own words.

    A default system prompt counts as none: every suite's explicit one replaces it.
    """
    found = {each.check: each for each in findings}
    names = {name: name for name in DECODING} | {"max_output_tokens": token_limit_field}
    return {name: _said(found[check]) for name, check in names.items() if check in found}


def _said(finding: Finding) -> str:
    if finding.check == "default_text" and finding.quirks == ("system-prompt",):
        return "honoured"
    return f"{finding.status}: {' or '.join(finding.quirks)}" if finding.quirks else finding.status


def levels() -> dict[str, Any]:
    """Return the levels findings are judged at, for the record."""
    return {"family": FAMILY_ALPHA, "each": ALPHA, "checks_version": checks.VERSION}
