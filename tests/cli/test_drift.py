"""`drift` and `watch` as a user calls them: recorded histories in, documents, exit codes and one-line errors out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from blackbox.cli.drift import gate_code

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Command

DAY = datetime(2026, 4, 1, 9, tzinfo=UTC)
FIELDS = ("--prompt-field", "q", "--response-field", "a", "--model-field", "m")
TIMED = (*FIELDS, "--time-field", "t")
WORDS = ("red", "green", "blue", "ochre", "teal", "pink")


def rows(
    n_days: int, *, swap: int | None = None, n_probes: int = 10, n: int = 4, name: str = "gpt", seed: int = 0
) -> list[list[dict[str, Any]]]:
    """Return one list of rows a day; from `swap` on the model is another one."""
    rng = np.random.default_rng(seed)
    before, after = rng.dirichlet(np.full(6, 0.5), n_probes), rng.dirichlet(np.full(6, 0.5), n_probes)
    return [
        [
            {"m": name, "q": f"Question {p}?", "a": word, "t": (DAY + timedelta(days=day)).isoformat()}
            for p, share in enumerate(before if swap is None or day < swap else after)
            for word in rng.choice(WORDS, n, p=share)
        ]
        for day in range(n_days)
    ]


def imported(command: Command, folder: Path, days: list[list[dict[str, Any]]], *, suite: str = "mine") -> list[str]:
    """Import each day by itself and return the runs' ids."""
    found = []
    for number, day in enumerate(days):
        path = folder / f"day-{number}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in day), encoding="utf-8")
        fields = TIMED if "t" in day[0] else FIELDS
        found += [run["id"] for run in command("import", path, *fields, "--suite", suite, "--json").json["runs"]]
    return found


def test_contract_of_a_history_that_changes(command: Command, tmp_path: Path) -> None:
    """One run a day, named in any order: verdict, onset, detected and points are as DESIGN §7 says."""
    runs = imported(command, tmp_path, rows(12, swap=7))
    said = command("drift", *reversed(runs), "--json", "--gate")
    found = said.json
    assert 1 == said.code
    assert ("blackbox.drift/1", "changed", 0.01) == (found["schema"], found["verdict"], found["alpha"])
    assert (runs[7], runs[8]) == (found["onset"], found["detected"])
    assert runs == [point["run"] for point in found["points"]]
    wanted = {"run": str, "n": int, "suspected": bool, "alarm": bool, "statistic": float}
    for point in found["points"]:
        assert [] == [name for name, kind in wanted.items() if not isinstance(point[name], kind)]
        assert (point["pvalue"] is None) == (point["reason"] is not None)
    assert [k for k, point in enumerate(found["points"]) if point["alarm"]] == [8]
    assert found["points"][7]["suspected"]
    assert "NaN" not in said.out


def test_one_run_of_many_days_is_read_day_by_day(command: Command, tmp_path: Path) -> None:
    """A whole history in one file is one imported run; its days are the points."""
    (run,) = imported(command, tmp_path, [[row for day in rows(12, swap=7) for row in day]])
    found = command("drift", run, "--json").json
    assert ("changed", f"{run}@2026-04-08", f"{run}@2026-04-09") == (
        found["verdict"],
        found["onset"],
        found["detected"],
    )
    assert 40 == found["points"][0]["n"]


def test_days_as_models_and_as_suites_are_read_by_name(command: Command, tmp_path: Path) -> None:
    """Models named day-1 … day-10 form a history with --order name, ten after nine; so do suites named by day."""
    days = rows(10)
    named = [[{**row, "m": f"day-{k + 1}"} for row in day] for k, day in enumerate(days)]
    runs = imported(command, tmp_path, [[{k: v for k, v in row.items() if k != "t"} for row in d] for d in named])
    found = command("drift", *sorted(runs), "--order", "name", "--json").json
    assert [f"day-{k}" for k in range(1, 11)] == [point["endpoint"] for point in found["points"]]
    assert "no change seen" == found["verdict"]
    assert 0 < found["minimum_detectable_effect"]["value"] <= 0.75
    assert f"{found['minimum_detectable_effect']['value']:.0%} of the answers" in found["reason"]
    by_suite = [imported(command, tmp_path, [day], suite=f"s-{k}")[0] for k, day in enumerate(days)]
    assert by_suite == [p["run"] for p in command("drift", *by_suite, "--order", "name", "--json").json["points"]]


