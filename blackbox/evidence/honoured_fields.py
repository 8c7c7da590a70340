"""Which fields of the protocol an endpoint carries out: read off single replies, no statistics needed."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from blackbox.evidence import checks
from blackbox.evidence.finding import Finding, refusal_words, refused
from blackbox.evidence.spread import n_alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.evidence.checks import Heard, Reply
    from blackbox.evidence.finding import Status

MOST_CHARS_A_TOKEN = 16
"""No run of eight ordinary tokens is longer; a text above it was not cut at that limit."""
_LIMITS = ("max_tokens", "max_completion_tokens")
_SAME_START = 16
_ONE_TOKEN = 16
"""Characters past a stop that one token explains; a server that ignores it writes hundreds."""


def n_choices(heard: Heard) -> Finding:
    """Return whether several choices come when several are asked for."""
    asked, replies = f"{len(heard.of('n'))} calls with n = {checks.N_CHOICES}", heard.answered("n")
    if not replies:
        return _unanswered("n", asked, heard.of("n"))
    counts = sorted({reply.wire.n_choices for reply in replies if reply.wire and reply.wire.n_choices is not None})
    if not counts:
        return Finding(check="n", status="can't tell", asked=asked, seen=f"{len(replies)} replies, choices not counted")
    seen = f"{len(replies)} replies with {' or '.join(map(str, counts))} choice(s)"
    done = counts == [checks.N_CHOICES]
    return Finding(
        check="n", status="honoured" if done else "ignored", asked=asked, seen=seen, counts={"n_choices": counts},
        quirks=() if done else ("ignore-n",),
    )  # fmt: skip


def log_probabilities(heard: Heard) -> Finding:
    """Return whether log-probabilities come, and how many alternatives a token."""
    names = [f"listed-{k}" for k in checks.LISTED]
    asked = f"log-probabilities with {' and '.join(map(str, checks.LISTED))} alternatives a token"
    replies = heard.answered(*names)
    if not replies:
        return _unanswered("logprobs", asked, heard.of(*names))
    listed = [max(len(token.top) for token in tokens) for reply in replies if (tokens := reply.observation.logprobs)]
    seen = f"{len(listed)} of {len(replies)} replies have them"
    seen += f", {max(listed)} alternatives at most" if listed else ""
    return Finding(
        check="logprobs", status="honoured" if listed else "ignored", asked=asked, seen=seen,
        counts={"replies": len(replies), "with_logprobs": len(listed), "alternatives": max(listed, default=0)},
        quirks=() if listed else ("ignore-logprobs",),
    )  # fmt: skip


def alternatives(heard: Heard) -> int | None:
    """Return how many alternatives to ask for from now on: as many as were listed; None: no log-probabilities."""
    for k in checks.LISTED:
        if any(token.top for reply in heard.answered(f"listed-{k}") for token in reply.observation.logprobs or ()):
            return k
    return None


def limits(heard: Heard) -> tuple[Finding, ...]:
    """Return whether each spelling of the output limit cuts a story that goes on without it."""
    return tuple(_limit(heard, name) for name in _LIMITS)


def _limit(heard: Heard, name: str) -> Finding:
    asked, replies = f"{len(heard.of(name))} stories with {name} = {checks.SHORT_LIMIT}", heard.answered(name)
    if not replies:
        return _unanswered(name, asked, heard.of(name))
    lengths = [len(reply.observation.text or "") for reply in replies]
    n_long = sum(length > checks.SHORT_LIMIT * MOST_CHARS_A_TOKEN for length in lengths)
    n_cut = sum(reply.observation.finish_reason == "length" for reply in replies)
    seen = f"{n_cut} of {len(replies)} cut for length; texts of {min(lengths)} to {max(lengths)} characters"
    counts = {"replies": len(replies), "cut": n_cut, "too_long": n_long, "most_characters": max(lengths)}
    if n_long:
        quirk = f"ignore-{name.replace('_', '-')}"
        return Finding(check=name, status="ignored", asked=asked, seen=seen, counts=counts, quirks=(quirk,))
    return Finding(check=name, status="honoured" if n_cut else "can't tell", asked=asked, seen=seen, counts=counts)


def stop(heard: Heard) -> Finding:
    """Return whether a text ends before a letter that no long text does without."""
    asked, replies = f"{len(heard.of('stop'))} stories that are to stop at {checks.STOP!r}", heard.answered("stop")
    if not replies:
        return _unanswered("stop", asked, heard.of("stop"))
    control = [checks.STOP in text[:-1] for text in heard.texts("story")]
    n_past = sum(checks.STOP in (reply.observation.text or "")[:-1] for reply in replies)
    seen = f"{n_past} of {len(replies)} ran past it; {sum(control)} of {len(control)} stories without it hold it"
    counts = {"replies": len(replies), "ran_past": n_past, "control": len(control), "control_with": sum(control)}
    longest = max(len((reply.observation.text or "").partition(checks.STOP)[2]) for reply in replies)
    if n_past and longest <= _ONE_TOKEN:
        seen = f"{seen}; at most {longest} characters past it: stops where the token ends that holds it"
        return Finding(check="stop", status="not honoured", asked=asked, seen=seen, counts=counts)
    if n_past:
        return Finding(check="stop", status="ignored", asked=asked, seen=seen, counts=counts, quirks=("ignore-stop",))
    told = bool(control) and all(control)
    return Finding(check="stop", status="honoured" if told else "can't tell", asked=asked, seen=seen, counts=counts)


def seed(heard: Heard, *, is_random: bool) -> Finding:
    """Return whether one seed gives one answer where none gives many.

    Args:
        heard: The replies.
        is_random: Whether answers without a seed were found to vary; else nothing can be told.
    """
    asked, texts = (
        f"{len(heard.of('seeded'))} stories at temperature 1 with seed = {checks.SEED}",
        heard.texts("seeded"),
    )
    if len(texts) < 2:  # noqa: PLR2004 - a pair
        return _unanswered("seed", asked, heard.of("seeded"))
    pairs = list(combinations(texts, 2))
    n_equal = sum(a == b for a, b in pairs)
    seeded, free = _starts(texts), _starts(heard.texts("story"))
    seen = (
        f"{n_equal} of {len(pairs)} pairs equal; pairs begin alike for {seeded} characters, without a seed for {free}"
    )
    counts = {"pairs": len(pairs), "equal": n_equal, "alike": seeded, "alike_unseeded": free}
    if not is_random:
        return Finding(check="seed", status="can't tell", asked=asked, seen=seen, counts=counts)
    if n_equal or seeded > 2 * free + _SAME_START:
        return Finding(check="seed", status="honoured", asked=asked, seen=seen, counts=counts)
    return Finding(check="seed", status="ignored", asked=asked, seen=seen, counts=counts, quirks=("ignore-seed",))


def _starts(texts: Sequence[str]) -> int:
    """Return for how many characters the pair that stays together longest begins alike."""
    return max((n_alike(*pair) for pair in combinations(texts, 2)), default=0)


def streaming(heard: Heard) -> Finding:
    """Return whether a reply that is to be streamed comes in pieces, and when the first is there."""
    asked, replies = f"{len(heard.of('stream'))} calls with stream = true", heard.answered("stream")
    if not replies:
        return _unanswered("streaming", asked, heard.of("stream"))
    if not any(reply.wire for reply in replies):
        seen = f"{len(replies)} replies, how they came was not kept"
        return Finding(check="streaming", status="can't tell", asked=asked, seen=seen)
    pieces = [reply.wire.n_events for reply in replies if reply.wire and reply.wire.n_events is not None]
    if not pieces:
        return Finding(check="streaming", status="ignored", asked=asked, seen=f"{len(replies)} replies came whole")
    seen = f"{len(pieces)} of {len(replies)} in {min(pieces)} to {max(pieces)} pieces{_times(replies)}"
    return Finding(check="streaming", status="honoured", asked=asked, seen=seen, counts={"pieces": pieces})


def _times(replies: Sequence[Reply]) -> str:
    """Return when the first headers and the first whole reply were there, or nothing where no times were kept."""
    first, whole = (
        min((t for reply in replies if (t := getattr(reply.observation, name)) is not None), default=None)
        for name in ("first_byte_s", "latency_s")
    )
    return "" if first is None or whole is None else f"; headers after {first:.2f} of {whole:.2f} s"


def model_name(heard: Heard) -> Finding:
    """Return whether a model that can't exist answers, and under which name."""
    asked, replies = f"one call for the model {heard.nonsense!r}", heard.of("nonsense")
    if refused(replies):
        return Finding(check="model_name", status="honoured", asked=asked, seen=refusal_words(replies))
    answered = heard.answered("nonsense")
    if not answered:
        return _unanswered("model_name", asked, replies)
    names = sorted({reply.observation.served_model or "no name" for reply in answered})
    echoed = names == [heard.nonsense]
    seen = "answered under that very name" if echoed else f"answered, under {', '.join(names)}"
    return Finding(
        check="model_name", status="ignored", asked=asked, seen=seen, counts={"echoed": echoed},
        quirks=("echo-model",) if echoed else (),
    )  # fmt: skip


