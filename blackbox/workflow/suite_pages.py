"""What a newcomer is told of a suite, and the coverage of all of them, from the files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox import suites
from blackbox.collect import estimate
from blackbox.core import EndpointSpec
from blackbox.suites.shipped import releases
from blackbox.suites.short import SUFFIX
from blackbox.workflow.reference_cost import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Suite

_NOBODY = EndpointSpec(name="reference", kind="openai-chat", base_url="http://127.0.0.1", model="", prices=REFERENCE)
_MAX_EXAMPLES, _FEW_FAMILIES = 12, 3


def cost(suite: Suite) -> dict[str, Any]:
    """Return calls, estimated tokens and cost at the reference prices: upper estimates, from characters."""
    guess = estimate(suite, _NOBODY)
    return {
        "n_calls": guess.n_requests,
        "prompt_tokens": guess.prompt_tokens,
        "output_tokens": guess.output_tokens,
        "reference_cost_usd": guess.cost,
    }


def page(suite: Suite) -> dict[str, Any]:
    """Return what a suite says of itself, its cost, its short form and examples: one a family, or also a language."""
    short = suites.short_form(suite) if suite.short else None
    return {
        "detects": suite.detects,
        "against": suite.against,
        "unchecked": list(suite.unchecked),
        "provenance": dict(suite.provenance),
        "system": _system(suite),
        "newest": _newest(suite),
        "cost": cost(suite),
        "short": {"name": short.name, "n_probes": len(short.probes), **cost(short)} if short else None,
        "profiles": [p.name for p in suites.profiles().values() if _within(suite, p.suites)],
        "examples": _examples(suite),
    }


def _system(suite: Suite) -> str | None:
    """Return the system message that every probe carries, or None where some carry none or another."""
    found = {probe.messages[0].content if probe.messages[0].role == "system" else None for probe in suite.probes}
    return found.pop() if len(found) == 1 else None


def _newest(suite: Suite) -> int | None:
    """Return the newest released version of this name, or None for a suite that is not one of the releases."""
    return max((v for name, v in releases() if name == suite.name.removesuffix(SUFFIX)), default=None)


def coverage() -> list[dict[str, Any]]:
    """Return one row a shipped suite in its newest version: what it asks, in which languages, for which questions."""
    newest = {suite.name: suite for suite in suites.available()}
    return [_row(suite) for suite in newest.values()]


def profile_rows() -> list[dict[str, Any]]:
    """Return one row a profile with its total calls and cost at the reference prices."""
    rows = []
    for profile in suites.profiles().values():
        costs = [cost(suite) for suite in suites.find_all([profile.name])]
        rows.append({
            "profile": profile.name, "title": profile.title, "suites": list(profile.suites),
            "n_calls": sum(each["n_calls"] for each in costs),
            "reference_cost_usd": sum(each["reference_cost_usd"] for each in costs),
            "max_calls": profile.max_calls, "max_cost_usd": profile.max_cost_usd,
        })  # fmt: skip
    return rows


def _row(suite: Suite) -> dict[str, Any]:
    return {
        "suite": f"{suite.name}@{suite.version}",
        "title": suite.title,
        "questions": list(suite.questions),
        "languages": sorted({probe.language for probe in suite.probes}),
        "families": list(dict.fromkeys(probe.family for probe in suite.probes)),
        "forms": sorted({probe.form for probe in suite.probes}),
        "parsers": sorted({probe.parser for probe in suite.probes}),
        "draws": not suite.sent_decoding(suite.probes[0]).deterministic,
        "n_probes": len(suite.probes),
        "n_keys": sum(probe.key is not None for probe in suite.probes),
        "secret": suite.name in suites.FAMILIES,
        **page(suite),
    }


def _within(suite: Suite, names: Sequence[str]) -> bool:
    own = f"{suite.name}@{suite.version}"
    return own in names or f"{suite.name}.short@{suite.version}" in names


def _examples(suite: Suite) -> list[Mapping[str, Any]]:
    few = len({probe.family for probe in suite.probes}) <= _FEW_FAMILIES
    first = {(p.family, p.language if few else ""): p for p in reversed(suite.probes)}
    chosen = [probe for probe in suite.probes if probe in first.values()][:_MAX_EXAMPLES]
    return [
        {"id": probe.id, "family": probe.family, "language": probe.language, "prompt": probe.messages[-1].content}
        for probe in chosen
    ]
