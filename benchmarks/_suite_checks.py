"""What must hold of the rows of the benchmark of suites."""

from __future__ import annotations

import numpy as np
from _suite_rates import ALPHA, family_of
from scipy.stats import binom

NULL = ("same weights", "kinship: unrelated")


def checked(rows: list[dict]) -> dict[str, bool]:
    """Return what must hold of the rows of one part, as far as they speak of it."""
    found = _nulls(rows) | _forms(rows)
    if shared := [r for r in rows if "shared_with_releases_most" in r]:
        found["secret suites: no prompt of a release, at most a quarter of two keys' prompts shared, clean"] = all(
            r["shared_with_releases_most"] == r["n_findings"] == 0
            and 4 * r["shared_by_two_keys_most"] <= r["n_prompts"]
            for r in shared
        )
    if counted := [r for r in rows if "excluded" in r]:
        found["tokenizer: one tokenizer never excluded, another always"] = all(
            r["excluded"] == (r["relation"] == "another tokenizer") for r in counted
        )
    if any("n_broke" in r for r in rows):
        found["parsers: no answer broke one"] = all(r["n_broke"] == 0 for r in rows)
    return found


def _nulls(rows: list[dict]) -> dict[str, bool]:
    """Return whether pairs with nothing to find are rejected as seldom as they may."""
    null = [r for r in rows if r.get("relation") in NULL and "rejected_05" in r]
    if not null:
        return {}
    return {
        "nothing to find: rejected at .05 within the binomial range, every suite": all(
            r["rejected_05"] <= binom.ppf(0.999, r["n_pairs"], ALPHA) / r["n_pairs"] for r in null
        )
    }


def _forms(rows: list[dict]) -> dict[str, bool]:
    """Return whether secret forms find as much as released ones, up to three standard errors."""
    found = {}
    for place in ("scripted answers", "zoo"):
        rates = _rates(rows, place)
        gaps = [
            (secret[0] - public[0], 3 * np.sqrt(sum(p * (1 - p) / n for p, n in (public, secret))) + 1e-9)
            for (family, form, relation), public in rates.items()
            if form == "public" and (secret := rates.get((family, "secret", relation)))
        ]
        if gaps and place == "zoo":
            found["zoo: secret forms find no less than public ones, up to three standard errors"] = all(
                gap >= -most for gap, most in gaps
            )
        elif gaps:
            found["scripted answers: secret forms find as much as public ones, up to three standard errors"] = all(
                abs(gap) <= most for gap, most in gaps
            )
    return found


def _rates(rows: list[dict], place: str) -> dict[tuple[str, str, str], tuple[float, int]]:
    """Return the rate and its number of pairs by family, form and relation; false alarms are no power."""
    form = {True: "secret", False: "public"}
    return {
        (family_of(r), form[" secret" in r["suite"]], r["relation"]): (r["rejected_05"], r["n_pairs"])
        for r in rows
        if r.get("on") == place and "rejected_05" in r and r["relation"] not in NULL
    }  # fmt: skip
