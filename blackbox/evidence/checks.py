"""The calls `doctor` sends: which settings each asks for, and how often. What they show is judged in `honoured`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from blackbox.core import Call, Decoding, Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.core import Observation, Wire

VERSION = 1
"""Changes with every change of a call below: results of other versions are not mixed."""

SYSTEM = "You are a helpful assistant."
NEUTRAL = Decoding(temperature=1.0, top_p=1.0)
PROMPTS: Mapping[str, str] = {
    "animal": "Name a random animal. Answer with one word only.",
    "number": "Pick a random whole number from 1 to 100. Answer with the number only, in digits.",
    "rain": "Write two sentences about rain on a street at night.",
    "bread": "Write an essay about the history of bread.",
}
"""Two with a short answer and two with a long one: an endpoint's spread shows in the first, its sampling in both."""
LONG = "Explain in detail how rain is made, step by step."
UNIT = " seven grey stones"
DATE = "What is the date of today? Answer in the form YYYY-MM-DD and with nothing else."
COLD, WARM, HOT = 0.0, 1.0, 1.5
N_COLD, N_WARM, N_HOT = 5, 18, 6
N_CHOICES = 3
SHORT_LIMIT, LONG_LIMIT, DRAW_LIMIT = 8, 64, 32
SEED = 20_260_101
STOP = "e"
MOST_UNITS = 5
N_NEAR = 4
LISTED = (20, 5)
"""How many alternatives a token are asked for; servers refuse more than they can list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One call and how often it is sent.

    Args:
        name: What the replies are found by.
        call: What is sent.
        repeats: How often, the same each time.
    """

    name: str
    call: Call
    repeats: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back for one call of a check; `seconds` is when it was sent, from the first call on."""

    check: str
    observation: Observation
    seconds: float
    wire: Wire | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All replies, in the order of their requests.

    Args:
        replies: By the time they were sent.
        model: The name asked for.
        nonsense: A name no server has a model of.
    """

    replies: tuple[Reply, ...]
    model: str
    nonsense: str
    _by_check: dict[str, list[Reply]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for reply in self.replies:
            self._by_check.setdefault(reply.check, []).append(reply)

    @property
    def checks(self) -> tuple[str, ...]:
        """The checks that were sent."""
        return tuple(self._by_check)

    def of(self, *checks: str) -> list[Reply]:
        """Return the replies of some checks, answered or not, by time within each."""
        return [reply for check in checks for reply in self._by_check.get(check, ())]

    def answered(self, *checks: str) -> list[Reply]:
        """Return those that brought a reply that could be read."""
        return [reply for reply in self.of(*checks) if not reply.observation.missing]

    def texts(self, *checks: str) -> list[str]:
        """Return the texts answered, reasoning alone not counted."""
        return [reply.observation.text for reply in self.answered(*checks) if reply.observation.text is not None]


def first_checks(token_limit_field: str, *, nonsense: str) -> tuple[Check, ...]:
    """Return what is asked first: the protocol's fields one by one.

    Args:
        token_limit_field: The spelling the endpoint is configured with.
        nonsense: A name no server has a model of.
    """
    story = _call(LONG, max_output_tokens=LONG_LIMIT)
    listed = [Check(name=f"listed-{k}", call=_drawn("animal", WARM, k), repeats=3) for k in LISTED]
    limits = [
        Check(name=name, call=replace(story, body={token_limit_field: None, name: SHORT_LIMIT}), repeats=3)
        for name in ("max_tokens", "max_completion_tokens")
    ]
    return (
        *listed,
        *limits,
        Check(name="story", call=story, repeats=3),
        Check(name="stop", call=_call(LONG, max_output_tokens=LONG_LIMIT, stop=(STOP,)), repeats=3),
        Check(name="n", call=replace(_short(), body={"n": N_CHOICES}), repeats=2),
        Check(name="nonsense", call=replace(_short(), body={"model": nonsense})),
        Check(name="stream", call=replace(story, body={"stream": True}), repeats=2),
    )


def later_checks(top_logprobs: int | None) -> tuple[Check, ...]:
    """Return what is asked then: draws, repeats, counts.

    Args:
        top_logprobs: How many alternatives the first checks showed to be listed; None: no log-probabilities.
    """
    draws = [
        Check(name=f"{name}-{prompt}", call=_drawn(prompt, temperature, top_logprobs), repeats=repeats)
        for name, temperature, repeats in (("cold", COLD, N_COLD), ("warm", WARM, N_WARM), ("hot", HOT, N_HOT))
        for prompt in PROMPTS
    ]
    seeded = _call(LONG, max_output_tokens=LONG_LIMIT, seed=SEED)
    near = [
        Check(name=f"story-near-{i}", call=_call(LONG, max_output_tokens=LONG_LIMIT - i)) for i in range(1, N_NEAR + 1)
    ]
    return (*draws, Check(name="seeded", call=seeded, repeats=4), *near, *_counting(), _dated())


def _counting() -> list[Check]:
    """Return calls whose prompts differ by whole repeats of a unit: what counts is how the counts grow."""
    bare = [_bare(UNIT * k) for k in range(1, MOST_UNITS + 1)]
    told = [_bare("a", system=UNIT * k) for k in range(1, MOST_UNITS + 1)]
    return [
        *(Check(name=f"user-{k}", call=call) for k, call in enumerate(bare, 1)),
        *(Check(name=f"system-{k}", call=call) for k, call in enumerate(told, 1)),
        Check(name="bare", call=_bare("a"), repeats=2),
        Check(name="told", call=_bare("a", system="a"), repeats=2),
    ]


def _dated() -> Check:
    decoding = Decoding(temperature=COLD, top_p=1.0, max_output_tokens=DRAW_LIMIT)
    return Check(name="date", call=Call(messages=(Message(role="user", content=DATE),), decoding=decoding), repeats=3)


def _call(prompt: str, **settings: Any) -> Call:  # noqa: ANN401 - any setting of Decoding
    decoding = replace(NEUTRAL, **settings)
    return Call(
        messages=(Message(role="system", content=SYSTEM), Message(role="user", content=prompt)), decoding=decoding
    )


def _short() -> Call:
    return _call(PROMPTS["animal"], max_output_tokens=DRAW_LIMIT)


def _drawn(prompt: str, temperature: float, top_logprobs: int | None) -> Call:
    return _call(PROMPTS[prompt], temperature=temperature, max_output_tokens=DRAW_LIMIT, top_logprobs=top_logprobs)


def _bare(user: str, *, system: str | None = None) -> Call:
    """Return a call without the neutral system message: what a server adds of its own shows in the counts."""
    stated = (Message(role="system", content=system),) if system is not None else ()
    decoding = replace(NEUTRAL, max_output_tokens=1)
    return Call(messages=(*stated, Message(role="user", content=user)), decoding=decoding)
