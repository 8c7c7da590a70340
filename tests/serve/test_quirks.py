"""Each quirk is seen to do what its name says, and the clean profile is seen not to."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from support.chat_client import Client

from blackbox.errors import UsageError
from blackbox.serve import QUIRKS, FixedAnswers, RequestLog, Rule, Script, When, make_quirk, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = (
    "clean", "ignore-n", "ignore-logprobs", "ignore-temperature", "ignore-max-completion-tokens", "ignore-max-tokens",
    "ignore-seed", "ignore-stop", "echo-model", "inflate-usage", "hidden-top-p", "repetition-penalty", "temperature",
    "system-prompt", "date-line", "cache-repeats", "swap-model", "two-builds", "strip-leading-space", "reroute-share",
    "drop-system-role",
)  # fmt: skip
GUIDE = [{"role": "user", "content": "Explain how to plant tomatoes."}]
BRIEFED = [{"role": "system", "content": "Be brief."}, *GUIDE]


class Overheard(FixedAnswers):
    """Answers one of many texts and keeps the conversations it was shown."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*(texts or tuple(f" said {i} end" for i in range(1000))))
        self.shown: list[list[dict[str, str]]] = []

    def prompt_ids(self, messages: Any) -> tuple[int, ...]:
        """Keep what is shown."""
        self.shown.append([dict(each) for each in messages])
        return super().prompt_ids(messages)


@contextmanager
def _serving(*quirks: str, **models: Any) -> Iterator[Client]:
    log = RequestLog()
    served = models or {"a": Overheard()}
    with running(served, quirks={next(iter(served)): quirks}, log=log) as base_url:
        yield Client(base_url=base_url, log=log)


def _differs(quirk: str, seen: Callable[[Client], bool]) -> None:
    """Check that what shows a quirk shows under it, and does not under the clean profile."""
    with _serving(quirk) as quirky:
        assert seen(quirky)
    with _serving("clean") as clean:
        assert not seen(clean)


def _texts(client: Client, n: int = 6, **body: Any) -> set[str]:
    return {client.chat(**body).texts[0] for _ in range(n)}


def test_the_profiles_have_the_names_that_were_promised() -> None:
    """Exactly these, in kebab-case."""
    assert sorted(NAMES) == sorted(QUIRKS)


def test_ignore_n() -> None:
    """Three were asked for, one comes."""
    _differs("ignore-n", lambda client: len(client.chat(n=3).body["choices"]) == 1)


def test_ignore_logprobs() -> None:
    """They were asked for and do not come."""
    _differs("ignore-logprobs", lambda client: client.chat(logprobs=True).body["choices"][0]["logprobs"] is None)


def test_ignore_temperature() -> None:
    """At temperature 0 answers vary."""
    _differs("ignore-temperature", lambda client: len(_texts(client, temperature=0)) > 1)


@pytest.mark.parametrize("spelling", ["max_tokens", "max_completion_tokens"])
def test_ignored_limits(spelling: str) -> None:
    """The limit in one spelling has no effect, the other has."""
    other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}[spelling]
    quirk = f"ignore-{spelling.replace('_', '-')}"
    _differs(quirk, lambda client: client.chat(**{spelling: 3}).body["usage"]["completion_tokens"] > 3)
    with _serving(quirk) as quirky:
        assert quirky.chat(**{other: 3}).body["usage"]["completion_tokens"] == 3


def test_ignore_seed() -> None:
    """The same seed gives other answers."""
    _differs("ignore-seed", lambda client: len(_texts(client, seed=1)) > 1)


def test_ignore_stop() -> None:
    """The answer runs past the stop text."""
    _differs("ignore-stop", lambda client: "end" in client.chat(stop=["end"]).texts[0])


