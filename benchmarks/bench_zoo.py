"""The zoo, collected over HTTP and judged: false alarms, power and verdicts of *same*, ranks of *related*, weights.

`make bench-zoo` writes benchmarks/results/zoo.json and, from it, docs/zoo.md. Answers to the suite `one-token` are
asked for once, some hundreds a probe and model, and dealt out to audits that share no answer; those to `open-ended`
twice a probe. Shares of calls answered by another member and replies from a cache are made of the same banks, call by
call; rounded weights, another temperature and another system prompt are really served and asked for.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from _results import record
from _zoo_bank import Asked, kept, sample
from _zoo_page import write_page
from _zoo_related import related, strangers, weights
from _zoo_same import MANY_REPEATS, REPEATS, SEED, cached, false_alarms, mixed, pairs, power, verdict
from threadpoolctl import threadpool_limits

from blackbox import serve, suites

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.evidence.samples import Sample

N_ANSWERS, N_OPEN = 210, 1
ROUNDED, SCRIPTED = ("a@int8", "a@int4", "a@bf16"), ("constant", "random-characters")
SHARES = {"a@b-5": 0.05, "a@b-10": 0.1, "a@b-20": 0.2, "a@b-30": 0.3}
SHORT_OF = ("same-weights", "mixed", "derived", "distilled")
"""Relations whose verdicts are worth a full comparison each."""
MANY_OF = ("same-weights", "mixed")
"""Relations of which more answers may say something else."""
KEPT = Path(__file__).parents[1] / "results" / "zoo-bank"
"""Answers are kept, so that they can be judged again without being asked for again."""


def gathered(names: list[str]) -> tuple[dict[str, Sample], dict[str, Sample], float]:
    """Return closed and open samples of all names, asked for over HTTP, and how long that took in seconds."""
    asked = {name: (Asked(model=name), N_ANSWERS) for name in names}
    asked["a@temperature"] = (Asked(model="a", temperature=1.3), N_ANSWERS)
    asked["a@system-prompt"] = (Asked(model="a", system="You are a friendly assistant."), N_ANSWERS)
    asked["a again"] = (Asked(model="a"), N_ANSWERS)  # draws of A that no audit of A has seen
    closed, opened = suites.find("one-token"), suites.find("open-ended")
    with serve.running({name: name for name in names}) as base_url:
        short = {name: kept(KEPT, base_url, name, each, closed, n) for name, (each, n) in asked.items()}
        long = {name: kept(KEPT, base_url, name, Asked(model=name), opened, N_OPEN) for name in names}
    again = short.pop("a again").bank
    banks = {name: each.bank for name, each in short.items()}
    banks |= {name: mixed(again, banks["b"], share, SEED) for name, share in SHARES.items()}
    banks |= {"a@cache": cached(again, SEED)}
    return (
        {name: sample(name, bank, closed, ("answer", "outcome")) for name, bank in banks.items()},
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


def main() -> None:
    """Collect, judge, record, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="members to collect beside a, b and c [all]")
    parser.add_argument("--collect", action="store_true", help="ask, and judge another time")
    asked = parser.parse_args()
    only = asked.only
    torch.set_num_threads(1)
    members = [name for name in serve.known() if name in serve.members()]
    members = [name for name in members if only is None or name in {"a", "b", "c", *only}]
    closed, opened, collecting_s = gathered([*members, *ROUNDED, *SCRIPTED])
    if asked.collect:
        return
    began = time.perf_counter()
    compared = [pair for pair in pairs(list(closed)) if set(pair) <= set(closed)]
    alone = {name: whole for name, whole in closed.items() if name not in SHARES}
    found = {
        "seed": SEED,
        "answers_a_probe": N_ANSWERS,
        "open_answers_a_probe": N_OPEN,
        "collecting_s": round(collecting_s),
        "false_alarms": false_alarms(alone),
        "power": [power(a, b, closed) for a, b in compared],
        "verdicts": judged(closed, compared),
        "related": [related(a, b, opened) for a, b in compared if {a, b} <= set(opened)],
        "strangers": strangers(opened),
        "weights": [weights(a, b) for a, b in compared if {a, b} <= set(members)],
    }
    record("zoo", {**found, "judging_s": round(time.perf_counter() - began)})
    write_page()


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
