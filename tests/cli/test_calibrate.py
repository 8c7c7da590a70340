"""The whole way from recorded answers to a bounded ratio, on the command line; and what can't be calibrated."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from blackbox.cli import main
from blackbox.core import digest
from tests.support.kin import group_table, groups_of, labelled, pair_table, texts_of

if TYPE_CHECKING:
    from tests.support.commands import Command

N_PROBES = 6
GROUP = groups_of(18, 4)
HELD_OUT = {"x1": "g-x", "x2": "g-x", "y": "g-y"}
SIDES = ("--same", "kin", "--different", "unrelated")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with runs, labels and a population of 26 models; three more runs are not part of it."""
    folder = tmp_path_factory.mktemp("calibrate")
    rows = texts_of(np.random.default_rng(0), {**GROUP, **HELD_OUT}, N_PROBES)
    (folder / "answers.json").write_text(json.dumps(rows))
    (folder / "pairs.csv").write_text(pair_table(labelled(GROUP)))
    (folder / "groups.csv").write_text(group_table(GROUP))
    fields = ("--prompt-field", "prompt", "--response-field", "response", "--model-field", "model")
    answers = str(folder / "answers.json")
    assert main(["import", answers, *fields, "--suite", "sim", "--results", str(folder / "r")]) == 0
    assert main([str(w) for w in calibration(folder, runs_of(folder, GROUP))]) == 0
    return folder


def imported_into(folder: Path) -> list[Path]:
    """Return the folders of runs; comparisons lie beside them."""
    return [path.parent for path in (folder / "r").glob("*/manifest.json")]


def runs_of(folder: Path, models: Any) -> list[str]:
    """Return the runs of models, by path."""
    found = {json.loads((p / "manifest.json").read_text())["endpoint"]["name"]: p for p in imported_into(folder)}
    return [str(found[m]) for m in models]


def calibration(folder: Path, runs: list[str], **changed: Any) -> list[Any]:
    """Return the words of a calibration."""
    said = {
        "pairs": folder / "pairs.csv",
        "groups": folder / "groups.csv",
        "out": folder / "population.json",
        **changed,
    }
    sides = said.pop("sides", SIDES)
    return ["calibrate", *runs, "--pairs", said["pairs"], "--groups", said["groups"], *sides, "-o", said["out"]]


def related(command: Command, folder: Path, models: list[str], *more: Any) -> Any:
    """Return the `related` object of the first pair of a comparison against the population."""
    population = ("--population", folder / "population.json")
    said = command("compare", *runs_of(folder, models), *population, "--results", folder / "r", "--json", *more)
    assert said.code == 0, said.err
    return said.json["pairs"][0]["related"]


def test_a_population_is_complete(made: Path) -> None:
    """The contract's parts are there, and no answer is."""
    text = (made / "population.json").read_text()
    document = json.loads(text, parse_constant=pytest.fail)
    assert document["schema"] == "blackbox.population/1"
    assert {"hash", "fits", "bounds", "performance", "counts", "suite", "digest", "note"} <= document.keys()
    assert document["counts"]["n_groups"] == 22
    assert document["counts"]["n_references"] <= 64
    assert "not anonymous" in document["note"]
    assert document["performance"]["unrelated"]["auc"] > 0.99
    assert document["performance"]["sibling"] is None
    assert "not available" in document["reasons"]["sibling"]
    answers = json.loads((made / "answers.json").read_text())
    stored = text.encode() + (made / "population.npz").read_bytes()
    assert [a for a in answers if a["response"][:30].encode() in stored] == []


def test_held_out_kin_get_a_bounded_ratio_and_others_do_not(made: Path, command: Command) -> None:
    """x1 and x2 share a phrase a question, y does not: a ratio above and one below 1, with everything beside it."""
    kin, other = related(command, made, ["x1", "x2"]), related(command, made, ["x1", "y"])
    assert kin["log10_lr"] > 0 > other["log10_lr"]
    assert kin["bounds"][0] <= other["log10_lr"]
    assert kin["log10_lr"] <= kin["bounds"][1] <= kin["uncapped_log10_lr"] or kin["uncapped_log10_lr"] > 0
    assert kin["against"] == "unrelated"
    assert "for shared ancestry" in kin["verbal"]
    assert kin["population"]["n_groups"] == 22
    assert kin["rank_pvalue"] == pytest.approx(1 / 23)
    assert {s["signal"] for s in kin["signals"]} == {"w3", "c5", "prefix"}
    phrases = kin["telling"]["phrases"]
    assert phrases[0]["n_sharing"] == 0
    texts = {r["response"] for r in json.loads((made / "answers.json").read_text()) if r["model"] == "x1"}
    assert any(phrases[0]["phrase"] in text for text in texts)


