"""Profiles keep their promises, and facts that can be recomputed are."""

from __future__ import annotations

from math import comb

import pytest

from blackbox.errors import SuiteError
from blackbox.suites import find, find_all, profiles
from blackbox.workflow.suite_pages import cost, coverage, profile_rows


@pytest.mark.parametrize("row", profile_rows(), ids=lambda row: row["profile"])
def test_a_profile_keeps_its_promise(row: dict) -> None:
    """Calls and cost at $0.50 and $1.50 per million tokens stay under what the profile says."""
    assert row["max_calls"] is None or row["n_calls"] <= row["max_calls"]
    assert row["max_cost_usd"] is None or row["reference_cost_usd"] <= row["max_cost_usd"]


def test_quick_and_standard_promise_something() -> None:
    """At most 150 calls, at most $0.40."""
    found = profiles()
    assert (found["quick"].max_calls, found["standard"].max_cost_usd) == (150, 0.40)
    assert {"quick", "standard", "deep"} == set(found)


def test_a_profile_stands_for_its_suites_once() -> None:
    """Named twice, or beside one of its suites, a suite is asked once; other names are looked up as ever."""
    standard = [f"{suite.name}@{suite.version}" for suite in find_all(["standard", "one-token@2", "standard"])]
    assert list(profiles()["standard"].suites) == standard
    with pytest.raises(SuiteError, match="unknown suite 'standrd'"):
        find_all(["standrd"])


def test_cost_is_counted_from_the_suite() -> None:
    """A suite of one call of 16 tokens costs what its characters and limit say."""
    suite = find("one-token@1")
    found = cost(suite)
    assert found["n_calls"] == 240
    assert found["output_tokens"] == 240 * 16
    assert found["reference_cost_usd"] == pytest.approx((found["prompt_tokens"] * 0.5 + 240 * 16 * 1.5) / 1e6)


def test_every_family_of_the_method_is_covered() -> None:
    """The twelve families, each with what it shows, what is known against it, and a short form."""
    rows = {row["suite"].partition("@")[0]: row for row in coverage()}
    families = {
        "one-token", "tokenizer", "knowledge-edge", "border-input", "continuation", "random-bits", "open-ended",
        "reasoned-choice", "identity", "refusal", "tool-call", "determinism",
    }  # fmt: skip
    assert families == set(rows)
    assert all(row["detects"] and row["against"] and row["short"] for row in rows.values())
    sizes = {
        "one-token": 40,
        "open-ended": 200,
        "reasoned-choice": 400,
        "refusal": 100,
        "tool-call": 60,
        "determinism": 50,
    }
    assert sizes == {name: rows[name]["n_probes"] for name in sizes}
    assert rows["open-ended"]["short"]["n_probes"] == 50


def facts(probe_id: str) -> list[float]:
    """Return the values of a batch."""
    return [fact.value for p in find("knowledge-edge@2").probes if p.id == probe_id for fact in p.facts]


def test_code_points_are_those_of_the_characters() -> None:
    """€ ∞ π ß ø Ж א あ 中 √."""
    assert facts("code-points") == [float(ord(c)) for c in "€∞πßøЖאあ中√"]


def test_integers_are_recomputed() -> None:
    """Primes, Catalan, Fibonacci, partitions, Bell, derangements, a power, a binomial: by other ways than first."""
    sieve = [True] * 10_000
    for n in range(2, 100):
        sieve[n * n :: n] = [False] * len(sieve[n * n :: n])
    primes = [n for n in range(2, 10_000) if sieve[n]]
    catalan = [1]
    for n in range(10):
        catalan.append(sum(catalan[i] * catalan[n - i] for i in range(n + 1)))
    fibonacci = [0, 1]
    bell = [1]
    derangements = [1]
    for n in range(1, 31):
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
        bell.append(sum(comb(n - 1, k) * bell[k] for k in range(n)))
        derangements.append(n * derangements[-1] + (-1) ** n)

    def partitions(n: int, most: int) -> int:
        return 1 if n == 0 else sum(partitions(n - k, k) for k in range(1, min(n, most) + 1))

    expected = [
        primes[99], primes[999], len(primes), catalan[10], fibonacci[30], partitions(20, 20), bell[7], derangements[8],
        134_217_728, 13_983_816,
    ]  # fmt: skip
    assert facts("integers") == [float(n) for n in expected]


def test_every_batch_asks_ten_facts_with_a_source() -> None:
    """Fifteen batches, ids unique, a tolerance that is never wider than 2 % of a value in it."""
    probes = find("knowledge-edge@2").probes
    every = [fact for probe in probes for fact in probe.facts]
    assert [len(probe.facts) for probe in probes] == [10] * 15
    assert len({fact.id for fact in every}) == 150
    assert all(fact.source for fact in every)
    wide = {fact.id for fact in every if fact.tolerance > 0.02 * abs(fact.value)}
    assert all(name.startswith(("melting-points", "boiling-points")) for name in wide)
