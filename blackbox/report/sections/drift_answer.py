"""Is it what it was? The verdict on one history, what it rests on and what it does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.report.blocks import Bullets, Fact, Section, Verdict
from blackbox.report.sections._histories import history_mark, named, points, run_name
from blackbox.report.sections._numbers import NOT_AVAILABLE, pvalue
from blackbox.report.sections._pairs import listed, mapping, onward

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.report.blocks import Block

_NOT_SAID = {
    "changed": "that another model is served: a new serving set-up of the same weights looks like this too.",
    "no change seen": "that nothing changed: a small change is found late or not at all.",
    "unstable": "that the model changed: answers vary from run to run, for reasons that these data don't show.",
    "inconclusive": "that it changed, nor that it did not.",
}
_HORIZON = "The chance of even one false alarm in so many runs is at most α."
_SINCE = "The split that sets the runs before and after furthest apart, with a 95 % interval."


def build(document: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return the verdict, and the warnings of this history."""
    verdict = str(document.get("verdict"))
    reason = str(document.get("reason") or NOT_AVAILABLE)
    for point in points(document):
        reason = reason.replace(str(point.get("run")), run_name(point))
    answer = Verdict(
        question="Is this endpoint what it was?",
        mark=history_mark(document),
        sentence=f"{verdict[:1].upper()}{verdict[1:]}: {reason}.",
        facts=_facts(document),
        not_said=_NOT_SAID.get(verdict, _NOT_SAID["inconclusive"]),
        lead=True,
        onward=onward("drift_timeline", "drift_probes" if verdict == "changed" else "drift_runs"),
    )
    warnings = tuple(map(str, listed(document.get("warnings"))))
    return (answer, *((Bullets(items=warnings, kind="warning"),) if warnings else ()))


def _facts(document: Mapping[str, Any]) -> tuple[Fact, ...]:
    facts = [
        Fact(name="horizon", value=f"{document.get('horizon')} runs, α = {document.get('alpha')}", meaning=_HORIZON)
    ]
    if document.get("onset"):
        interval = mapping(document.get("onset_interval"))
        low, high = (named(document, interval.get(end)) for end in ("low", "high"))
        between = low if low == high else f"{low} to {high}"
        facts.append(
            Fact(name="since", value=f"{named(document, document['onset'])} (95 %: {between})", meaning=_SINCE)
        )
        facts.append(
            Fact(
                name="confirmed",
                value=named(document, document.get("detected")),
                meaning="The run that raised the alarm.",
            )
        )
    facts += _seen(mapping(document.get("minimum_detectable_effect")))
    reference = mapping(document.get("reference"))
    if reference.get("dispersion_pvalue") is not None:
        facts.append(
            Fact(
                name="p, first runs",
                value=pvalue(reference["dispersion_pvalue"]),
                meaning="Of one distribution for all of them: small means that answers vary from run to run anyway.",
            )
        )
    return tuple(facts)


def _seen(effect: Mapping[str, Any]) -> list[Fact]:
    """Return what would have been seen, where nothing was."""
    if not effect:
        return []
    share = effect.get("value")
    value = "not even all answers replaced" if share is None else f"{share:.0%} of the answers replaced"
    meaning = f"Smallest change that two runs confirm with a chance of {effect.get('power_wanted')}: a simulation."
    return [Fact(name="would be seen", value=value, meaning=meaning)]


SECTION = Section(title="The answer", order=20, build=build, scope="pair", brief=True, kind="drift")
