"""What is served besides the models that ship: rounded weights, and answerers that are no models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from blackbox.errors import UsageError
from blackbox.serve import folder, running
from blackbox.serve.generation import Job
from blackbox.serve.language_model import LanguageModel
from blackbox.serve.quantised import HalfPrecisionModel, RoundedModel, rounded_rows
from blackbox.serve.scripted_answers import ConstantAnswers, RandomCharacters

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.serve.generation import Sampled


def _said(answerer: Any, seed: int = 0, **asked: Any) -> Sampled:
    job = {"prompt": (1,), "max_tokens": 200, "temperature": 1.0, "top_p": 1.0, "seed": (seed, 0), **asked}
    answer: Sampled = answerer.submit(Job(**job)).result(timeout=0)
    return answer


@pytest.mark.parametrize(("bits", "most"), [(8, 127), (4, 7)])
def test_rounding_is_to_the_nearest_level_of_a_row(bits: int, most: int) -> None:
    """Against a naive loop; the largest number of each row stays, and zero rows stay zero."""
    torch.manual_seed(1)
    weights = torch.randn(5, 40) * torch.tensor([[1.0], [0.01], [100.0], [1.0], [0.0]])
    expected = torch.zeros_like(weights)
    for i, row in enumerate(weights.tolist()):
        step = max(map(abs, row)) / most
        expected[i] = torch.tensor([round(w / step) * step if step else 0.0 for w in row])

    assert torch.allclose(rounded_rows(weights, bits), expected, rtol=1e-5)
    assert all(len(row.unique()) <= 2 * most + 1 for row in rounded_rows(weights, bits))


def _layer(model: LanguageModel) -> torch.Tensor:
    weight: torch.Tensor = model._network.base_model.layers[0].self_attn.q_proj.weight
    return weight.detach()


def test_a_rounded_model_has_rounded_layers_and_its_own_embeddings() -> None:
    """Each row of a layer's matrix has at most 15 values at four bits; embeddings are untouched."""
    whole, rounded = LanguageModel(folder("a")), RoundedModel(folder("a"), bits=4)

    assert max(len(row.unique()) for row in _layer(rounded)) <= 15
    assert max(len(row.unique()) for row in _layer(whole)) > 15
    embeddings = [model._network.get_input_embeddings().weight for model in (whole, rounded)]
    assert torch.equal(*embeddings)


def test_half_precision_is_computed_in_bfloat16_and_drawn_from_in_float32() -> None:
    """Weights are as stored, logits come as float32."""
    model = HalfPrecisionModel(folder("a"))

    assert _layer(model).dtype == torch.bfloat16
    assert model.logits(torch.zeros(1, 128, dtype=torch.bfloat16)).dtype == torch.float32


def test_constant_answers_are_constant() -> None:
    """Whatever the seed and the prompt."""
    answerer = ConstantAnswers()

    assert len({_said(answerer, seed).text for seed in range(20)}) == 1
    assert answerer.prompt_ids([{"role": "user", "content": "é"}]) == (0xC3, 0xA9)
    assert answerer.token_bytes(0x41) == b"A"


def test_random_characters_are_uniform_and_repeatable() -> None:
    """Every printable ASCII character about as often; the same seed says the same."""
    answerer = RandomCharacters()
    text = "".join(_said(answerer, seed).text for seed in range(400))
    counts = torch.bincount(torch.tensor([ord(c) for c in text]), minlength=128)[0x20:0x7F].double()
    chi2 = float(((counts - counts.mean()) ** 2 / counts.mean()).sum())

    assert counts.sum() == len(text)
    assert chi2 < 94 + 4 * (2 * 94) ** 0.5
    assert _said(answerer, 5) == _said(answerer, 5)


def test_scripted_answers_end_as_a_models_do() -> None:
    """At the token limit, before a stop text, with a log-probability for each byte said."""
    answerer = ConstantAnswers()
    cut = _said(answerer, max_tokens=5)
    stopped = _said(answerer, stop=(" you",), top_logprobs=2)

    assert (cut.text, cut.finish_reason, cut.n_tokens) == ("Thank", "length", 5)
    assert (stopped.text, stopped.finish_reason) == ("Thank", "stop")
    assert stopped.tokens is not None
    assert [(token.id, token.logprob) for token in stopped.tokens] == [(byte, 0.0) for byte in b"Thank"]


def test_special_names_are_served_like_models(connect: Callable[[str], Any]) -> None:
    """Over HTTP, under the names the lineage table knows; the rounded model answers nearly as its parent does."""
    names = ("a", "a@int8", "constant", "random-characters")
    with running({name: name for name in names}) as base_url:
        client = connect(base_url)
        said = {name: client.chat(model=name, seed=3, n=24).texts for name in names}

    assert set(said["constant"]) == {"Thank you for your question."}
    assert len(set(said["random-characters"])) == 24
    assert sum(x == y for x, y in zip(said["a"], said["a@int8"], strict=True)) >= 12


@pytest.mark.parametrize("name", ["a@int2", "z@int8", "a@", "Constant"])
def test_other_names_are_refused(name: str) -> None:
    """What is not known is not served."""
    with pytest.raises(UsageError, match="neither a folder nor in the zoo"), running({"x": name}):
        pass
