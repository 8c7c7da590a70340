"""What the parts of the benchmark of suites share: the omnibus test of pairs, prices, and both forms of a family."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from blackbox import registry, suites
from blackbox.collect import estimate
from blackbox.core import EndpointSpec, Prices, Run, Suite
from blackbox.evidence.same import Design, compare_pair
from blackbox.evidence.samples import Sample
from blackbox.features import reading

SEED, ALPHA, N_PERMUTATIONS = 20_260_102, 0.05, 199
PRICES = Prices(input_per_mtok=0.50, output_per_mtok=1.50)
SECRET = b"benchmark key, public on purpose"
OMNIBUS = {
    n: s for n in registry.names("signals") if (s := registry.signal(n)).info.question == "same" and s.info.omnibus
}


def priced(suite: Suite) -> float:
    """Return the cost of one verdict: two endpoints asked the suite once each, at the reference prices."""
    spec = EndpointSpec(name="x", kind="openai-chat", base_url="http://127.0.0.1", model="x", prices=PRICES)
    return 2 * estimate(suite, spec).cost


def sample(run: Run) -> Sample:
    """Return a run with the features that the omnibus needs."""
    closed = frozenset(p.id for p in run.suite.probes if p.form == "closed")
    opened = frozenset(p.id for p in run.suite.probes if p.form == "open")
    features = {}
    for signal in OMNIBUS.values():
        probes = closed if signal.info.forms == ("closed",) else opened if signal.info.forms == ("open",) else None
        if probes is None or probes:
            features[signal.info.feature] = registry.feature(signal.info.feature).extract(
                run, probes or closed | opened
            )
    return Sample.of(run, features)


def tested(pairs: list[tuple[Sample, Sample]]) -> list[float | None]:
    """Return the p-value of each pair of samples."""
    pvalues = []
    for i, (x, y) in enumerate(pairs):
        forms = {p.id: p.form for p in x.run.suite.probes}
        design = Design(signals=OMNIBUS, seed=SEED + i, n_permutations=N_PERMUTATIONS)
        pvalues.append(compare_pair(x, y, forms, design).pvalue)
    return pvalues


def rates(pvalues: list[float | None]) -> dict:
    """Return how often pairs are called different at the two usual levels."""
    found = np.array([p for p in pvalues if p is not None])
    return {
        "n_pairs": len(found),
        "rejected_05": float(np.mean(found <= 0.05)) if len(found) else None,
        "rejected_01": float(np.mean(found <= 0.01)) if len(found) else None,
    }


def valid(samples: list[Sample]) -> float:
    """Return the share of answers whose parser found what was asked for."""
    status: Counter[str] = Counter()
    for each in samples:
        probes = {p.id: p for p in each.run.suite.probes}
        status.update(reading(o, probes[o.probe_id]).status for o in each.run.observations)
    return status["valid"] / status.total()


FORMS = ("public", "secret")


def form_of(family: str, form: str) -> tuple[str, Suite]:
    """Return the newest release of a family, or a suite of it drawn from a key, and the name that rows give it."""
    if form == "secret":
        return f"{family} secret", suites.secret_suite(family, SECRET)
    suite = suites.find(family)
    return f"{suite.name}@{suite.version}", suite


def suite_of(family: str, form: str, i: int) -> Suite:
    """Return the newest release of a family, or the suite of it that the `i`-th of many keys draws."""
    return suites.find(family) if form == "public" else suites.secret_suite(family, SECRET + str(i).encode())


def kind_of(row: dict) -> tuple[str, bool]:
    """Return the family and form of a recorded row: what one part measures."""
    return family_of(row), " secret" in (row.get("suite") or "")


def family_of(row: dict) -> str:
    """Return the family of a recorded row, from the name its suite has there; empty where it has none."""
    found = re.match(r"[a-z]+(-[a-z]+)*", row.get("suite") or "")
    return found.group() if found else ""
