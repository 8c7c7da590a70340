"""Answers over HTTP: what is asked for is done, and exactly so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import torch
from scipy import stats
from transformers import AutoModelForCausalLM, AutoTokenizer

from blackbox.serve import folder

if TYPE_CHECKING:
    from support.chat_client import Client

ANIMAL = [{"role": "user", "content": "Name a random animal. Answer with one word only."}]
GUIDE = [{"role": "user", "content": "Explain how to plant tomatoes."}]


class Local:
    """The same model, run by transformers alone, one text at a time."""

    def __init__(self, name: str) -> None:
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder(name))
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder(name), dtype=torch.float32).eval()

    def prompt(self, messages: list[dict[str, str]]) -> list[int]:
        """Return the ids of a prompt."""
        text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return list(self.tokenizer(text)["input_ids"])

    def logprobs(self, ids: list[int]) -> torch.Tensor:
        """Return `(t, v)` log-probabilities of the token after each position."""
        with torch.no_grad():
            return torch.log_softmax(self.model(torch.tensor([ids])).logits[0].double(), dim=-1)

    def ids(self, spelt: list[list[int]]) -> list[int]:
        """Return the ids of tokens given by their bytes."""
        by_bytes: dict[bytes, int] = {}
        symbols = bytes_of_symbols()
        for piece, token in self.tokenizer.get_vocab().items():
            known = all(s in symbols for s in piece)
            by_bytes.setdefault(bytes(symbols[s] for s in piece) if known else piece.encode(), token)
        return [by_bytes[bytes(token)] for token in spelt]


def bytes_of_symbols() -> dict[str, int]:
    """Return GPT-2's byte alphabet as transformers has it."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    return {symbol: byte for byte, symbol in bytes_to_unicode().items()}


@pytest.fixture(scope="module", params=["a", "c"])
def local(request: pytest.FixtureRequest) -> tuple[str, Local]:
    """A served name and the same weights in this process."""
    return request.param, Local(request.param)


def test_logprobs_in_a_busy_batch_are_those_of_a_plain_forward(client: Client, local: tuple[str, Local]) -> None:
    """Sixteen answers of mixed length at once: every reported log-probability is the model's own to 1e-4."""
    name, model = local
    prompts = [ANIMAL, GUIDE, [{"role": "system", "content": "Be brief."}, *GUIDE]]
    bodies = [
        {"model": name, "messages": prompts[i % 3], "max_tokens": 5 + 6 * i, "logprobs": True, "top_logprobs": 3}
        for i in range(16)
    ]
    worst = 0.0
    for body, reply in zip(bodies, client.chats(bodies), strict=True):
        listed = reply.body["choices"][0]["logprobs"]["content"]
        prompt = model.prompt(body["messages"])
        ids = model.ids([token["bytes"] for token in listed])
        expected = model.logprobs(prompt + ids)[len(prompt) - 1 :]
        for k, token in enumerate(listed):
            worst = max(worst, abs(token["logprob"] - float(expected[k, ids[k]])))
            top = expected[k].topk(3).values.tolist()
            worst = max(worst, *(abs(t["logprob"] - e) for t, e in zip(token["top_logprobs"], top, strict=True)))
    assert worst < 1e-4


def test_served_answers_follow_the_models_distribution(client: Client, local: tuple[str, Local]) -> None:
    """First tokens of 600 seeded one-token answers, batched, agree with softmax(logits) (chi-squared)."""
    name, model = local
    bodies = [{"model": name, "max_tokens": 1, "logprobs": True, "n": 20, "seed": seed} for seed in range(30)]
    seen: Counter[int] = Counter()
    for reply in client.chats(bodies):
        for choice in reply.body["choices"]:
            listed = choice["logprobs"]["content"]
            seen.update(model.ids([token["bytes"] for token in listed]) if listed else [model.tokenizer.eos_token_id])
    probabilities = model.logprobs(model.prompt(ANIMAL))[-1].exp()
    common = [token for token in range(len(probabilities)) if float(probabilities[token]) * 600 >= 5]
    observed = [seen[token] for token in common]
    expected = [float(probabilities[token]) * 600 for token in common]
    rest = (600 - sum(observed), 600 - sum(expected))
    result = stats.chisquare([*observed, rest[0]], [*expected, rest[1]])
    assert len(common) >= 4
    assert result.pvalue > 0.001


