"""The command line: parses, calls `workflow`, draws progress, prints. `main` is the installed command."""

from blackbox.cli.app import main

__all__ = ["main"]
