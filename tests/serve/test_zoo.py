"""The models that ship: complete, documented, loadable, and of the lineage that is claimed."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import re
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from blackbox.errors import UsageError
from blackbox.serve import folder, members, truth

ROOT = Path(__file__).parents[2]
RECIPE = yaml.safe_load((ROOT / "zoo" / "recipe.yaml").read_text("utf-8"))
MOST_BYTES = 40_000_000
TEXTS = ("The old ferry left.\n", "请随机说一种颜色。只回答一个词。", "def f(x):\n\treturn x", "🦊 naïve ½")


@pytest.fixture(scope="module")
def lineage() -> Any:
    """The recipe's own lineage module."""
    spec = importlib.util.spec_from_file_location("zoo_lineage", ROOT / "zoo" / "lineage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_demo_members_ship() -> None:
    """A base, its tuned child, its twin of another seed, and one of other data are there."""
    assert {"a", "a-tuned", "b", "c"} <= set(members())


def test_every_member_is_in_the_recipe() -> None:
    """Nothing ships that one command does not make."""
    assert set(members()) <= set(RECIPE["members"])


def test_all_weights_fit_the_budget() -> None:
    """All shipped files together stay within 40 MB."""
    assert sum(path.stat().st_size for name in members() for path in folder(name).iterdir()) <= MOST_BYTES


@pytest.mark.parametrize("name", members())
def test_a_card_names_the_weights_it_describes(name: str) -> None:
    """The digest in the card is that of the weights, and the licence and what was taught are said."""
    card = (folder(name) / "CARD.md").read_text("utf-8")
    weights = hashlib.sha256((folder(name) / "model.safetensors").read_bytes()).hexdigest()
    assert re.findall(r"[0-9a-f]{64}", card) == [weights]
    assert "Licence" in card
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
    assert {frozenset((row["a"], row["b"])) for row in rows} == {frozenset(pair) for pair in combinations(members(), 2)}


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
            "stranger": {"how": "trained", **common},
        },
    }
    rows = lineage.table(recipe, set(recipe["members"]))
    found = {(row["a"], row["b"]): (row["relation"], row["truth"]) for row in rows}
    assert found["base", "child"] == ("derived", "child was tuned from base")
    assert found["base", "both"] == ("derived", "both descends from base")
    assert found["child", "other"] == ("siblings", "child and other both descend from base")
    assert found["base", "student"] == ("distilled", "student learnt from what base says")
    assert found["base", "stranger"] == (
        "unrelated",
        "base and stranger are unrelated, but share data, tokenizer and architecture",
    )


def test_truth_is_told_both_ways_round() -> None:
    """The order of the pair does not matter, and a model is itself."""
    assert truth("a", "a-tuned") == truth("a-tuned", "a") == "a-tuned was tuned from a"
    assert truth("a", "a") == "same weights"
    assert "unrelated" in truth("a", "c")


def test_truth_of_an_unknown_model_names_the_known_ones() -> None:
    """A misspelt member is answered with the list."""
    with pytest.raises(UsageError, match="no model 'z' in the zoo; there are: a,"):
        truth("a", "z")
