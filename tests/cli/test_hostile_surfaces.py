"""Hostile names, questions and answers through every command: shown, stored bit for bit, never obeyed."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from support.commands import Said
from support.fake_vendor import FakeVendor, configured, serving
from support.hostile import CONTROL, HUGE, PATHS, TEXTS

from blackbox import cli
from blackbox.store import writer
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from pathlib import Path

    from support.commands import Command

    from blackbox.core import Observation

N_PROBES = 6
N_HOSTILE = -(-len(TEXTS) // N_PROBES)
NAMES = ("\x1b[31m\u202e<script>owned</script>", "../../owned", "=cmd|'/C calc'!A0", "con\x00\ud800")


def _rows() -> list[dict[str, Any]]:
    return [
        {
            "m": name,
            "q": f"{' '.join(TEXTS[i::N_PROBES])} {i}?",
            # Enough short answers for a probe to be closed: no embedding is needed, and nothing is slow.
            "a": TEXTS[(i + N_PROBES * k + place) % len(TEXTS)] if k < N_HOSTILE else f"w{k % 3}",
            "t": f"2026-01-{1 + k:02d}T00:00:{i:02d}Z",
        }
        for place, name in enumerate(NAMES)
        for i in range(N_PROBES)
        for k in range(2 * N_HOSTILE + 1)
    ]


def _said(*words: str | Path) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.main([str(word) for word in words])
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `inner/results` with a run of each hostile name, and a comparison of all."""
    folder = tmp_path_factory.mktemp("outer") / "inner"
    folder.mkdir()
    (folder / "t.jsonl").write_text("\n".join(map(json.dumps, _rows())))
    fields = ["--prompt-field", "q", "--response-field", "a", "--model-field", "m", "--time-field", "t"]
    where = ["--suite", "s", "--results", folder / "results"]
    made = _said("import", folder / "t.jsonl", "--format", "table", *fields, *where)
    assert (made.code, CONTROL.findall(made.out + made.err)) == (0, [])
    ids = sorted(path.parent.name for path in (folder / "results").glob("*/manifest.json"))
    for number in (1, 2):
        out = ["-o", folder / "results" / f"x-compare-{number}", "--seed", str(number)]
        compared = _said("compare", *ids[: 4 // number], "--results", folder / "results", *out)
        assert (compared.code, CONTROL.findall(compared.out + compared.err)) == (0, [])
        assert "script" in compared.out
    return folder / "results"


def _ids(results: Path) -> list[str]:
    return sorted(path.parent.name for path in results.glob("*/manifest.json"))


JUNIT = {
    "testsuites",
    "testsuite",
    "testcase",
    "failure",
    "error",
    "skipped",
    "properties",
    "property",
    "system-out",
}
SURFACES = (
    "ls",
    "show",
    "show, one",
    "report",
    "report, markdown",
    "diff",
    "drift",
    "identify",
    "verify",
    "export",
    "an unknown run",
    "an unknown option",
    "an unknown format",
)


def _commands(results: Path) -> dict[str, list[str]]:
    ids = _ids(results)
    return {
        "ls": ["ls"],
        "show": ["show", *ids],
        "show, one": ["show", ids[0], "-p", "p-\x1b[31m\u202e"],
        "report": ["report", "x-compare-1"],
        "report, markdown": ["report", "x-compare-1", "--format", "markdown"],
        "diff": ["diff", "x-compare-1", "x-compare-2"],
        "drift": ["drift", ids[0], "-o", str(results.parent / "drift")],
        "identify": ["identify", ids[0], "--library", *ids[1:]],
        "verify": ["verify", ids[0], "x-\x1b[31m"],
        "export": ["export", ids[0], "--format", "csv", "-o", str(results.parent / "o.csv")],
        "an unknown run": ["show", "\x1b]0;owned\x07\u202e\ud800"],
        "an unknown option": ["ls", "--\x1b[31mx"],
        "an unknown format": ["report", "--format", "\x1b[31m"],
    }


@pytest.mark.parametrize("name", SURFACES)
def test_no_control_byte_reaches_the_terminal(name: str, results: Path) -> None:
    """Whatever the command says, on either stream: no control, direction, zero-width character or lone surrogate."""
    said = _said(*_commands(results)[name], "--results", results)

    assert CONTROL.findall(said.out + said.err) == []
    assert "Traceback" not in said.err
    assert said.out or said.err
    assert said.code in {0, 2}


def test_a_surface_that_prints_as_is_would_be_seen(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail: with the signs switched off, `ls` sends the escape."""
    for place in ("output", "layout"):
        monkeypatch.setattr(f"blackbox.cli.{place}.printable", lambda text: text)
    out = io.StringIO()
    with redirect_stdout(out):
        cli.main(["ls", "--results", str(results)])

    assert "\x1b" in CONTROL.findall(out.getvalue())


@pytest.mark.parametrize("words", [["ls"], ["show"], ["report", "x-compare-1"], ["verify"]])
def test_json_is_ascii_and_gives_back_every_text(words: list[str], results: Path) -> None:
    """Machines get what was said, exactly, in letters that no terminal obeys."""
    more = _ids(results) if words == ["show"] else []
    said = _said(*words, *more, "--json", "--results", results)

    assert said.out.isascii()
    assert CONTROL.findall(said.out) == []
    if words != ["verify"]:
        assert set(NAMES) == {run["endpoint"] for run in said.json["runs"]}


def _stored(results: Path) -> list[tuple[str, str, str | None]]:
    """Return name, question and answer of everything that is stored."""
    found = []
    for name in _ids(results):
        run = open_run(results / name)
        asked = {probe.id: probe.messages[0].content for probe in run.suite.probes}
        found += [(run.manifest.endpoint_name, asked[o.probe_id], o.text) for o in run.observations]
    return sorted(found)


def test_every_text_is_stored_bit_for_bit(results: Path) -> None:
    """Names, questions and answers come back as they were, lone surrogates and NULs too."""
    assert sorted((r["m"], r["q"], r["a"]) for r in _rows()) == _stored(results)


def _astray(outer: Path) -> list[str]:
    """Return files outside the folder that was named, or with a name that isn't of safe characters."""
    files = [path.relative_to(outer).as_posix() for path in outer.rglob("*")]
    return [name for name in files if not re.fullmatch(r"inner(/[a-z0-9._/-]+)?", name)]


def test_no_name_becomes_a_path(results: Path) -> None:
    """All files lie under the folder that was named, with names of safe characters."""
    assert [] == _astray(results.parent.parent)
    assert not (results.parents[2] / "owned").exists()


def _imported(folder: Path, row: dict[str, str]) -> Path:
    """Return `inner/results` below a new folder with one imported answer."""
    inner = folder / "outer" / "inner"
    (inner / "results").mkdir(parents=True)
    (inner / "t.jsonl").write_text(json.dumps(row))
    fields = ["--prompt-field", "q", "--response-field", "a", "--model-field", "m"]
    where = ["--suite", "s", "--results", inner / "results"]
    made = _said("import", inner / "t.jsonl", "--format", "table", *fields, *where)
    assert made.code == 0, made.err
    return inner / "results"


def test_names_that_become_paths_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail: where a run is called what a model is called, its files are too."""
    row = {"m": "=OWNED $(x)", "q": "?", "a": "!"}
    assert [] == _astray(_imported(tmp_path / "a", row).parents[1])
    monkeypatch.setattr("blackbox.store.new_run_id", lambda _at, endpoint, *_: endpoint)
    monkeypatch.setattr("blackbox.store.runs._check_new", lambda *_: None)
    assert f"inner/results/{row['m']}/journal.jsonl" in _astray(_imported(tmp_path / "b", row).parents[1])


def test_a_store_that_mends_texts_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of stored texts can fail: one that writes what can be shown loses a lone surrogate."""
    row = {"m": "m", "q": "?", "a": "lone\ud800surrogate"}
    assert [("m", "?", row["a"])] == _stored(_imported(tmp_path / "a", row))
    encode = writer.encode_observation

    def mended(observation: Observation) -> dict[str, Any]:
        body = encode(observation)
        return {**body, "text": body["text"].encode(errors="replace").decode()}

    monkeypatch.setattr(writer, "encode_observation", mended)
    assert [("m", "?", row["a"])] != _stored(_imported(tmp_path / "b", row))


@pytest.mark.parametrize("name", [*PATHS, "\x1b[31m", "con.", "aux", "x" * 300, "", "\u202e", "-rf"])
def test_suite_and_file_names_from_outside_stay_names(name: str, results: Path, tmp_path: Path) -> None:
    """As suite, run, comparison or population: refused in one line, and nothing appears anywhere."""
    table = tmp_path / "t.jsonl"
    table.write_text(json.dumps({"q": "?", "a": "!"}))
    tries = [
        ["import", str(table), "--format", "table", "--prompt-field", "q", "--response-field", "a", f"--suite={name}"],
        ["show", "--", name],
        ["verify", "--", name],
        ["report", "--", name],
    ]
    for words in tries:
        said = _said(words[0], "--results", str(tmp_path / "r"), *words[1:])
        assert "Traceback" not in said.err
        assert CONTROL.findall(said.out + said.err) == []
    for path in (tmp_path / "r").glob("*"):
        assert re.fullmatch(r"[a-z0-9._-]+", path.name)
    assert {path.name for path in tmp_path.iterdir()} <= {"t.jsonl", "r"}
    assert results.is_dir()


def test_files_for_other_programs_are_well_formed_and_inert(results: Path, tmp_path: Path) -> None:
    """JUnit parses and holds no control; Markdown holds no element; CSV no formula, and its distances neither."""
    for form, file in (("junit", "j.xml"), ("markdown", "m.md")):
        assert _said("report", "x-compare-1", "--format", form, "-o", tmp_path / file, "--results", results).code == 0
    _said("export", *_ids(results), "--format", "csv", "-o", tmp_path / "o.csv", "--results", results)
    shown = (tmp_path / "m.md").read_text(encoding="utf-8")
    tree = ET.parse(tmp_path / "j.xml")  # noqa: S314 - written a line above
    cells = []
    for file in (tmp_path / "o.csv", results / "x-compare-1" / "distances.csv"):
        with file.open(encoding="utf-8", newline="") as table:
            cells += [cell for row in csv.reader(table) for cell in row]

    assert {element.tag for element in tree.iter()} <= JUNIT
    assert re.findall(r"(?<!\\)<(?!/?(details|summary)\b)[a-z!/]", shown) == []
    assert [c for c in cells if c.lstrip(" \t\r\n\u200b\ufeff").startswith(("=", "+", "@"))] == []
    assert [c for c in cells if c.startswith("-") and not re.fullmatch(r"-?[0-9.e-]+", c)] == []


def test_lines_of_five_million_characters_are_stored_and_shown(tmp_path: Path) -> None:
    """An answer and a model's name: whole in the store, one line on the screen; such a name floods no screen."""
    long = "=\x1b" + "x" * HUGE
    results = _imported(tmp_path, {"m": long, "q": "Q?", "a": long})
    [name] = _ids(results)
    listed, shown = _said("ls", "--results", results), _said("show", name, "--results", results)

    assert [(long, "Q?", long)] == _stored(results)
    assert CONTROL.findall(listed.out + shown.out) == []
    assert (len(listed.out) < 3_000, len(shown.out) < 3_000 + HUGE) == (True, True)
    for said in (listed, shown):
        assert "… (5,000,002 characters)" in " ".join(said.out[:3_000].split())


@pytest.mark.parametrize("words", [["run", "--suite", "small.yaml"], ["doctor"]], ids=["run", "doctor"])
def test_hostile_servers_say_nothing_to_the_terminal(
    words: list[str], tmp_path: Path, command: Command, small_suite: Path
) -> None:
    """Answers, model names and error words of a server, collected and examined: no control byte."""
    assert small_suite.is_file()
    texts = itertools.cycle(TEXTS)
    with serving(FakeVendor(lambda *_: next(texts))) as vendor:
        configured(tmp_path, vendor, "a")
        said = command(*words)
        vendor.status = 418
        failed = command(*words, *(["--new"] if words[0] == "run" else []))

    assert CONTROL.findall(said.out + said.err + failed.out + failed.err) == []
    assert "Traceback" not in said.err + failed.err


def test_a_hostile_suite_file_is_shown_as_text(tmp_path: Path, command: Command) -> None:
    """`suites show` and `lint` of a file whose every text is hostile."""
    from blackbox.suites import locked

    whole = [text for text in TEXTS if not re.search("[\ud800-\udfff]", text)]
    probes = "\n".join(f"  - {{id: p{i}, prompt: {json.dumps(text)}}}" for i, text in enumerate(whole))
    text = (
        "schema: blackbox.suite/1\nname: h\nversion: 1\nquestions: [same]\n"
        f"title: {json.dumps(TEXTS[0])}\ndescription: {json.dumps(TEXTS[24])}\n"
        "decoding: {temperature: 1.0}\n"
        "defaults: {family: pick, language: en, form: closed, parser: word, repeats: 5, max_output_tokens: 16}\n"
        f"probes:\n{probes}\n"
    )
    (tmp_path / "h.yaml").write_text(locked(text), encoding="utf-8")
    for words in (["suites", "show", tmp_path / "h.yaml"], ["suites", "lint", tmp_path / "h.yaml"]):
        said = command(*words)
        assert CONTROL.findall(said.out + said.err) == []
        assert "Traceback" not in said.err
