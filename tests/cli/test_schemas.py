"""The published JSON Schemas: valid themselves, of every document, and strict enough to refuse a wrong one.

That every command's real document is valid is checked wherever a test reads one (`Said.json`).
"""

from __future__ import annotations

import json
import math
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from blackbox.store import TableFields
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.importing import import_table
from blackbox.workflow.schemas import FOLDER, schema_document, schema_paths
from tests.support.schemas import checked, problems, strictly, undescribed
from tests.support.stored import START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.commands import Command

EFFECT = ("value", "ci_low", "ci_high", "unit")
SIGNAL = ("signal", "status", "statistic", "pvalue", "pvalue_adjusted", "n_permutations", "n_x", "n_y")
CONTRACT: dict[str, tuple[str, ...]] = {
    "": (*("schema", "runs", "pairs", "skipped_pairs", "endpoint_pairs", "warnings", "provenance"),),
    "runs/0": ("id", "endpoint", "suite", "suite_digest", "n_observations", "outcomes"),
    "pairs/0": ("a", "b", "a_endpoint", "b_endpoint", "same", "similarity", "related", "mixed", "missing"),
    "pairs/0/same": (
        *("verdict", "reason", "band", "pvalue", "pvalue_adjusted", "alpha", "effect", "margin", "signals"),
        *("minimum_detectable_effect", "repeat_control", "positive_control", "benign_explanations"),
    ),
    "pairs/0/same/effect": EFFECT,
    "pairs/0/same/repeat_control": ("a", "b"),
    "pairs/0/same/repeat_control/a": ("pvalue", "kind"),
    "pairs/0/same/minimum_detectable_effect": ("value", "unit", "alternative", "power"),
    "pairs/0/same/signals/0": SIGNAL,
    "pairs/0/similarity": ("value", "unit", "repeat_band", "benign_band", "unrelated_band", "reason"),
    "pairs/0/related": (
        *("log10_lr", "uncapped_log10_lr", "against", "bounds", "verbal", "score", "rank_pvalue", "population"),
        *("reason", "signals"),
    ),
    "pairs/0/mixed": ("share", "ci_low", "ci_high", "alternative", "reason"),
    "pairs/0/missing": ("pvalue", "a", "b"),
    "provenance": ("blackbox", "seed", "created_at"),
}
"""DESIGN §7, word by word: where, and which names stand there."""
FILES = {
    f"blackbox.{name}/1"
    for name in (
        "bundle",
        "examination",
        "features",
        "journal",
        "observations",
        "plan",
        "presets",
        "profiles",
        "redacted-run",
        "serve-script",
        "suite",
    )
}
"""Schemas of files; none is printed by a command."""
FIELDS = [(where, name) for where, names in CONTRACT.items() for name in names]
WORDS = [
    *("pairs/0/same/verdict", "pairs/0/same/band", "pairs/0/same/effect/unit", "pairs/0/related/against"),
    *("pairs/0/same/repeat_control/a/kind", "pairs/0/same/signals/0/status", "endpoint_pairs/0/verdict"),
    *("pairs/0/same/minimum_detectable_effect/unit", "pairs/0/lead", "adjustment", "questions/0"),
]
WRONG: dict[str, Any] = {
    "pairs/0/same/pvalue": 0.0,
    "pairs/0/same/pvalue_adjusted": 1.01,
    "pairs/0/same/alpha": 0,
    "pairs/0/same/reason": None,
    "pairs/0/same/signals/1/pvalue": None,
    "pairs/0/same/signals/0/n_x": -1,
    "pairs/0/missing/pvalue": "0.5",
    "pairs/0/mixed/reason": None,
    "pairs/0/related/reason": None,
    "pairs/0/related/log10_lr": 1.0,
    "pairs/0/related/bounds": [1.0],
    "pairs/0/similarity/value": 0.93,
    "runs/0/suite_digest": "ABC",
    "runs/0/outcomes": {"wonderful": 1},
    "runs/0/n_observations": 1.5,
    "provenance/created_at": "yesterday",
    "provenance/seed": True,
    "runs": [],
}


def at(document: Any, where: str) -> Any:
    """Return what stands at a path of names and places."""
    for step in filter(None, where.split("/")):
        document = document[int(step) if isinstance(document, list) else step]
    return document


