"""Groups of replies by the first token's stated distribution: found where there are two, not made from noise."""

from __future__ import annotations

import numpy as np
import pytest

from blackbox.evidence import builds
from blackbox.evidence.builds import grouped

TOKENS = [f"t{i}" for i in range(20)]


def replies(
    rng: np.random.Generator, centres: list[np.ndarray], *, noise: float
) -> list[tuple[float, dict[str, float]]]:
    """Return a reply a centre, in time order, with smooth noise."""
    return [
        (float(i), dict(zip(TOKENS, (centre + noise * rng.standard_normal(20)).tolist(), strict=True)))
        for i, centre in enumerate(centres)
    ]


def law(rng: np.random.Generator) -> np.ndarray:
    """Return log-probabilities of twenty tokens."""
    result: np.ndarray = np.log(rng.dirichlet(np.full(20, 2.0)))
    return result


@pytest.mark.parametrize("noise", [0.0, 1e-5, 0.003, 0.05])
def test_one_model_is_one_group(rng: np.random.Generator, noise: float) -> None:
    """Smooth noise, as arithmetic that varies with the batch makes it, splits nothing in 200 sessions."""
    n = sum(
        found.n_groups > 1
        for _ in range(200)
        if (found := grouped(replies(rng, [law(rng)] * 29, noise=noise))) is not None
    )
    assert 0 == n


def test_two_builds_are_two_groups(rng: np.random.Generator) -> None:
    """A build 0.05 nats off shows as a group of its own, with the share it answered."""
    centre = law(rng)
    other = centre + 0.05 * np.sign(np.sin(np.arange(20) + 1))
    marks = rng.random(29) < 0.5
    found = grouped(replies(rng, [other if m else centre for m in marks], noise=1e-4))
    assert found is not None
    assert 2 == found.n_groups
    assert len({(mark, label) for mark, label in zip(marks.tolist(), found.labels, strict=True)}) == 2
    assert 0.1 == pytest.approx(found.separation, abs=0.06)


def test_without_the_guard_noise_would_make_groups(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken version, which takes replies that all differ for groups, accuses smooth noise."""
    monkeypatch.setattr(builds, "MOST_GROUPS", 99)
    found = grouped(replies(rng, [law(rng)] * 29, noise=0.05))
    assert found is not None
    assert found.n_groups > 1


def test_distances_agree_with_a_double_loop(rng: np.random.Generator) -> None:
    """Largest difference over shared tokens that neither reply finds rare."""
    laws = [
        dict(list(reply.items())[i : 18 + i]) for i, (_, reply) in enumerate(replies(rng, [law(rng)] * 3, noise=1.0))
    ]
    found = builds._distances(laws)
    for i, a in enumerate(laws):
        for j, b in enumerate(laws):
            gaps = [abs(a[t] - b[t]) for t in a if t in b and min(a[t], b[t]) >= builds.RARE]
            assert (max(gaps) if gaps else -builds.RARE) == pytest.approx(found[i, j])


def test_too_few_replies_tell_nothing(rng: np.random.Generator) -> None:
    """Three replies, or replies without log-probabilities, are no grounds."""
    assert grouped(replies(rng, [law(rng)] * 3, noise=0.0)) is None
    assert grouped([(float(i), {}) for i in range(9)]) is None
