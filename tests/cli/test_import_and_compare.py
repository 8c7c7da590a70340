"""Recorded answers: imported, compared, rendered again, listed, shown and verified through the real commands."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.cli.comparison import gate_code

if TYPE_CHECKING:
    from tests.support.commands import Command, Said

FIELDS = ("--prompt-field", "q", "--response-field", "a", "--suite", "mine")
WORDS = {"x": ("red", "blue"), "y": ("green", "violet"), "z": ("red", "blue")}


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def answers(models: str = "xy", n_prompts: int = 3, n_repeats: int = 8) -> list[dict[str, Any]]:
    """Return rows of models that answer two words each."""
    return [
        {"m": model, "q": f"Question {q}?", "a": WORDS[model][(repeat + q) % 2]}
        for model in models
        for q in range(n_prompts)
        for repeat in range(n_repeats)
    ]


@pytest.fixture
def imported(command: Command, tmp_path: Path) -> Said:
    """Import two models that answer differently."""
    table(tmp_path / "t.jsonl", answers())
    return command("import", "t.jsonl", "--format", "table", "--model-field", "m", *FIELDS, "--json")


def test_one_run_a_model(imported: Said) -> None:
    """The import document names a run and counts the answers of every model."""
    assert 0 == imported.code
    assert "blackbox.import/1" == imported.json["schema"]
    assert [("x", 24), ("y", 24)] == [(run["endpoint"], run["n_observations"]) for run in imported.json["runs"]]


def test_null_empty_and_time_are_kept_apart(command: Command, tmp_path: Path) -> None:
    """Null is an error, '' is empty, and a time that isn't there is not invented."""
    rows = [{"q": "Q?", "a": None}, {"q": "Q?", "a": ""}, {"q": "Q?", "a": "red"}]
    table(tmp_path / "t.jsonl", rows)
    (run,) = command("import", "t.jsonl", *FIELDS, "--json").json["runs"]
    assert "t" == run["endpoint"]
    (probe,) = command("show", run["id"], "--json").json["probes"]
    assert probe["probe_id"].startswith("p-")
    assert 2 + 12 == len(probe["probe_id"])
    found = probe["answers"][0]["observations"]
    assert ["error", "empty", "ok"] == [each["outcome"] for each in found]
    assert [None, None, "red"] == [each["text"] for each in found]
    assert "null_response" == found[0]["error"]["kind"]
    assert [None, None, None] == [each["requested_at"] for each in found]


def test_own_ids_repeats_and_times(command: Command, tmp_path: Path) -> None:
    """Columns for id, repeat and time are used as they are."""
    rows = [{"i": "one", "q": "Q?", "a": "red", "k": k, "t": f"2026-01-01T00:00:0{k}Z"} for k in (1, 0)]
    table(tmp_path / "t.jsonl", rows)
    more = ("--id-field", "i", "--repeat-field", "k", "--time-field", "t")
    (run,) = command("import", "t.jsonl", *FIELDS, *more, "--json").json["runs"]
    (probe,) = command("show", run["id"], "--json").json["probes"]
    found = probe["answers"][0]["observations"]
    assert "one" == probe["probe_id"]
    assert ["one#0", "one#1"] == [each["key"] for each in found]
    assert "2026-01-01T00:00:00.000000Z" == found[0]["requested_at"]


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        ([], (), "the table has no rows"),
        ([{"q": "Q?", "b": "x"}], (), "'a'"),
        ([{"q": "Q?", "a": "x"}], ("--model-field", "who"), "'who'"),
        (
            [{"i": "1", "q": "Q?", "a": "x"}, {"i": "1", "q": "R?", "a": "x"}],
            ("--id-field", "i"),
            "two different prompts",
        ),
        ([{"k": 0, "q": "Q?", "a": "x"}, {"k": 0, "q": "Q?", "a": "y"}], ("--repeat-field", "k"), "second answer"),
        ([{"q": "Q?", "a": 5}], (), "row 1"),
    ],
)
def test_bad_table(
    command: Command, tmp_path: Path, rows: list[dict[str, Any]], more: tuple[str, ...], said: str
) -> None:
    """A table that doesn't fit ends in one line and exit 2, and no run is begun."""
    table(tmp_path / "t.jsonl", rows)
    result = command("import", "t.jsonl", *FIELDS, *more)
    assert 2 == result.code
    assert said in result.line()
    assert [] == command("ls", "--json").json["runs"]