def leading_space(heard: Heard) -> Finding:
    """Return whether white space that the first token holds is in the text."""
    asked = "answers whose first token begins with white space"
    replies = [r for r in heard.answered(*heard.checks) if r.observation.logprobs and r.observation.text is not None]
    spaced = [r for r in replies if _first_token(r)[:1].isspace()]
    n_stripped = sum(not (r.observation.text or "")[:1].isspace() for r in spaced)
    seen = f"{len(spaced)} of {len(replies)} answers with log-probabilities; {n_stripped} of their texts lack it"
    counts = {"replies": len(replies), "spaced": len(spaced), "stripped": n_stripped}
    if not spaced:
        return Finding(check="leading_space", status="can't tell", asked=asked, seen=seen, counts=counts)
    status: Status = "not honoured" if n_stripped == len(spaced) else "honoured"
    quirks = ("strip-leading-space",) if n_stripped == len(spaced) else ()
    return Finding(check="leading_space", status=status, asked=asked, seen=seen, counts=counts, quirks=quirks)


def _first_token(reply: Reply) -> str:
    tokens = reply.observation.logprobs or ()
    return next((token.token for token in tokens if token.token), "")


def _unanswered(check: str, asked: str, replies: Sequence[Reply]) -> Finding:
    if refused(replies):
        return Finding(check=check, status="not honoured", asked=asked, seen=refusal_words(replies))
    return Finding(check=check, status="can't tell", asked=asked, seen="no reply to read")
