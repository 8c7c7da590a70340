"""The workflows in `examples/` are what a CI service accepts, and their commands and options exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from blackbox.cli.app import app

FOLDER = Path(__file__).parents[1] / "examples"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))


def steps(path: Path) -> list[dict[str, Any]]:
    """Return all steps of a workflow's jobs."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [step for job in document["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> list[list[str]]:
    """Return the words after `blackbox` of each command that a workflow runs."""
    scripts = "\n".join(step.get("run", "") for step in steps(path)).replace("\\\n", " ")
    found = re.findall(r"^\s*blackbox (.*)$", scripts, re.MULTILINE)
    return [shlex.split(re.sub(r"\$\(.*?\)", "RUN", line).partition(" > ")[0]) for line in found]


def test_there_is_a_gate_and_a_watch() -> None:
    """One for a change that is about to be made, one for every day."""
    assert [path.name for path in WORKFLOWS] == ["gate.yml", "watch.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_what_a_ci_service_needs(path: Path) -> None:
    """Triggers, least permissions, a time limit, and steps that use something or run something."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))

    assert {"name", True, "jobs", "permissions"} <= set(document)  # YAML 1.1 reads `on` as true, CI services do not
    assert document["permissions"] == {"contents": "read"}
    for job in document["jobs"].values():
        assert job["timeout-minutes"] > 0
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_its_commands_and_options_exist(path: Path) -> None:
    """Every `blackbox …` is a command of this version and takes the options it is given."""
    known: Any = get_command(app)
    assert commands(path)
    for words in commands(path):
        options = {name for each in known.commands[words[0]].params for name in each.opts}
        said = {word.partition("=")[0] for word in words[1:] if word.startswith("-")}
        assert said <= options, words


def test_the_gate_writes_what_a_job_reads() -> None:
    """The comparison decides, and writes JUnit and Markdown."""
    (compared,) = (words for words in commands(FOLDER / "gate.yml") if words[0] == "compare")

    assert {"--gate", "--junit", "--markdown", "--control"} <= set(compared)


def test_keys_are_secrets() -> None:
    """No workflow holds a key: each is taken from the service's secrets, by its variable's name."""
    for path in WORKFLOWS:
        for step in steps(path):
            for name, value in step.get("env", {}).items():
                assert value == f"${{{{ secrets.{name} }}}}"
