"""Runs the benchmarks of this folder, one process each: `make bench` all, `make bench-same` and so on those named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the benchmarks whose names begin with an argument, in order; returns 1 if one of them fails."""
    own = Path(__file__)
    wanted = tuple(sys.argv[1:]) or ("",)
    named = sorted(path for path in own.parent.glob("[!_]*.py") if path != own)
    files = [path for path in named if path.stem.startswith(wanted)]
    return max((subprocess.run([sys.executable, path], check=False).returncode for path in files), default=0) and 1


if __name__ == "__main__":
    sys.exit(main())
