"""How records show themselves in a notebook: escaped HTML of their own, and rows for a data frame.

Text from models, servers and configurations is untrusted: it is escaped, isolated in direction, and what can't be seen
is shown as its code point.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from blackbox.core.calls import Observation
    from blackbox.core.runs import Run

N_PAIRS = 50
"""Pairs shown in a notebook; a frame has all."""
N_ANSWERS = 8
_CHARACTERS = 200
_COLUMNS = {
    "a_endpoint": "A",
    "b_endpoint": "B",
    "suite": "suite",
    "verdict": "verdict",
    "band": "band",
    "pvalue_adjusted": "p, adjusted",
    "effect": "effect",
    "rank_pvalue": "rank p of kinship",
    "log10_lr": "log10 LR",
}
_LIMITS = (
    "Not rejected is not the same; behaviour is symmetric and no result says who derived from whom; a likelihood ratio "
    "is not the probability of copying."
)


def frame(rows: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - a pandas DataFrame; pandas is no dependency
    """Return rows as a pandas frame.

    Raises:
        UsageError: pandas is not installed.
    """
    try:
        pandas = import_module("pandas")
    except ImportError:
        raise UsageError("a frame needs pandas, which is not installed: pip install pandas") from None
    return pandas.DataFrame(list(rows))


def comparison_rows(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row a pair of a comparison, or a row a run of a history, as flat JSON values."""
    if "pairs" not in document:
        return [_flat(point) for point in document.get("points") or ()]
    return [_pair_row(pair) for pair in document["pairs"]]


def comparison_html(document: Mapping[str, Any]) -> str:
    """Return a comparison as a table of its verdicts with what they do not say, or a history's verdict."""
    if "pairs" not in document:
        said = (
            f"{document.get('endpoint')}, {document.get('suite')}: {document.get('verdict')}: {document.get('reason')}"
        )
        return f"<p>{shown(said)}</p>"
    rows = comparison_rows(document)
    body = _table(_COLUMNS, rows[:N_PAIRS])
    more = f"<p>{len(rows) - N_PAIRS:,} of {len(rows):,} pairs are left out here.</p>" if len(rows) > N_PAIRS else ""
    sentences = "".join(f"<li>{shown(pair['sentences']['same'])}</li>" for pair in document["pairs"][:3])
    warnings = "".join(f"<li>{shown(text)}</li>" for text in document.get("warnings") or ())
    return f"<div>{body}{more}<ul>{sentences}</ul><ul>{warnings}</ul><p><small>{_LIMITS}</small></p></div>"


def run_rows(run: Run) -> list[dict[str, Any]]:
    """Return a row an observation, in the run's order."""
    return [_observation_row(observation) for observation in run.observations]


def run_html(run: Run) -> str:
    """Return a run's circumstances and its first answers."""
    manifest = run.manifest
    outcomes = Counter(str(observation.outcome) for observation in run.observations)
    facts = {
        "run": run.id,
        "endpoint": manifest.endpoint_name,
        "model": manifest.endpoint.get("model"),
        "suite": f"{manifest.suite_name} v{manifest.suite_version}",
        "status": manifest.status,
        "collected": manifest.created_at.isoformat(),
        "outcomes": ", ".join(f"{name} {n}" for name, n in sorted(outcomes.items())),
    }
    listed = "".join(f"<tr><th>{name}</th><td>{shown(value)}</td></tr>" for name, value in facts.items())
    answers = _table({"key": "call", "outcome": "outcome", "text": "answer"}, run_rows(run)[:N_ANSWERS])
    left = len(run.observations) - N_ANSWERS
    more = f"<p>{left:,} of {len(run.observations):,} answers are left out here.</p>" if left > 0 else ""
    return f"<div><table>{listed}</table>{answers}{more}</div>"


def shown(value: object) -> str:
    """Return a value as inert HTML text."""
    if value is None:
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    cut = f"{text[:_CHARACTERS]}…" if len(text) > _CHARACTERS else text
    visible = "".join(c if c.isprintable() else f"⟨U+{ord(c):04X}⟩" for c in cut)
    return f"<bdi>{escape(visible)}</bdi>"


def _table(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> str:
    head = "".join(f"<th>{title}</th>" for title in columns.values())
    body = "".join("<tr>" + "".join(f"<td>{shown(row[name])}</td>" for name in columns) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _pair_row(pair: Mapping[str, Any]) -> dict[str, Any]:
    same, related, effect = pair["same"], pair["related"], pair["same"]["effect"]
    return {
        **{name: pair[name] for name in ("a", "b", "a_endpoint", "b_endpoint", "suite")},
        **{name: same[name] for name in ("verdict", "reason", "band", "pvalue", "pvalue_adjusted", "alpha")},
        "effect": effect["value"],
        "effect_ci_low": effect["ci_low"],
        "effect_ci_high": effect["ci_high"],
        "effect_unit": effect["unit"],
        "similarity": pair["similarity"]["value"],
        "log10_lr": related["log10_lr"],
        "uncapped_log10_lr": related["uncapped_log10_lr"],
        "score": related["score"],
        "rank_pvalue": related["rank_pvalue"],
        "mixed_share": pair["mixed"]["share"],
    }


def _observation_row(observation: Observation) -> dict[str, Any]:
    usage, error = observation.usage, observation.error
    return {
        **{name: getattr(observation, name) for name in ("key", "probe_id", "repeat", "block_id")},
        "outcome": str(observation.outcome),
        **{name: getattr(observation, name) for name in ("text", "finish_reason", "latency_s", "requested_at")},
        **{name: getattr(observation, name) for name in ("served_model", "provider", "system_fingerprint")},
        "prompt_tokens": usage.prompt_tokens if usage else None,
        "completion_tokens": usage.completion_tokens if usage else None,
        "error": error.message if error else None,
    }


def _flat(point: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in point.items() if not isinstance(value, (list, dict))}
