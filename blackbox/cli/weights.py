"""`weights`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.layout import fitted, hanging
from blackbox.cli.options import JsonOption, ResultsOption
from blackbox.cli.output import note, print_json, printable, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Typer

_COLUMNS = {
    "name": "UNRELATED MODEL",
    "n_layers": "LAYERS",
    "n_points": "DEPTHS",
    "a": "r WITH A",
    "b": "r WITH B",
    "pair": "A WITH B THERE",
}


def register(app: Typer) -> None:
    """Add this group's command."""
    app.command()(weights)


def weights(
    a: Annotated[str, typer.Argument(metavar="DIR", help="Checkpoint folder, or a member of the zoo.")],
    b: Annotated[str, typer.Argument(metavar="DIR", help="The other.")],
    *,
    against: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR", help="A model known to be unrelated to both; repeatable [the zoo's]."),
    ] = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two checkpoints by the spread of their attention weights over depth (arXiv 2507.03014).

    Reads safetensors of Llama or Qwen shape, dense or mixture of experts, without loading a model. The same
    number is always computed for unrelated models too: curves over depth are smooth, and most of them correlate.
    """
    from blackbox.workflow.weights import compare_weights

    del results  # accepted by every command; this one reads no runs
    document = compare_weights(a, b, against or [])
    if as_json:
        print_json(document)
    else:
        _say(document)
    for warning in document["warnings"]:
        note(f"warning: {printable(warning)}")


def _say(document: Mapping[str, Any]) -> None:
    for side in ("a", "b"):
        model = document[side]
        experts = f", {model['n_experts']} experts" if model["n_experts"] else ""
        kind = f" ({model['model_type']})" if model["model_type"] else ""
        say(printable(f"{side.upper()}: {model['name']}{kind}, {model['n_layers']} layers{experts}"))
    by_matrix = ", ".join(f"W_{name.upper()} {r:.3f}" for name, r in document["by_matrix"].items())
    r = f"correlation over {document['n_points']} depths: r = {document['correlation']:.3f} ({by_matrix})"
    say(hanging("", r))
    _say_unrelated(document["unrelated"])
    if document["rank_pvalue"] is not None:
        say(f"rank among unrelated models: p = {document['rank_pvalue']:.3g}")
    else:
        say(hanging("", f"rank among unrelated models: none: {document['reason']}"))
    say(hanging("", document["reading"]))


def _say_unrelated(unrelated: Mapping[str, Any]) -> None:
    say(fitted([_row(model) for model in unrelated["models"]], _COLUMNS))
    for model in unrelated["models"]:
        if model["reason"]:
            say(hanging("", f"{model['name']} is not counted: {model['reason']}"))
    spread = unrelated["distribution"]
    if spread is not None:
        numbers = ", ".join(f"{name} {value:.3f}" for name, value in spread.items())
        say(hanging("", f"unrelated models ({unrelated['source']}), with A or B: {numbers}"))


def _row(model: Mapping[str, Any]) -> dict[str, object]:
    shown = {"a": "with_a", "b": "with_b", "pair": "pair_at_these_points"}
    numbers = {column: None if model[key] is None else f"{model[key]:.3f}" for column, key in shown.items()}
    return {**model, **numbers}
