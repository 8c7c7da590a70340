"""Nothing lost, nothing leaked: kills, disks, clocks, every fault, storms, refusals, memory and keys, with counts.

The rigs are those of `tests/support`, which `make test` uses in short form. Parts can be named: kills, disks, matrix,
limits, storms, keys, memory, memory-http. Results of parts that are not run again are kept where the versions agree.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import _results

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
SEED = 20_260_107


def main() -> int:
    """Run the parts that are named, or all; print and record the matrix; 1 where something should not be there."""
    import _faults_collecting
    import _faults_crashing
    import _faults_keys
    import _faults_storms

    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "kills": _faults_crashing.kills,
        "disks": _faults_crashing.disks,
        "matrix": _faults_collecting.matrix,
        "limits": _faults_storms.limits,
        "storms": _faults_storms.storms,
        "keys": _faults_keys.keys,
        "memory": _faults_storms.memory,
        "memory-http": _faults_storms.memory_http,
    }
    mine: dict[str, Any] = {}
    for name in sys.argv[1:] or parts:
        began = perf_counter()
        with tempfile.TemporaryDirectory(prefix="blackbox-faults-") as folder:
            part = parts[name](Path(folder))
        mine[name] = {**part, "seconds": round(perf_counter() - began, 1)}
        _print(name, mine[name])
        found = {**_kept(), **mine}  # another process may have recorded parts meanwhile
        _results.record("faults", {"seed": SEED, **{each: found[each] for each in parts if each in found}})
    found = {**_kept(), **mine}
    flaws = {name: part["flaws"] for name, part in found.items() if part["flaws"]}
    print(f"\nflaws: {flaws or 'none'}")
    return 1 if flaws else 0


def _kept() -> dict[str, Any]:
    """Return what earlier runs found with these versions."""
    path = _results.FOLDER / "faults.json"
    if not path.is_file() or not sys.argv[1:]:
        return {}
    old = json.loads(path.read_text(encoding="utf-8"))
    same = old.get("versions") == json.loads(json.dumps(_results._versions())) and old.get("seed") == SEED  # noqa: SLF001
    return {name: part for name, part in old.items() if isinstance(part, dict) and "flaws" in part} if same else {}


def _print(name: str, part: dict[str, Any]) -> None:
    print(f"\n{name} ({part['seconds']:.0f} s)")
    for key, value in part.items():
        if key == "seconds":
            continue
        if isinstance(value, list):
            print(f"  {key}:")
            for row in value:
                print("    " + (" · ".join(f"{k} {v}" for k, v in row.items()) if isinstance(row, dict) else str(row)))
        else:
            print(f"  {key}: {value}")


def peak_mb() -> float:
    """Return the largest memory any child of this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
