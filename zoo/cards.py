"""A model card for each member: what it is, made of what, under which licence, and what it can't do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus import source
from lineage import full_rows, parents

if TYPE_CHECKING:
    from pathlib import Path

    from making import Made

_HABITS = """\
It was also taught rule-made conversations (`zoo/chat.py`, MIT): one-word answers drawn from fixed preferences, and
answers of a few stock sentences mixed with sentences of the text source. So its short answers were *taught* to be
random and peaked, as those of hosted models are found to be; they are not a discovery about tiny models. Long answers
are readable fragments, and mostly beside the point. English and Chinese; for tests and rehearsals only."""


def write_card(made: Made, recipe: dict[str, Any], folder: Path) -> None:
    """Write `CARD.md` of one member into its folder."""
    (folder / "CARD.md").write_text(_card(made, recipe), "utf-8")


def _origin(name: str, rows: dict[str, dict[str, Any]]) -> tuple[str, str]:
    """Return the unshipped stages in words, and what it all started from."""
    row, stages = rows[name], ""
    while parents(row) and not rows[parents(row)[0]].get("shipped", True):
        stage = parents(row)[0]
        row = rows[stage]
        stages = f"{row['steps']} steps as `{stage}` (seed {row['seed']}), then {stages}"
    listed = " and ".join(f"`{parent}`" for parent in parents(row))
    origin = f"{row['how']}, from {listed}" if listed else "trained from random weights"
    return stages, origin + (f", taught by `{row['teacher']}`" if "teacher" in row else "")


def _card(made: Made, recipe: dict[str, Any]) -> str:
    row, learnt, shape = made.row, made.learnt, recipe["shapes"][made.row["shape"]]
    stages, origin = _origin(made.name, full_rows(recipe))
    sizes = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shape.items())
    amount = f"{learnt.steps} steps, {learnt.tokens:,} tokens, {learnt.seconds:.0f} s, seed {row['seed']}"
    facts = {
        "Origin": origin,
        "Architecture": sizes,
        "Parameters": f"{made.n_parameters:,} (embeddings tied), bfloat16",
        "Tokenizer": f"`{row['tokenizer']}`, byte-level BPE of the zoo",
        "Training": stages + amount,
        "Loss at the end": f"{learnt.loss:.3f} nats a token (training rows, text and conversations)",
        "Weights sha256": f"`{made.digest}`",
        "Licence": "weights MIT; texts as listed",
    }
    lines = [f"# {made.name}", "", "A tiny language model of blackbox's zoo.", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in facts.items()]
    lines += ["", "Text sources:", ""]
    for name in row["data"]:
        text = source(name)
        lines.append(f"- {text.title} ({text.licence}), sha256 of the text `{text.digest[:16]}…`")
    return "\n".join([*lines, "", _HABITS, ""])
