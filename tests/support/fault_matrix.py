"""Every fault of the reference endpoint through the command itself: what a run makes of it, and at what cost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from blackbox.serve import FAULTS, RequestLog, Rule, Script, When, make_fault, running
from support.drawn_answers import DrawnAnswers, numbered_suite
from support.processes import Start, Task, said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

KEY = "sk-live-0123456789/abc+DEF"
N_CALLS = 3
N_ATTEMPTS = 5
RETRIED = frozenset({"status", "html-error", "reset", "cut-body", "cut-stream", "bad-framing", "hang", "slow-bytes"})
SILENT = frozenset({"hang", "slow-bytes"})
"""Faults that only the deadline ends."""
LATE_S = 2.5
"""So much later than its deadline an attempt may end on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One endpoint, struck by one fault at its first call."""

    fault: str
    state: str
    reason: str
    outcomes: tuple[str, ...]
    kinds: tuple[str, ...]
    slowest_s: float
    n_sent: int
    n_logged: int

    @property
    def became(self) -> str:
        """What the run made of the struck call: its outcome, or `stopped`."""
        if self.state != "finished":
            return "stopped"
        return self.outcomes[0]

    def flaw(self) -> str | None:
        """Return what is not as promised."""
        expected = FAULTS[self.fault].becomes
        if self.became != expected:
            return f"{self.fault}: became {self.became}, not {expected}"
        stored = () if expected == "stopped" else (expected, *["ok"] * (N_CALLS - 1))
        if self.outcomes != stored:
            return f"{self.fault}: stored {self.outcomes}, not {stored}"
        if self.n_sent != self.n_logged:
            return f"{self.fault}: says {self.n_sent} requests, the server saw {self.n_logged}"
        return None


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """What came of all faults."""

    code: int
    sessions: tuple[Session, ...]
    peak_mb: float
    said: str

    def flaws(self, *, deadline_s: float, peak_mb: float) -> list[str]:
        """Return everything that is not as promised."""
        found = [flaw for session in self.sessions if (flaw := session.flaw())]
        found += [
            f"{s.fault}: took {s.slowest_s:.1f} s" for s in self.sessions
            if s.fault in SILENT and not deadline_s <= s.slowest_s < deadline_s + LATE_S
        ]  # fmt: skip
        found += [f"exit code {self.code}, not 4"] if self.code != 4 else []
        found += [f"{self.peak_mb:.0f} MB of memory"] if self.peak_mb >= peak_mb else []
        return found + (["a traceback"] if "Traceback" in self.said else [])


def n_struck(fault: str) -> int:
    """Return how many requests of the first call a fault meets: all attempts where it is tried again."""
    return N_ATTEMPTS if fault in RETRIED or (fault.startswith("rate-limit") and fault != "rate-limit-absurd") else 1


def run_matrix(
    folder: Path,
    start: Start,
    *,
    deadline_s: float,
    faults: Sequence[str] = tuple(FAULTS),
    hooks: tuple[str, ...] = (),
    strikes: Callable[[str], int] = n_struck,
) -> Matrix:
    """Return what one `blackbox run` makes of one endpoint a fault, each struck at its first call."""
    log = RequestLog()
    rules = tuple(_rule(name, strikes(name)) for name in faults)
    with running({name: DrawnAnswers() for name in faults}, script=Script(rules=rules), log=log) as base_url:
        _configure(folder, base_url, faults, deadline_s)
        suite = numbered_suite(folder, N_CALLS)
        words = ("run", "-s", str(suite), "--json")
        process = start(Task(words=words, folder=folder, environ={"SHOP_KEY": KEY}, hooks=hooks))
        code = process.code()
    came = {name: [entry.at for entry in log.entries if entry.model == name] for name in faults}
    out, err = said(folder)
    document = json.loads(out) if out.strip() else {"sessions": []}
    sessions = tuple(_session(each, folder, came[each["endpoint"]]) for each in document["sessions"])
    return Matrix(code=code, sessions=sessions, peak_mb=process.peak_mb(), said=out + err)


def _rule(fault: str, n: int) -> Rule:
    value, last = ("600", None) if fault == "limit-rate" else (None, n)
    # Only a connection that was used before can be closed as the next request comes.
    first, last = (2, 6) if fault == "keep-alive-race" else (1, last)
    return Rule(name=fault, does=make_fault(fault, value), when=When(models=(fault,), requests=((first, last),)))


def _configure(folder: Path, base_url: str, faults: Sequence[str], deadline_s: float) -> None:
    blocks = "".join(
        f"  {name}: {{kind: openai-chat, base_url: '{base_url}', model: {name}, api_key_env: SHOP_KEY, concurrency: 1, "
        f"timeout_s: {deadline_s if name in SILENT else 60}}}\n"
        for name in faults
    )
    (folder / "blackbox.yaml").write_text(f"endpoints:\n{blocks}", encoding="utf-8")


def _session(document: Mapping[str, Any], folder: Path, came: Sequence[datetime]) -> Session:
    observed, tried = [], []
    for line in (folder / document["path"] / "journal.jsonl").read_bytes().splitlines():
        entry = json.loads(line)
        observed += [entry["body"]] if entry["kind"] == "observation" else []
        tried += [entry["body"]] if entry["kind"] == "attempt" else []
    # Waits between attempts may be none, or be counted into a latency, where time is hurried.
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(sorted(came))]
    observed.sort(key=lambda body: body["requested_at"])
    return Session(
        fault=document["endpoint"],
        state=document["state"],
        reason=document["reason"] or "",
        outcomes=tuple(body["outcome"] for body in observed),
        kinds=tuple(sorted({body["kind"] for body in tried})),
        slowest_s=max(
            (min(pair) for pair in zip((body["latency_s"] for body in tried), gaps, strict=False)), default=0.0
        ),
        n_sent=document["n_sent"],
        n_logged=len(came),
    )


def deadline_of_four() -> None:
    """Break it: replies may take four times as long as configured."""
    from dataclasses import replace

    from blackbox.endpoints import openai_chat

    guard = openai_chat.Guard

    def patient(*, deadline_s: float, **more: Any) -> Any:
        return replace(guard(deadline_s=deadline_s, **more), deadline_s=4 * deadline_s)

    openai_chat.Guard = patient  # type: ignore[assignment,misc]


def no_byte_cap() -> None:
    """Break it: a reply may decode to any size."""
    from blackbox.endpoints import _body, _transport

    def uncapped(content_encoding: str, *, max_bytes: int) -> Any:
        del max_bytes
        return _body.open_body(content_encoding, max_bytes=2_000_000_000)

    _transport.open_body = uncapped  # type: ignore[assignment]
