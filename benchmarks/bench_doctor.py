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

MEMBER, CONCURRENCY = "a", 4


def examined(profiles: dict[str, list[str]]) -> list[Examined]:
    """Return what `doctor` finds of each served name."""
    with serve.running(dict.fromkeys(profiles, MEMBER), quirks=profiles) as base_url, tempfile.TemporaryDirectory() as to:
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
        "profile": quirk, "state": found.state, "found": bool(hits), "named": named,
        "alone": named == [quirk], "other_findings": other,
        "seen": [f"{f['check']}: {f['status']}: {f['seen']}" for f in troubles],
    }  # fmt: skip


def main(n_clean: int = 8, *only: str) -> int:
    """Examine everything, print it, write results; 1 if a profile is missed or a clean session accused."""
    started = perf_counter()
    quirks = [name for name in QUIRKS if name != "clean" and (not only or name in only)]
    profiles = {name: [name] for name in quirks} | {f"clean-{i}": ["clean"] for i in range(n_clean)}
    apart = {name: profiles.pop(name) for name in quirks if make_quirk(name).takes_any_model}
    found = [*examined(apart), *examined(profiles)]
    rows = [row(each, "clean" if each.endpoint.startswith("clean-") else each.endpoint) for each in found]
    clean = [each for each in rows if each["profile"] == "clean"]
    guilty = [each for each in rows if each["profile"] != "clean"]
    for each in rows:
        print(f"{each['profile']:30} found {each['found']!s:5}  named {', '.join(each['named']) or '-'}"
              f"  beside {', '.join(each['other_findings']) or '-'}")  # fmt: skip
    accused = sum(bool(each["seen"]) for each in clean)
    upper = float(binomtest(accused, len(clean)).proportion_ci(0.95, method="exact").high) if clean else None
    beside = Counter(check for each in guilty for check in each["other_findings"])
    checks = {
        "every profile is found": all(each["found"] for each in guilty),
        "no clean session is accused": accused == 0,
    }
    if not only:
        record("doctor", {
            "seed": 0, "member": MEMBER, "concurrency": CONCURRENCY, "profiles": guilty, "n_clean": len(clean),
            "clean_accused": accused, "clean_accused_upper_95": upper, "found": sum(e["found"] for e in guilty),
            "named_alone": sum(e["alone"] for e in guilty), "beside": dict(beside), "checks": checks,
            "seconds": perf_counter() - started,
        })  # fmt: skip
    print(f"{sum(e['found'] for e in guilty)} of {len(guilty)} found, {accused} of {len(clean)} clean sessions accused;",
          f"{perf_counter() - started:.0f} s;", checks)  # fmt: skip
    return 0 if all(checks.values()) else 1


def _said(event: Progress) -> None:
    if event.done == event.total:
        print(f"{event.subject}: {event.done}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(*(int(each) if each.isdigit() else each for each in sys.argv[1:])))
