"""`doctor` over every quirk profile of the reference endpoint, and over clean sessions: what is found, what is not.

Endpoints are served by one process over real HTTP on loopback and examined side by side; one that answers to any
name is served apart, since it would answer for the others.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from fcntl import LOCK_EX, flock
from pathlib import Path
from time import perf_counter

from _results import FOLDER, record
from scipy.stats import binomtest

from blackbox import serve
from blackbox.core import EndpointSpec, Progress
from blackbox.serve.quirks import QUIRKS, make_quirk
from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
from blackbox.workflow.doctor import DoctorRequest, Examined, examine

MEMBER, CONCURRENCY, TOGETHER, N_CLEAN = "a", 4, 2, 5
LOCK = Path(tempfile.gettempdir()) / "blackbox-bench-doctor.lock"


def examined(profiles: dict[str, list[str]]) -> list[Examined]:
    """Return what `doctor` finds of each served name."""
    with (
        serve.running(dict.fromkeys(profiles, MEMBER), quirks=profiles) as base_url,
        tempfile.TemporaryDirectory() as to,
    ):
        specs = tuple(
            EndpointSpec(name=name, kind="openai-chat", base_url=base_url, model=name, concurrency=CONCURRENCY)
            for name in profiles
        )
        request = DoctorRequest(endpoints=specs, results=Path(to))
        return list(run_sync(examine(request, environ={}, clock=SYSTEM_CLOCK, on_progress=_said)))


def row(found: Examined, quirk: str) -> dict:
    """Return what was found of one profile beside what is true."""
    findings = (found.document or {}).get("findings", [])
    troubles = [f for f in findings if f["status"] in ("ignored", "not honoured")]
    named = sorted({name for f in troubles for name in f["quirks"]})
    hits = [f for f in troubles if quirk in f["quirks"]]
    other = [f["check"] for f in troubles if f not in hits]
    return {
        "session": found.endpoint, "profile": quirk, "state": found.state,
        "found": bool(hits) if quirk != "clean" else None, "named": named,
        "alone": named == [quirk], "other_findings": other,
        "seen": [f"{f['check']}: {f['status']}: {f['seen']}" for f in troubles],
    }  # fmt: skip


def main(*only: str) -> int:
    """Examine everything, or the profiles named, print and write results; 1 if one is missed or a clean one accused.

    Rows of profiles that are not named stay as they are, so that a run can be split or taken up again.
    """
    profiles = {f"clean-{i}": ["clean"] for i in range(N_CLEAN)}
    profiles |= {name: [name] for name in QUIRKS if name != "clean"}
    profiles = {name: quirks for name, quirks in profiles.items() if not only or name in only}
    summed: dict = {}
    for some in groups(profiles):
        started = perf_counter()
        rows = [row(each, profiles[each.endpoint][0]) for each in examined(some)]
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
        old = json.loads(path.read_text("utf-8")) if path.exists() else {"profiles": [], "seconds": 0.0}
        by_session = {each["session"]: each for each in (*old["profiles"], *rows)}
        summed = summary([by_session[name] for name in sorted(by_session)], old["seconds"] + seconds)
        record("doctor", summed)
    return summed


def groups(profiles: dict[str, list[str]]) -> list[dict[str, list[str]]]:
    """Return profiles to be served together; one that answers to any name is served alone."""
    alone = [name for name, (quirk,) in profiles.items() if make_quirk(quirk).takes_any_model]
    others = [name for name in profiles if name not in alone]
    names = [others[i : i + TOGETHER] for i in range(0, len(others), TOGETHER)] + [[name] for name in alone]
    return [{name: profiles[name] for name in some} for some in names]


def summary(rows: list[dict], seconds: float) -> dict:
    """Return what was found so far; a benchmark that is stopped early keeps what it had."""
    clean = [each for each in rows if each["profile"] == "clean"]
    guilty = [each for each in rows if each["profile"] != "clean"]
    accused = sum(bool(each["seen"]) for each in clean)
    upper = float(binomtest(accused, len(clean)).proportion_ci(0.95, method="exact").high) if clean else None
    return {
        "seed": 0, "member": MEMBER, "concurrency": CONCURRENCY, "n_profiles": len(QUIRKS) - 1,
        "n_examined": len(guilty), "found": sum(each["found"] for each in guilty),
        "named_alone": sum(each["alone"] for each in guilty),
        "beside": dict(Counter(check for each in guilty for check in each["other_findings"])),
        "n_clean": len(clean), "clean_accused": accused, "clean_accused_upper_95": upper, "profiles": rows,
        "checks": {
            "every profile is found": len(guilty) == len(QUIRKS) - 1 and all(each["found"] for each in guilty),
            "no clean session is accused": bool(clean) and accused == 0,
        },
        "seconds": seconds,
    }  # fmt: skip


def _said(event: Progress) -> None:
    del event


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
