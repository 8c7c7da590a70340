"""Every quirk is found by name on a made-up model, and an honest endpoint is accused of nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.pretend_model import Pretend, heard_from

from blackbox.core import CallError, Observation, Outcome, TokenLogprob, Usage, Wire
from blackbox.evidence import checks, honoured_fields, honoured_sampling, honoured_serving, honoured_usage, stated_draws
from blackbox.evidence.checks import Heard, Reply
from blackbox.evidence.honoured import diagnose, honoured_settings
from blackbox.stats.stated import FittedTemperature

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


@pytest.mark.parametrize(
    ("alone", "with_system", "status", "quirks"),
    [
        (8, 14, "honoured", ()),
        (23, 35, "can't tell", ()),  # a long template: a system message costs a turn
        (37, 39, "not honoured", ("date-line", "system-prompt")),  # a text stands there already
        (39, 19, "not honoured", ("system-prompt",)),
    ],
)
def test_a_long_template_is_not_accused_of_a_hidden_text(
    alone: int, with_system: int, status: str, quirks: tuple[str, ...]
) -> None:
    """Counts measured on members of the zoo: many tokens alone are the template's as well as a host's."""
    replies = tuple(
        Reply(check=name, seconds=0.0, observation=Observation(
            key=f"{name}#0", probe_id=name, repeat=0, block_id=0, outcome=Outcome.OK, text="x",
            usage=Usage(prompt_tokens=n, completion_tokens=1),
        ))
        for name, n in (("bare", alone), ("told", with_system))
    )  # fmt: skip
    heard = Heard(replies=replies, model="m", nonsense="x")
    finding = honoured_usage.default_text(heard, factor=None, drops_system=False)
    assert (status, quirks) == (finding.status, finding.quirks)
    dropped = honoured_usage.default_text(heard, factor=None, drops_system=True)
    assert not dropped.is_trouble


def reply(check: str, i: int = 0, *, wire: Wire | None = None, **more: Any) -> Reply:
    """Return the `i`-th reply of a check."""
    facts = {"outcome": Outcome.OK, "text": "x", **more}
    observation = Observation(key=f"{check}#{i}", probe_id=check, repeat=i, block_id=i, **facts)
    return Reply(check=check, seconds=float(i), observation=observation, wire=wire)


def heard(*replies: Reply) -> Heard:
    """Return these replies as all that was heard."""
    return Heard(replies=replies, model="m", nonsense="x")


def failed_throughout(status: int | None) -> dict[str, Finding]:
    """Return the findings where every call failed with this status."""
    sent = (*checks.first_checks("max_tokens", nonsense="x"), *checks.later_checks(None))
    error = CallError(kind="failed", message="failed", status=status)
    replies = [
        reply(check.name, i, outcome=Outcome.ERROR, text=None, error=error)
        for check in sent for i in range(check.repeats)
    ]  # fmt: skip
    return {each.check: each for each in diagnose(heard(*replies), token_limit_field="max_tokens")}


@pytest.mark.parametrize("status", [None, 408, 409, 425, 429, 500, 503])
def test_a_server_that_fails_is_accused_of_nothing(status: int | None) -> None:
    """A breakdown, a timeout and a rate limit are no answer to what was asked: every check says that it can't tell."""
    findings = failed_throughout(status)
    assert {"can't tell"} == {finding.status for finding in findings.values()}
    assert "no reply to read" == findings["n"].seen == findings["usage"].seen == findings["latency"].seen
    assert "too few replies" == findings["temperature"].seen == findings["one_model"].seen


def test_fields_that_are_refused_are_not_honoured() -> None:
    """A refusal is a finding on the fields that were sent and on nothing that is read off answers."""
    findings = failed_throughout(400)
    told = {name: finding for name, finding in findings.items() if finding.status != "can't tell"}
    refused = {"n", "logprobs", "max_tokens", "max_completion_tokens", "stop", "seed", "streaming"}
    assert refused | {"model_name"} == set(told)
    assert {"refused with 400"} == {finding.seen for finding in told.values()}
    assert {"not honoured"} == {told[name].status for name in refused}
    assert "honoured" == told["model_name"].status
    assert [] == [quirk for finding in told.values() for quirk in finding.quirks]


