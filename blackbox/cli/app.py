"""The command tree and the one place where errors become a line and an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from blackbox.cli import (
    asking,
    calibration,
    collection,
    comparison,
    differing,
    doctor,
    drift,
    exporting,
    identification,
    probes,
    records,
    schemas,
    selection,
    serving,
    starting,
    weights,
)
from blackbox.cli.output import complain, discard, note, say
from blackbox.errors import BlackboxError, EvidenceDamaged

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended; what was acknowledged is on disk."""

_DAMAGED = "nothing was changed: restore it from a copy, or leave it out (blackbox verify names all that is damaged)"

app = typer.Typer(
    name="blackbox",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def blackbox(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False
) -> None:
    """Do two language-model endpoints serve the same model? Asks both, tests, and says how strong the evidence is.

    Begin with `blackbox demo` (offline), or `blackbox init`, `blackbox run`, `blackbox compare RUN RUN`.
    """
    if version:
        from blackbox.workflow.packages import blackbox_version

        say(blackbox_version())
        raise typer.Exit


for _group in (
    starting,
    asking,
    doctor,
    collection,
    comparison,
    calibration,
    identification,
    differing,
    drift,
    weights,
    records,
    exporting,
    probes,
    serving,
    selection,
    schemas,
):
    _group.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; an error of ours is one line on stderr, never a traceback.

    Args:
        arguments: Command-line words; None: those of this process.
    """
    try:
        result = app(args=None if arguments is None else list(arguments), prog_name="blackbox", standalone_mode=False)
        if sys.stdout is not None:  # closed by whoever started us
            sys.stdout.flush()
    except typer.TyperException as error:
        return _misused(error)
    except BlackboxError as error:
        complain(f"{error}; {_DAMAGED}" if isinstance(error, EvidenceDamaged) else str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        # Whoever read our output has gone (`blackbox ls | head`): nothing is wrong, and nothing can be said.
        discard(sys.stdout)
        return 0
    if result == INTERRUPTED:
        return _interrupted()
    return result if isinstance(result, int) else 0


def _misused(error: typer.TyperException) -> int:
    words = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    if context is not None and words == context.get_help():  # a group without a command: its help is the answer
        note(words)
        return 2
    hint = f"; see: {context.command_path} --help" if context is not None else ""
    if words:
        complain(words.rstrip(".") + hint)
    return 2


def _interrupted() -> int:
    complain("interrupted; nothing that was stored is lost")
    return INTERRUPTED
