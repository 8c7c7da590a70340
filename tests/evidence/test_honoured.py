"""Every quirk is found by name on a made-up model, and an honest endpoint is accused of nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.pretend_model import Pretend, heard_from

from blackbox.core import Observation, Outcome, TokenLogprob, Wire
from blackbox.evidence import checks, honoured_sampling, honoured_serving, stated_draws
from blackbox.evidence.checks import Heard, Reply
from blackbox.evidence.honoured import diagnose, honoured_settings

if TYPE_CHECKING:
    from blackbox.evidence.finding import Finding

QUIRKS = {
    "ignore-n": "n", "ignore-logprobs": "logprobs", "ignore-temperature": "temperature",
    "ignore-max-completion-tokens": "max_completion_tokens", "ignore-max-tokens": "max_tokens",
    "ignore-seed": "seed", "ignore-stop": "stop", "echo-model": "model_name", "inflate-usage": "usage",
    "hidden-top-p": "sampling", "repetition-penalty": "sampling", "temperature": "sampling",
    "system-prompt": "default_text", "date-line": "default_text", "cache-repeats": "repeats",
    "swap-model": "one_model", "two-builds": "one_model", "strip-leading-space": "leading_space",
    "reroute-share": "one_model", "drop-system-role": "system_role",
}  # fmt: skip


async def found(seed: int, *quirks: str, logprobs: bool = True, noise: float = 0.0) -> dict[str, Finding]:
    """Return the findings on one pretended endpoint, by check."""
    model = Pretend(rng=np.random.default_rng(seed), quirks=frozenset(quirks), logprobs=logprobs, noise=noise)
    findings = diagnose(await heard_from(model), token_limit_field="max_tokens")
    return {finding.check: finding for finding in findings}


@pytest.mark.parametrize(("quirk", "check"), QUIRKS.items())
async def test_each_quirk_is_found_by_name_and_alone(quirk: str, check: str) -> None:
    """The check that is to find it names it, says what it does to a question, and no other check is in trouble."""
    findings = await found(1, quirk)
    assert quirk in findings[check].quirks
    assert findings[check].effects
    assert [check] == [name for name, finding in findings.items() if finding.is_trouble]


async def test_honest_endpoints_are_accused_of_nothing() -> None:
    """Eight honest sessions, half with smooth noise on their log-probabilities: no finding of trouble."""
    troubles = [
        (seed, name, finding.seen)
        for seed in range(8)
        for name, finding in (await found(100 + seed, noise=0.02 * (seed % 2))).items()
        if finding.is_trouble
    ]
    assert [] == troubles


async def test_without_log_probabilities_hidden_settings_are_not_guessed() -> None:
    """Hidden sampling can't be told then, and is not called honoured; temperature is still judged by the texts."""
    findings = await found(3, "hidden-top-p", logprobs=False)
    status = {name: findings[name].status for name in ("sampling", "one_model", "leading_space", "temperature")}
    assert {"sampling": "can't tell", "one_model": "can't tell", "leading_space": "can't tell",
            "temperature": "honoured"} == status  # fmt: skip


async def test_an_ignored_temperature_is_found_from_texts_alone() -> None:
    """Both profiles that fit are named: without log-probabilities they can't be told apart."""
    finding = (await found(3, "ignore-temperature", logprobs=False))["temperature"]
    assert ("ignored", ("ignore-temperature", "temperature")) == (finding.status, finding.quirks)
    assert "greedy" in finding.breaks


async def test_a_swap_is_found_from_texts_alone() -> None:
    """Early against late answers: a model swapped half way is named without log-probabilities, an honest one is not."""
    swapped, honest = await _one_model_by_texts(90), await _one_model_by_texts(10_000)
    assert ("not honoured", ("swap-model",)) == (swapped.status, swapped.quirks)
    assert "one_model" in swapped.breaks
    assert ("can't tell", ()) == (honest.status, honest.quirks)


async def _one_model_by_texts(swapped_after: int) -> Finding:
    model = Pretend(
        rng=np.random.default_rng(5), quirks=frozenset({"swap-model"}), logprobs=False, swapped_after=swapped_after
    )
    findings = diagnose(await heard_from(model), token_limit_field="max_tokens")
    return next(finding for finding in findings if finding.check == "one_model")


