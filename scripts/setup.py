"""Makes `.venv` with everything `blackbox` needs. Standard library only.

This file only finds a Python that can carry the package and hands over to `environment.py` running in it,
so it keeps to a syntax that Python 3.6 still reads: annotations stay in quotes.
"""

import os
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 14)  # the newest Python with a wheel of the pinned torch
_ASK = "import sys; print(sys.version_info[0], sys.version_info[1])"


def supported(version: "tuple[int, ...]") -> bool:
    """Return whether a Python of this (major, minor, …) can carry the package."""
    return OLDEST <= version[:2] <= NEWEST


def candidates(environ: "dict[str, str]") -> "list[str]":
    """Return where a newer Python may be: its names on PATH, then pyenv's versions."""
    folders = [Path(folder) for folder in environ.get("PATH", "").split(os.pathsep) if folder]
    minors = range(OLDEST[1], NEWEST[1] + 1)
    found = [folder / f"python{OLDEST[0]}.{minor}" for minor in minors for folder in folders]
    pyenv = environ.get("PYENV_ROOT") or str(Path(environ.get("HOME", "")) / ".pyenv")
    found += sorted(Path(pyenv).glob("versions/*/bin/python"))
    return [str(path) for path in found if os.access(str(path), os.X_OK)]


def version_of(path: str) -> "tuple[int, ...]":
    """Return the (major, minor) the interpreter at `path` says it is, or (0, 0) when it does not run."""
    try:
        asked = subprocess.run(
            [path, "-c", _ASK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False
        )
        major, minor = asked.stdout.decode().split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):  # a pyenv shim of a version that is not switched on
        return 0, 0


def main() -> int:
    """Run the set-up in a Python that can carry the package; the exit status is the set-up's."""
    if supported(sys.version_info[:2]):
        from environment import main as set_up  # its syntax is too new for an older Python

        return set_up(sys.argv[1:])
    for path in candidates(dict(os.environ)):
        if supported(version_of(path)):
            return subprocess.call([path, str(Path(__file__).resolve())] + sys.argv[1:])  # noqa: RUF005 - 3.6 reads it
    oldest, newest, here = (".".join(map(str, version[:2])) for version in (OLDEST, NEWEST, sys.version_info))
    sys.stderr.write(
        f"set-up stopped: blackbox needs Python {oldest} to {newest} and this is {here}; install one of them "
        "(python.org, your package manager, pyenv or `uv python install 3.11`) and run `make setup` again\n"
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
