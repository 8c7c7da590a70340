"""Writes what was measured into `docs/faults.md`; `--check` only says whether it is up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from generated_page import kept

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "faults.md"
RESULTS = ROOT / "benchmarks" / "results" / "faults.json"
_BEGIN, _BEGIN_LIMITS, _END = "<!-- measured -->\n", "<!-- limits -->\n", "<!-- end -->"


def table(found: dict[str, Any]) -> str:
    """Return the Markdown table of `make bench-faults`."""
    parts = {"kills": _kills, "disks": _disks, "matrix": _matrix, "limits": _limits, "storms": _storms, "keys": _keys,
             "memory": _memory, "memory-http": _memory}  # fmt: skip
    rows = [f"| {name} | {said(found[name])} |" for name, said in parts.items() if name in found]
    return "\n".join(["| part | found |", "|---|---|", *rows])


def document(text: str) -> str:
    """Return the page with its table as it has to be."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    for begin, made in ((_BEGIN, table(found)), (_BEGIN_LIMITS, limits_table(found["limits"]))):
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{made}\n{_END}{rest.partition(_END)[2]}"
    return text


def limits_table(part: dict[str, Any]) -> str:
    """Return the Markdown table of limits, and by how much each was exceeded."""
    sizes = list(part["limits"][0]["over"])
    rows = [
        f"| {row['limit']} | {row['time']} | "
        + " | ".join(f"{max(0.0, over):g}" for over in row["over"].values())
        + " |"
        for row in part["limits"]
    ]
    head = ["| the server lets pass | time to wait | " + " | ".join(f"{n} at once" for n in sizes) + " |"]
    return "\n".join([*head, "|---|---|" + "---|" * len(sizes), *rows])


def _limits(part: dict[str, Any]) -> str:
    spaced = [row for row in part["limits"] if not row["bucket"]]
    buckets = [row for row in part["limits"] if row["bucket"]]
    worst = max(over - int(n) for row in buckets for n, over in row["over"].items())
    drawn = part["drawn"]
    kept = all(over <= int(n) for row in spaced for n, over in row["over"].items())
    return (
        f"{len(part['limits'])} kinds of refusal, simulated, {part['calls']} calls, 1 to 16 at once, all answered: "
        f"windows and even spacing {'never' if kept else 'NOT'} exceeded by more than one burst, buckets by at most "
        f"{worst:.2f} of a request more than that; the same for {drawn['n'] - len(drawn['exceeded'])} of {drawn['n']} "
        f"limits drawn at random, {drawn['n_refusing']} of which refused something"
    )


def main() -> int:
    """Write the table, or check it; returns 1 when a check finds it out of date."""
    return kept(TARGET, document(TARGET.read_text(encoding="utf-8")), script="make_faults_docs.py", about=__doc__)


def _kills(part: dict[str, Any]) -> str:
    moments = ", ".join(f"{n} {moment}" for moment, n in sorted(part["moments"].items()))
    return (
        f"{part['n_kills']} times SIGKILL ({moments}) over {part['n_runs']} runs of {part['calls_a_run']} calls: "
        f"{part['records_lost']} records lost of {part['acknowledged_before_kills']} acknowledged before a kill, "
        f"{part['requests_sent_twice']} requests sent twice for an acknowledged one, "
        f"{part['rows_unlike_undisturbed']} rows unlike an undisturbed run's, "
        f"{part['runs_not_verified']} runs not verified"
    )


def _disks(part: dict[str, Any]) -> str:
    said = "; ".join(f"{row['scene'].replace('-', ' ')}: exit {row['exit_code']}" for row in part["scenes"])
    return f"{part['n_scenes']} scenes, {len(part['flaws'])} flaws ({said})"


def _matrix(part: dict[str, Any]) -> str:
    outcomes = ", ".join(f"{n} {outcome}" for outcome, n in sorted(part["outcomes"].items()))
    longest = ", ".join(f"{fault} {seconds} s" for fault, seconds in sorted(part["longest_s"].items()))
    return (
        f"{part['faults_tried']} faults in one command: {outcomes}; exit {part['exit_code']}; "
        f"at most {part['peak_mb']:.0f} MB; deadline {part['deadline_s']:g} s: {longest}; {len(part['flaws'])} flaws"
    )


def _storms(part: dict[str, Any]) -> str:
    limits = "; ".join(
        f"{row['a_minute']} a minute: {row['answered']} answered, {row['refused']} refused, {row['over']:g} over"
        for row in part["limits"]
    )
    refusing = ", ".join(f"{row['endpoint']} {row['requests']}" for row in part["refusing_endpoints"])
    return (
        f"{part['concurrency']} in flight against {limits}. Requests to endpoints that refuse for good, and to one "
        f"beside them: {refusing}; exit {part['refusal_exit_code']}"
    )


def _keys(part: dict[str, Any]) -> str:
    return (
        f"{part['kinds_of_reply']} kinds of reply, {len(part['commands'])} commands, {part['requests']} requests, "
        f"{part['files_scanned']} files scanned: {part['keys_found']} keys found, {part['ambient_keys_sent']} of "
        f"{part['ambient_keys_live']} ambient keys sent, {part['redirects_followed']} redirects followed; "
        f"{part['replies_masked_and_noted']} replies masked and noted"
    )


def _memory(part: dict[str, Any]) -> str:
    few, many = part["sizes"]
    growth = 2**20 * (many["peak_mb_first"] - few["peak_mb_first"]) / (many["answers"] - few["answers"])
    said = "; ".join(
        f"{row['answers']:,} answers: at most {row['peak_mb_first']:.0f} MB"
        + (f", resumed behind them {row['peak_mb_resumed']:.0f} MB" if row["peak_mb_resumed"] else "")
        for row in part["sizes"]
    )
    return f"{said}; {growth:,.0f} bytes more an answer"


if __name__ == "__main__":
    sys.exit(main())
