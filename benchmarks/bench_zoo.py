"""The zoo, collected over HTTP and judged: false alarms, power and verdicts of *same*, ranks of *related*, weights.

`make bench-zoo` writes benchmarks/results/zoo.json and, from it, docs/zoo.md. Answers to the suite `one-token` are
asked for once, some hundreds a probe and model, and dealt out to audits that share no answer; those to `open-ended`
once a probe. Every way of serving a member is served as a user would rehearse it: rounded weights as builds, the rest
by the quirks of `blackbox serve`, and where a quirk draws call by call each answer is a call of its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from _results import FOLDER, record
from _zoo_bank import Asked, kept, sample
from _zoo_page import write_page
from _zoo_related import population, related, strangers, weights
from _zoo_same import MANY_REPEATS, REPEATS, SEED, false_alarms, pairs, power, verdict
from threadpoolctl import threadpool_limits

from blackbox import serve, suites

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.evidence.samples import Sample

N_ANSWERS, N_OPEN = 210, 1
ROUNDED, SCRIPTED = ("a@int8", "a@int4", "a@bf16"), ("constant", "random-characters")
BY_CALL = {
    "a@b-5": "reroute-share=0.05:b",
    "a@b-10": "reroute-share=0.1:b",
    "a@b-20": "reroute-share=0.2:b",
    "a@b-30": "reroute-share=0.3:b",
    "a@cache": "cache-repeats=0.2",
}
"""Served names whose quirk is drawn anew at each call."""
BY_NAME = {
    "a@temperature": "temperature=1.3",
    "a@system-prompt": "system-prompt=always:You are a friendly assistant.",
}
SHORT_OF = ("same-weights", "mixed", "derived", "distilled")
"""Relations whose verdicts are worth a full comparison each."""
MANY_OF = ("same-weights", "mixed")
"""Relations of which more answers may say something else."""
KEPT = Path(__file__).parents[1] / "results" / "zoo-bank"
"""Answers are kept, so that they can be judged again without being asked for again."""


def gathered(names: list[str], *, with_open: bool = True) -> tuple[dict[str, Sample], dict[str, Sample], float]:
    """Return closed and open samples of all names, asked for over HTTP, and how long that took in seconds."""
    quirks = BY_CALL | BY_NAME
    asked = {name: Asked(model=name) for name in names}
    asked |= {name: Asked(model=name, quirk=quirk, by_call=name in BY_CALL) for name, quirk in quirks.items()}
    closed, opened = suites.find("one-token"), suites.find("open-ended")
    served = {name: "a" if name in quirks else name for name in asked}
    with serve.running(served, quirks={name: [quirk] for name, quirk in quirks.items()}) as base_url:
        short = {name: kept(KEPT, base_url, name, each, closed, N_ANSWERS) for name, each in asked.items()}
        long = {name: kept(KEPT, base_url, name, asked[name], opened, N_OPEN) for name in names if with_open}
    return (
        {name: sample(name, each.bank, closed, ("answer", "outcome")) for name, each in short.items()},
        {name: sample(name, each.bank, opened, ("word3", "char5")) for name, each in long.items()},
        sum(each.seconds for each in (*short.values(), *long.values())),
    )


def judged(samples: Mapping[str, Sample], compared: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the verdicts of full comparisons, few repeats and many, where the relation makes them worth it."""
    rows = []
    for a, b in compared:
        relation, control = serve.relation(a, b), "c" if "c" not in {a, b} else "b"
        short = [REPEATS] if relation in SHORT_OF or b in SCRIPTED else []
        many = [MANY_REPEATS] if relation in MANY_OF else []
        for n in (*short, *many):
            with tempfile.TemporaryDirectory() as folder:
                rows.append(verdict(a, b, control, samples, Path(folder), n))
            print(f"{a} {b} {n}: {rows[-1]['verdict']}", flush=True)
    return rows


def record_ways() -> None:
    """Put new rows on A served in other ways by quirks into the results, and renew the page."""
    began = time.perf_counter()
    closed, _, collecting_s = gathered(["a", "c"], with_open=False)
    compared = [("a", name) for name in (*BY_NAME, *BY_CALL)]
    rows = {"power": [power(a, b, closed) for a, b in compared], "verdicts": judged(closed, compared)}
    found = json.loads((FOLDER / "zoo.json").read_text("utf-8"))
    for kind, new in rows.items():
        renewed = {(row["a"], row["b"]) for row in new}
        found[kind] = [row for row in found[kind] if (row["a"], row["b"]) not in renewed] + new
    found["weights"] = [weights(row["a"], row["b"]) for row in found["weights"]]
    found |= {"population": population(), "by_quirks": True, "ways_s": round(time.perf_counter() - began)}
    found["ways_collecting_s"] = round(collecting_s)
    record("zoo", {name: value for name, value in found.items() if name not in ("benchmark", "versions")})
    write_page()


def main() -> None:
    """Collect, judge, record, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="members to collect beside a, b and c [all]")
    parser.add_argument("--collect", action="store_true", help="ask, and judge another time")
    parser.add_argument("--ways", action="store_true", help="renew what is said of A served in other ways by quirks")
    asked = parser.parse_args()
    only = asked.only
    torch.set_num_threads(1)
    if asked.ways:
        record_ways()
        return
    members = [name for name in serve.known() if name in serve.members()]
    members = [name for name in members if only is None or name in {"a", "b", "c", *only}]
    closed, opened, collecting_s = gathered([*members, *ROUNDED, *SCRIPTED])
    if asked.collect:
        return
    began = time.perf_counter()
    compared = [pair for pair in pairs(list(closed)) if set(pair) <= set(closed)]
    alone = {name: whole for name, whole in closed.items() if serve.relation("a", name) != "mixed"}
    found = {
        "seed": SEED,
        "by_quirks": True,
        "answers_a_probe": N_ANSWERS,
        "open_answers_a_probe": N_OPEN,
        "collecting_s": round(collecting_s),
        "false_alarms": false_alarms(alone),
        "power": [power(a, b, closed) for a, b in compared],
        "verdicts": judged(closed, compared),
        "related": [related(a, b, opened) for a, b in compared if {a, b} <= set(opened)],
        "strangers": strangers(opened),
        "population": population(),
        "weights": [weights(a, b) for a, b in compared if {a, b} <= set(members)],
    }
    record("zoo", {**found, "judging_s": round(time.perf_counter() - began)})
    write_page()


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