def test_how_a_reply_came_is_not_guessed() -> None:
    """An endpoint kind that keeps no record of choices and pieces is not accused of sending one of each."""
    unknown = heard(*(reply(check, i) for check in ("n", "stream") for i in range(2)))
    assert "can't tell" == honoured_fields.n_choices(unknown).status == honoured_fields.streaming(unknown).status
    known = heard(*(reply(check, i, wire=Wire(n_choices=1)) for check in ("n", "stream") for i in range(2)))
    assert "ignored" == honoured_fields.n_choices(known).status == honoured_fields.streaming(known).status


def test_a_streamed_reply_needs_no_times() -> None:
    """Pieces alone show that a reply was streamed."""
    finding = honoured_fields.streaming(heard(reply("stream", wire=Wire(n_events=4))))
    assert ("honoured", "1 of 1 in 4 to 4 pieces") == (finding.status, finding.seen)


@pytest.mark.parametrize(
    ("cold", "warm", "hot", "status", "breaks"),
    [
        (0.0, 1.0, 1.5, "honoured", ()),
        (0.0, 1.0, 1.0, "not honoured", ()),  # held at 1
        (0.7, 1.0, 1.5, "not honoured", ("greedy",)),  # a floor
        (1.0, 1.0, 1.0, "ignored", ("greedy", "temperature")),
        (0.0, 0.5, 0.5, "ignored", ("draws", "temperature")),  # held at a half
    ],
)
def test_fitted_temperatures_decide(cold: float, warm: float, hot: float, status: str, breaks: tuple[str, ...]) -> None:
    """Each way not to carry temperature out breaks what it breaks and no more."""
    fits = {
        name: FittedTemperature(value=t, low=max(0.0, t - 0.1), high=t + 0.1, first_share=0.6 if t else 1.0, n=500)
        for name, t in (("cold", cold), ("warm", warm), ("hot", hot))
    }
    finding = honoured_sampling._fitted(heard(), fits)
    assert (status, breaks) == (finding.status, finding.breaks)


def by_texts(cold: tuple[str, ...], *, prompts: tuple[str, ...]) -> Finding:
    """Return the finding on temperature where 1 and 1.5 have answers to all prompts, and 0 to some."""
    drawn = [(kind, prompt, ("yes",) * 5) for kind in ("warm", "hot") for prompt in checks.PROMPTS]
    groups = [*drawn, *(("cold", prompt, cold) for prompt in prompts)]
    replies = (
        reply(f"{kind}-{prompt}", i, text=text) for kind, prompt, texts in groups for i, text in enumerate(texts)
    )
    return honoured_sampling.temperature(heard(*replies), copies=False)


def test_texts_that_do_not_vary_tell_nothing_of_temperature() -> None:
    """A model that always says the same is not accused; one whose long answers at 0 all differ is."""
    assert "can't tell" == by_texts(("yes",) * 5, prompts=tuple(checks.PROMPTS)).status
    assert "ignored" == by_texts(tuple("abcde"), prompts=tuple(checks.PROMPTS)).status


def test_long_answers_that_never_came_are_not_called_different() -> None:
    """Without two long answers at 0 nothing is known of how they vary: no accusation."""
    assert "can't tell" == by_texts(tuple("abcde"), prompts=("animal", "number")).status


def test_greedy_decoding_is_not_called_a_cache() -> None:
    """Long answers that repeat word for word come from a cache unless other limits give the same story too."""
    story = "Rain begins where warm air rises, cools and drops its water in the end."
    told = [reply("story", i, text=story) for i in range(3)]
    near = [reply(f"story-near-{i}", text=story[:-i]) for i in range(1, checks.N_NEAR + 1)]
    greedy, cached = honoured_serving.repeats(heard(*told, *near)), honoured_serving.repeats(heard(*told))
    assert ("greedy", ()) == (greedy.kind, greedy.finding.quirks)
    assert "greedy, not cached" in greedy.finding.seen
    assert ("cache", ("cache-repeats",)) == (cached.kind, cached.finding.quirks)
    assert greedy.finding.breaks == cached.finding.breaks == ("draws",)


