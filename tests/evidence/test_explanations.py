"""Harmless explanations: what each leaves of a difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

from blackbox import registry
from blackbox.core import Outcome
from blackbox.evidence.explanations import CLEARLY, Explanation, explanations, weighed
from blackbox.evidence.same import Design
from blackbox.stats.sampling import Fit, power_family

DESIGN = Design(signals={n: registry.signal(n) for n in ("exact_mmd", "chi2")}, seed=0, n_permutations=499)
SUITE = make_suite(16)
FORMS = {p.id: "closed" for p in SUITE.probes}


def found(
    own: np.ndarray, other: np.ndarray, outcome: Outcome | None = None, *, n: int = 50, rival: np.ndarray | None = None
) -> dict[str, Explanation]:
    """Explain `n` answers a probe of each; with `outcome`, side b's answer w0 comes as that instead."""
    rng = np.random.default_rng(1)
    a, b = (
        make_run(SUITE, drawn_answers(rng, SUITE, table, n), endpoint=name)
        for name, table in (("a", own), ("b", other))
    )
    if outcome is not None:
        changed = tuple(replace(o, outcome=outcome) if o.text == "w0" else o for o in b.observations)
        b = replace(b, observations=changed)
    named = (
        make_sample(make_run(SUITE, drawn_answers(rng, SUITE, rival, n), endpoint="c")) if rival is not None else None
    )
    return {e.name: e for e in explanations(make_sample(a), make_sample(b), FORMS, DESIGN, alpha=0.01, rival=named)}


@pytest.fixture
def own() -> np.ndarray:
    """Answer shares of one model."""
    return peaked(np.random.default_rng(0), 16, 8, 0.7)


@pytest.mark.parametrize("tau", [1 / 1.5, 1.5])
def test_a_tilt_is_explained_by_the_sampling_temperature(own: np.ndarray, tau: float) -> None:
    """A hotter and a colder suspect."""
    other = own**tau / (own**tau).sum(1, keepdims=True)
    assert found(own, other, n=100)["sampling temperature"].status == "explains"


def test_another_model_is_not_explained_by_sampling(own: np.ndarray) -> None:
    """The residual of another distribution is large under every setting."""
    other = found(own, peaked(np.random.default_rng(5), 16, 8, 0.7))
    assert {e.status for n, e in other.items() if n in {"sampling temperature", "top_p", "top_k"}} == {
        "does_not_explain"
    }


def test_losses_are_tested_only_where_there_are_any(own: np.ndarray) -> None:
    """No filtered and no cut-off answer: nothing to grant, said so."""
    other = found(own, own)
    assert [other[n].status for n in ("filter or refusal", "length cap")] == ["not_tested"] * 2
    assert other["length cap"].reason == "no answer was cut off"


@pytest.mark.parametrize(
    ("outcome", "name"), [(Outcome.FILTERED, "filter or refusal"), (Outcome.TRUNCATED, "length cap")]
)
def test_a_filter_and_a_cap_are_granted(own: np.ndarray, outcome: Outcome, name: str) -> None:
    """One answer held back or cut off on one side explains itself; beside another model it does not suffice."""
    other = peaked(np.random.default_rng(5), 16, 8, 0.7)
    assert found(own, own, outcome)[name].status == "explains"
    assert found(own, other, outcome)[name].status == "does_not_explain"


def test_a_temperature_is_no_explanation_where_another_model_would_have_fitted_too() -> None:
    """Eight answers a probe: the tilt fits, but so it would have fitted another model's share; that is what is said."""
    own = peaked(np.random.default_rng(0), 16, 8, 0.7)
    hotter = own ** (1 / 1.5) / (own ** (1 / 1.5)).sum(1, keepdims=True)
    few = found(own, hotter, n=8)["sampling temperature"]
    assert few.status == "cannot_tell"
    assert few.power is not None
    assert few.power < 0.95
    assert "another model's share" in few.reason


