"""Suites that are made: a scaffold, a dataset's prompts, a secret key's questions, an endpoint's near ties."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox import suites
from blackbox.errors import ConfigError, SuiteError, UsageError
from blackbox.store import read_run, resolve_run
from blackbox.store.disk import disk_errors
from blackbox.store.prompts import PromptSource, read_prompts
from blackbox.suites.discovery import near_ties, selected_suite
from blackbox.suites.fields import is_name, name_hint, shown
from blackbox.suites.shipped import releases
from blackbox.suites.short import SUFFIX
from blackbox.suites.traffic import TrafficOptions, traffic_suite
from blackbox.suites.writing import suite_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blackbox.core import Suite

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_SCAFFOLD = """\
schema: blackbox.suite/1
name: {name}
version: 1
title: One line
description: What it is for and what it can't show.
detects: What a difference here means.
against: What is known against it.
licence: MIT
questions: [same]                      # of same, related, changed, mixed, which
system: You are a helpful assistant.   # explicit, so that no server's own takes its place
decoding: {{temperature: 1.0, top_p: 1.0}}   # draws: no seed
decision: {{alpha: 0.01, margin: 0.2, n_permutations: 9999, seed: 0, looks: 1}}
defaults: {{family: pick, language: en, form: closed, parser: word, repeats: 15, max_output_tokens: 16}}
short: {{repeats: 5}}                    # {name}.short: the same questions, asked less often
probes:
  - {{id: spice, prompt: Name a random spice. Answer with one word only.}}
  - {{id: river, prompt: Name a random river. Answer with one word only.}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRequest:
    """What `suites from-dataset` was asked; see `PromptSource` and `TrafficOptions`."""

    source: PromptSource
    name: str
    licence: str | None = None
    n_probes: int = 100
    repeats: int = 4
    max_output_tokens: int = 160
    redact: bool = True
    seed: int = 0


def new_suite(name: str, out: Path) -> dict[str, Any]:
    """Write a commented suite to start from and return the `blackbox.made-suite/1` document.

    Raises:
        SuiteError: Not a name, or the file is there already.
    """
    if not is_name(name):
        raise SuiteError(f"{shown(name)} is not a valid suite name; {name_hint(name)}")
    if name.removesuffix(SUFFIX) in {released for released, _ in releases()}:
        raise SuiteError(f"{name} is the name of a released suite, never edited; take a name of your own")
    text = suites.locked(_SCAFFOLD.format(name=name), source=str(out))
    return _written(suites.parse(text, source=str(out)), out, text)


def dataset_suite(request: DatasetRequest, out: Path) -> dict[str, Any]:
    """Write the suite of a dataset's column and return the `blackbox.made-suite/1` document.

    Raises:
        UsageError: The dataset can't be read, or nothing in it can be used.
    """
    found = read_prompts(request.source)
    options = TrafficOptions(
        name=request.name,
        n_probes=request.n_probes,
        repeats=request.repeats,
        max_output_tokens=request.max_output_tokens,
        licence=request.licence or found.licence,
        source=found.source,
        redact=request.redact,
        seed=request.seed,
    )
    return _written(traffic_suite(found.cells, options), out)


def secret_suite(family: str, variable: str, environ: Mapping[str, str], out: Path) -> dict[str, Any]:
    """Write the suite of a family that a secret key stands for and return the `blackbox.made-suite/1` document.

    Args:
        family: A family that is made of rules.
        variable: Name of the environment variable that holds the key; the key itself is never written.
        environ: The environment.
        out: The file.

    Raises:
        ConfigError: The variable is not set.
        SuiteError: Another family, or too short a key.
    """
    key = environ.get(variable)
    if not key and not _VARIABLE.fullmatch(variable):
        # Not repeated: whoever writes the key itself here must not find it in a log.
        raise ConfigError("--key-env takes the name of an environment variable that is set, never the key itself")
    if not key:
        fix = f"set it with: export {variable}=$(openssl rand -hex 32)"
        raise ConfigError(f"environment variable {variable} is not set; {fix}")
    return _written(suites.secret_suite(family, os.fsencode(key)), out)


def select_suite(results: Path, run: str, out: Path, *, limit: int, repeats: int) -> dict[str, Any]:
    """Write the near ties that a discovery run found as a suite and return the `blackbox.made-suite/1` document.

    Raises:
        UsageError: No such run, or no near tie in it.
        EvidenceDamaged: The run does not agree with its own digests.
    """
    path = resolve_run(results, run)
    found = read_run(path, to_suite=suites.from_document)
    return _written(selected_suite(found, near_ties(found), limit=limit, repeats=repeats), out)


def _written(suite: Suite, out: Path, text: str | None = None) -> dict[str, Any]:
    text = suite_text(suite.document) if text is None else text
    with disk_errors(out):
        try:
            with out.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise UsageError(f"{out} exists already; write to another file with -o") from None
    return {
        "schema": "blackbox.made-suite/1",
        "path": str(out),
        "name": suite.name,
        "digest": suite.digest,
        "n_probes": len(suite.probes),
        "n_calls": sum(probe.repeats for probe in suite.probes),
        "licence": suite.licence,
        "provenance": dict(suite.provenance),
        "findings": list(suites.lint(suite)),
    }