def test_gate_codes() -> None:
    """1 changed, 3 unstable or inconclusive, 0 no change seen; the worst of several histories decides."""
    codes = [gate_code([{"verdict": v}]) for v in ("changed", "unstable", "inconclusive", "no change seen")]
    assert [1, 3, 3, 0] == codes
    assert 1 == gate_code([{"verdict": "inconclusive"}, {"verdict": "changed"}])


def test_short_history_is_inconclusive_with_the_number_needed(command: Command, tmp_path: Path) -> None:
    """Two runs are a history that can't say anything yet."""
    runs = imported(command, tmp_path, rows(2))
    said = command("drift", *runs, "--json", "--gate")
    assert (3, "inconclusive", None, None) == (said.code, *(said.json[k] for k in ("verdict", "onset", "detected")))
    assert "2 of at least 5 runs" in said.json["reason"]
    assert said.json["minimum_detectable_effect"] is None


def test_bad_input_is_one_clear_line(command: Command, tmp_path: Path) -> None:
    """One run, a run twice, other endpoints, other suites, unknown or equal times, a horizon that is too short."""
    one, two, three = imported(command, tmp_path, rows(3))
    other = imported(command, tmp_path, rows(1, name="llama"))[0]
    strange = [[{**row, "q": f"Else {row['q']}"} for row in rows(1)[0]]]
    elsewhere = imported(command, tmp_path, strange)[0]
    untimed = imported(command, tmp_path, [[{k: v for k, v in row.items() if k != "t"} for row in rows(1)[0]]])[0]
    again = imported(command, tmp_path, rows(1, seed=5))[0]
    cases = {
        (one,): "at least two runs",
        (one, one): "named twice",
        (one, other): "history of one endpoint",
        (one, two, elsewhere): "asks other questions",
        (one, untimed): "is not recorded",
        (one, again): "begin at the same moment",
        (one, two, three, "--horizon", "2"): "--horizon declares 2",
        (one, two, "--order", "name"): "can't tell which came first",
        ("nothing", one): "no run 'nothing'",
    }
    for words, message in cases.items():
        said = command("drift", *words)
        assert (2, True) == (said.code, message in said.line()), said.err


def test_report_is_drawn_again_and_shows_hostile_text_as_text(command: Command, tmp_path: Path) -> None:
    """Names, prompts and answers that are markup or terminal codes are shown, never obeyed."""
    days = rows(12, swap=7, name="<img src=x>\x1b[2J")
    bad = [[{**row, "q": f"<script>{row['q']}", "a": f"{row['a']}</td>\x1b[31m"} for row in day] for day in days]
    runs = imported(command, tmp_path, bad)
    said = command("drift", *runs, "-o", tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert 0 == said.code
    assert "\x1b" not in said.out
    assert page.count("<script") == 1, "the page's own"
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "changed since" in page


def test_missing_answers_and_missing_probes_are_counted(command: Command, tmp_path: Path) -> None:
    """A day of nulls is a point without a statistic; a day that lost half its answers is named."""
    days = rows(9)
    days[4] = [{**row, "a": None} for row in days[4]]
    days[6] = [row for row in days[6] if row["q"] < "Question 4?"]
    runs = imported(command, tmp_path, days)
    found = command("drift", *runs, "--json").json
    silent = found["points"][4]
    assert (0, 40, None, False) == (silent["n"], silent["n_missing"], silent["statistic"], silent["suspected"])
    assert "no usable answer" in silent["reason"]
    assert any("under half" in line for line in found["warnings"])
    assert "changed" != found["verdict"]


def test_open_answers_are_counted_by_their_first_word(command: Command, tmp_path: Path) -> None:
    """Long answers, no two alike, still show that another model opens them in another way."""
    days = rows(10, swap=6)
    long = [[{**row, "a": f"{row['a']} {'word ' * 20}{k}"} for k, row in enumerate(day)] for day in days]
    runs = imported(command, tmp_path, long)
    assert ("changed", runs[6]) == tuple(command("drift", *runs, "--json").json[k] for k in ("verdict", "onset"))


@pytest.mark.parametrize("words", [("drift", "--help"), ("watch", "--help")])
def test_help(command: Command, words: tuple[str, ...]) -> None:
    """Both commands say what they do."""
    assert 0 == command(*words).code