def test_a_named_other_model_is_weighed_against_the_temperature() -> None:
    """A 40 % mixture with a named rival: no tilt explains it; a tilted suspect still is explained beside the rival."""
    own, rival = peaked(np.random.default_rng(0), 16, 8, 0.7), peaked(np.random.default_rng(5), 16, 8, 0.7)
    hotter = own ** (1 / 1.5) / (own ** (1 / 1.5)).sum(1, keepdims=True)
    mixed = found(own, 0.6 * own + 0.4 * rival, n=15, rival=rival)
    assert {mixed[n].status for n in ("sampling temperature", "top_p", "top_k")} <= {"does_not_explain", "cannot_tell"}
    assert found(own, hotter, n=100, rival=rival)["sampling temperature"].status == "explains"


@pytest.mark.parametrize(
    ("advantage", "status", "words"),
    [
        (-CLEARLY, "does_not_explain", "fits clearly better"),
        (-CLEARLY + 0.01, "cannot_tell", "fits about as well"),
        (CLEARLY - 0.01, "cannot_tell", "fits about as well"),
        (CLEARLY, "explains", None),
        (None, "explains", None),
    ],
)
def test_a_setting_must_fit_clearly_better_than_a_named_share(
    advantage: float | None, status: str, words: str | None
) -> None:
    """As good a fit of the other model's share is no acquittal and no accusation."""
    fit = Fit(setting="0.70", pvalue=0.5, improves=True, power=0.99, advantage=advantage)
    found, reason = weighed(fit, advantage)
    assert found == status
    assert (words is None and reason is None) or str(words) in str(reason)


def test_open_probes_alone_leave_sampling_untested(own: np.ndarray) -> None:
    """Settings are fitted to closed answers; without any the status says so."""
    rng = np.random.default_rng(1)
    a, b = (make_sample(make_run(SUITE, drawn_answers(rng, SUITE, own, 5), endpoint=name)) for name in "ab")
    said = {e.name: e for e in explanations(a, b, dict.fromkeys(FORMS, "open"), DESIGN, alpha=0.01)}
    assert said["top_p"].status == "not_tested"
    assert "none could be compared" in str(said["top_p"].reason)


def test_a_side_that_was_nearly_all_cut_off_is_not_explained_by_that(own: np.ndarray) -> None:
    """Granting most answers as lost leaves nothing to see: no explanation."""
    rng = np.random.default_rng(1)
    a, b = (
        make_run(SUITE, drawn_answers(rng, SUITE, table, 20), endpoint=name) for name, table in (("a", own), ("b", own))
    )
    cut = tuple(replace(o, outcome=Outcome.TRUNCATED) if o.repeat > 4 else o for o in b.observations)
    both = (make_sample(a), make_sample(replace(b, observations=cut)))
    cap = {e.name: e for e in explanations(*both, FORMS, DESIGN, alpha=0.01)}["length cap"]
    assert (cap.status, cap.pvalue > 0.05) == ("cannot_tell", True)
    none_left = tuple(replace(o, outcome=Outcome.TRUNCATED) for o in b.observations)
    both = (make_sample(a), make_sample(replace(b, observations=none_left)))
    cap = {e.name: e for e in explanations(*both, FORMS, DESIGN, alpha=0.01)}["length cap"]
    assert (cap.status, cap.reason) == ("not_tested", "too few other answers are left to test")


def test_a_setting_at_the_end_of_those_tried_is_no_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flat mixture ends at the hottest temperature tried: can't be told. Without that rule it would be explained."""
    own = np.random.default_rng(7).dirichlet(np.full(12, 0.3), 16)
    flat = (own ** (1 / 3)) / (own ** (1 / 3)).sum(1, keepdims=True)
    ended = found(own, 0.5 * flat + 0.5 / 12, n=15)["sampling temperature"]
    assert "3.00 times" in str(ended.estimate)
    assert (ended.status, "last one tried" in str(ended.reason)) == ("cannot_tell", True)
    family = replace(power_family(), edges=frozenset())
    monkeypatch.setattr("blackbox.evidence.explanations.power_family", lambda: family)
    assert "last one tried" not in str(found(own, 0.5 * flat + 0.5 / 12, n=15)["sampling temperature"].reason)
