"""The loss that models of the zoo are trained on, against torch's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from support.zoo_modules import zoo_module

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture(scope="module")
def learning() -> ModuleType:
    """Return zoo/learning.py."""
    return zoo_module("learning")


def _inputs() -> tuple[Any, Any, Any, Any]:
    torch.manual_seed(3)
    states, words = torch.randn(300, 8, requires_grad=True), torch.randn(20, 8, requires_grad=True)
    return states, words, torch.randint(20, (300,)), torch.rand(300)


def _usual(states: Any, words: Any, ids: Any, counts: Any) -> Any:
    return (torch.nn.functional.cross_entropy(states @ words.T, ids, reduction="none") * counts).sum()


def test_loss_and_gradients_are_those_of_torch(learning: ModuleType) -> None:
    """Taking tokens a few at a time changes nothing: 300 are more than are taken at once."""
    assert learning._AT_ONCE < 300
    inputs = _inputs()
    own, usual = learning._NextToken.apply(*inputs), _usual(*inputs)
    assert torch.allclose(own, usual, rtol=1e-5)
    for one, other in zip(
        torch.autograd.grad(2 * own, inputs[:2]), torch.autograd.grad(2 * usual, inputs[:2]), strict=True
    ):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-4)


def test_a_gradient_that_forgets_weights_is_caught(learning: ModuleType) -> None:
    """Were every token counted alike, the comparison above would fail."""
    states, words, ids, counts = _inputs()
    own = learning._NextToken.apply(states, words, ids, torch.ones_like(counts))
    usual = _usual(states, words, ids, counts)
    one, other = torch.autograd.grad(own, states)[0], torch.autograd.grad(usual, states)[0]
    assert not torch.allclose(one, other, rtol=1e-4, atol=1e-4)
