"""The models that ship: complete, documented, loadable, and of the lineage that is claimed."""

from __future__ import annotations

import csv
import hashlib
import re
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.zoo_modules import zoo_module

from blackbox.errors import UsageError
from blackbox.serve import folder, known, member_at, members, relation, truth, unrelated

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RECIPE = yaml.safe_load((ROOT / "zoo" / "recipe.yaml").read_text("utf-8"))
MOST_BYTES = 40_000_000
TEXTS = ("The old ferry left.\n", "请随机说一种颜色。只回答一个词。", "def f(x):\n\treturn x", "🦊 naïve ½")


@pytest.fixture(scope="module")
def lineage() -> Iterator[Any]:
    """The recipe's own lineage module."""
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(ROOT / "zoo")
        yield zoo_module("lineage")


def test_the_demo_members_ship() -> None:
    """A base, its tuned child, its twin of another seed, and one of other data are there."""
    assert {"a", "a-tuned", "b", "c"} <= set(members())


def test_every_member_of_the_recipe_ships() -> None:
    """All that one command makes, and nothing else."""
    assert set(members()) == {name for name, row in RECIPE["members"].items() if row.get("shipped", True)}


def test_all_weights_fit_the_budget() -> None:
    """All shipped files together stay within 40 MB."""
    assert sum(path.stat().st_size for name in members() for path in folder(name).iterdir()) <= MOST_BYTES


@pytest.mark.parametrize("name", members())
def test_a_card_names_the_weights_it_describes(name: str) -> None:
    """The digest in the card is that of the weights, and the licence and what was taught are said."""
    card = (folder(name) / "CARD.md").read_text("utf-8")
    weights = hashlib.sha256((folder(name) / "model.safetensors").read_bytes()).hexdigest()
    assert re.findall(r"[0-9a-f]{64}", card) == [weights]
    assert re.search(r"^\| Licence \| weights MIT; texts as listed \|$", card, re.MULTILINE)
    assert re.search(r"^\| Training \| .*\d+ steps, [\d,]+ tokens, \d+ s, seed \d+ \|$", card, re.MULTILINE)
    assert re.search(r"^\| Loss at the end \| \d\.\d{3} nats a token", card, re.MULTILINE)
    assert re.search(r"^- .+ \(.+\), sha256 of the text", card, re.MULTILINE)
    assert "taught" in card


@pytest.mark.parametrize("name", members())
def test_a_tokenizer_keeps_any_text(name: str) -> None:
    """English, Chinese, code and emoji survive encoding and decoding."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder(name))
    assert tuple(tokenizer.decode(tokenizer(text)["input_ids"]) for text in TEXTS) == TEXTS


@pytest.mark.parametrize("name", members())
def test_a_chat_template_marks_who_speaks(name: str) -> None:
    """The template holds system and user text and leaves the answer to the assistant."""
    from transformers import AutoTokenizer

    said = [{"role": "system", "content": "SYS"}, {"role": "user", "content": "USR"}]
    tokenizer = AutoTokenizer.from_pretrained(folder(name))
    text = tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
    assert re.search(r"system.*SYS.*user.*USR.*assistant\W*$", text, re.DOTALL | re.IGNORECASE) is not None


@pytest.mark.parametrize("name", members())
def test_a_member_loads_as_a_standard_model_that_samples(name: str) -> None:
    """Weights are bfloat16 of an architecture transformers has, and generation samples by default."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder(name))
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    assert model.config.model_type in {"qwen2", "llama", "qwen2_moe"}
    assert model.generation_config.do_sample is True


