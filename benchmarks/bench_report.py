"""Size and render time of the HTML page for 10, 30 and 100 runs: all pairs, 300 probes, the documents of the tests.

Detail is held for up to 45 pairs, as `compare` does; beyond that every pair is a row of the list. Times are processor
time of one core, told as ratios to the page of 10 runs, and beside them to writing the same document as JSON: what
any form of output costs at least.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

from _results import record

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from report import documents
from support.opened_pages import BROWSER, browser, opened

from blackbox.evidence.answers import MAX_CHARACTERS
from blackbox.report import render
from blackbox.report.renderers.html_page import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES, N_PROBES, N_EXHIBITS, N_ROUNDS, DETAILED_PAIRS = (10, 30, 100), 300, 10, 3, 45
ANSWERED_RUNS, N_ANSWERS = 10, 30
"""Runs of the page with answers, and different answers that each of its probes has."""


def document(n_runs: int) -> dict[str, Any]:
    """Return all pairs of runs, in detail where there are few enough."""
    detailed = n_runs * (n_runs - 1) // 2 <= DETAILED_PAIRS
    whole = documents.many(n_runs, N_PROBES, N_EXHIBITS) if detailed else documents.hundred(n_runs)
    return {**whole, "landscape": [documents.landscape(whole["runs"])]}


def answered(n_runs: int) -> dict[str, Any]:
    """Return all pairs of runs with the answers of every probe, as long together as a document may hold."""
    whole = document(n_runs)
    length = MAX_CHARACTERS // (N_PROBES * N_ANSWERS)
    probes = [_probe(number, length, n_runs) for number in range(N_PROBES)]
    entry = {**documents.answers(whole["runs"]), "n_probes": N_PROBES, "probes": probes}
    return {**whole, "answers": [entry]}


def _probe(number: int, length: int, n_runs: int) -> dict[str, Any]:
    said = [
        {
            "text": f"{number}-{place} <b>&amp; “words” 词</b>".ljust(length, "x"),
            "cut": False,
            "outcome": "ok",
            "n": n_runs,
            "by_run": {str(run): 1 for run in range(n_runs)},
        }
        for place in range(N_ANSWERS)
    ]
    of_page = documents.answers([documents.run(0)])["probes"][number % 4]
    return {**of_page, "probe_id": f"cell-{number:03d}", "n_distinct": N_ANSWERS, "answers": said}


def accessible(n_runs: int) -> dict[str, Any]:
    """Return what axe-core finds serious or critical on all of a page, looked at piece by piece."""
    page = render(document(n_runs), to="html")
    with TemporaryDirectory() as folder, browser() as started, opened(started, page, Path(folder)) as found:
        grave, n_pieces, n_elements = found.grave_in_pieces()
    return {"n_runs": n_runs, "n_elements": n_elements, "n_pieces": n_pieces, "grave": grave}


def least(act: Callable[[], str]) -> tuple[float, str]:
    """Return the least processor time of a few rounds, and what was made."""
    times, made = [], ""
    for _ in range(N_ROUNDS):
        start = process_time()
        made = act()
        times.append(process_time() - start)
    return min(times), made


def measured(whole: dict[str, Any]) -> dict[str, Any]:
    """Return size and time of one page."""
    to_page, page = least(lambda: render(whole, to="html"))
    to_json, _ = least(lambda: render(whole, to="json"))
    size = len(page.encode("utf-8"))
    assert size <= MAX_BYTES
    return {
        "n_runs": len(whole["runs"]),
        "n_pairs": len(whole["pairs"]),
        "bytes": size,
        "share_of_limit": round(size / MAX_BYTES, 3),
        "n_pairs_listed": page.count('<tr class="k-'),
        "n_pairs_in_detail": page.count('<details id="pair-'),
        "n_probes_with_answers": page.count('<details class="found"'),
        "n_answers": page.count('<b class="times">'),
        "seconds": round(to_page, 3),
        "times_json": round(to_page / to_json, 2),
    }


def main() -> None:
    """Measure and record."""
    rows = [*(measured(document(n)) for n in SIZES), measured(answered(ANSWERED_RUNS))]
    for row in rows:
        row["times_ten_runs"] = round(row["seconds"] / rows[0]["seconds"], 2)
        print(row)
    looked_at = accessible(SIZES[-1]) if BROWSER else None
    print(looked_at or "no Chromium here: axe-core was not run")
    same = {"n_probes": N_PROBES, "n_rounds": N_ROUNDS, "max_bytes": MAX_BYTES}
    print(record("report", {**same, "rows": rows, "axe_core": looked_at}))


if __name__ == "__main__":
    main()
