"""Mixed: when a share is given, when not and why, and what is claimed without an alternative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from blackbox.core import Outcome
from blackbox.evidence.mixed_words import mixed_entry, mixed_sentence
from blackbox.evidence.mixture import Mixed, MixtureRules, mixed
from blackbox.evidence.share import Estimate, share_pvalue
from blackbox.evidence.unexplained import answers_by_probe
from tests.support.runs import drawn_answers, make_run, make_sample, make_suite, peaked

if TYPE_CHECKING:
    from blackbox.evidence.samples import Sample

N_PROBES, N_CALLS = 12, 30
RULES = MixtureRules(alpha=0.01, seed=1, n_permutations=999, n_bootstrap=99)
SUITE = make_suite(N_PROBES)
FORMS = dict.fromkeys((probe.id for probe in SUITE.probes), "closed")


def sample(rng: np.random.Generator, law: np.ndarray, endpoint: str, n: int = N_CALLS, **more: Any) -> Sample:
    """Return a sample drawn from a law."""
    return make_sample(make_run(SUITE, drawn_answers(rng, SUITE, law, n), endpoint=endpoint, **more))


@pytest.fixture
def laws(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the laws of reference and alternative."""
    return peaked(rng, N_PROBES, 8, 0.3), peaked(rng, N_PROBES, 8, 0.3)


def found(
    rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray], suspect: np.ndarray, n: int = N_CALLS
) -> Mixed:
    """Return what is said of a suspect with the second law as alternative."""
    sides = (sample(rng, laws[0], "a", n), sample(rng, suspect, "b", n), sample(rng, laws[1], "c", n))
    return mixed(*sides, FORMS, RULES)


