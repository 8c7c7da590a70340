"""Every fault, storms of refusals, and memory: what a collection makes of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE_S = 6.0
PEAK_MB = 300.0


def matrix(folder: Path) -> dict[str, Any]:
    """Return what one command makes of one endpoint a fault, waits and deadlines as they are."""
    from support.fault_matrix import SILENT, run_matrix
    from support.processes import executed

    found = run_matrix(folder, executed, deadline_s=DEADLINE_S)
    rows = [
        {"fault": s.fault, "became": s.became, "sent": s.n_sent, "failed_as": ",".join(s.kinds) or "-"}
        for s in found.sessions
    ]
    return {
        "faults_tried": len(found.sessions),
        "outcomes": dict(Counter(session.became for session in found.sessions)),
        "exit_code": found.code,
        "peak_mb": round(found.peak_mb, 1),
        "deadline_s": DEADLINE_S,
        "longest_s": {s.fault: round(s.slowest_s, 2) for s in found.sessions if s.fault in SILENT},
        "stopped_because": [f"{s.fault}: {s.reason}" for s in found.sessions if s.became == "stopped"],
        "faults": rows,
        "flaws": found.flaws(deadline_s=DEADLINE_S, peak_mb=PEAK_MB),
    }