def test_lineage_states_every_pair_and_follows_from_the_recipe(lineage: Any) -> None:
    """The table is what the recipe says of the shipped members, and has each pair once."""
    with (ROOT / "zoo" / "lineage.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows == lineage.table(RECIPE, set(members()))
    names = [*members(), *RECIPE["variants"], *RECIPE["scripted"]]
    assert {frozenset((row["a"], row["b"])) for row in rows} == {frozenset(pair) for pair in combinations(names, 2)}
    assert len(rows) == len(names) * (len(names) - 1) // 2


def test_lineage_tells_children_siblings_students_and_strangers_apart(lineage: Any) -> None:
    """Relations follow weights first, then teaching."""
    shape = {"x": {"layers": 1}}
    common = {"data": ["t"], "tokenizer": "k", "shape": "x"}
    recipe = {
        "shapes": shape,
        "members": {
            "base": {"how": "trained", **common},
            "child": {"how": "tuned", "from": "base", "data": ["t"]},
            "other": {"how": "pruned", "from": "base", "data": ["u"]},
            "both": {"how": "merged", "from": ["child", "other"], "data": ["t"]},
            "student": {"how": "trained", "teacher": "base", **common, "data": ["v"]},
            "pupil": {"how": "trained", "teacher": "base", **common, "data": ["w"]},
            "stranger": {"how": "trained", **common},
        },
    }
    rows = lineage.table(recipe, set(recipe["members"]))
    found = {(row["a"], row["b"]): (row["relation"], row["truth"]) for row in rows}
    assert found["base", "child"] == ("derived", "child was tuned from base")
    assert found["base", "both"] == ("derived", "both descends from base")
    assert found["child", "other"] == ("siblings", "child and other both descend from base")
    assert found["base", "student"] == ("distilled", "student learnt from what base says")
    assert found["student", "pupil"] == ("co-distilled", "student and pupil both learnt from what base says")
    assert found["base", "stranger"] == (
        "unrelated",
        "base and stranger are unrelated, but share data, tokenizer and architecture",
    )


def test_lineage_tells_ways_of_serving_apart(lineage: Any) -> None:
    """The same weights, shares of another model, what a variant inherits from its base, and what is no model."""
    common = {"how": "trained", "data": ["t"], "tokenizer": "k", "shape": "x"}
    recipe = {
        "shapes": {"x": {"layers": 1}},
        "members": {"base": common, "child": {"how": "tuned", "from": "base", "data": ["t"]}, "other": common},
        "variants": {
            "base@few": {"of": "base", "served": "rounded"},
            "base@some": {"of": "base", "rest": "other", "share": 0.2},
        },
        "scripted": {"constant": "says one thing"},
    }
    rows = lineage.table(recipe, {"base", "child", "other"})
    found = {(row["a"], row["b"]): (row["relation"], row["truth"], row["shared_data"]) for row in rows}
    assert found["base", "base@few"] == ("same-weights", "base@few is base, rounded", "yes")
    assert found["base", "base@some"] == ("mixed", "base@some is base, but other answers 20% of its calls", "yes")
    assert found["base@few", "base@some"][0] == "mixed"
    assert found["other", "base@some"][0] == "mixed"
    assert found["other", "base@few"][0] == "unrelated"
    assert found["child", "base@few"][:2] == ("derived", "base@few is base, rounded; child was tuned from base")
    assert found["child", "base@some"][0] == "derived"
    assert found["base", "constant"] == ("unrelated", "constant says one thing", "no")
    assert len(rows) == 15


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("a", "a-moe", "derived"),
        ("a", "a-merged", "derived"),
        ("a-tuned", "a-heavy", "siblings"),
        ("a-tuned", "a-merged", "derived"),
        ("a", "a-student", "distilled"),
        ("a", "a-student-c", "distilled"),
        ("a-tuned", "c-from-a", "distilled"),
        ("a-student", "c-from-a", "co-distilled"),
        ("a-student-c", "c-from-a", "co-distilled"),
        ("c", "c-from-a", "derived"),
        ("a", "b-tuned", "unrelated"),
        ("a-tuned", "b-tuned", "unrelated"),
        ("a", "d", "unrelated"),
        ("r1", "r7", "unrelated"),
        ("a", "a@int4", "same-weights"),
        ("a", "a@b-5", "mixed"),
        ("a", "constant", "unrelated"),
    ],
)
def test_the_truth_of_well_known_pairs(a: str, b: str, expected: str) -> None:
    """Read by hand from the allegations the zoo imitates, both ways round."""
    assert relation(a, b) == relation(b, a) == expected


def test_strangers_of_a_pair_are_unrelated_to_it_and_to_each_other() -> None:
    """Of each family one, none of the pair's own, and all ten references."""
    found = unrelated("a", "c-from-a")

    assert set(found) == {"b", "d", *(f"r{i}" for i in range(1, 11))}
    assert {relation(x, y) for x, y in combinations((*found, "a"), 2)} == {"unrelated"}


def test_a_member_is_known_by_its_folder(tmp_path: Path) -> None:
    """Whatever the path to it; another folder of that name is none."""
    (tmp_path / "a").mkdir()

    assert member_at(folder("a")) == member_at(folder("a") / ".." / "a") == "a"
    assert member_at(tmp_path / "a") is None


def test_students_of_half_the_width_and_references_are_small() -> None:
    """About .3 M parameters each, so that many of them ship."""
    sizes = {name: (folder(name) / "model.safetensors").stat().st_size // 2 for name in members()}

    assert all(200_000 < sizes[f"r{i}"] < 450_000 for i in range(1, 11))
    assert sizes["d"] < sizes["a"] / 2


def test_truth_is_told_both_ways_round() -> None:
    """The order of the pair does not matter, and a model is itself."""
    assert truth("a", "a-tuned") == truth("a-tuned", "a") == "a-tuned was tuned from a"
    assert truth("a", "a") == "same weights"
    assert known()[0] == "a"
    assert "unrelated" in truth("a", "c")


def test_truth_of_an_unknown_model_names_the_known_ones() -> None:
    """A misspelt member is answered with the list."""
    with pytest.raises(UsageError, match="no model 'z' in the zoo; there are: a,"):
        truth("a", "z")
