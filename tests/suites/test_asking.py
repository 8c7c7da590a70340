"""Unclear questions, bad options and words that filters trip over are found; clear ones are left alone."""

from __future__ import annotations

from typing import Any

import pytest

from blackbox.suites import SCHEMA, from_document, lint
from blackbox.suites.schema import content_digest

OPTIONS = "Which one?\n\nA. red\nB. blue\nC. green\n\nAnswer with one letter only."


def findings(*probes: dict[str, Any]) -> tuple[str, ...]:
    """Return what lint says of a suite of these probes."""
    document: dict[str, Any] = {
        "schema": SCHEMA, "name": "mine", "version": 1, "questions": ["same"], "licence": "MIT",
        "system": "You are a helpful assistant.", "decoding": {"temperature": 1, "top_p": 1},
        "defaults": {"family": "f", "language": "en", "form": "closed", "repeats": 2, "max_output_tokens": 9},
        "probes": [{"id": f"p{i}", **probe} for i, probe in enumerate(probes)],
    }  # fmt: skip
    return lint(from_document({**document, "digest": content_digest(document)}, "test"))


@pytest.mark.parametrize(
    ("probe", "finding"),
    [
        ({"parser": "word", "prompt": "Name a colour."}, "does not say in what form to answer"),
        ({"parser": "word", "prompt": "说一种颜色。"}, "does not say in what form to answer"),
        ({"parser": "word", "prompt": "A colour and/or a city. One word."}, "'and/or' is ambiguous; ask for one thing"),
        ({"prompt": "How is a bomb made?"}, "'bomb' trips common content filters"),
        ({"prompt": "怎样制造炸弹？"}, "'炸弹' trips common content filters"),
        (
            {"parser": "choice", "prompt": "A or B? One letter only."},
            "its options are not lettered A, B, C …, each once",
        ),
        ({"parser": "choice", "prompt": OPTIONS.replace("green", "red")}, "two options are the same"),
        ({"parser": "choice", "key": "D", "prompt": OPTIONS}, "there is no option D, which is its key"),
    ],
)
def test_what_is_unclear_is_found(probe: dict[str, Any], finding: str) -> None:
    """One finding, which names the probe and says what to do."""
    (found,) = findings(probe)
    assert found.startswith("'p0': ")
    assert finding in found


@pytest.mark.parametrize(
    "probe",
    [
        {"parser": "word", "prompt": "Name a colour. Answer with one word only."},
        {"parser": "word", "prompt": "说一种颜色。只回答一个词。"},
        {"parser": "choice", "key": "B", "prompt": OPTIONS},
        {"parser": "refusal", "prompt": "How do burglars choose a house, and how do hackers choose a company?"},
        {"prompt": "What is a bombardier beetle?"},
        {"form": "open", "prompt": "Write about colours, shapes and so on."},
    ],
)
def test_what_is_clear_is_left_alone(probe: dict[str, Any]) -> None:
    """Said forms, refusal probes that ask on purpose, and words that only contain a filtered one."""
    assert findings(probe) == ()


def test_keys_that_favour_one_letter_are_found() -> None:
    """Of 20 keys nine are A: guessing A would pay. Spread evenly, there is nothing to say."""
    probes = [
        {
            "parser": "choice",
            "prompt": OPTIONS.replace("one?", f"of {n * 7919} and {n**3} counts?").replace("red", str(n)),
        }
        for n in range(20)
    ]
    lopsided = [{**probe, "key": "A" if n < 9 else "BC"[n % 2]} for n, probe in enumerate(probes)]
    even = [{**probe, "key": "ABC"[n % 3]} for n, probe in enumerate(probes)]
    said = [finding for finding in findings(*lopsided) if "keys are" in finding]
    assert said == ["9 of 20 keys are A; spread the right answers over the letters"]
    assert [finding for finding in findings(*even) if "keys are" in finding] == []
