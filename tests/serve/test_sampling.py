"""Drawing tokens from logits."""

from __future__ import annotations

import math

import pytest
import torch

from blackbox.serve.sampling import draw

LOGITS = torch.tensor([[2.0, 0.0, 1.0, -1.0]])
GRID = (torch.arange(20_000) + 0.5) / 20_000


def shares(temperature: float, top_p: float) -> list[float]:
    """Return how often each token is drawn over an even grid of uniforms: its probability, to 1e-4."""
    n = len(GRID)
    drawn = draw(LOGITS.expand(n, -1), torch.full((n,), temperature), torch.full((n,), top_p), GRID)
    return [float(share) for share in torch.bincount(drawn, minlength=4) / n]


def softmax(logits: list[float]) -> list[float]:
    """Return probabilities, computed without torch."""
    weights = [math.exp(logit) for logit in logits]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7])
def test_temperature_divides_the_logits(temperature: float) -> None:
    """Tokens are drawn with softmax(logits / T)."""
    expected = softmax([logit / temperature for logit in LOGITS[0].tolist()])
    assert shares(temperature, 1.0) == pytest.approx(expected, abs=1e-4)


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    """With probabilities .64 .09 .24 .03, top_p .7 keeps the first two in order and renormalises them."""
    kept = softmax([2.0, 1.0])
    assert shares(1.0, 0.7) == pytest.approx([kept[0], 0.0, kept[1], 0.0], abs=1e-4)


def test_top_p_keeps_the_token_that_crosses_it_and_no_more() -> None:
    """A top_p just below the likeliest token's probability keeps that token alone."""
    assert shares(1.0, 0.6) == [1.0, 0.0, 0.0, 0.0]
    assert shares(1.0, 0.0) == [1.0, 0.0, 0.0, 0.0]


def test_temperature_zero_takes_the_likeliest() -> None:
    """No uniform changes a greedy answer."""
    assert shares(0.0, 1.0) == [1.0, 0.0, 0.0, 0.0]


def test_rows_have_their_own_settings() -> None:
    """One batch may hold a greedy, a hot and a truncated row."""
    logits = LOGITS.expand(3, -1)
    drawn = draw(logits, torch.tensor([0.0, 1.0, 1.0]), torch.tensor([1.0, 1.0, 0.1]), torch.tensor([0.99] * 3))
    assert drawn.tolist() == [0, 3, 0]