def test_a_share_is_found_and_given(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """30 % of another endpoint's answers: an estimate whose interval holds it, with every check passed."""
    said = found(rng, laws, 0.7 * laws[0] + 0.3 * laws[1])
    entry = mixed_entry(said)
    assert said.reason is None
    assert entry["ci_low"] <= 0.3 <= entry["ci_high"]
    assert abs(entry["share"] - 0.3) < 0.12
    assert "c" == entry["alternative"]
    assert "of B's calls" in mixed_sentence(said)


def test_without_a_share_none_is_given(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """The reference against itself: null with the p-value as reason."""
    entry = mixed_entry(found(rng, laws, laws[0]))
    assert entry["share"] is None
    assert "no share of its answers was found" in entry["reason"]
    assert entry["pvalue"] > 0.01


def test_a_temperature_is_not_called_a_share(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """A hotter reference leans towards anything; a tilt explains it as well, and no share is given."""
    hot = laws[0] ** 0.4
    said = found(rng, laws, hot / hot.sum(1, keepdims=True), 60)
    assert said.pvalue is not None
    assert said.reason is not None
    assert said.estimate is None or said.estimate.tilt_bic <= 0
    assert mixed_entry(said)["share"] is None


def test_unequal_shares_are_not_given_as_one(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """All calls of half the probes and none of the others: no common share."""
    suspect = np.where(np.arange(N_PROBES)[:, None] % 2 == 0, laws[0], laws[1])
    said = found(rng, laws, suspect)
    assert said.reason is not None
    assert said.estimate is not None
    assert said.estimate.common_pvalue is not None
    assert said.estimate.common_pvalue <= 0.05


def test_a_third_model_is_not_given_as_a_share(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """Half reference, a little of the alternative, much of a third: the mixture of two does not fit."""
    third = peaked(rng, N_PROBES, 8, 0.3)
    said = found(rng, laws, 0.3 * laws[0] + 0.3 * laws[1] + 0.4 * third, 60)
    assert said.estimate is not None
    assert said.estimate.fit_pvalue <= 0.05
    assert said.reason is not None


def test_null_pvalues_are_valid(rng: np.random.Generator) -> None:
    """Over 300 audits of one law p ≤ .05 comes in no more than the binomial allows, also with few references."""
    from blackbox.core import PooledProbe
    from blackbox.evidence.share import Triple

    hits = 0
    for _ in range(300):
        p, q = peaked(rng, 6, 8), peaked(rng, 6, 8)
        audit = []
        for i in range(6):
            x, y, z = (np.sort(rng.choice(8, size=10, p=law)) for law in (p[i], p[i], q[i]))
            pooled = PooledProbe(probe_id=f"p{i}", values=np.concatenate([x, y]), n_x=10, n_y=10)
            audit.append(Triple(probe=pooled, alternative=z))
        hits += share_pvalue(audit, seed=3, n_permutations=199) <= 0.05
    assert hits <= 28


def test_the_bound_without_an_alternative(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """With 60 % of other calls a bound above 0 and below the truth; with none the bound is 0."""
    a = sample(rng, laws[0], "a", 60)
    other = mixed(a, sample(rng, 0.4 * laws[0] + 0.6 * laws[1], "b", 60), None, FORMS, RULES)
    same = mixed(a, sample(rng, laws[0], "b", 60), None, FORMS, RULES)
    assert other.bound is not None
    assert 0 < other.bound.value < 0.6
    assert "At least" in mixed_sentence(other)
    assert "as sampled" in mixed_sentence(other)
    assert same.bound is not None
    assert 0 == same.bound.value


def test_a_set_chosen_on_the_tested_half_would_be_seen(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Choosing and testing on the same answers shows shares where there are none; two halves do not."""
    from blackbox.evidence import unexplained as module

    def shown() -> int:
        n = 0
        for _ in range(60):
            law = peaked(rng, 16, 20, 2.0)
            rows = [{f"p{i}": rng.choice(20, size=6, p=law[i]).tolist() for i in range(16)} for _ in range(2)]
            bound = module.unexplained_in(rows[0], rows[1], alpha=0.05, rng=rng)
            assert bound is not None
            n += bound.value > 0
        return n

    assert shown() <= 8
    monkeypatch.setattr(module, "_halves", lambda a, b, _: ({p: (a[p], b[p]) for p in a}, {p: (a[p], b[p]) for p in a}))
    assert shown() > 20


def test_missing_answers_count_against_the_bound(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """A side that lost calls never gains by it."""
    a, b = laws[0], 0.4 * laws[0] + 0.6 * laws[1]
    answers = drawn_answers(rng, SUITE, b, 60)
    lossy: dict[str, list[str | None]] = {
        p: [None if k % 3 == 0 else x for k, x in enumerate(v)] for p, v in answers.items()
    }
    reference = sample(rng, a, "a", 60)
    whole = mixed(reference, make_sample(make_run(SUITE, answers, endpoint="b")), None, FORMS, RULES)
    lost = mixed(reference, make_sample(make_run(SUITE, lossy, endpoint="b")), None, FORMS, RULES)
    assert whole.bound is not None
    assert lost.bound is not None
    assert lost.bound.value < whole.bound.value


def test_a_share_that_lost_answers_could_explain_is_not_given(
    rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]
) -> None:
    """A host of the reference that loses what is typical of it leans to the other model: null, with the reason."""
    typical = laws[0] > laws[1]
    answers = drawn_answers(rng, SUITE, laws[0], 60)
    lossy: dict[str, list[str | None]] = {
        p: [None if typical[i, int(x[1:])] and k % 5 else x for k, x in enumerate(v)]
        for i, (p, v) in enumerate(answers.items())
    }
    sides = sample(rng, laws[0], "a", 60), make_sample(make_run(SUITE, lossy, endpoint="b")), sample(rng, laws[1], "c")
    said = mixed(*sides, FORMS, RULES)
    assert said.reason == "unequal loss: the share may come from the answers that are missing on a side"
    assert said.pvalue is not None
    assert said.pvalue_imputed is not None
    assert said.pvalue <= RULES.alpha < said.pvalue_imputed
    assert mixed_entry(said)["share"] is None


def test_a_share_that_lost_answers_cannot_explain_is_given(
    rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]
) -> None:
    """Half of another model's answers, every eighth of which is lost: it stands with the lost ones filled in."""
    answers = drawn_answers(rng, SUITE, 0.5 * laws[0] + 0.5 * laws[1], 60)
    lossy: dict[str, list[str | None]] = {
        p: [None if k % 8 == 0 else x for k, x in enumerate(v)] for p, v in answers.items()
    }
    sides = sample(rng, laws[0], "a", 60), make_sample(make_run(SUITE, lossy, endpoint="b")), sample(rng, laws[1], "c")
    said = mixed(*sides, FORMS, RULES)
    assert said.pvalue_imputed is not None
    assert said.pvalue_imputed <= RULES.alpha
    assert mixed_entry(said)["share"] is not None


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ((0.04, 0.5, 3.0), "a mixture of the two does not fit the answers (p = 0.04)"),
        ((0.5, 0.04, 3.0), "no one share fits all probes (p = 0.04)"),
        ((0.5, None, 0.0), "another temperature (answer probabilities to the power 0.70) fits as well"),
        ((0.5, None, 0.1), None),
    ],
)
def test_each_check_objects_in_its_own_words(checks: tuple[float, float | None, float], said: str | None) -> None:
    """Fit, one share for all probes, and a temperature, in this order."""
    fit, common, bic = checks
    found = Estimate(
        share=0.3, ci_low=0.2, ci_high=0.4, fit_pvalue=fit, common_pvalue=common, tilt_exponent=0.7, tilt_bic=bic
    )
    assert found.objection == said


def test_copies_say_nothing(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """Replies that come from a cache, or are shared by two sides, make no statement, each with its reason."""
    a, c = sample(rng, laws[0], "a"), sample(rng, laws[1], "c")
    cached = sample(rng, laws[1], "b", cache_headers={"x-cache": "HIT"})
    said = mixed(a, cached, c, FORMS, RULES)
    assert said.reason is not None
    assert "copies, not draws" in said.reason
    assert mixed_entry(said)["share"] is None
    shared = mixed(a, sample(rng, laws[1], "a"), c, FORMS, RULES)
    assert shared.reason is not None
    assert "identifier" in shared.reason


@pytest.mark.parametrize("law", [np.eye(8)[np.zeros(N_PROBES, int)], None])
def test_answers_without_anything_to_tell_end_in_words(rng: np.random.Generator, law: np.ndarray | None) -> None:
    """Constant answers, or none at all: null with a reason, strict JSON, no exception."""
    import json

    if law is None:
        none: dict[str, list[str | None]] = {p: [None] * 5 for p in FORMS}
        sides = [make_sample(make_run(SUITE, none, endpoint=e, outcome=Outcome.ERROR)) for e in "abc"]
    else:
        sides = [sample(rng, law, e) for e in "abc"]
    said = mixed(sides[0], sides[1], sides[2], FORMS, RULES)
    assert said.reason is not None
    assert json.dumps(mixed_entry(said), allow_nan=False)
    assert mixed_sentence(said)


def test_the_order_of_answers_changes_nothing(rng: np.random.Generator, laws: tuple[np.ndarray, np.ndarray]) -> None:
    """Answers in another order give the same test; a third run beside them too."""
    from blackbox.evidence.mixture import _triples

    answers = drawn_answers(rng, SUITE, 0.7 * laws[0] + 0.3 * laws[1], N_CALLS)
    a, c = sample(rng, laws[0], "a"), sample(rng, laws[1], "c")
    b = make_sample(make_run(SUITE, answers, endpoint="b"))
    turned = make_sample(make_run(SUITE, {p: v[::-1] for p, v in answers.items()}, endpoint="b"))
    values = [share_pvalue(_triples((a, side, c), sorted(FORMS)), seed=1, n_permutations=199) for side in (b, turned)]
    assert values[0] == values[1]


def test_only_the_probes_asked_for_are_read() -> None:
    """By hand: the codes of one of two probes, in the order of their keys; a probe never answered has none."""
    both = make_sample(make_run(make_suite(2), {"p000": ["x", "y"], "p001": ["z", "z"]}))
    codes = both.features["answer"].values.tolist()
    assert {p: c.tolist() for p, c in answers_by_probe(both, ["p001", "p009"]).items()} == {"p001": codes[2:]}


@pytest.mark.parametrize(
    ("pvalue", "words"),
    [
        (None, "No share is given: no closed probe."),
        (0.4, "c: no closed probe."),
    ],
)
def test_a_share_that_is_not_given_is_not_hinted_at(pvalue: float | None, words: str) -> None:
    """Without a fit only the reason is said: nothing leans anywhere."""
    assert words == mixed_sentence(Mixed(alpha=0.01, reason="no closed probe", pvalue=pvalue, alternative="c"))


def test_a_fit_that_fails_a_check_leans_and_gives_no_share() -> None:
    """The reason stands beside the leaning, and the estimate is in neither the sentence nor the document."""
    fit = Estimate(
        share=0.37, ci_low=0.2, ci_high=0.5, fit_pvalue=0.001, common_pvalue=0.5, tilt_exponent=1, tilt_bic=3
    )
    said = Mixed(alpha=0.01, reason="the two do not fit", pvalue=0.002, estimate=fit, alternative="c")
    expected = "B leans towards c (p = 0.002), but no share is given, because the two do not fit."
    assert expected == mixed_sentence(said)
    assert [None] * 3 == [mixed_entry(said)[name] for name in ("share", "ci_low", "ci_high")]