def test_echo_model() -> None:
    """Any name is answered, and named in the reply; names that are served stay what they are."""
    _differs("echo-model", lambda client: client.chat(model="gpt-9-nonsense").status == 200)
    with _serving("echo-model", a=FixedAnswers("A"), b=FixedAnswers("B")) as client:
        replies = [client.chat(model=name) for name in ("no-such", "b", "a")]
    assert [reply.body["model"] for reply in replies] == ["no-such", "b", "a"]
    assert [reply.texts for reply in replies] == [["A"], ["B"], ["A"]]


def test_inflate_usage() -> None:
    """Both counts are times the factor, rounded up; the text is what it was."""
    with _serving("inflate-usage=2.5", a=FixedAnswers("abc")) as client:
        inflated = client.chat().body
    with _serving("clean", a=FixedAnswers("abc")) as client:
        true = client.chat().body
    assert true["usage"]["completion_tokens"] == 3
    assert inflated["usage"]["completion_tokens"] == 8
    assert inflated["usage"]["prompt_tokens"] == -(-true["usage"]["prompt_tokens"] * 5 // 2)
    assert inflated["usage"]["total_tokens"] == 8 + inflated["usage"]["prompt_tokens"]
    assert inflated["choices"] == true["choices"]


def test_strip_leading_space() -> None:
    """Text begins without the space the model gave it; log-probabilities still list every token."""
    _differs("strip-leading-space", lambda client: client.chat().texts[0].startswith("said"))
    with _serving("strip-leading-space") as client:
        assert client.complete(prompt="x").body["choices"][0]["text"].startswith("said")


@pytest.mark.parametrize(
    ("quirk", "asked", "shown"),
    [
        ("clean", BRIEFED, BRIEFED),
        ("drop-system-role", BRIEFED, GUIDE),
        ("drop-system-role", GUIDE, GUIDE),
        ("system-prompt=Be kind.", GUIDE, [{"role": "system", "content": "Be kind."}, *GUIDE]),
        ("system-prompt=Be kind.", BRIEFED, BRIEFED),
        ("system-prompt=always:Be kind.", BRIEFED, [{"role": "system", "content": "Be kind.\nBe brief."}, *GUIDE]),
        ("date-line=2026-11-05", GUIDE, [{"role": "system", "content": "Today's date: 2026-11-05."}, *GUIDE]),
        (
            "date-line=2026-11-05",
            BRIEFED,
            [{"role": "system", "content": "Today's date: 2026-11-05.\nBe brief."}, *GUIDE],
        ),
    ],
)
def test_hidden_prompts(quirk: str, asked: list[Any], shown: list[Any]) -> None:
    """What the model is shown is what was asked, changed as the name says."""
    model = Overheard()
    with _serving(quirk, a=model) as client:
        client.chat(messages=asked)
    assert model.shown == [shown]


def test_the_date_is_of_today_unless_given() -> None:
    """The line holds a date of ten characters."""
    model = Overheard()
    with _serving("date-line", a=model) as client:
        client.chat()
    assert len("Today's date: 2026-11-05.") == len(model.shown[0][0]["content"])


def test_cache_repeats() -> None:
    """A repeat gets the first reply, id and all; another request does not; the log says which were recalled."""
    with _serving("cache-repeats") as client:
        replies = [client.chat(seed=seed) for seed in (1, 1, 2)]
        assert replies[0].body == replies[1].body
        assert replies[0].body["id"] != replies[2].body["id"]
        assert [("cache-repeats: recalled" in entry.done) for entry in client.log.entries] == [False, True, False]
        assert client.log.entries[0].response_id == client.log.entries[1].response_id
    with _serving("clean") as client:
        assert client.chat().body["id"] != client.chat().body["id"]


def test_cache_repeats_of_a_share() -> None:
    """About half of the repeats are copies at a share of one half, drawn by request number alone."""
    with _serving("cache-repeats=0.5") as client:
        ids = [client.chat().body["id"] for _ in range(60)]
    assert 15 <= ids[1:].count(ids[0]) <= 45


def test_a_recalled_reply_is_changed_once() -> None:
    """A quirk of the reply does not work on copies again."""
    with _serving("inflate-usage=2", "cache-repeats", a=FixedAnswers("abc")) as client:
        assert [client.chat().body["usage"]["completion_tokens"] for _ in range(3)] == [6, 6, 6]


@pytest.fixture(scope="module")
def sampled() -> Iterator[Callable[..., Client]]:
    """One endpoint with a name for each quirk that needs a real model."""
    quirks = {
        "clean": ["clean"],
        "narrow": ["hidden-top-p=0.0001"],
        "cold": ["temperature=0"],
        "cooled": ["temperature=x0"],
        "penalised": ["repetition-penalty=10"],
        "swapped": ["swap-model=3"],
        "builds": ["two-builds"],
        "rerouted": ["reroute-share=0.3:c"],
    }
    log = RequestLog()
    with running(dict.fromkeys(quirks, "a") | {"b": "b", "c": "c"}, quirks=quirks, log=log) as base_url:
        yield lambda: Client(base_url=base_url, log=log)


@pytest.mark.parametrize("name", ["narrow", "cold", "cooled"])
def test_narrowed_sampling(sampled: Callable[..., Client], name: str) -> None:
    """A hidden nucleus of nothing, and temperature 0 or times 0, answer greedily; clean doesn't."""
    asked = {"messages": GUIDE, "max_tokens": 40}
    greedy = sampled().chat(model="clean", temperature=0, **asked).texts
    assert sampled().chat(model=name, **asked).texts == greedy
    assert sampled().chat(model="clean", seed=1, **asked).texts != greedy


def test_repetition_penalty(sampled: Callable[..., Client]) -> None:
    """Under a strong penalty far fewer tokens come twice than without."""

    def repeated(name: str) -> int:
        reply = sampled().chat(model=name, messages=GUIDE, max_tokens=80, temperature=0, logprobs=True).body
        spelt = [entry["token"] for entry in reply["choices"][0]["logprobs"]["content"]]
        return len(spelt) - len(set(spelt))

    assert repeated("penalised") < repeated("clean") / 2


def _first_logprob(client: Client, model: str) -> float:
    body = client.chat(model=model, messages=GUIDE, max_tokens=1, logprobs=True, temperature=0).body
    return float(body["choices"][0]["logprobs"]["content"][0]["logprob"])


def test_swap_model(sampled: Callable[..., Client]) -> None:
    """Two requests are answered by a, all later ones by b; the name stays."""
    found = [_first_logprob(sampled(), "swapped") for _ in range(4)]
    true = {name: _first_logprob(sampled(), name) for name in ("clean", "b")}
    assert found == pytest.approx([true["clean"]] * 2 + [true["b"]] * 2, abs=1e-4)
    assert abs(true["clean"] - true["b"]) > 1e-3


def test_two_builds(sampled: Callable[..., Client]) -> None:
    """Two log-probabilities for one prompt, close but apart, each about half of the time; clean has one."""
    found = [round(_first_logprob(sampled(), "builds"), 4) for _ in range(30)]
    clean = {round(_first_logprob(sampled(), "clean"), 4) for _ in range(5)}
    assert len(clean) == 1
    assert len(set(found)) == 2
    assert clean < set(found)
    assert 5 <= found.count(clean.pop()) <= 25


def test_reroute_share(sampled: Callable[..., Client]) -> None:
    """About the share is answered by the other model, and the log says which."""
    client = sampled()
    found = [_first_logprob(client, "rerouted") for _ in range(60)]
    other = _first_logprob(client, "c")
    logged = [entry for entry in client.log.entries if entry.model == "rerouted"]
    rerouted = ["answered by c" in entry.done for entry in logged]
    assert [value == pytest.approx(other, abs=1e-4) for value in found] == rerouted
    assert 8 <= sum(rerouted) <= 30


def test_the_log_names_what_was_done_and_keeps_what_was_sent() -> None:
    """Quirks stand in the log in order; the body is the one that came."""
    with _serving("ignore-n", "ignore-seed") as client:
        client.chat(n=2, seed=5)
        entry = client.log.entries[0]
    assert ("ignore-n", "ignore-seed") == entry.done
    assert entry.body is not None
    assert (2, 5) == (entry.body["n"], entry.body["seed"])
    assert 1 == entry.number


def test_conditions_pick_the_requests() -> None:
    """By number, by share, by served name: all must hold."""
    rules = (
        Rule(name="second", does=make_quirk("ignore-n"), when=When(requests=((2, 2), (4, None)), models=("a",))),
        Rule(name="some", does=make_quirk("clean"), when=When(share=0.5)),
    )
    log = RequestLog()
    with running({"a": FixedAnswers("x"), "b": FixedAnswers("x")}, script=Script(rules=rules), log=log) as base_url:
        client = Client(base_url=base_url, log=log)
        counts = [len(client.chat(model=name, n=2).body["choices"]) for name in "aaaaa"]
        assert [len(client.chat(model="b", n=2).body["choices"]) for _ in range(2)] == [2, 2]
        for _ in range(40):
            client.chat(model="b")
    assert [2, 1, 2, 1, 1] == counts
    assert 12 <= sum("some" in entry.done for entry in log.entries) <= 36


def test_shares_do_not_depend_on_when_requests_come() -> None:
    """Seed and request number alone decide: the same twice, another with another seed."""

    def struck(seed: int) -> list[bool]:
        rule = Rule(name="half", does=make_quirk("clean"), when=When(share=0.5))
        log = RequestLog()
        with running({"a": FixedAnswers("x")}, script=Script(rules=(rule,), seed=seed), log=log) as base_url:
            Client(base_url=base_url, log=log).chats([{}] * 30)
        return ["half" in entry.done for entry in sorted(log.entries, key=lambda entry: entry.number or 0)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)


@pytest.mark.parametrize(
    ("quirk", "said"),
    [
        ("ignore-nn", "unknown quirk 'ignore-nn'; did you mean 'ignore-n'?"),
        ("zzz", "unknown quirk 'zzz'; known: cache-repeats, clean"),
        ("ignore-n=3", "the quirk ignore-n takes no value"),
        ("reroute-share=2", "'2' is not a share from 0 to 1"),
        ("swap-model=b", "'b' is neither a request number such as 50 nor a time"),
        ("temperature=hot", "'hot' is not a number from 0 up"),
        ("inflate-usage=nan", "'nan' is not a number"),
        ("repetition-penalty=0", "outside 0.1 to 10"),
        ("system-prompt=", "the prompt is empty"),
        ("two-builds=a@int7", "no model 'a@int7'"),
    ],
)
def test_a_wrong_quirk_is_one_clear_line(quirk: str, said: str) -> None:
    """Found before anything is served, with what to write."""
    with pytest.raises(UsageError) as caught, _serving(quirk):
        pass
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_quirk_of_what_is_not_served_is_refused() -> None:
    """The names that are served are listed."""
    refused = pytest.raises(UsageError, match="no model is served as 'x'; there are: a")
    with refused, running({"a": FixedAnswers("x")}, quirks={"x": ["clean"]}):
        pass


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_streams_too_and_answers_text(name: str) -> None:
    """A quirk breaks neither a stream nor a text completion."""
    quirk = "two-builds=b" if name == "two-builds" else name
    with _serving(quirk, a=FixedAnswers(" one two"), b=FixedAnswers(" one two")) as client:
        events = client.streamed()
        assert "one two" in "".join(event["choices"][0]["delta"].get("content", "") for event in events)
        assert "one two" in client.complete(prompt="x").body["choices"][0]["text"]
        assert json.loads(json.dumps(events))[-1]["choices"][0]["finish_reason"] == "stop"