async def test_copies_stop_what_would_be_judged_from_draws() -> None:
    """Behind a response cache neither temperature nor hidden sampling is judged: copies are not draws."""
    findings = await found(4, "cache-repeats")
    assert ["can't tell"] * 3 == [findings[name].status for name in ("temperature", "sampling", "one_model")]


async def test_counting_the_end_mark_would_bias_the_bet(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end mark that is stated and never drawn looks like a hidden setting unless it is taken out."""
    rng = np.random.default_rng(0)
    p = np.array([0.5, 0.3, 0.2])
    tops = (*((f"w{i}", float(np.log(q * 0.85))) for i, q in enumerate(p)), ("<|im_end|>", float(np.log(0.15))))
    tokens = tuple(
        TokenLogprob(token=f"w{i}", logprob=float(np.log(p[i] * 0.85)), top=tops) for i in rng.choice(3, 400, p=p)
    )
    row = [stated_draws._Row(token, "", ()).stated for token in tokens[:1]]
    assert [0.5, 0.3, 0.2, 0.0] == pytest.approx(row[0])
    monkeypatch.setattr(stated_draws, "_ends", lambda _: False)
    assert 0.85 * 0.5 == pytest.approx(stated_draws._Row(tokens[0], "", ()).stated[0])


async def test_settings_say_in_our_words_what_became_of_them() -> None:
    """What a manifest keeps holds statuses and quirks only; a default prompt that suites replace counts as none."""
    plain_one = honoured_settings((await found(6)).values(), token_limit_field="max_tokens")
    assert {"honoured"} == set(plain_one.values())
    spoilt = honoured_settings(
        (await found(6, "hidden-top-p", "system-prompt")).values(), token_limit_field="max_tokens"
    )
    assert "not honoured: hidden-top-p" == spoilt["sampling"]
    assert "honoured" == spoilt["default_text"]


def test_as_likely_explanations_are_named_together() -> None:
    """Within a factor of twenty of the best, all are named."""
    assert 20 == pytest.approx(np.exp(honoured_sampling._AS_LIKELY))


def test_a_model_that_hardly_varies_is_not_accused_of_ignoring_temperature() -> None:
    """Where nearly every token is certain the fits say nothing: can't tell, not ignored."""
    law = (("yes", float(np.log(0.9999))), ("no", float(np.log(0.0001))))
    token = TokenLogprob(token="yes", logprob=law[0][1], top=law)
    replies = [
        Reply(check=f"{kind}-{prompt}", seconds=float(i), observation=Observation(
            key=f"{kind}-{prompt}#{i}", probe_id=f"{kind}-{prompt}", repeat=i, block_id=i, outcome=Outcome.OK,
            text="yes", logprobs=(token,),
        ))
        for kind in ("cold", "warm", "hot") for prompt in checks.PROMPTS for i in range(5)
    ]  # fmt: skip
    heard = Heard(replies=tuple(replies), model="m", nonsense="x")
    assert "can't tell" == honoured_sampling.temperature(heard, copies=False).status


@pytest.mark.parametrize(
    ("ahead_s", "latency_s", "status"), [(3, 1, "honoured"), (200, 240, "honoured"), (90, 1, "not honoured"),
                                         (-90, 1, "not honoured"), (-59, 1, "honoured")]
)  # fmt: skip
def test_a_slow_server_is_not_accused_of_a_wrong_clock(ahead_s: int, latency_s: float, status: str) -> None:
    """A Date is written between request and arrival: only a clock that no such moment explains is wrong."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    date = formatdate((at + timedelta(seconds=ahead_s)).timestamp(), usegmt=True)
    observation = Observation(key="bare#0", probe_id="bare", repeat=0, block_id=0, outcome=Outcome.OK, text="x",
                              requested_at=at, latency_s=latency_s)  # fmt: skip
    reply = Reply(check="bare", observation=observation, seconds=0.0, wire=Wire(server_date=date))
    assert status == honoured_serving.clock(Heard(replies=(reply,), model="m", nonsense="x")).status
