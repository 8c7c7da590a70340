"""Writes lineage.csv: what is true of each pair of shipped members and of the ways they are served, from the recipe.

`python zoo/lineage.py` after training; relations are

- same-weights: one's weights are the other's, served differently,
- mixed: a share of one's calls is answered by the other, or by its kin,
- derived: one's weights descend from the other's,
- siblings: both descend from a third,
- distilled: one learnt from what the other (or its descendant) says, no weights in common,
- co-distilled: both learnt from what a third says, no weights in common,
- unrelated: none of these; `shared_…` says what they have in common all the same.
"""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path
from typing import Any

import served
import yaml

_HERE = Path(__file__).parent
_COLUMNS = ("a", "b", "relation", "truth", "shared_data", "shared_tokenizer", "shared_architecture", "source")
_DEEDS = {
    "taught": "was taught to chat from",
    "tuned": "was tuned from",
    "continued": "was trained on from",
    "upcycled": "was made into a mixture of experts from",
    "deepened": "was given more layers, from",
    "merged": "was merged from",
    "pruned": "was pruned from",
}


def full_rows(recipe: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the members' rows, each with what it inherits from its (first) parent filled in."""
    full: dict[str, dict[str, Any]] = {}
    for name, row in recipe["members"].items():
        parent = full.get(next(iter(parents(row)), ""), {})
        inherited = {key: parent[key] for key in ("tokenizer", "shape", "taste") if key in parent}
        full[name] = {**inherited, **row}
    return full


def parents(row: dict[str, Any]) -> list[str]:
    """Return the members whose weights a row starts from."""
    stated = row.get("from", [])
    return [stated] if isinstance(stated, str) else list(stated)


def sources(row: dict[str, Any]) -> list[str]:
    """Return the members that must be there before this one can be made: parents and teacher."""
    return [*parents(row), *([row["teacher"]] if "teacher" in row else [])]


def table(recipe: dict[str, Any], shipped: set[str]) -> list[dict[str, str]]:
    """Return one row a pair of shipped members, variants and scripted answerers, in the recipe's order."""
    rows = full_rows(recipe)
    variants = {name: row for name, row in recipe.get("variants", {}).items() if row["of"] in shipped}
    scripted = recipe.get("scripted", {})
    names = [*(name for name in rows if name in shipped), *variants, *scripted]
    found = []
    for a, b in combinations(names, 2):
        if a in scripted or b in scripted:
            found.append(_no_model(a, b, scripted))
        elif a in variants or b in variants:
            found.append(served.pair(a, b, variants, lambda x, y: _pair(x, y, rows, recipe)))
        else:
            found.append(_pair(a, b, rows, recipe))
    return found


def _no_model(a: str, b: str, scripted: dict[str, str]) -> dict[str, str]:
    truth = " and ".join(f"{name} {scripted[name]}" for name in (a, b) if name in scripted)
    flags = dict.fromkeys(("shared_data", "shared_tokenizer", "shared_architecture"), "no")
    return {"a": a, "b": b, "relation": "unrelated", "truth": truth, "source": "", **flags}


def _pair(a: str, b: str, rows: dict[str, dict[str, Any]], recipe: dict[str, Any]) -> dict[str, str]:
    relation, truth, source = _relation(a, b, rows)
    shared = {
        "data": bool(set(rows[a]["data"]) & set(rows[b]["data"])),
        "tokenizer": rows[a]["tokenizer"] == rows[b]["tokenizer"],
        "architecture": _architecture(rows[a], recipe) == _architecture(rows[b], recipe),
    }
    common = [name for name, same in shared.items() if same]
    if relation == "unrelated" and common:
        listed = ", ".join(common[:-1]) + " and " * (len(common) > 1) + common[-1]
        truth += f", but share {listed}"
    flags = {f"shared_{name}": "yes" if same else "no" for name, same in shared.items()}
    return {"a": a, "b": b, "relation": relation, "truth": truth, "source": source, **flags}


def _relation(a: str, b: str, rows: dict[str, dict[str, Any]]) -> tuple[str, str, str]:
    for older, younger in ((a, b), (b, a)):
        if older in _ancestors(younger, rows):
            return "derived", _descent(older, younger, rows), older
    common = _ancestors(a, rows) & _ancestors(b, rows)
    if common:
        nearest = max(common, key=lambda name: len(_ancestors(name, rows)))
        return "siblings", f"{a} and {b} both descend from {nearest}", nearest
    for teacher, student in ((a, b), (b, a)):
        for listened in _teachers(student, rows):
            family = {teacher} | _ancestors(teacher, rows)
            if listened in family:
                return "distilled", f"{student} learnt from what {listened} says", listened
    taught = [name for name in _teachers(a, rows) if name in _teachers(b, rows)]
    if taught:
        return "co-distilled", f"{a} and {b} both learnt from what {taught[0]} says", taught[0]
    return "unrelated", f"{a} and {b} are unrelated", ""


def _descent(older: str, younger: str, rows: dict[str, dict[str, Any]]) -> str:
    if older in parents(rows[younger]):
        return f"{younger} {_DEEDS[rows[younger]['how']]} {older}"
    return f"{younger} descends from {older}"


def _ancestors(name: str, rows: dict[str, dict[str, Any]]) -> set[str]:
    found: set[str] = set()
    for parent in parents(rows[name]):
        found |= {parent} | _ancestors(parent, rows)
    return found


def _teachers(name: str, rows: dict[str, dict[str, Any]]) -> list[str]:
    line = [name, *sorted(_ancestors(name, rows))]
    return [rows[member]["teacher"] for member in line if "teacher" in rows[member]]


def _architecture(row: dict[str, Any], recipe: dict[str, Any]) -> object:
    return recipe["shapes"][row["shape"]]


def main() -> None:
    """Write the table for the members whose weights are there."""
    recipe = yaml.safe_load((_HERE / "recipe.yaml").read_text("utf-8"))
    weights = _HERE.parent / "blackbox" / "serve" / "zoo"
    shipped = {path.parent.name for path in weights.glob("*/model.safetensors")}
    with (_HERE / "lineage.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table(recipe, shipped))


if __name__ == "__main__":
    main()
