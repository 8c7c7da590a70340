"""Endpoints that refuse: for the rate, and for good; what whole commands make of them, from the server's own log."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from blackbox.serve import RequestLog, Rule, Script, When, make_fault, running
from support.drawn_answers import DrawnAnswers, configuration, numbered_suite
from support.processes import Task, forked, hook, said
from support.storms import Tokens, overshoot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONCURRENCY = 4
HEALTHY = "healthy"
REFUSING = {
    "unauthorized": (None, "check the environment variable SHOP_KEY"),
    "forbidden": ("status=403", "may use 'forbidden'"),
    "quota": (None, "check plan and billing"),
    "quota-429": (None, "check plan and billing"),
}
"""Endpoint → its fault if it is of another name, and what has to be said."""


def limited(
    folder: Path, a_minute: int, *, n: int, concurrency: int, hooks: tuple[Callable[[], None], ...] = ()
) -> dict[str, Any]:
    """Return how far above a limit of so many evenly spaced requests a minute a server was asked by one command."""
    folder = folder / f"rate-{a_minute}"
    folder.mkdir()
    log, rule = RequestLog(), Rule(name="limit", does=make_fault("limit-rate", str(a_minute)), when=When())
    with running({"m": DrawnAnswers()}, script=Script(rules=(rule,)), log=log) as base_url:
        configuration(folder, base_url, "m", more=f", concurrency: {concurrency}")
        words = ("run", "-s", str(numbered_suite(folder, n)), "--json")
        code = forked(Task(words=words, folder=folder, environ={}, hooks=tuple(map(hook, hooks)))).code()
    first = min(entry.at for entry in log.entries)
    sent = [(entry.at - first).total_seconds() for entry in log.entries]
    return {
        "a_minute": a_minute,
        "answered": json.loads(said(folder)[0])["sessions"][0]["totals"].get("ok", 0),
        "refused": sum(entry.status == 429 for entry in log.entries),
        "seconds": round(max(sent), 1),
        "over": round(overshoot(sent, Tokens(a_minute / 60, 1)), 2),
        "exit_code": code,
    }


def refusing(folder: Path, *, hooks: tuple[Callable[[], None], ...] = ()) -> dict[str, Any]:
    """Return what became of endpoints that refuse key, permission or quota, and of one beside them."""
    folder = folder / "refusing"
    folder.mkdir()
    log = RequestLog()
    with running(
        {name: DrawnAnswers() for name in (*REFUSING, HEALTHY)}, script=Script(rules=_rules()), log=log
    ) as base_url:
        more = f", api_key_env: SHOP_KEY, concurrency: {CONCURRENCY}"
        configuration(folder, base_url, *REFUSING, HEALTHY, more=more)
        words = ("run", "-s", str(numbered_suite(folder, 30)), "--json")
        environ = {"SHOP_KEY": "sk-live-0123456789"}
        code = forked(Task(words=words, folder=folder, environ=environ, hooks=tuple(map(hook, hooks)))).code()
    sessions = {each["endpoint"]: each for each in json.loads(said(folder)[0])["sessions"]}
    n_asked = Counter(entry.model for entry in log.entries)
    flaws = [f"{name}: {flaw}" for name in REFUSING for flaw in _flaws(name, sessions[name], n_asked[name])]
    flaws += [] if sessions[HEALTHY]["state"] == "finished" and n_asked[HEALTHY] == 30 else ["the others did not go on"]
    flaws += [] if code == 4 else [f"exit code {code}, not 4"]
    return {
        "refusing_endpoints": [
            {"endpoint": name, "requests": n_asked[name], "said": sessions[name]["reason"]} for name in sessions
        ],
        "refusal_exit_code": code,
        "refusal_flaws": flaws,
    }


def _rules() -> tuple[Rule, ...]:
    faults = {name: (told or name).partition("=") for name, (told, _) in REFUSING.items()}
    return tuple(
        Rule(name=name, does=make_fault(kind, value or None), when=When(models=(name,)))
        for name, (kind, _, value) in faults.items()
    )


def _flaws(name: str, session: dict[str, Any], n_asked: int) -> list[str]:
    found = [] if session["state"] == "failed" else [f"ended as {session['state']}"]
    found += [] if n_asked <= CONCURRENCY else [f"asked {n_asked} times"]
    found += [] if REFUSING[name][1] in session["reason"] else [f"says {session['reason']!r}"]
    return found


def tries_on() -> None:
    """Break it: a refused key is a failure like any other."""
    from blackbox.endpoints import _errors

    _errors.AuthenticationFailed = _errors.RequestRejected  # type: ignore[misc,assignment]
