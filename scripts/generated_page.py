"""What the scripts that write generated pages share: write the page, or say whether it is up to date."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def kept(target: Path, fresh: str, *, script: str, about: str | None) -> int:
    """Write a page, or with `--check` only compare it; returns 1 when a check finds it out of date.

    Args:
        target: The page.
        fresh: What it has to be.
        script: Name of the script that writes it.
        about: What the script says of itself.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="write nothing")
    if not parser.parse_args().check:
        target.write_text(fresh, encoding="utf-8")
        return 0
    if target.read_text(encoding="utf-8") == fresh:
        return 0
    print(f"docs/{target.name} is out of date: run scripts/{script}", file=sys.stderr)
    return 1
