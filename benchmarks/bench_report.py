"""Size and render time of the HTML page for 10, 30 and 100 runs: all pairs, 300 probes, the documents of the tests.

Detail is held for up to 45 pairs, as `compare` does; beyond that every pair is a row of the list. Times are processor
time of one core, told as ratios to the page of 10 runs, and beside them to writing the same document as JSON: what
any form of output costs at least.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from _results import record

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from report import documents

from blackbox.report import render
from blackbox.report.renderers.html_page import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES, N_PROBES, N_EXHIBITS, N_ROUNDS, DETAILED_PAIRS = (10, 30, 100), 300, 10, 3, 45


def document(n_runs: int) -> dict[str, Any]:
    """Return all pairs of runs, in detail where there are few enough."""
    detailed = n_runs * (n_runs - 1) // 2 <= DETAILED_PAIRS
    whole = documents.many(n_runs, N_PROBES, N_EXHIBITS) if detailed else documents.hundred(n_runs)
    return {**whole, "landscape": [documents.landscape(whole["runs"])]}


def least(act: Callable[[], str]) -> tuple[float, str]:
    """Return the least processor time of a few rounds, and what was made."""
    times, made = [], ""
    for _ in range(N_ROUNDS):
        start = process_time()
        made = act()
        times.append(process_time() - start)
    return min(times), made


def measured(n_runs: int) -> dict[str, Any]:
    """Return size and time of one page."""
    whole = document(n_runs)
    to_page, page = least(lambda: render(whole, to="html"))
    to_json, _ = least(lambda: render(whole, to="json"))
    size = len(page.encode("utf-8"))
    assert size <= MAX_BYTES
    return {
        "n_runs": n_runs,
        "n_pairs": len(whole["pairs"]),
        "bytes": size,
        "share_of_limit": round(size / MAX_BYTES, 3),
        "n_pairs_listed": page.count('<tr class="k-'),
        "n_pairs_in_detail": page.count('<details id="pair-'),
        "seconds": round(to_page, 3),
        "times_json": round(to_page / to_json, 2),
    }


def main() -> None:
    """Measure and record."""
    rows = [measured(n) for n in SIZES]
    for row in rows:
        row["times_ten_runs"] = round(row["seconds"] / rows[0]["seconds"], 2)
        print(row)
    print(record("report", {"n_probes": N_PROBES, "n_rounds": N_ROUNDS, "max_bytes": MAX_BYTES, "rows": rows}))


if __name__ == "__main__":
    main()
