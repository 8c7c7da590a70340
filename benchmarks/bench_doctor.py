"""`doctor` over every quirk profile of the reference endpoint, and over clean sessions: what is found, what is not.

Endpoints are served by one process over real HTTP on loopback and examined side by side; one that answers to any
name is served apart, since it would answer for the others. `python benchmarks/bench_doctor.py NAME…` examines the
sessions and profiles that begin with one of the names, and leaves the other rows of the results as they are.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from itertools import groupby
from pathlib import Path
from time import perf_counter

import torch
from _results import FOLDER, record
from scipy.stats import binomtest
from threadpoolctl import threadpool_limits

from blackbox import serve
from blackbox.core import EndpointSpec, Progress
from blackbox.serve.quirks import QUIRKS, make_quirk
from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
from blackbox.workflow.doctor import DoctorRequest, Examined, examine

MEMBER, CONCURRENCY, TOGETHER = "a", 8, 9
MANY, N_MANY = ("hidden-top-p", "repetition-penalty", "temperature"), 3
"""Profiles that only their draws betray, and how often these are examined; the others once."""
CLEAN = {
    "a": 5, "a@int8": 3, "a@int4": 3, "a@bf16": 2, "a-tuned": 2, "b": 3, "c": 2, "d": 1,
    **{f"r{i}": 1 for i in range(1, 11)},
}  # fmt: skip
"""Sessions of each member and build that honours everything."""
LOCK = Path(tempfile.gettempdir()) / "blackbox-bench-doctor.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One endpoint to examine: `profile` is the quirk it has, or `clean`."""

    profile: str
    member: str
    number: int

    @property
    def name(self) -> str:
        """Under which it is served, examined and recorded."""
        return f"{self.profile}-{self.member.replace('@', '-')}-{self.number}"


def sessions(only: tuple[str, ...]) -> list[Session]:
    """Return all sessions, or those whose names begin as one of `only` says."""
    clean = [Session(profile="clean", member=m, number=i) for m, n in CLEAN.items() for i in range(n)]
    quirky = [
        Session(profile=name, member=MEMBER, number=i)
        for name in QUIRKS
        if name != "clean"
        for i in range(N_MANY if name in MANY else 1)
    ]
    return [each for each in (*quirky, *clean) if not only or each.name.startswith(only)]


def groups(chosen: list[Session]) -> list[list[Session]]:
    """Return sessions to be served together: of one member, none of them answering for another's name."""
    alone = [each for each in chosen if make_quirk(each.profile).takes_any_model]
    together = [
        list(some) for _, some in groupby((each for each in chosen if each not in alone), key=lambda each: each.member)
    ]
    parts = [some[i : i + TOGETHER] for some in together for i in range(0, len(some), TOGETHER)]
    return parts + [[each] for each in alone]


def examined(some: list[Session]) -> list[Examined]:
    """Return what `doctor` finds of each session."""
    models, quirks = {each.name: each.member for each in some}, {each.name: [each.profile] for each in some}
    with serve.running(models, quirks=quirks) as base_url, tempfile.TemporaryDirectory() as to:
        specs = tuple(
            EndpointSpec(name=name, kind="openai-chat", base_url=base_url, model=name, concurrency=CONCURRENCY)
            for name in models
        )
        request = DoctorRequest(endpoints=specs, results=Path(to))
        return list(run_sync(examine(request, environ={}, clock=SYSTEM_CLOCK, on_progress=_said)))


def row(found: Examined, session: Session) -> dict:
    """Return what was found in one session beside what is true."""
    findings = (found.document or {}).get("findings", [])
    troubles = [f for f in findings if f["status"] in ("ignored", "not honoured")]
    named = sorted({name for f in troubles for name in f["quirks"]})
    hits = [f for f in troubles if session.profile in f["quirks"]]
    return {
        "session": session.name, "profile": session.profile, "member": session.member, "state": found.state,
        "found": bool(hits) if session.profile != "clean" else None, "named": named,
        "alone": named == [session.profile], "other_findings": [f["check"] for f in troubles if f not in hits],
        "seen": [f"{f['check']}: {f['status']}: {f['seen']}" for f in troubles],
    }  # fmt: skip


def main(*only: str) -> int:
    """Examine, print and write results; 1 if a profile is missed in a session or a clean session accused."""
    torch.set_num_threads(1)
    summed: dict = {}
    for some in groups(sessions(only)):
        started = perf_counter()
        rows = [row(found, session) for found, session in zip(examined(some), some, strict=True)]
        for each in rows:
            print(f"{each['session']}: found {each['found']}, named {each['named']}, beside {each['other_findings']}")
        summed = kept(rows, perf_counter() - started)
        print(f"{summed['n_examined']} + {summed['n_clean']}, {perf_counter() - started:.0f} s", flush=True)
    return 0 if summed and all(summed["checks"].values()) else 1


def kept(rows: list[dict], seconds: float) -> dict:
    """Put rows in the place of earlier ones of the same sessions, write and return the summary."""
    with LOCK.open("w") as lock:
        flock(lock, LOCK_EX)
        path = FOLDER / "doctor.json"
        old = json.loads(path.read_text("utf-8")) if path.exists() else {"sessions": [], "seconds": 0.0}
        wanted = {each.name for each in sessions(())}
        by_session = {each["session"]: each for each in (*old["sessions"], *rows) if each["session"] in wanted}
        summed = summary([by_session[name] for name in sorted(by_session)], old["seconds"] + seconds)
        record("doctor", summed)
    return summed


def summary(rows: list[dict], seconds: float) -> dict:
    """Return what was found so far; a benchmark that is stopped early keeps what it had."""
    clean = [each for each in rows if each["profile"] == "clean"]
    guilty = [each for each in rows if each["profile"] != "clean"]
    accused, found = sum(bool(each["seen"]) for each in clean), sum(each["found"] for each in guilty)
    finished = all(each["state"] == "finished" for each in rows)
    by_profile = {
        name: {
            "sessions": len(own), "found": sum(each["found"] for each in own),
            "alone": sum(each["alone"] for each in own),
            "named": dict(Counter(other for each in own for other in each["named"])),
        }
        for name in sorted({each["profile"] for each in guilty})
        if (own := [each for each in guilty if each["profile"] == name])
    }  # fmt: skip
    return {
        "seed": 0, "member": MEMBER, "concurrency": CONCURRENCY, "n_profiles": len(QUIRKS) - 1,
        "n_examined": len(guilty), "found": found, "found_interval_95": interval(found, len(guilty)),
        "by_profile": by_profile,
        "beside": dict(Counter(check for each in guilty for check in each["other_findings"])),
        "n_clean": len(clean), "clean_members": dict(Counter(each["member"] for each in clean)),
        "clean_accused": accused, "clean_accused_interval_95": interval(accused, len(clean)),
        "checks": {
            "every session was examined to its end": finished and len(rows) == len(sessions(())),
            "every profile is found by name in every session": found == len(guilty),
            "no clean session is accused": bool(clean) and accused == 0,
        },
        "seconds": seconds, "sessions": rows,
    }  # fmt: skip


def interval(k: int, n: int) -> list[float] | None:
    """Return the exact interval of a share at 95 % (Clopper & Pearson 1934)."""
    if not n:
        return None
    found = binomtest(k, n).proportion_ci(0.95, method="exact")
    return [float(found.low), float(found.high)]


def _said(event: Progress) -> None:
    del event


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        sys.exit(main(*sys.argv[1:]))