def test_a_date_that_is_none_says_nothing_of_the_clock() -> None:
    """What a server puts into its Date header is its own affair: unreadable is unknown."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    odd = [
        reply("bare", i, requested_at=at, latency_s=1.0, wire=Wire(server_date=date))
        for i, date in enumerate(("soon", "", "Mon, 99 Foo 9999 99:99:99 GMT", "Thu, 01 Jan 2026 00:00:00 -0000"))
    ]
    assert "replies have no Date" == honoured_serving.clock(heard(*odd)).seen


def test_counts_that_are_missing_are_not_honoured_and_excuse_the_rest() -> None:
    """No counts at all is a finding of its own; what would be read off them can't be told."""
    bare = heard(reply("bare"), reply("told"))
    finding = honoured_usage.usage(bare, limit_honoured=True)
    assert ("not honoured", ("usage",)) == (finding.status, finding.breaks)
    assert "none of 2 replies has counts" == finding.seen
    assert "can't tell" == honoured_usage.default_text(bare, factor=None, drops_system=False).status


def test_hidden_reasoning_is_not_called_inflated_usage() -> None:
    """Tokens of a reasoning that isn't shown are counted and not listed: such replies know no ratio."""
    tokens = tuple(TokenLogprob(token="x", logprob=-0.1) for _ in range(10))
    counts = {"prompt_tokens": 5, "completion_tokens": 90}
    thought, plain_one = (
        heard(reply("warm-rain", logprobs=tokens, usage=Usage(**counts, reasoning_tokens=n))) for n in (80, None)
    )
    assert "can't tell" == honoured_usage.usage(thought, limit_honoured=True).status
    assert ("inflate-usage",) == honoured_usage.usage(plain_one, limit_honoured=True).quirks


def test_an_answer_that_names_today_shows_a_date_in_the_prompt() -> None:
    """Only a date within a day of the request counts: a model that guesses a date is not accused."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    counts = [reply(name, usage=Usage(prompt_tokens=9, completion_tokens=1)) for name in ("bare", "told")]
    said = {
        day: honoured_usage.default_text(
            heard(*counts, reply("date", text=day, requested_at=at)), factor=None, drops_system=False
        )
        for day in ("2026-02-28", "2024-06-01")
    }
    assert ("not honoured", ("date-line",)) == (said["2026-02-28"].status, said["2026-02-28"].quirks)
    assert said["2026-02-28"].seen.endswith("1 of 1 answers name today: the date is in the prompt")
    assert "honoured" == said["2024-06-01"].status


@pytest.mark.parametrize(("logprob", "column"), [(-1.0, 0), (-1.5, 1), (-5.0, None)])
def test_a_token_listed_under_another_spelling_is_the_nearest(logprob: float, column: int | None) -> None:
    """Where the name is not listed the probability says which it was; one below all listed is of the rest."""
    top = (("▁yes", -1.0), ("▁no", -1.6))
    assert column == stated_draws._Row(TokenLogprob(token=" yes", logprob=logprob, top=top), "", ()).drawn


def test_a_list_of_end_marks_alone_is_no_law() -> None:
    """A server that lists nothing but a certain end, and goes on, states nothing about what it drew."""
    token = TokenLogprob(token="x", logprob=-9999.0, top=(("<|im_end|>", 0.0), ("x", -9999.0)))
    assert stated_draws.draws_of([reply("warm-rain", logprobs=(token,))]) is None


def test_a_stop_inside_a_token_is_not_called_ignored() -> None:
    """A server that stops at the end of the token that holds the letter did stop, only late."""
    texts = {"in a token": "Rain is made", "ignored": "Rain is made where warm air rises and cools."}
    found = {name: honoured_fields.stop(heard(reply("stop", text=f"{text}, so"))) for name, text in texts.items()}
    assert ("not honoured", ()) == (found["in a token"].status, found["in a token"].quirks)
    assert ("ignored", ("ignore-stop",)) == (found["ignored"].status, found["ignored"].quirks)
