"""Answerers that are no models, and served names of the same weights in fewer bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from blackbox.errors import UsageError
from blackbox.serve import FixedAnswers, running
from blackbox.serve.generation import Job
from blackbox.serve.scripted_answers import RandomCharacters, with_scripted

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.serve.generation import Sampled


def _said(answerer: Any, seed: int = 0, **asked: Any) -> Sampled:
    job = {"prompt": (1,), "max_tokens": 200, "temperature": 1.0, "top_p": 1.0, "seed": (seed, 0), **asked}
    answer: Sampled = answerer.submit(Job(**job)).result(timeout=0)
    return answer


def test_only_the_two_names_are_scripted() -> None:
    """Members, folders and other answerers stay as they are."""
    own = FixedAnswers("x")
    found = with_scripted({"c": "constant", "r": "random-characters", "a": "a", "o": own})

    assert isinstance(found["c"], FixedAnswers)
    assert isinstance(found["r"], RandomCharacters)
    assert (found["a"], found["o"]) == ("a", own)


def test_random_characters_are_uniform_and_repeatable() -> None:
    """Every printable ASCII character about as often; the same seed says the same."""
    answerer = RandomCharacters("")
    text = "".join(_said(answerer, seed).text for seed in range(400))
    counts = np.bincount([ord(c) for c in text], minlength=128)[0x20:0x7F]
    chi2 = float(((counts - counts.mean()) ** 2 / counts.mean()).sum())

    assert counts.sum() == len(text)
    assert chi2 < 94 + 4 * (2 * 94) ** 0.5
    assert _said(answerer, 5) == _said(answerer, 5)


def test_random_characters_end_as_a_models_answer_does() -> None:
    """At the token limit, with the log-probability of a uniform draw for each byte said."""
    answerer = RandomCharacters("")
    whole = _said(answerer, 7, top_logprobs=0)
    cut = _said(answerer, 7, max_tokens=5)

    assert (cut.text, cut.finish_reason, cut.n_tokens) == (whole.text[:5], "length", 5)
    assert whole.finish_reason == "stop"
    assert whole.tokens is not None
    assert [token.id for token in whole.tokens] == list(whole.text.encode())
    assert {token.logprob for token in whole.tokens} == {-math.log(95)}


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
