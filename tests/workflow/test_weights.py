"""`weights` from files to document: shipped and given strangers, warnings, and what is not needed for it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.safetensors_files import attention, write_tensors

from blackbox import serve
from blackbox.errors import UsageError
from blackbox.workflow.weights import compare_weights

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """A folder of checkpoints: x, its child y, and the strangers s0 … s3, six layers each."""
    made = {name: attention(6, seed=i) for i, name in enumerate(["x", "s0", "s1", "s2", "s3"])}
    rng = np.random.default_rng(9)
    made["y"] = {name: (m * rng.normal(1, 0.001)).astype("<f4") for name, m in made["x"].items()}
    for name, tensors in made.items():
        (tmp_path / name).mkdir()
        write_tensors(tmp_path / name / "model.safetensors", tensors)
    return tmp_path


def test_given_strangers_replace_the_shipped_ones(checkpoints: Path) -> None:
    """The document holds pair, strangers, their distribution and the rank."""
    against = [str(checkpoints / f"s{i}") for i in range(4)]
    found = compare_weights(str(checkpoints / "x"), str(checkpoints / "y"), against)

    assert found["schema"] == "blackbox.weights/1"
    assert found["correlation"] == pytest.approx(np.mean(list(found["by_matrix"].values())))
    assert (found["unrelated"]["source"], found["unrelated"]["n_counted"]) == ("given", 4)
    values = [each[side] for each in found["unrelated"]["models"] for side in ("with_a", "with_b")]
    spread = found["unrelated"]["distribution"]
    assert (spread["min"], spread["median"], spread["max"]) == (
        min(values),
        pytest.approx(np.median(values)),
        max(values),
    )
    above = max(
        sum(each[side] >= each["pair_at_these_points"] for each in found["unrelated"]["models"])
        for side in ("with_a", "with_b")
    )
    assert found["rank_pvalue"] == (1 + above) / 5
    assert found["warnings"] == []


def test_shipped_strangers_are_unrelated_to_the_pair_and_to_each_other() -> None:
    """Two of the zoo: neither they nor their kin stand among the strangers, and no family stands there twice."""
    found = compare_weights("a", "a-tuned", [])
    names = [each["name"] for each in found["unrelated"]["models"]]

    assert found["unrelated"]["source"] == "shipped"
    assert {"b", "c"} <= set(names)
    assert {serve.relation(name, own) for name in names for own in ("a", "a-tuned")} == {"unrelated"}
    assert {serve.relation(x, y) for x in names for y in names if x != y} == {"unrelated"}


def test_a_member_is_known_by_its_folder_too() -> None:
    """Named by path, a member's kin are left out all the same."""
    by_path = compare_weights(str(serve.folder("a")), "a-tuned", [])
    by_name = compare_weights("a", "a-tuned", [])

    assert by_path["a"]["zoo_member"] == "a"
    assert by_path["unrelated"] == by_name["unrelated"]


def test_unequal_depth_and_shallow_strangers_are_said(checkpoints: Path) -> None:
    """How the layers were brought together, and how many strangers have fewer."""
    (checkpoints / "deep").mkdir()
    write_tensors(checkpoints / "deep" / "model.safetensors", attention(9, seed=7))
    found = compare_weights(str(checkpoints / "x"), str(checkpoints / "deep"), ["b"])

    assert found["n_points"] == 6
    assert any("6 and 9 layers" in warning for warning in found["warnings"])
    assert any("1 of 1 unrelated models have fewer layers" in warning for warning in found["warnings"])


def test_kin_given_as_strangers_are_pointed_out() -> None:
    """The lineage is known for the zoo, and said."""
    found = compare_weights("a", "b", ["a-tuned", "c"])

    assert any("not unrelated to both: a-tuned" in warning for warning in found["warnings"])


def test_a_model_against_itself_is_said_to_be_so() -> None:
    """The correlation is 1, and that is no finding."""
    found = compare_weights("a", "a", [])

    assert found["correlation"] == pytest.approx(1.0)
    assert found["warnings"][0].startswith("both are one checkpoint")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "b", ["a"]), "can't be among the unrelated ones"),
        (("a", "b", ["c", "c"]), "named twice"),
        (("a", "no-such-model", []), "neither a folder nor in the zoo"),
        (("a", "a@int8", []), "neither a folder nor in the zoo"),
    ],
)
def test_what_makes_no_sense_is_refused(names: tuple[str, str, list[str]], words: str) -> None:
    """One of the pair as stranger, a stranger twice, unknown names, and ways of serving that have no weights."""
    with pytest.raises(UsageError, match=words):
        compare_weights(*names)


def test_torch_is_not_needed() -> None:
    """Neither torch nor transformers nor safetensors is imported, even where they are installed."""
    code = (
        "import sys; from blackbox.cli import main; code = main(['weights', 'a', 'b', '--json'])\n"
        "heavy = {'torch', 'transformers', 'safetensors', 'datasets', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(code or bool(heavy))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
