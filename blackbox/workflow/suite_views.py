"""Suites as documents: listed, shown, linted, locked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox import suites
from blackbox.core import plain
from blackbox.errors import SuiteError
from blackbox.store.disk import disk_errors, write_atomically
from blackbox.suites.shipped import is_shipped, releases
from blackbox.suites.short import SUFFIX
from blackbox.workflow.suite_pages import page, profile_rows

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.core import Suite


def list_suites() -> dict[str, Any]:
    """Return the `blackbox.suites/1` document: every shipped suite and version.

    Raises:
        SuiteError: A shipped file is wrong.
    """
    listed = [_head(suite) for suite in suites.available()]
    return {"schema": "blackbox.suites/1", "suites": listed, "profiles": profile_rows()}


def show_suite(name: str) -> dict[str, Any]:
    """Return the `blackbox.suite-view/1` document of one suite.

    Raises:
        SuiteError: Unknown, or a bad file.
    """
    suite = suites.find(name)
    probes = [
        {
            "id": probe.id,
            "family": probe.family,
            "language": probe.language,
            "form": probe.form,
            "repeats": probe.repeats,
            "parser": probe.parser,
            "max_output_tokens": probe.max_output_tokens,
            "prompt": probe.messages[-1].content,
            "key": probe.key,
            "n_facts": len(probe.facts),
            "tools": [tool["function"]["name"] for tool in probe.tools],
            "decoding": plain(suite.sent_decoding(probe)),
        }
        for probe in suite.probes
    ]
    rules = {"decoding": plain(suite.decoding), "decision": plain(suite.decision)}
    texts = {"description": suite.description, "licence": suite.licence}
    return {"schema": "blackbox.suite-view/1", **_head(suite), **texts, **page(suite), **rules, "probes": probes}


def lint_suite(name: str) -> dict[str, Any]:
    """Return the `blackbox.lint/1` document: what weakens a suite that is valid.

    Raises:
        SuiteError: Unknown, or a bad file.
    """
    suite = suites.find(name)
    return {
        "schema": "blackbox.lint/1",
        "suite": suite.name,
        "digest": suite.digest,
        "findings": [*suites.lint(suite), *_edited(suite)],
    }


def _edited(suite: Suite) -> list[str]:
    """Return the finding on a suite that goes by the name and version of a release without being it."""
    taken = (suite.name.removesuffix(SUFFIX), suite.version) in releases()
    if not taken or is_shipped(suite.name, suite.version, suite.digest):
        return []
    return [f"{suite.name}@{suite.version} is released with other content, never edited; write a name of your own"]


def lint_all() -> dict[str, Any]:
    """Return the `blackbox.lint/1` document of every shipped suite and short form together.

    Raises:
        SuiteError: A shipped file is wrong.
    """
    shipped = suites.available()
    every = [*shipped, *(suites.short_form(suite) for suite in shipped if suite.short)]
    named = {f"{suite.name}@{suite.version}": suites.lint(suite) for suite in every}
    findings = [f"{name}: {finding}" for name, found in named.items() for finding in found]
    return {"schema": "blackbox.lint/1", "suite": None, "suites": list(named), "digest": None, "findings": findings}


def lock_suite(path: Path) -> dict[str, Any]:
    """Write the digest into a suite file and return the `blackbox.lock/1` document.

    Raises:
        SuiteError: Anything else is wrong with the file, or its name and version are those of a release.
        BlackboxError: It can't be written.
    """
    text = suites.read_text(path)
    locked = suites.locked(text, source=str(path))
    _check_unreleased(suites.parse(locked, source=str(path)), path)
    if locked != text:
        with disk_errors(path):
            write_atomically(path, locked.encode())
    digest = suites.parse(locked, source=str(path)).digest
    return {"schema": "blackbox.lock/1", "path": str(path), "digest": digest, "changed": locked != text}


def _check_unreleased(suite: Suite, path: Path) -> None:
    """Raise where other content is already released under this name and version: a release is never edited."""
    release = releases().get((suite.name, suite.version))
    itself = release is not None and release.resolve() == path.resolve()
    if release is not None and not itself and not is_shipped(suite.name, suite.version, suite.digest):
        fix = f"write version: {max(v for name, v in releases() if name == suite.name) + 1}, or a name of your own"
        raise SuiteError(f"{path}: {suite.name}@{suite.version} is released with other content, never edited; {fix}")


def _head(suite: Suite) -> dict[str, Any]:
    return {
        "name": suite.name,
        "version": suite.version,
        "digest": suite.digest,
        "title": suite.title,
        "questions": list(suite.questions),
        "languages": sorted({probe.language for probe in suite.probes}),
        "n_probes": len(suite.probes),
        "n_calls": sum(probe.repeats for probe in suite.probes),
    }
