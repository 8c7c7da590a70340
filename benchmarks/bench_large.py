"""A comparison of very many answers: processor seconds and peak memory of `blackbox compare`, from the command line.

Two endpoints answer each question many times: with a few different answers, as one-token probes do, and with no answer
given twice. With `--before FOLDER`, a checkout of older code, the same runs are compared by it too. `texts`,
asked for by name, are sentences that nobody gave before: open answers, each embedded and cut into grams.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from random import Random
from time import perf_counter

from _results import FOLDER, record

SEED, WORDS, TIMEOUT_S = 20_260_101, 20, 560
SYLLABLES = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
IMPORT = (
    "--format",
    "table",
    "--prompt-field",
    "q",
    "--response-field",
    "a",
    "--model-field",
    "m",
    "--time-field",
    "t",
)


def answer(rng: Random, kind: str) -> str:
    """Return one answer: of twenty words, the first ones most often, or a code or sentence that nobody gave before."""
    if kind == "few":
        return f"word {min(int(rng.expovariate(0.3)), WORDS - 1)}"
    if kind == "texts":
        return " ".join("".join(rng.choices(SYLLABLES, k=2)) for _ in range(WORDS))
    return f"{rng.getrandbits(64):016x}"


def table(path: Path, kind: str, n_probes: int, n_answers: int) -> Path:
    """Write a table of two endpoints' answers and return its path."""
    rng = Random(SEED)  # noqa: S311 - simulated answers
    with path.open("w", encoding="utf-8") as file:
        for day, model in enumerate(("one", "two"), start=1):
            for probe in range(n_probes):
                for i in range(n_answers):
                    at = f"2026-01-{day:02d}T{i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}Z"
                    row = {"q": f"question {probe}?", "a": answer(rng, kind), "m": model, "t": at}
                    file.write(f"{json.dumps(row)}\n")
    return path


def spent(code: Path, *arguments: str) -> dict:
    """Run a command of the code at a folder; return its exit, processor and wall seconds, and peak memory."""
    environ = {**os.environ, "PYTHONPATH": str(code), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = ["timeout", str(TIMEOUT_S), sys.executable, "-P", "-m", "blackbox", *arguments]
    started = perf_counter()
    silent = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawnp(command[0], command, environ, file_actions=[(os.POSIX_SPAWN_DUP2, silent, 1)])
    _, status, usage = os.wait4(child, 0)
    os.close(silent)
    return {
        "exit": os.waitstatus_to_exitcode(status), "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "wall_s": round(perf_counter() - started, 1), "peak_mb": round(usage.ru_maxrss / 1024),
    }  # fmt: skip


def compared(kind: str, n_probes: int, n_answers: int, codes: dict[str, Path]) -> list[dict]:
    """Return what comparing two runs of one kind of answers takes, by each code."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        rows = table(Path(folder) / "answers.jsonl", kind, n_probes, n_answers)
        imported = spent(codes["now"], "import", str(rows), *IMPORT, "--suite", "large", "--results", str(results))
        assert imported["exit"] == 0
        runs = sorted(path.name for path in results.iterdir())
        size = {"answers": kind, "probes": n_probes, "answers_a_probe_and_side": n_answers}
        return [
            {**size, "code": name, **spent(code, "compare", *runs, "--results", str(results), "--json")}
            for name, code in codes.items()
        ]


def main(arguments: list[str]) -> int:
    """Measure 50 × 1,000 × 2, or PROBES given; print and record; 1 if a comparison does not end."""
    codes = {"now": Path(__file__).resolve().parent.parent}
    if "--before" in arguments:
        place = arguments.index("--before")
        codes = {"before": Path(arguments[place + 1]), **codes}
        del arguments[place : place + 2]
    kept = json.loads((FOLDER / "large.json").read_text(encoding="utf-8")) if (FOLDER / "large.json").exists() else {}
    n_probes = int(arguments[0]) if arguments else 50
    found = [row for row in kept.get("rows", []) if row["probes"] != n_probes]
    for kind in arguments[1:] or ("few", "distinct"):
        found += compared(kind, n_probes, 1_000, codes)
        print(*found[-len(codes) :], sep="\n", flush=True)
    record("large", {"seed": SEED, "time_limit_s": TIMEOUT_S, "rows": found})
    return int(any(row["exit"] for row in found if row["code"] == "now"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
