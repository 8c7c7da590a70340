"""The command that makes a comparison again: everything that was asked, nothing that changes no number."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from blackbox.workflow.compare_options import CompareOptions

_ALL = frozenset({"same", "related", "mixed"})
_COMPANIONS = {"controls": "--control", "benign": "--benign", "alternatives": "--alternative"}


def command_of(inputs: Mapping[str, Any], options: CompareOptions) -> str:
    """Return the command, of words that a shell reads as they are; runs by their ids, files as they were called.

    Args:
        inputs: What the comparison was made from.
        options: What was asked.
    """
    return shlex.join(("blackbox", "compare", *_words(inputs, options)))


def _words(inputs: Mapping[str, Any], options: CompareOptions) -> Iterator[str]:
    yield from (run["id"] for run in inputs["runs"])
    for role, flag in _COMPANIONS.items():
        for run in inputs[role]:
            yield from (flag, run["id"])
    if set(options.questions) != _ALL:
        yield from ("--question", ",".join(options.questions))
    for flag, value in (
        ("--population", options.population),
        ("--chosen", options.chosen),
        ("--reply", options.reply),
        ("--seed", options.seed),
    ):
        if value is not None:
            yield from (flag, str(value))
    if options.allow_decoding_differences:
        yield "--allow-decoding-differences"