def test_a_pair_scores_alike_alone_and_among_others(made: Path, command: Command) -> None:
    """The population alone normalises: who else is compared, and in which order, changes nothing."""
    alone = related(command, made, ["x1", "x2"])
    among = related(command, made, ["x2", "x1", "y", "solo00", "twin00a"])
    assert alone["uncapped_log10_lr"] == pytest.approx(among["uncapped_log10_lr"], abs=1e-4)
    assert among["n_candidates"] == 10


def test_members_do_not_normalise_themselves(made: Path, command: Command) -> None:
    """Two members compared give the ratio that the calibration left them out for."""
    document = json.loads((made / "population.json").read_text())
    folds = {m["model"]: m["fold"] for m in document["models"]}
    found = related(command, made, ["twin00a", "twin00b"])
    assert found["log10_lr"] > 0
    assert found["n_references"] == sum(m["reference"] and m["fold"] != folds["twin00a"] for m in document["models"])


def test_a_population_travels(made: Path, command: Command, tmp_path: Path) -> None:
    """Two files in another folder score a pair without any run of the population."""
    for name in ("population.json", "population.npz"):
        shutil.copy(made / name, tmp_path)
    for run in runs_of(made, ["x1", "x2"]):
        shutil.copytree(run, tmp_path / "r" / Path(run).name)
    here, there = (related(command, folder, ["x1", "x2"]) for folder in (made, tmp_path))
    assert here["uncapped_log10_lr"] == there["uncapped_log10_lr"]


def test_prompts_are_chosen_from_a_population_alone(made: Path, command: Command, tmp_path: Path) -> None:
    """One run says how the prompts read, the file does the rest; choosing from all runs finds the same prompts."""
    said = ("--population", made / "population.json", "-n", "3")
    alone = command("suites", "select", *said, "-o", tmp_path / "no.yaml")
    assert (2, True) == (alone.code, "a population holds no prompts" in alone.line())
    found = command("suites", "select", *runs_of(made, ["x1"]), *said, "-o", tmp_path / "a.yaml", "--json").json
    labels = ("--pairs", made / "pairs.csv", "--groups", made / "groups.csv", *SIDES)
    runs = runs_of(made, GROUP)
    slow = command("suites", "select", *runs, *labels, "-n", "3", "-o", tmp_path / "b.yaml", "--json").json
    assert slow["probes"] == found["probes"]
    assert slow["choosing_groups"] == found["choosing_groups"]
    assert slow["gain"]["chosen"] == pytest.approx(found["gain"]["chosen"], abs=0.02)


def test_verify_finds_damage_and_forgery(made: Path, command: Command, tmp_path: Path) -> None:
    """Whole: 0. A changed byte: 5. A coefficient changed and every digest renewed: 5, for it no longer follows."""
    for name in ("population.json", "population.npz"):
        shutil.copy(made / name, tmp_path)
    path = tmp_path / "population.json"
    whole = command("verify", path, "--json")
    document = json.loads(path.read_text())
    document["bounds"]["unrelated"]["upper"] = 6.0
    path.write_text(json.dumps(document))
    edited = command("verify", path)
    del document["digest"]
    path.write_text(json.dumps({**document, "digest": digest(document)}))
    forged = command("verify", path)
    del document["fits"]
    path.write_text(json.dumps({**document, "digest": digest(document)}))
    assert command("compare", *runs_of(made, ["x1", "x2"]), "--population", path).code == 5
    assert (whole.code, whole.json["ok"]) == (0, True)
    assert edited.code == 5
    assert forged.code == 5
    assert "bounds" in forged.out
    assert command("compare", *runs_of(made, ["x1", "x2"]), "--population", tmp_path / "none.json").code == 2


def test_the_report_shows_scale_population_and_limits(made: Path, command: Command) -> None:
    """Verbal equivalents, bounds, misleading evidence with limits, shared phrases; never a direction."""
    population = ("--population", made / "population.json")
    said = command("compare", *runs_of(made, ["x1", "x2"]), *population, "--results", made / "r", "-o", made / "out")
    page = (made / "out" / "report.html").read_text()
    assert said.code == 0
    for words in ("How strong the evidence of kinship is", "Tippett", "Misleading evidence", "rarest phrases"):
        assert words in page
    assert "no result says who derived from whom" in " ".join(said.out.split())


