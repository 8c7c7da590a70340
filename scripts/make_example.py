"""Makes results/example anew from the runs that lie in it: compared again, drawn again, verified. Nothing is sent.

Run it after a change that alters a number or how a report is drawn; `scripts/make_report_pictures.py` comes after it.
The runs are three of one `blackbox demo`: `official` against `tuned`, which was tuned from it, with `independent` as
the control.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from blackbox.cli import main

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = Path("results") / "example"
CHOSEN = "named before the first call: two endpoints of the demo, whose lineage is known"


def run_of(endpoint: str) -> str:
    """Return the id of the run of an endpoint of the demo."""
    (folder,) = EXAMPLE.glob(f"*-{endpoint}-one-token-*")
    return folder.name


def command() -> list[str]:
    """Return the words after `blackbox` that make the example."""
    asked = [run_of("official"), run_of("tuned"), "--control", run_of("independent"), "--chosen", CHOSEN]
    return ["compare", *asked, "--results", str(EXAMPLE), "-o", str(EXAMPLE)]


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(command()) or main(["verify", str(EXAMPLE)]))
