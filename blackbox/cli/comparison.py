"""`compare` and `report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blackbox.cli.options import BackendOption, JobsOption, JsonOption, ResultsOption, folder
from blackbox.cli.output import columns, has_color, note, print_json, say, write_text
from blackbox.cli.progress import shown
from blackbox.cli.reporting import Form, JunitOption, MarkdownOption, ReplyOption, write_for_machines
from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Typer

QUESTIONS = ("same", "related", "mixed")
GATE_FOUND, GATE_INCONCLUSIVE = 1, 3
GATE_LOG10_LR = 1.0
"""Ratio of ten, moderate support (ENFSI 2015): from there a pair counts as related, and as unrelated from a tenth."""


def register(app: Typer) -> None:
    """Add this group's commands."""
    app.command()(compare)
    app.command()(report)


def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Runs by id, unique prefix or path.")],
    *,
    question: Annotated[
        list[str] | None, typer.Option("--question", metavar="Q[,Q]", help="Of same, related, mixed [all].")
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(metavar="RUN", help="Positive control, a run of another model: the unit of the effect."),
    ] = None,
    benign: Annotated[
        list[str] | None,
        typer.Option(metavar="RUN", help="The first endpoint's weights on another host; repeat for more hosts."),
    ] = None,
    alternative: Annotated[
        list[str] | None,
        typer.Option(metavar="RUN", help="What the second endpoint may be serving in part: estimates its share."),
    ] = None,
    population: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Population that kinship is read against: gives ratios.")
    ] = None,
    chosen: Annotated[
        str | None, typer.Option(metavar="TEXT", help="How this pair came to be chosen; printed beside the ratio.")
    ] = None,
    reply: ReplyOption = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Seed of the permutations [the suite's].")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder to write to.")] = None,
    allow_decoding_differences: Annotated[
        bool, typer.Option(help="Compare although different sampling settings were sent.")
    ] = False,
    backend: BackendOption = None,
    jobs: JobsOption = None,
    junit: JunitOption = None,
    markdown: MarkdownOption = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit 1 if anything differs (or is related), 3 if inconclusive.")
    ] = False,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare runs, all pairs; write comparison.json and report.html.

    With --gate the exit code is the verdict: 0 all pairs equivalent, 1 one differs, 3 inconclusive. Where --question
    names related and not same, it is that of kinship: 1 a ratio of ten or more, 0 none above a tenth.
    """
    from blackbox.workflow.clock import utc_now
    from blackbox.workflow.compare import compare_runs
    from blackbox.workflow.compare_options import CompareOptions

    options = CompareOptions(
        created_at=utc_now(),
        questions=_questions(question),
        seed=seed,
        allow_decoding_differences=allow_decoding_differences,
        out=out,
        controls=tuple(control or ()),
        benign=tuple(benign or ()),
        alternatives=tuple(alternative or ()),
        population=population,
        chosen=chosen,
        backend=None if backend is None else backend.value,
        n_jobs=jobs,
        reply=reply,
    )
    with shown() as on_progress:
        found = compare_runs(folder(results), runs, options, on_progress)
    _show(found.document, as_json=as_json)
    note(f"report: {found.path / 'report.html'}")
    write_for_machines(found.document, junit=junit, markdown=markdown)
    if gate:
        of_kinship = "related" in options.questions and "same" not in options.questions
        raise typer.Exit((kinship_code if of_kinship else gate_code)(found.document))


def report(
    comparison: Annotated[
        str | None, typer.Argument(metavar="[COMPARISON]", help="By id, unique prefix or path [newest].")
    ] = None,
    *,
    to: Annotated[Form, typer.Option("--format", help="How to draw it.")] = Form.TERMINAL,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write it here instead.")] = None,
    reply: ReplyOption = None,
    results: ResultsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a finished comparison again; nothing is recomputed."""
    from blackbox.workflow.rendering import draw_stored, load_comparison
    from blackbox.workflow.replying import with_reply

    found = load_comparison(folder(results), comparison)
    found = with_reply(found, reply) if reply else found
    form = Form.JSON if as_json else to
    color = out is None and has_color(sys.stdout)
    text = draw_stored(found, comparison or "the newest comparison", to=form.value, width=columns(), color=color)
    if out is None:
        say(text.rstrip("\n"))
        return
    write_text(out, text)
    note(f"report: {out}")


def gate_code(document: Mapping[str, Any]) -> int:
    """Return what `--gate` exits with: 1 if any pair of endpoints differs, 3 if any is undecided, else 0."""
    verdicts = {pair["verdict"] for pair in document["endpoint_pairs"]}
    if "different" in verdicts:
        return GATE_FOUND
    return 0 if verdicts == {"equivalent"} else GATE_INCONCLUSIVE


def kinship_code(document: Mapping[str, Any]) -> int:
    """Return what `--gate` exits with where kinship alone is asked: 1 if any pair is related, 0 if none is, else 3.

    A pair counts as unrelated from a tenth, or from the population's own bound where that is nearer to one.
    """
    found = [pair["related"] for pair in document["pairs"]]
    ratios = [(each["log10_lr"], each["bounds"]) for each in found if each["log10_lr"] is not None]
    if any(ratio >= GATE_LOG10_LR for ratio, _ in ratios):
        return GATE_FOUND
    excluded = [ratio <= max(-GATE_LOG10_LR, min(bounds)) for ratio, bounds in ratios]
    return 0 if found and len(excluded) == len(found) and all(excluded) else GATE_INCONCLUSIVE


def _show(document: Mapping[str, Any], *, as_json: bool) -> None:
    from blackbox.core import Comparison
    from blackbox.workflow.rendering import draw

    if as_json:
        print_json(document)
    else:
        drawn = draw(Comparison(document=document), to="terminal", width=columns(), color=has_color(sys.stdout))
        say(drawn.rstrip("\n"))


def _questions(said: list[str] | None) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(name.strip() for each in said or QUESTIONS for name in each.split(",")))
    unknown = [name for name in wanted if name not in QUESTIONS]
    if unknown:
        raise UsageError(f"--question {unknown[0]!r} is not one of {', '.join(QUESTIONS)}")
    return wanted
