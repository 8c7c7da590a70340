"""What differed around two runs beside the model: decoding, time, served model, provider (METHODS §1.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from blackbox.core import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from blackbox.core import Run

SAME_WINDOW_HOURS = 24.0
HONOURED_SETTINGS = (
    "temperature", "sampling", "repeats", "system_role", "default_text", "leading_space", "max_output_tokens",
)  # fmt: skip
"""What `doctor` leaves in a run's manifest of settings that answers depend on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One circumstance on both sides and what its state means."""

    name: str
    a: str
    b: str
    state: Literal["equal", "different", "unknown"]
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One run's circumstances, read once."""

    sent: Mapping[str, Any] | None
    honoured: Mapping[str, Any] | None
    times: tuple[datetime, datetime] | None
    served: Mapping[str, tuple[str, ...]]


def facts(run: Run) -> Facts:
    """Return what a run records of its circumstances."""
    return Facts(
        sent=run.manifest.sent_decoding,
        honoured=run.manifest.honoured_decoding,
        times=window(run),
        served={f: tuple(sorted({v for o in run.observations if (v := getattr(o, f))})) for _, f, _ in _SERVED},
    )


def conditions(a: Facts, b: Facts) -> tuple[Condition, ...]:
    """Return the circumstances of two runs, side by side."""
    return (_sent(a, b), _honoured(a, b), _window(a, b), *(_served(a, b, *row) for row in _SERVED))


def decoding_conflict(sent_a: Mapping[str, Any] | None, sent_b: Mapping[str, Any] | None) -> str | None:
    """Return what differs between two known sent decodings, or None where they agree or one is unknown.

    Listing log-probabilities beside an answer draws no other answer.
    """
    if sent_a is None or sent_b is None:
        return None
    names = sorted({*sent_a, *sent_b} - {"top_logprobs"})
    names = [name for name in names if sent_a.get(name) != sent_b.get(name)]
    return ", ".join(f"{name} {sent_a.get(name)} against {sent_b.get(name)}" for name in names) or None


def window(run: Run) -> tuple[datetime, datetime] | None:
    """Return the times of a run's first and last request, where recorded."""
    times = [o.requested_at for o in run.observations if o.requested_at is not None]
    return (min(times), max(times)) if times else None


def _sent(a: Facts, b: Facts) -> Condition:
    known = a.sent is not None and b.sent is not None
    conflict = decoding_conflict(a.sent, b.sent)
    if not known:
        meaning = "an untested condition: a difference may come from sampling settings alone"
    else:
        meaning = (
            "both were asked for the same sampling" if conflict is None else "answers differ for this reason alone"
        )
    state: Literal["equal", "different", "unknown"] = "unknown" if not known else "different" if conflict else "equal"
    return Condition(name="sent decoding", a=_decoding(a.sent), b=_decoding(b.sent), state=state, meaning=meaning)


def _decoding(sent: Mapping[str, Any] | None) -> str:
    if sent is None:
        return "unknown"
    stated = {name: value for name, value in sorted(sent.items()) if value not in (None, [], ())}
    return ", ".join(f"{name} {plain(value)}" for name, value in stated.items()) or "server defaults"


def honoured_conflict(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> str | None:
    """Return which settings two sides were measured to treat differently, None where they agree or one is unknown.

    A setting of which one side can't be told is unknown: it stops nothing.
    """
    if a is None or b is None:
        return None
    names = [name for name in HONOURED_SETTINGS if _known(a, name) and _known(b, name) and a[name] != b[name]]
    return ", ".join(f"{name.replace('_', ' ')} {a[name]} against {b[name]}" for name in names) or None


def _known(settings: Mapping[str, Any], name: str) -> bool:
    return str(settings.get(name) or "").startswith(("honoured", "not honoured", "ignored"))


def _honoured(a: Facts, b: Facts) -> Condition:
    conflict, known = honoured_conflict(a.honoured, b.honoured), a.honoured is not None and b.honoured is not None
    untold = [
        n for n in HONOURED_SETTINGS if known and not (_known(a.honoured or {}, n) and _known(b.honoured or {}, n))
    ]
    meaning = "what a server really honours was not measured; servers answer 200 and ignore settings"
    if known:
        meaning = "answers differ for this reason alone" if conflict else "both were measured to do as asked, or alike"
        meaning += f"; not told of both: {', '.join(untold).replace('_', ' ')}" if untold else ""
    state: Literal["equal", "different", "unknown"] = "different" if conflict else "unknown"
    if known and not conflict and not untold:
        state = "equal"
    texts = [_measured(side.honoured) for side in (a, b)]
    return Condition(name="honoured decoding", a=texts[0], b=texts[1], state=state, meaning=meaning)


def _measured(settings: Mapping[str, Any] | None) -> str:
    if settings is None:
        return "not measured"
    return ", ".join(f"{name.replace('_', ' ')} {settings[name]}" for name in HONOURED_SETTINGS if settings.get(name))


def _window(a: Facts, b: Facts) -> Condition:
    of_a, of_b = a.times, b.times
    if of_a is None or of_b is None:
        text_a, text_b = (_span(w) for w in (of_a, of_b))
        meaning = "when the answers were given is not recorded on both sides"
        return Condition(name="time of collection", a=text_a, b=text_b, state="unknown", meaning=meaning)
    hours = max((of_b[0] - of_a[1]).total_seconds(), (of_a[0] - of_b[1]).total_seconds()) / 3600
    apart = hours > SAME_WINDOW_HOURS
    meaning = (
        f"{hours:.0f} h apart: this compares then with now, and a model may have been updated between"
        if apart
        else "collected within 24 h of each other"
    )
    return Condition(
        name="time of collection",
        a=_span(of_a),
        b=_span(of_b),
        state="different" if apart else "equal",
        meaning=meaning,
    )


def _span(times: tuple[datetime, datetime] | None) -> str:
    if times is None:
        return "unknown"
    return f"{times[0]:%Y-%m-%d %H:%M} to {times[1]:%Y-%m-%d %H:%M} UTC"


_SERVED = (
    ("served model", "served_model", "the name the server wrote into its replies: a claim, not a measurement"),
    ("provider", "provider", "which host the router says it used"),
    ("system fingerprint", "system_fingerprint", "the server's own mark of its configuration"),
)


def _served(a: Facts, b: Facts, name: str, field: str, meaning: str) -> Condition:
    of_a, of_b = a.served[field], b.served[field]
    state: Literal["equal", "different", "unknown"] = (
        "unknown" if not of_a or not of_b else "equal" if of_a == of_b else "different"
    )
    return Condition(name=name, a=_listed(of_a), b=_listed(of_b), state=state, meaning=meaning)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values) or "not reported"