def test_other_questions_get_no_ratio(made: Path, command: Command, tmp_path: Path) -> None:
    """A population of other prompts: null with the reason, exit 0."""
    rows = [{"m": m, "q": f"Other {i}?", "r": "a long answer of many words, " * 3} for m in "ab" for i in range(6)]
    (tmp_path / "other.json").write_text(json.dumps(rows))
    fields = ("--prompt-field", "q", "--response-field", "r", "--model-field", "m", "--suite", "other")
    runs = [r["id"] for r in command("import", "other.json", *fields, "--json").json["runs"]]
    said = command("compare", *runs, "--population", made / "population.json", "--json")
    found = said.json["pairs"][0]["related"]
    assert (said.code, found["log10_lr"]) == (0, None)
    assert "is of other questions" in found["reason"]


def test_too_few_common_probes_get_no_ratio(made: Path, command: Command, tmp_path: Path) -> None:
    """Two of six probes answered: outside of what the population speaks for."""
    rows = [r for r in json.loads((made / "answers.json").read_text()) if r["model"] in ("x1", "x2")]
    (tmp_path / "few.json").write_text(json.dumps([r for r in rows if r["prompt"] in ("Question 0?", "Question 1?")]))
    fields = ("--prompt-field", "prompt", "--response-field", "response", "--model-field", "model", "--suite", "sim")
    runs = [r["id"] for r in command("import", "few.json", *fields, "--json").json["runs"]]
    found = command("compare", *runs, "--population", made / "population.json", "--json").json["pairs"][0]["related"]
    assert found["log10_lr"] is None
    assert "2 of the population's 6 probes" in found["reason"]
    assert found["rank_pvalue"] is not None


def test_an_answer_given_twice_changes_little(made: Path, command: Command, tmp_path: Path) -> None:
    """A prompt answered twice in a table is a repeat: the first answers count, as in the population."""
    rows = [r for r in json.loads((made / "answers.json").read_text()) if r["model"] in ("x1", "x2")]
    (tmp_path / "twice.json").write_text(json.dumps([*rows, rows[0], rows[3]]))
    fields = ("--prompt-field", "prompt", "--response-field", "response", "--model-field", "model", "--suite", "sim")
    runs = [r["id"] for r in command("import", "twice.json", *fields, "--json").json["runs"]]
    found = command("compare", *runs, "--population", made / "population.json", "--json").json["pairs"][0]["related"]
    assert found["uncapped_log10_lr"] == pytest.approx(related(command, made, ["x1", "x2"])["uncapped_log10_lr"])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("a,b\nx,y\n", None, SIDES), "no column 'relation'"),
        (("", None, SIDES), "no column 'a'"),
        (("a,b,relation\n", None, SIDES), "no rows"),
        (("a,b,relation\nx,,kin\n", None, SIDES), "line 2 has an empty cell"),
        (("a,b,relation\nx,y,kin,z\n", None, SIDES), "more cells than columns"),
        (('a,b,relation\n"x,y,kin\n', None, SIDES), "is no CSV"),
        (("a,b,relation\nnobody,nowhere,kin\nx,y,unrelated\n", None, SIDES), "'nobody' has no run"),
        (("a,b,relation\nsolo00,solo00,kin\nx,y,unrelated\n", None, SIDES), "paired with itself"),
        (
            ("a,b,relation\nsolo00,solo01,kin\nsolo01,solo00,unrelated\n", None, SIDES),
            "labelled both kin and unrelated",
        ),
        ((None, None, ("--same", "kim", "--different", "unrelated")), "did you mean 'kin'"),
        ((None, None, ("--same", "kin", "--different", "kin")), "is in two lists"),
        ((None, "model,group\nsolo00,g\n", SIDES), "no group for"),
        ((None, "model,group\nsolo00,g\nsolo00,h\n", SIDES), "is in two groups"),
        ((None, "".join(["model,group\n", *(f"{m},one\n" for m in GROUP)]), SIDES), "lie in one lineage group"),
    ],
)
def test_bad_labels_are_one_clear_line(
    made: Path, command: Command, tmp_path: Path, labels: tuple[str | None, str | None, Any], message: str
) -> None:
    """Exit 2, what is wrong and where, and no file is written."""
    changed: dict[str, Any] = {"out": tmp_path / "p.json", "sides": labels[2]}
    for name, content in zip(("pairs", "groups"), labels, strict=False):
        if content is not None:
            (tmp_path / f"{name}.csv").write_text(content)
            changed[name] = tmp_path / f"{name}.csv"
    said = command(*calibration(made, runs_of(made, ["solo00", "solo01", "solo02", "twin00a"]), **changed))
    assert said.code == 2
    assert message in said.line()
    assert not (tmp_path / "p.json").exists()