def test_csv_without_rows_is_an_empty_table(command: Command, tmp_path: Path) -> None:
    """A table with a heading and nothing below it ends in one line and exit 2."""
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["q", "a"])
    result = command("import", "t.csv", *FIELDS)
    assert 2 == result.code
    assert "t.csv" in result.line()


def test_missing_file(command: Command) -> None:
    """A file that isn't there ends in one line and exit 2."""
    result = command("import", "nowhere.csv", *FIELDS)
    assert 2 == result.code
    assert "nowhere.csv" in result.line()


def test_compare_writes_and_names_the_report(command: Command, imported: Said, tmp_path: Path) -> None:
    """The document goes to stdout and to disk, the report's path to stderr, and `report` draws it again."""
    runs = [run["id"] for run in imported.json["runs"]]
    result = command("compare", *runs, "--json", "--seed", "1")
    assert 0 == result.code
    assert "blackbox.comparison/1" == result.json["schema"]
    (page,) = (tmp_path / "results").glob("*-compare-*/report.html")
    assert str(page.relative_to(tmp_path)) in result.err
    assert result.json == json.loads(page.with_name("comparison.json").read_text(encoding="utf-8"))
    assert result.json == command("report", page.parent, "--json").json
    assert "<html" in command("report", "--format", "html").out


def test_compare_in_words(command: Command, imported: Said) -> None:
    """Without --json the report is text on stdout, and the same text comes from `report`."""
    runs = [run["id"] for run in imported.json["runs"]]
    result = command("compare", *runs)
    assert 0 == result.code
    assert result.out == command("report").out
    assert "different" in result.out


def test_gate_says_different(command: Command, imported: Said) -> None:
    """With --gate a difference is exit 1; without, it is not an error."""
    runs = [run["id"] for run in imported.json["runs"]]
    result = command("compare", *runs, "--json", "--gate")
    assert "different" == result.json["pairs"][0]["same"]["verdict"]
    assert 1 == result.code


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["different", "equivalent"], 1),
        (["equivalent"], 0),
        (["equivalent", "inconclusive"], 3),
        (["not_applicable"], 3),
    ],
)
def test_gate_codes(verdicts: list[str], code: int) -> None:
    """Equivalent alone passes; what is undecided never passes."""
    assert code == gate_code({"endpoint_pairs": [{"verdict": verdict} for verdict in verdicts]})


def test_report_into_a_file(command: Command, imported: Said, tmp_path: Path) -> None:
    """`report -o` writes a file; where it can't, one line says so. A comparison is found by a unique prefix."""
    runs = [run["id"] for run in imported.json["runs"]]
    command("compare", *runs)
    (folder,) = (tmp_path / "results").glob("*-compare-*")
    assert 0 == command("report", folder.name[:-2], "--format", "html", "-o", "mine.html").code
    assert folder.joinpath("report.html").read_text(encoding="utf-8") == (tmp_path / "mine.html").read_text("utf-8")
    failed = command("report", "--format", "html", "-o", "nowhere/mine.html")
    assert 2 == failed.code
    assert "nowhere" in failed.line()
    command("compare", *runs, "--seed", "5")
    assert "begins 2 comparisons" in command("report", "2").line()


def test_import_in_words(command: Command, tmp_path: Path) -> None:
    """Without --json an import lists its runs, and says on stderr that sampling settings are unknown."""
    table(tmp_path / "t.jsonl", answers())
    said = command("import", "t.jsonl", "--model-field", "m", *FIELDS)
    assert ["RUN", "MODEL", "ANSWERS"] == said.out.splitlines()[0].split()
    assert "unknown" in said.err


def test_out_folder(command: Command, imported: Said, tmp_path: Path) -> None:
    """`-o` names the folder."""
    runs = [run["id"] for run in imported.json["runs"]]
    assert 0 == command("compare", *runs, "-o", "mine").code
    assert (tmp_path / "mine" / "report.html").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "nothing", "nowhere"), "no run 'nothing'"),
        (("compare", "--question", "sane", "a", "b"), "'sane' is not one of same, related, mixed"),
        (("report", "nothing"), "no comparison 'nothing'"),
        (("report",), "no comparison in results"),
        (("show", "nothing"), "no run 'nothing'"),
        (("verify",), "no runs in results"),
    ],
)
def test_unknown_names(command: Command, words: tuple[str, ...], said: str) -> None:
    """A name nobody knows ends in one line and exit 2."""
    result = command(*words)
    assert 2 == result.code
    assert said in result.line()


