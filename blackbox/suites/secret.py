"""Secret suites: a released family's questions drawn anew from a key that only the auditor holds."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from blackbox.errors import SuiteError
from blackbox.suites.families import FAMILIES, VERSIONS
from blackbox.suites.families.draws import Draws
from blackbox.suites.fields import Place, did_you_mean, shown
from blackbox.suites.linting import lint
from blackbox.suites.schema import build, content_digest
from blackbox.suites.shipped import available, find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from blackbox.core import Suite

MIN_KEY_BYTES = 16
_MOST_ATTEMPTS = 100
_KEPT = ("schema", "licence", "questions", "system", "decoding", "decision", "defaults", "detects", "against")

_ZH = "The Chinese phrases were not read by a native speaker."
_HONEST: Mapping[str, Mapping[str, Any]] = {
    "border-input": {
        "description": (
            "Three hundred choices between two words, asked three times at temperature 0 to find the near ties of one "
            "endpoint; `blackbox suites near-ties` then writes those into a suite of their own, which is asked anew."
        ),
        "unchecked": [_ZH],
    },
    "continuation": {
        "description": (
            "Twenty-five openings of stories and descriptions in English, Chinese, Russian, Arabic and Spanish and of "
            "code in five programming languages, put together from phrases. The model continues each ten times, fifty "
            "tokens."
        ),
        "unchecked": ["The Chinese, Russian, Arabic and Spanish phrases were not read by native speakers."],
    },
    "determinism": {"unchecked": [_ZH]},
    "identity": {"unchecked": ["The Chinese phrases were not read by a second native speaker."]},
    "knowledge-edge": {
        "title": "Numbers that follow from two facts near the edge of what a model knows",
        "description": (
            "A hundred and fifty questions in fifteen batches of ten, asked twice at temperature 0: differences, sums, "
            "ratios and orders of two facts of one kind. Each key follows from the released table of facts, and its "
            "tolerance from theirs."
        ),
        "against": (
            "At temperature 0 answers are repeats, not draws: each batch counts once a side, and a difference is "
            "judged only against honest hosts of one model (a same-weights band). The facts themselves are those of "
            "the release: whoever has answers to them ready can combine them. Reckoning is tested along with knowing."
        ),
        "unchecked": [
            "The facts are those of the release, whose values and sources were written down from general knowledge.",
            "Whether these questions lie at the edge of any particular model's knowledge was not measured.",
        ],
    },
    "one-token": {
        "description": (
            "Forty small choices without a right answer: eight kinds of words and two ranges of numbers in each of "
            "English, Chinese, Russian and Arabic, each asked fifteen times. What a model picks, and how often, is its "
            "own habit, and honest hosts of one model share it."
        ),
        "against": (
            "It says nothing about ancestry. A heavily peaked model answers some cells with one word nearly always, "
            "and those cells then say little. Quantised or differently templated hosts of one model can shift the "
            "habits a little."
        ),
        "unchecked": ["The Chinese, Russian and Arabic phrases were not read by native speakers."],
    },
    "open-ended": {
        "description": (
            "Two hundred open questions, half English and half Chinese: how-to, advice, plans and essays, each about "
            "one of thirty tasks under one of twenty circumstances. Each is asked four times and cut at 160 tokens."
        ),
        "unchecked": [_ZH],
    },
    "random-bits": {"unchecked": [_ZH]},
    "reasoned-choice": {
        "description": (
            "Four hundred four-way questions, ten of each of twenty kinds in English and in Chinese (arithmetic, "
            "dates, units, sets, probability, order, liars, syllogisms, short programs), drawn by rules that compute "
            "the key. "
            "One letter is asked for at once; models err often, and that is the point."
        ),
        "unchecked": ["How often current models err on these questions was not measured.", _ZH],
    },
    "refusal": {
        "unchecked": [
            "Which of the drawn requests are borderline for today's models was not measured.",
            _ZH,
        ]
    },
    "tokenizer": {
        "description": (
            "Nine units (English, Chinese, Russian, Arabic, Korean and rare words, digits, emoji, code), each "
            "repeated one, two and three times inside one fixed frame, and the frame alone, asked twice. The slope "
            "of usage.prompt_tokens over the repeats belongs to the tokenizer: chat template, system message and "
            "frame cancel."
        ),
        "unchecked": ["The words were not read by native speakers; only their token counts are used."],
    },
    "tool-call": {
        "description": (
            "Sixty requests with two to six drawn tools on offer: twenty clear calls, seventeen choices among many "
            "tools, fifteen questions that need none, eight that tempt. Read as the tools' names, with a mark where "
            "the arguments do not fit the tool's own schema. Three times each."
        ),
        "unchecked": [_ZH],
    },
}
"""What a drawn suite says of itself where the words of the release would not hold."""


def secret_suite(family: str, key: bytes) -> Suite:
    """Return the suite of `family` that `key` stands for: same rules as the newest release, questions of its own.

    A draw that repeats a released question, or that `lint` objects to, is drawn again, by the key alone too. Its name
    holds eight digits of a digest of the key: enough to tell suites apart, nothing to guess questions from.

    Args:
        family: A family that rules can draw; `FAMILIES` lists them.
        key: At least 16 bytes nobody else knows. The same key gives the same questions.

    Raises:
        SuiteError: No such family, or too short a key.
    """
    if family not in FAMILIES:
        hint = did_you_mean(family, sorted(FAMILIES))
        raise SuiteError(f"there is no family {shown(family)} to draw from a key; {hint}")
    if len(key) < MIN_KEY_BYTES:
        raise SuiteError(f"the key has {len(key)} bytes; take {MIN_KEY_BYTES} or more, e.g. of: openssl rand -hex 32")
    released = find(family)
    public = {message for suite in available() if suite.name == family for message in _asked(suite)}
    for attempt in range(_MOST_ATTEMPTS):
        label = family if attempt == 0 else f"{family} again {attempt}"
        suite = _drawn(family, key, released, FAMILIES[family](Draws(key, label)))
        if not public & _asked(suite) and not lint(suite):
            return suite
    raise SuiteError(f"this key gives no clean suite of {family}; take another key")


def _asked(suite: Suite) -> set[str]:
    return {probe.messages[-1].content for probe in suite.probes}


def _drawn(family: str, key: bytes, released: Suite, probes: list[dict[str, Any]]) -> Suite:
    document = {name: released.document[name] for name in _KEPT if name in released.document}
    document |= _own(family, key, released) | _short(family, released, probes) | {"probes": probes}
    document["digest"] = content_digest(document)
    return build(document, Place(source=str(document["name"])), origin="file")


def _short(family: str, released: Suite, probes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a short form with as many probes and repeats as the release's, spread over kinds and languages."""
    if released.short is None:
        return {}
    n = min(len(released.short.probe_ids), len(probes))
    # A slope needs all repeats of a unit and the bare frame, which stand first.
    chosen = probes[:n] if family == "tokenizer" else [probes[i * len(probes) // n] for i in range(n)]
    return {"short": {"repeats": released.short.repeats, "probes": [probe["id"] for probe in chosen]}}


def _own(family: str, key: bytes, released: Suite) -> dict[str, Any]:
    mark = hmac.new(key, f"name of {family}".encode(), sha256).hexdigest()[:8]
    honest = dict(_HONEST.get(family, {}))
    title, description = honest.pop("title", released.title), honest.pop("description", released.description)
    return honest | {
        "name": f"{family}-secret-{mark}",
        "version": VERSIONS[family],
        "title": f"{title} (questions drawn from a secret key)",
        "description": f"{description} These questions were drawn from a key that only its holder knows.",
        "provenance": {"kind": "secret", "family": family, "generator": VERSIONS[family], "rules_of": released.digest},
    }
