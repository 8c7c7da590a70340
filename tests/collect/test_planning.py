"""The order of calls is random within each pass, fixed before the first call, and the same everywhere."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from blackbox.collect import estimate, plan
from blackbox.collect.estimating import UNLIMITED_OUTPUT_TOKENS, text_tokens
from blackbox.core import Decoding, EndpointSpec, Message, Prices, Probe, Suite, digest


def suite(repeats: dict[str, int], *, tag: str = "a", limit: int | None = 16) -> Suite:
    """Return a suite whose probes are asked as often as stated."""
    probes = tuple(
        Probe(
            id=name, family="pick", language="en", form="closed", repeats=n, max_output_tokens=limit,
            messages=(Message(role="user", content="Name a random colour."),),
        )
        for name, n in repeats.items()
    )  # fmt: skip
    return Suite(
        name="s", version=1, digest=digest(tag), origin="file", questions=("same",), probes=probes,
        decoding=Decoding(temperature=1.0), decision=None,  # type: ignore[arg-type]
    )  # fmt: skip


REPEATS = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(1, 4), max_size=6)


@given(repeats=REPEATS, seed=st.integers(0, 2**63))
def test_each_call_is_planned_once_and_passes_follow_each_other(repeats: dict[str, int], seed: int) -> None:
    """Block k holds repeat k of every probe that has one."""
    planned = plan(suite(repeats), seed=seed)
    assert sorted(f"{name}#{k}" for name, n in repeats.items() for k in range(n)) == sorted(c.key for c in planned)
    assert [c.block_id for c in planned] == sorted(c.block_id for c in planned)
    assert all(c.repeat == c.block_id and c.key == f"{c.probe_id}#{c.repeat}" for c in planned)


def test_the_order_is_the_written_rule() -> None:
    """Probes are sorted by the digest of seed, suite digest, block and probe, worked out here once more."""
    asked = suite(dict.fromkeys("abcdefgh", 2))
    expected = [
        f"{name}#{block}"
        for block in range(2)
        for name in sorted("abcdefgh", key=lambda name: digest([7, asked.digest, block, name]))
    ]
    assert expected == [call.key for call in plan(asked, seed=7)]


def test_the_order_differs_between_blocks_seeds_and_suites() -> None:
    """Each pass has an order of its own."""
    names = "abcdefghijklmnop"
    two = [call.probe_id for call in plan(suite(dict.fromkeys(names, 2)), seed=0)]
    other_seed = [call.probe_id for call in plan(suite(dict.fromkeys(names, 1)), seed=1)]
    other_suite = [call.probe_id for call in plan(suite(dict.fromkeys(names, 1), tag="b"), seed=0)]
    assert 4 == len({tuple(order) for order in (two[:16], two[16:], other_seed, other_suite)})


def test_the_first_place_of_a_pass_is_drawn_evenly() -> None:
    """Over 400 seeds each of 4 probes comes first about 100 times."""
    firsts = [plan(suite(dict.fromkeys("abcd", 1)), seed=seed)[0].probe_id for seed in range(400)]
    assert all(70 <= firsts.count(name) <= 130 for name in "abcd")


def test_a_call_carries_what_the_suite_asks_for() -> None:
    """Suite, probe and output limit are merged."""
    assert Decoding(temperature=1.0, max_output_tokens=16) == plan(suite({"a": 1}), seed=0)[0].call.decoding


def spec(**changes: object) -> EndpointSpec:
    """Return a made-up endpoint."""
    return EndpointSpec(name="a", kind="k", base_url="http://127.0.0.1", model="m", **changes)  # type: ignore[arg-type]


def test_a_long_plan_is_small() -> None:
    """All repeats of a probe share what is sent: 100,000 calls take 14 MB, not 35."""
    tracemalloc.start()
    planned = plan(suite(dict.fromkeys("abcdefgh", 500)), seed=0)
    n_bytes = tracemalloc.get_traced_memory()[0] / len(planned)
    tracemalloc.stop()
    assert 8 == len({id(call.call) for call in planned})
    assert n_bytes < 200


def test_an_estimate_counts_calls_tokens_money_and_minutes() -> None:
    """21 characters are 7 tokens, and a message 8 more; outputs count at their limit."""
    priced = spec(prices=Prices(input_per_mtok=1e6, output_per_mtok=2e6), rpm=10, tpm=310)
    guess = estimate(suite({"a": 3, "b": 7}), priced)
    assert (10, 150, 160, 470.0, 1.0) == (
        guess.n_requests, guess.prompt_tokens, guess.output_tokens, guess.cost, guess.minutes,
    )  # fmt: skip


def test_what_is_unknown_is_none() -> None:
    """Without prices there is no cost, without rates no time."""
    guess = estimate(suite({"a": 1}), spec())
    assert (None, None) == (guess.cost, guess.minutes)


def test_the_endpoints_own_limit_counts_and_none_is_assumed() -> None:
    """An endpoint's decoding is laid over the suite's; without any limit a large output is assumed."""
    assert 4 == estimate(suite({"a": 1}), spec(decoding=Decoding(max_output_tokens=4))).output_tokens
    assert UNLIMITED_OUTPUT_TOKENS == estimate(suite({"a": 1}, limit=None), spec()).output_tokens


@given(text=st.text(max_size=30), more=st.text(max_size=5))
def test_more_text_is_never_fewer_tokens(text: str, more: str) -> None:
    """The estimate grows with the text, and characters beyond ASCII count more."""
    assert text_tokens(text) <= text_tokens(text + more)
    assert text_tokens("abc") < text_tokens("模型好")