def test_list_and_show_in_words(command: Command, imported: Said) -> None:
    """`ls` is one line a run under a heading, `show` puts answers side by side; model text can't move the cursor."""
    listed = command("ls").out.splitlines()
    assert ["RUN", "ENDPOINT", "SUITE"] == listed[0].split()[:3]
    assert 1 + 2 == len(listed)
    shown = command("show", *(run["id"] for run in imported.json["runs"])).out
    assert "Question 0?" in shown
    assert shown.index("red") < shown.index("violet")


def test_show_escapes_model_text(command: Command, tmp_path: Path) -> None:
    """Control characters of an answer are shown as signs."""
    table(tmp_path / "t.jsonl", [{"q": "Q?", "a": "\x1b[2Jgone"}])
    (run,) = command("import", "t.jsonl", *FIELDS, "--json").json["runs"]
    shown = command("show", run["id"])
    assert 0 == shown.code
    assert "\x1b" not in shown.out
    assert "gone" in shown.out


def test_show_unknown_probe(command: Command, imported: Said) -> None:
    """An unknown probe names the nearest."""
    run = imported.json["runs"][0]["id"]
    probe = command("show", run, "--json").json["probes"][0]["probe_id"]
    result = command("show", run, "-p", probe[:-1])
    assert 2 == result.code
    assert f"did you mean {probe!r}?" in result.line()


def test_different_suites_are_not_side_by_side(command: Command, imported: Said, tmp_path: Path) -> None:
    """Answers to different questions are not put beside each other."""
    table(tmp_path / "u.jsonl", [{"q": "Q?", "a": "x"}])
    (other,) = command("import", "u.jsonl", *FIELDS[:4], "--suite", "other", "--json").json["runs"]
    result = command("show", imported.json["runs"][0]["id"], other["id"])
    assert 2 == result.code
    assert "different suites" in result.line()


@pytest.mark.usefixtures("imported")
def test_verify_whole_folder(command: Command) -> None:
    """Untouched runs verify; the head that is printed is the one to expect."""
    result = command("verify", "--json")
    assert 0 == result.code
    assert result.json["ok"]
    first = result.json["runs"][0]
    assert 0 == command("verify", first["run"], "--expect-head", first["head"]).code
    assert 5 == command("verify", first["run"], "--expect-head", "0" * 64).code
    assert 5 == command("verify", first["run"], "--expect-head", "none of ours").code
    assert 2 == command("verify", "--expect-head", "0" * 64).code


def test_a_run_without_its_manifest_is_damage_however_it_is_named(command: Command, imported: Said) -> None:
    """By id and by path: evidence that lost a part is never called unknown."""
    first, second = (Path(run["path"]) for run in imported.json["runs"][:2])
    (first / "manifest.json").unlink()
    for name in (str(first), first.name):
        result = command("compare", name, str(second))
        assert (5, "") == (result.code, result.out)
        assert "manifest.json is missing" in result.line()


@pytest.mark.parametrize("part", ["journal.jsonl", "manifest.json", "suite.json"])
def test_damaged_evidence_is_exit_5_in_every_command(
    command: Command, imported: Said, tmp_path: Path, part: str
) -> None:
    """One changed letter in the middle of a stored file: one line, exit 5, and nothing is repaired or removed."""
    run = imported.json["runs"][0]["id"]
    path = tmp_path / "results" / run / part
    old = b"Question 0?" if part == "suite.json" else b"red" if part == "journal.jsonl" else b'"finished"'
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, old.swapcase(), 1))
    damaged = path.read_bytes()
    other = imported.json["runs"][1]["id"]
    for words in (("verify", run), ("show", run), ("compare", run, other)):
        result = command(*words)
        assert 5 == result.code, words
        assert part in result.line()
    assert damaged == path.read_bytes()


def test_lost_manifest_is_damage(command: Command, imported: Said, tmp_path: Path) -> None:
    """A run whose manifest is gone is damaged evidence, not an unknown name."""
    run = imported.json["runs"][0]["id"]
    (tmp_path / "results" / run / "manifest.json").unlink()
    result = command("verify", run)
    assert 5 == result.code
    assert "manifest.json" in result.line()