def changed(document: Any, where: str, value: Any) -> Any:
    """Return a copy with another value at a path."""
    copy = deepcopy(document)
    parent, _, name = where.rpartition("/")
    holder = at(copy, parent)
    holder[int(name) if isinstance(holder, list) else name] = value
    return copy


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return a real comparison of two models unlike each other, with a control: the contract stands in it whole."""
    folder = tmp_path_factory.mktemp("schemas")
    words = {"m": ("red", "red", "blue"), "n": ("teal", "red", "green")}
    rows = [
        {"model": model, "prompt": f"Colour {p}?", "response": own[(p + k) % 3]}
        for model, own in words.items()
        for p in range(6)
        for k in range(6)
    ]
    file = folder / "answers.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    fields = TableFields(prompt="prompt", response="response", model="model")
    names = [run.id for run in import_table(file, fields, suite_name="s", results=folder, now=lambda: START)]
    options = CompareOptions(created_at=START, controls=(names[1],))
    return dict(strictly(json.dumps(dict(compare_runs(folder, names, options, lambda _: None).document))))


@pytest.fixture(scope="module")
def lean(compared: dict[str, Any]) -> dict[str, Any]:
    """Return it with one probe and no answers: what is spoilt a hundred times over is small."""
    (pair,) = compared["pairs"]
    return {**compared, "answers": [], "pairs": [{**pair, "probes": pair["probes"][:1], "exhibits": []}]}


@pytest.mark.parametrize("name", schema_paths())
def test_every_schema_is_one(name: str) -> None:
    """Draft 2020-12, with a title, an identifier of its own, and bound to documents that say its name."""
    schema = schema_document(name)
    Draft202012Validator.check_schema(schema)
    if name == "config":
        return

    assert schema["properties"]["schema"] == {"const": name}
    assert "schema" in schema["required"]
    assert schema["title"]
    assert schema["$id"] == "urn:blackbox-similarity:{}:{}".format(*name.removeprefix("blackbox.").split("/"))


def test_every_document_has_a_schema() -> None:
    """Whatever the code calls `blackbox.<name>/<version>` is published, but for files that no command prints."""
    package = FOLDER.parent
    code = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    named = set(re.findall(r'"(blackbox\.[a-z-]+/[0-9]+)"', code))

    assert sorted(named - set(schema_paths()) - FILES) == [], "write its schema into blackbox/schemas/"


def test_the_contract_is_in_a_real_comparison(compared: dict[str, Any]) -> None:
    """Every name of the contract stands where it says, in a document that is valid and described."""
    checked(compared)
    missing = [
        f"{where}/{name}"
        for where, name in FIELDS
        if at(compared, where) is not None and name not in at(compared, where)
    ]

    assert missing == []


def test_a_field_that_is_missing_is_caught(lean: dict[str, Any]) -> None:
    """Of the contract no field can be left out."""
    passed = []
    for where, name in FIELDS:
        if at(lean, where) is None:
            continue
        spoilt = deepcopy(lean)
        del at(spoilt, where)[name]
        passed += [] if name == "schema" or problems(spoilt) else [f"{where}/{name}"]

    assert passed == []


def test_a_value_of_another_type_is_caught(lean: dict[str, Any]) -> None:
    """Nothing of the contract can be an object of made-up fields, or a text where a number stands."""
    paths = [
        f"{where}/{name}".lstrip("/") for where, name in FIELDS if name != "schema" and at(lean, where) is not None
    ]
    passed = [path for path in paths if not problems(changed(lean, path, {"made": "up"}))]

    assert passed == []


def test_an_unknown_word_is_caught(lean: dict[str, Any]) -> None:
    """Verdicts, bands, units and states are closed lists."""
    assert [where for where in WORDS if not problems(changed(lean, where, "wonderful"))] == []


def test_wrong_values_are_caught(lean: dict[str, Any]) -> None:
    """A p of 0, a ratio without a population, a null without its reason, a similarity without a band."""
    assert lean["pairs"][0]["same"]["signals"][1]["status"] == "computed"
    assert [where for where, value in WRONG.items() if not problems(changed(lean, where, value))] == []


def test_nan_is_no_document(compared: dict[str, Any]) -> None:
    """Strict JSON has neither NaN nor infinity."""
    for value in (math.nan, math.inf, -math.inf):
        with pytest.raises(ValueError, match="no JSON"):
            strictly(json.dumps(changed(compared, "pairs/0/same/alpha", value)))


def test_a_field_that_no_schema_describes_is_seen(compared: dict[str, Any]) -> None:
    """A new field is allowed to readers, and asked of us to be described."""
    grown = changed(compared, "pairs/0/same/mood", "good")

    assert problems(grown) == []
    assert undescribed(grown)


def small_documents(command: Command) -> Iterator[Any]:
    """Yield documents of commands that need neither runs nor endpoints."""
    for words in (
        *(["version"], ["schema"], ["schema", "drift"], ["suites", "ls"], ["suites", "show", "tokenizer"]),
        *(["suites", "lint", "one-token"], ["suites", "lint"], ["serve", "--list"], ["init"]),
    ):
        yield command(*words, "--json").json


def test_small_documents_are_valid(command: Command) -> None:
    """Each is valid by its schema."""
    assert len({document["schema"] for document in small_documents(command)}) == 8


def test_what_is_handed_on_is_described(command: Command, tmp_path: Path) -> None:
    """Runs and their manifests, bundles, tables, redacted runs and their audit."""
    rows = [{"p": f"Colour {i}?", "r": word, "m": "x"} for i, word in enumerate(("red", "", None, "a" * 90))]
    (tmp_path / "answers.json").write_text(json.dumps(rows), encoding="utf-8")
    fields = ("--prompt-field", "p", "--response-field", "r", "--model-field", "m")
    (run,) = command("import", "answers.json", "--suite", "s", *fields, "--json").json["runs"]
    manifest = checked(json.loads(next(tmp_path.glob(f"**/{run['id']}/manifest.json")).read_text(encoding="utf-8")))
    redacted = command("redact", run["id"], "-o", "hidden", "--json").json["runs"][0]["path"]

    assert problems(manifest | {"status": "done"})
    assert problems(manifest | {"finished_at": None})
    assert command("export", run["id"], "--bundle", "b.zip", "--json").json["digest"]
    assert command("export", run["id"], "--format", "csv", "-o", "t.csv", "--json").json["n_rows"] == 4
    assert command("show", redacted, "--json").json["runs"][0]["redacted"]
    assert len(command("show", run["id"], "--json").json["probes"]) == 4
    assert command("verify", "b.zip", redacted, "--json").json["ok"]


def test_schemas_are_printed_and_listed(command: Command) -> None:
    """By any of their names, as files an editor can use; an unknown name is one line."""
    for name in ("comparison", "comparison/1", "blackbox.comparison/1"):
        assert json.loads(command("schema", name).out)["title"].startswith("A comparison")
    assert json.loads(command("schema", "config").out)["title"] == "blackbox.yaml"
    assert "blackbox.drift/1" in command("schema").out
    wrong = command("schema", "comparisn")
    assert (2, "") == (wrong.code, wrong.out)
    assert "did you mean 'comparison'" in wrong.line()
