"""Runs every benchmark of this folder, one process each: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the benchmarks in order; returns 1 if one of them fails."""
    own = Path(__file__)
    files = sorted(path for path in own.parent.glob("*.py") if path != own)
    return max((subprocess.run([sys.executable, path], check=False).returncode for path in files), default=0) and 1


if __name__ == "__main__":
    sys.exit(main())