def test_too_few_groups_are_refused(made: Path, command: Command, tmp_path: Path) -> None:
    """Six models: the reason, and what can be had without a population."""
    runs = runs_of(made, [*list(GROUP)[:4], "twin00a", "twin00b"])
    said = command(*calibration(made, runs, out=tmp_path / "p.json"))
    assert said.code == 2
    assert "lineage groups" in said.line()
    assert "ranks" in said.line()


def test_runs_without_a_common_probe_are_refused(made: Path, command: Command, tmp_path: Path) -> None:
    """One suite name, other prompts for one of the models: no population."""
    rows = [{"m": "solo00", "q": f"Another {i}?", "r": "a long answer of many words, " * 3} for i in range(6)]
    (tmp_path / "another.json").write_text(json.dumps(rows))
    fields = ("--prompt-field", "q", "--response-field", "r", "--model-field", "m", "--suite", "sim")
    [run] = command("import", "another.json", *fields, "--json").json["runs"]
    others = runs_of(made, [m for m in GROUP if m != "solo00"])
    said = command(*calibration(made, [*others, run["id"]], out=tmp_path / "p.json"))
    assert (said.code, "share no probe" in said.line()) == (2, True)


def test_one_run_an_endpoint(made: Path, command: Command, tmp_path: Path) -> None:
    """Two runs of one endpoint would be two answers to who it is."""
    said = command(*calibration(made, runs_of(made, ["solo00", "solo00"]), out=tmp_path / "p.json"))
    assert (said.code, "has 2 runs" in said.line()) == (2, True)


def test_embeddings_are_read_on_request(made: Path, command: Command, tmp_path: Path) -> None:
    """With --embeddings the population holds them, says that text can be rebuilt, and scores; not by default."""
    out = tmp_path / "meant.json"
    said = command(*calibration(made, runs_of(made, GROUP), out=out), "--embeddings", "--results", made / "r", "--json")
    assert said.code == 0, said.err
    entry = next(e for e in said.json["signals"] if e["signal"] == "whitened_embedding")
    assert len(entry["model_digest"]) == 64
    assert "rebuilt in part" in said.json["note"]
    pair = ("compare", *runs_of(made, ["x1", "x2"]), "--population", out, "--results", made / "r", "--json")
    found = command(*pair)
    assert found.code == 0, found.err
    signals = {s["signal"]: s["status"] for s in found.json["pairs"][0]["related"]["signals"]}
    assert signals["whitened_embedding"] == "computed"
    document = json.loads((made / "population.json").read_text())
    assert "whitened_embedding" not in {e["signal"] for e in document["signals"]}
    _another_model(out)
    refused = command(*pair)
    assert (refused.code, "another model than ours" in refused.err) == (2, True)


def _another_model(population: Path) -> None:
    """Make a population say that another model made its embeddings; its digest fits again."""
    document = json.loads(population.read_text())
    for entry in document["signals"]:
        if "model_digest" in entry:
            entry["model_digest"] = "0" * 64
    document.pop("digest")
    population.write_text(json.dumps({**document, "digest": digest(document)}))


def test_a_ratio_is_computed_again_from_a_bundle_alone(made: Path, tmp_path: Path, command: Command) -> None:
    """The population's digest is among the inputs, its files in the bundle; without it, or changed, verify says so."""
    results, population = ["--results", made / "r"], made / "population.json"
    out = tmp_path / "c"
    compared = command(
        "compare", *runs_of(made, ["x1", "y"]), "--population", population, "-o", out, "--json", *results
    )
    command("export", out, "--bundle", "b.zip", *results)
    verified = command("verify", "b.zip", "--json", "--results", tmp_path / "nothing").json
    shutil.copy(population, tmp_path / "population.json")
    document = json.loads((out / "comparison.json").read_text())
    document["provenance"]["inputs"]["population"]["file"] = "gone.json"
    (out / "comparison.json").write_text(json.dumps(document))
    changed = command("verify", out, "--json", *results)

    digests = (json.loads(population.read_text())["digest"], len(compared.json["pairs"]))
    assert (compared.json["provenance"]["inputs"]["population"]["digest"], 1) == digests
    assert [entry.get("kind") for entry in verified["runs"]] == ["bundle", None, None, "population", "comparison"]
    assert (verified["ok"], verified["runs"][-1]["reproduced"]) == (True, True)
    assert changed.code == 5
    assert "population gone.json" in changed.json["runs"][0]["problems"][0]
