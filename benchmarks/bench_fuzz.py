"""Fuzzes every parser that reads what others wrote: how many changed files were read, refused in one line, or broke.

    python benchmarks/bench_fuzz.py [N]

N changed files a parser (default 600; a tenth for those that read a whole run). One seed a file, so a file that breaks
a parser is made again by its seed. Then wrong replies go over a real socket. The short form is tests/test_fuzzing.py.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import tracemalloc
from collections import Counter
from pathlib import Path
from time import process_time

from _results import record

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.mutations import mutated, restructured
from support.parsers import Parser, drawn, parsers
from support.wire_fuzz import tried

from blackbox.errors import BlackboxError

N_FILES = 600
SLOW = {"run-parquet", "verify-journal", "verify-manifest", "run-journal", "run-suite", "verify-comparison"}
N_WIRE = 100
"""Replies of each kind over a real socket."""
N_MEASURED = 10
"""Files whose memory is measured, apart from the others: watching every allocation slows a parser down."""
FIRST_SEED = 1_000_000
"""Apart from the seeds of the tests."""


def fuzzed(folder: Path, parser: Parser, n: int) -> dict:
    """Return what became of `n` changed files, the slowest one's seconds, and the seeds that broke the parser."""
    path = folder / parser.file
    whole, found, broke, slowest = path.read_bytes(), Counter(), [], 0.0
    for seed in range(FIRST_SEED, FIRST_SEED + n):
        content = (restructured if seed % 2 else mutated)(whole, seed)
        path.write_bytes(parser.resealed(content) if parser.resealed else content)
        started = process_time()
        try:
            parser.read(folder)
            found["read"] += 1
        except BlackboxError as error:
            one_line = len(str(error).splitlines()) == 1
            found["refused"] += one_line
            broke += [] if one_line else [f"{seed}: more than one line"]
        except Exception as error:  # noqa: BLE001 - whatever is not ours is what is looked for
            broke.append(f"{seed}: {type(error).__name__}: {str(error)[:100]}")
        slowest = max(slowest, process_time() - started)
    path.write_bytes(whole)
    return {
        "n": n,
        "read": found["read"],
        "refused": found["refused"],
        "broke": broke,
        "slowest_cpu_s": round(slowest, 3),
    }


def main() -> int:
    """Fuzz every parser, print and record the counts; returns 1 if one of them broke."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else N_FILES
    rows = {}
    with tempfile.TemporaryDirectory() as scratch:
        found = parsers(Path(scratch))
        folder, of_comparison = found["comparison"]
        found["report, diff, export"] = folder, Parser(of_comparison.file, lambda path: drawn(path.parent))
        for name, (place, parser) in found.items():
            rows[name] = fuzzed(place, parser, max(1, n // 10) if name in SLOW else n)
            tracemalloc.start()
            fuzzed(place, parser, N_MEASURED)
            rows[name]["peak_mb"] = round(tracemalloc.get_traced_memory()[1] / 1e6, 1)
            tracemalloc.stop()
            print(f"{name:22} {rows[name]}", flush=True)
    wire = asyncio.run(tried(N_WIRE, start=FIRST_SEED))
    for kind, one in wire.items():
        print(f"reply: {kind:15} {one.n} {dict(sorted(one.outcomes.items()))} {one.broke}")
    total = {key: sum(row[key] for row in rows.values()) for key in ("n", "read", "refused")}
    total["broke"] = sum(len(row["broke"]) for row in rows.values())
    total["replies"] = sum(one.n for one in wire.values())
    total["replies_broke"] = sum(len(one.broke) for one in wire.values())
    print(total)
    replies = {
        kind: {"n": one.n, "outcomes": dict(sorted(one.outcomes.items())), "broke": one.broke}
        for kind, one in wire.items()
    }
    record("fuzz", {"first_seed": FIRST_SEED, "total": total, "parsers": rows, "replies_over_http": replies})
    return 1 if total["broke"] + total["replies_broke"] else 0


if __name__ == "__main__":
    sys.exit(main())
