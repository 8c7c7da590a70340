"""`calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.layout import hanging
from blackbox.cli.options import JsonOption, ResultsOption, folder
from blackbox.cli.output import note, print_json, printable, say
from blackbox.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Typer


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(calibrate)


def calibrate(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="One run an endpoint, of one suite.")],
    *,
    pairs: Annotated[Path, typer.Option("--pairs", metavar="CSV", help="Columns a, b, relation: endpoint names.")],
    groups: Annotated[Path, typer.Option("--groups", metavar="CSV", help="Columns model, group: lineage groups.")],
    same: Annotated[
        list[str] | None, typer.Option("--same", metavar="A[,B]", help="Relations of one source [same].")
    ] = None,
    different: Annotated[
        list[str] | None, typer.Option("--different", metavar="C", help="Relations of unrelated models [different].")
    ] = None,
    sibling: Annotated[
        list[str] | None, typer.Option("--sibling", metavar="D", help="Relations of siblings or co-distilled models.")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="NAME.json; NAME.npz goes beside it.")],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its name in reports [FILE's].")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Seed of the node bootstrap.")] = 0,
    embeddings: Annotated[
        bool,
        typer.Option("--embeddings", help="Read what answers mean too: minutes a thousand answers, on both sides."),
    ] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build a reference population of models of known lineage, for `compare --population`.

    Everything that scores a pair is fitted without both of its groups. Relations in no list are left out.
    """
    from blackbox.workflow._calibrate_labels import Sides
    from blackbox.workflow.calibrating import CalibrateRequest
    from blackbox.workflow.calibrating import calibrate as build
    from blackbox.workflow.clock import utc_now

    sides = Sides(
        same=_listed(same, ("same",)), different=_listed(different, ("different",)), sibling=_listed(sibling, ())
    )
    request = CalibrateRequest(
        runs=tuple(runs),
        pairs=pairs,
        groups=groups,
        sides=sides,
        out=out,
        created_at=utc_now(),
        name=name,
        seed=seed,
        embeddings=embeddings,
    )
    with shown() as on_progress:
        document = build(folder(results), request, on_progress)
    if as_json:
        print_json(document)
    else:
        _say(document)
    for entry in document["skipped"]:
        if entry["n_rows"]:
            note(printable(f"left out: {entry['n_rows']} rows of {pairs}: {entry['reason']}"))
    note(printable(f"population: {out} and {out.with_suffix('.npz').name} (keep both together); {document['note']}"))


def _listed(said: list[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    if said is None:
        return default
    return tuple(dict.fromkeys(name.strip() for each in said for name in each.split(",") if name.strip()))


def _say(document: Mapping[str, Any]) -> None:
    counts = document["counts"]
    about = f"{document['name']}: {counts['n_models']} models in {counts['n_groups']} groups, {counts['n_pairs']} pairs"
    say(hanging("", f"{about}, {len(document['probes'])} probes of {document['suite']['name']}"))
    for against in ("unrelated", "sibling"):
        found, bounds = document["performance"][against], document["bounds"][against]
        if found is None:
            say(hanging("", f"against {against}: not available; {document['reasons'][against]}"))
            continue
        cost, reach = found["cllr"], found["true_positive_rate"][0]
        pairs = f"{found['n_same_pairs']} same-source and {found['n_other_pairs']} other pairs"
        say(hanging("", f"against {against}: {pairs}, both groups of each left out"))
        say(f"  C_llr {cost['total']:.3f} (smallest {cost['minimum']:.3f}, calibration {cost['calibration']:.3f})")
        say(f"  AUC {found['auc']:.4f}; {reach['value']:.0%} found at 1 % false positives")
        between = f"between {bounds['lower']:.2f} and {bounds['upper']:.2f} ({bounds['upper_from']})"
        say(hanging("  ", f"log10 LR stated {between}"))
        for entry in found["misleading"]["different_source"][1:]:
            rate = entry["uncapped"]
            found_so = f"{rate['n']} of {rate['n_pairs']} pairs, at most {rate['upper_95']:.2%} (95 %)"
            say(hanging("  ", f"LR ≥ {entry['lr']:g} without kinship, before bounding: {found_so}"))
