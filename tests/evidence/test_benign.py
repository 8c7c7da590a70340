"""The same-weights band: who is in it, and the T = 0 rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.runs import make_run, make_sample, make_suite

from blackbox.core import Effect, Outcome
from blackbox.evidence.benign import benign_band, benign_pairs, deterministic_disagreement
from blackbox.evidence.samples import Sample

if TYPE_CHECKING:
    from blackbox.core import Run

SUITE = make_suite(10)
PROBES = [p.id for p in SUITE.probes]


def host(name: str, n_changed: int = 0, session: int = 0) -> Sample:
    """A host whose answer is another one at the first `n_changed` probes."""
    answers = {p: ["other" if i < n_changed else "same"] * 3 for i, p in enumerate(PROBES)}
    return make_sample(make_run(SUITE, answers, endpoint=name, session=session))


def same_host(x: Run, y: Run) -> bool:
    """Hosts by name."""
    return x.manifest.endpoint_name == y.manifest.endpoint_name


def test_pairs_are_the_reference_and_the_hosts_never_the_suspect() -> None:
    """Side b, another session of b, and two sessions of one host make no benign pair."""
    hosts = [host("h"), host("h", session=1), host("i"), host("b", session=1)]
    pairs = benign_pairs(host("a"), host("b"), [*hosts, host("b")], same_host)
    named = sorted((x.run.manifest.endpoint_name, y.run.manifest.endpoint_name) for x, y in pairs)
    assert named == [("a", "h"), ("a", "h"), ("a", "i"), ("h", "i"), ("h", "i")]


def test_disagreement_is_ranked_among_the_benign_pairs() -> None:
    """The p is (1 + benign pairs at least as far) / (1 + benign pairs); a probe counts once a side."""
    a, hosts = host("a"), [host("h", 1), host("i", 3)]
    pairs = benign_pairs(a, host("b"), hosts, same_host)
    for n_changed, pvalue in ((0, 1.0), (2, 0.75), (3, 0.5), (4, 0.25)):
        found = deterministic_disagreement(a, host("b", n_changed), PROBES, pairs)
        assert (found.value, found.pvalue) == (n_changed / 10, pvalue)
    assert (found.n_probes, found.band.low, found.band.high) == (10, 0.1, 0.3)


def test_without_hosts_there_is_no_pvalue() -> None:
    """Repeats alone can't be judged."""
    found = deterministic_disagreement(host("a"), host("b", 5), PROBES, [])
    assert (found.value, found.pvalue, found.band) == (0.5, None, None)


def test_hosts_of_repeats_give_no_band_of_effects() -> None:
    """An effect is read from draws only."""
    effect = Effect(value=0.1, ci_low=None, ci_high=None, unit="mmd2")
    assert benign_band([(host("a"), host("h"))], {}, lambda x, y: effect) is None  # noqa: ARG005


def test_a_refusal_is_an_answer_of_its_own_kind() -> None:
    """Without parsed answers two hosts that refuse agree, and one that refuses differs from one that answers."""

    def said(name: str, **more: object) -> Sample:
        return Sample.of(make_run(SUITE, {p: ["same"] * 3 for p in PROBES}, endpoint=name, **more), {})

    refusing = said("a", outcome=Outcome.REFUSAL), said("b", outcome=Outcome.REFUSAL)
    assert deterministic_disagreement(*refusing, PROBES, []).value == 0.0
    assert deterministic_disagreement(said("a"), refusing[1], PROBES, []).value == 1.0
