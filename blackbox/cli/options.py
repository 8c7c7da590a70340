"""Options that many commands share, each written once."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from blackbox.workflow.config import Config, Flags

ResultsOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--results", metavar="DIR", help="Folder of runs [BLACKBOX_RESULTS; default: ./results]."),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("-c", "--config", metavar="FILE", help="Configuration [default: blackbox.yaml, found upward]."),
]
SuitesOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--suite",
        metavar="SUITE",
        help="Suite by name, name@version or path, or a profile: quick, standard, deep; repeatable [standard].",
    ),
]
EndpointsOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("-e", "--endpoint", metavar="NAME", help="Endpoint of the configuration [all]; repeatable."),
]


class Backend(StrEnum):
    """What computes beside this process."""

    LOKY = "loky"
    DASK = "dask"
    RAY = "ray"


BackendOption: TypeAlias = Annotated[
    Backend | None,
    typer.Option(help="Score on processes here, or on a dask or ray cluster; changes no number [loky if --jobs]."),
]
JobsOption: TypeAlias = Annotated[
    int | None, typer.Option("--jobs", "-j", min=0, metavar="N", help="Blocks of pairs at a time; 0: all cores [1].")
]


def folder(results: Path | None, config: Path | None = None) -> Path:
    """Return the folder of runs by precedence: flag, variable, file, default."""
    from blackbox.workflow.config import results_folder

    return results_folder(results, path=config, environ=os.environ, cwd=Path.cwd())


def configuration(path: Path | None, flags: Flags) -> Config:
    """Return the configuration that holds here; its warnings go to stderr."""
    from blackbox.cli.output import note, printable
    from blackbox.workflow.config import load

    config = load(path, environ=os.environ, cwd=Path.cwd(), flags=flags)
    for warning in config.warnings:
        note(f"warning: {printable(warning)}")
    return config
