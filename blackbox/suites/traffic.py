"""A suite of one's own prompts: from a dataset or a log, redacted, thinned out, with where it came from recorded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from blackbox.core import Message, plain
from blackbox.errors import SuiteError
from blackbox.suites.families.draws import Draws
from blackbox.suites.fields import Place, is_name, name_hint, shown
from blackbox.suites.recorded import imported_probe_id
from blackbox.suites.redaction import redacted
from blackbox.suites.schema import SCHEMA, build, content_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blackbox.core import Suite

MAX_CHARACTERS = 8_000
"""Longer prompts are left out: they are documents, and dear."""
_SYSTEM = "You are a helpful assistant."

Prompt: TypeAlias = "str | tuple[Message, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficOptions:
    """How a dataset becomes a suite.

    Args:
        name: The suite's name.
        n_probes: At most so many prompts, drawn at random.
        repeats: How often each is asked.
        max_output_tokens: Where answers are cut.
        licence: Of the prompts.
        source: Where they came from: address or digest, revision, column, split.
        redact: Whether to take out what identifies or unlocks.
        seed: Decides which prompts are drawn.
    """

    name: str
    n_probes: int
    repeats: int
    max_output_tokens: int
    licence: str
    source: Mapping[str, Any]
    redact: bool = True
    seed: int = 0


def traffic_suite(prompts: Iterable[object], options: TrafficOptions) -> Suite:
    """Return the suite of a column of prompts: texts, or messages that end with the user's.

    Kept are different ones of 1 to 8,000 characters; what else the column held is counted in `provenance`.

    Raises:
        SuiteError: A bad name, no licence, or no usable prompt.
    """
    if not is_name(options.name):
        raise SuiteError(f"{shown(options.name)} is not a valid suite name; {name_hint(options.name)}")
    if not options.licence:
        raise SuiteError("the dataset states no licence; say which with --licence, e.g. --licence own")
    left_out: Counter[str] = Counter()
    found: Counter[str] = Counter()
    usable = Counter(_usable(prompts, options, left_out, found))
    kept = list(usable)
    left_out.update({"asked before": usable.total() - len(kept)} if usable.total() > len(kept) else {})
    if not kept:
        held = ", ".join(f"{n} × {reason}" for reason, n in sorted(left_out.items())) or "nothing"
        wanted = "texts of 1 to 8,000 characters, or lists of messages that end with the user's, are wanted"
        raise SuiteError(f"the column holds no usable prompt ({held}): {wanted}")
    chosen = Draws(str(options.seed).encode(), "traffic").sample(kept, options.n_probes)
    document = _document(
        sorted(chosen, key=_order), options, {"n_different": len(kept), "left_out": left_out, "redacted": found}
    )
    return build(document, Place(source=options.name), origin="file")


def _usable(
    prompts: Iterable[object], options: TrafficOptions, left_out: Counter[str], found: Counter[str]
) -> Iterable[Prompt]:
    for prompt in prompts:
        reason = _unusable(prompt)
        if reason:
            left_out[reason] += 1
        elif isinstance(prompt, tuple):
            yield tuple(replace(m, content=_clean(m.content, options, found)) for m in _with_system(prompt))
        else:
            yield _clean(str(prompt).strip(), options, found)


def _clean(text: str, options: TrafficOptions, found: Counter[str]) -> str:
    if not options.redact:
        return text
    clean = redacted(text)
    found.update(clean.counts)
    return clean.text


def _with_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return a chat with a system message: its own, or the neutral one that all other prompts get."""
    return messages if messages[0].role == "system" else (Message(role="system", content=_SYSTEM), *messages)


def _unusable(prompt: object) -> str | None:
    if isinstance(prompt, tuple):
        if any(not message.content.strip() for message in prompt):
            return "blank"
        return _unusable("\n".join(message.content for message in prompt))
    if not isinstance(prompt, str):
        return "not text"
    if not prompt.strip():
        return "blank"
    if len(prompt) > MAX_CHARACTERS:
        return "too long"
    return "lone surrogate" if any("\ud800" <= c <= "\udfff" for c in prompt) else None


def _order(prompt: Prompt) -> str:
    return prompt if isinstance(prompt, str) else "\n".join(f"{m.role}: {m.content}" for m in prompt)


def _probe(prompt: Prompt) -> dict[str, Any]:
    asked = {"prompt": prompt} if isinstance(prompt, str) else {"messages": plain(prompt)}
    return {"id": imported_probe_id(prompt), **asked}


def _document(prompts: list[Prompt], options: TrafficOptions, counts: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "name": options.name,
        "version": 1,
        "title": "Prompts of a dataset",
        "description": "Made by `blackbox suites from-dataset`: what is asked here is what this dataset's users ask.",
        "licence": options.licence,
        "questions": ["same", "related"],
        "system": _SYSTEM,
        "decoding": {"temperature": 1.0, "top_p": 1.0},
        "defaults": {
            "family": "traffic", "language": "und", "form": "open", "parser": "text", "repeats": options.repeats,
            "max_output_tokens": options.max_output_tokens,
        },
        "provenance": {
            "kind": "dataset", **options.source, "seed": options.seed, "redaction": options.redact,
            **{name: dict(sorted(value.items())) if isinstance(value, Counter) else value
               for name, value in counts.items()},
        },
        "probes": [_probe(prompt) for prompt in prompts],
    }  # fmt: skip
    document["digest"] = content_digest(document)
    return document