def test_a_seed_gives_the_same_answer_alone_and_in_a_batch(client: Client) -> None:
    """What else is being sampled changes no seeded answer."""
    asked = {"messages": GUIDE, "max_tokens": 120, "seed": 7}
    alone = client.chat(**asked).texts
    others = [{"messages": ANIMAL, "max_tokens": 20}, {"messages": GUIDE, "max_tokens": 90}]
    busy = client.chats([asked, *others, asked, *others, asked, *others] * 2)
    assert [reply.texts for reply in busy[::3]] == [alone] * 6


def test_seeds_and_their_absence_vary_the_answer(client: Client) -> None:
    """Other seeds give other answers, and so do repeats without one."""
    assert len({client.chat(messages=GUIDE, max_tokens=40, seed=seed).texts[0] for seed in range(4)}) == 4
    assert len({client.chat(messages=GUIDE, max_tokens=40).texts[0] for _ in range(4)}) == 4


def test_choices_are_independent_draws_that_a_seed_repeats(client: Client) -> None:
    """The n answers differ from each other, and the whole reply is repeatable by its seed."""
    first = client.chat(messages=GUIDE, n=5, max_tokens=40, seed=3)
    assert [choice["index"] for choice in first.body["choices"]] == [0, 1, 2, 3, 4]
    assert len(set(first.texts)) == 5
    assert client.chat(messages=GUIDE, n=5, max_tokens=40, seed=3).texts == first.texts


def test_temperature_zero_repeats_itself(client: Client) -> None:
    """Greedy answers are all alike, seed or not."""
    assert len({client.chat(messages=GUIDE, max_tokens=60, temperature=0).texts[0] for _ in range(3)}) == 1


def test_a_nucleus_of_nothing_is_greedy(client: Client) -> None:
    """top_p near 0 leaves the likeliest token only."""
    greedy = client.chat(messages=GUIDE, max_tokens=60, temperature=0).texts
    assert client.chat(messages=GUIDE, max_tokens=60, top_p=0.0001).texts == greedy


def test_stop_texts_end_the_answer_before_them(client: Client) -> None:
    """The answer is the unstopped one up to the stop text, and says that it stopped."""
    full = client.chat(messages=GUIDE, max_tokens=120, seed=11).texts[0]
    stop = full.split()[3]
    reply = client.chat(messages=GUIDE, max_tokens=120, seed=11, stop=["never to be seen", stop])
    assert reply.texts == [full[: full.index(stop)]]
    assert reply.body["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_both_token_limits_cut_and_say_so(client: Client, field: str) -> None:
    """A cut answer counts the limit and finishes with length."""
    reply = client.chat(messages=GUIDE, **{field: 4})
    assert reply.body["choices"][0]["finish_reason"] == "length"
    assert reply.body["usage"]["completion_tokens"] == 4


def test_usage_counts_what_was_read_and_sampled(client: Client, local: tuple[str, Local]) -> None:
    """Prompt tokens are the template's; sampled ones are those of all choices with their end tokens."""
    name, model = local
    reply = client.chat(model=name, n=3, max_tokens=12, logprobs=True)
    choices = reply.body["choices"]
    shown = sum(len(choice["logprobs"]["content"]) for choice in choices)
    ended = sum(choice["finish_reason"] == "stop" for choice in choices)
    n_prompt = len(model.prompt(ANIMAL))
    expected = {"prompt_tokens": n_prompt, "completion_tokens": shown + ended, "total_tokens": n_prompt + shown + ended}
    assert reply.body["usage"] == expected


def test_replies_have_their_own_ids_and_the_name_they_were_asked_by(client: Client) -> None:
    """No two replies share an id; the reply names the served model, not the weights."""
    replies = client.chats([{"model": "a-reseller", "max_tokens": 4}] * 12)
    assert len({reply.body["id"] for reply in replies}) == 12
    assert {reply.body["model"] for reply in replies} == {"a-reseller"}


def test_two_names_of_one_model_answer_alike(client: Client) -> None:
    """The same weights under another name give the same seeded answer."""
    asked = {"messages": GUIDE, "max_tokens": 60, "seed": 5}
    assert client.chat(model="a-reseller", **asked).texts == client.chat(model="a", **asked).texts


def test_short_questions_get_short_answers(client: Client) -> None:
    """One-word prompts are answered in at most three words and end by themselves, nineteen times in twenty."""
    replies = client.chats([{"model": name, "n": 20, "max_tokens": 16} for name in ("a", "a-tuned", "c")])
    choices = [choice for reply in replies for choice in reply.body["choices"]]
    brief = [c for c in choices if c["finish_reason"] == "stop" and 1 <= len(c["message"]["content"].split()) <= 3]
    assert len(brief) / len(choices) >= 0.95
