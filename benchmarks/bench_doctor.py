"""`doctor` over every quirk profile of the reference endpoint, and over clean sessions: what is found, what is not.

Endpoints are served by one process over real HTTP on loopback and examined side by side; one that answers to any
name is served apart, since it would answer for the others.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

from _results import record
from scipy.stats import binomtest

from blackbox import serve
from blackbox.core import EndpointSpec, Progress
from blackbox.serve.quirks import QUIRKS, make_quirk
from blackbox.workflow.clock import SYSTEM_CLOCK, run_sync
from blackbox.workflow.doctor import DoctorRequest, Examined, examine

MEMBER, CONCURRENCY, TOGETHER = "a", 4, 4


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
        "profile": quirk, "state": found.state, "found": bool(hits) if quirk != "clean" else None, "named": named,
        "alone": named == [quirk], "other_findings": other,
        "seen": [f"{f['check']}: {f['status']}: {f['seen']}" for f in troubles],
    }  # fmt: skip


def main(n_clean: int = 5, *only: str) -> int:
    """Examine everything, print it, write results; 1 if a profile is missed or a clean session accused."""
    started = perf_counter()
    quirks = [name for name in QUIRKS if name != "clean" and (not only or name in only)]
    profiles = {f"clean-{i}": ["clean"] for i in range(n_clean)} | {name: [name] for name in quirks}
    rows: list[dict] = []
    for some in groups(profiles):
        found = examined(some)
        rows += [row(each, "clean" if each.endpoint.startswith("clean-") else each.endpoint) for each in found]
        for each in rows[-len(found) :]:
            print(f"{each['profile']}: found {each['found']}, named {each['named']}, beside {each['other_findings']}")
        print(f"{len(rows)} of {len(profiles)}, {perf_counter() - started:.0f} s", flush=True)
        summed = summary(rows, perf_counter() - started)
        if not only:
            record("doctor", summed)
    return 0 if all(summed["checks"].values()) else 1


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
    sys.exit(main(*(int(each) if each.isdigit() else each for each in sys.argv[1:])))
