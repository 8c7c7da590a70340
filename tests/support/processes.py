"""`blackbox` in processes of its own: really started, or forked from one that has imported everything."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PRELOADED = [
    "blackbox.cli.app", "blackbox.cli.collection", "blackbox.workflow.clock", "blackbox.workflow.collecting",
    "blackbox.workflow.config", "blackbox.workflow.scheduling", "blackbox.workflow.sessions", "blackbox.suites",
    "blackbox.endpoints.openai_chat", "openai.resources.chat.completions", "pyarrow.parquet",
    "support.processes",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Task:
    """A command to run.

    Args:
        words: Behind `blackbox`.
        folder: Where; what it says goes to `said.out` and `said.err` in it.
        environ: Set in addition.
        hooks: Each a `module:function` called before the command, e.g. to break something on purpose.
    """

    words: tuple[str, ...]
    folder: Path
    environ: Mapping[str, str]
    hooks: tuple[str, ...] = ()


class Running(Protocol):
    """A process under way."""

    pid: int

    def ended(self) -> bool:
        """Return whether it has ended by itself."""
        ...

    def kill(self) -> None:
        """SIGKILL it and wait until it is gone."""
        ...

    def code(self) -> int:
        """Wait for its end and return its exit code."""
        ...

    def peak_mb(self) -> float:
        """Return the most memory it had, once it has ended."""
        ...


class Start(Protocol):
    """Starts a task."""

    def __call__(self, task: Task) -> Running:
        """Return the process."""
        ...


class _Forked:
    def __init__(self, task: Task) -> None:
        self._folder = task.folder
        self._process: Any = _server().Process(target=_run, args=(task,), daemon=True)
        self._process.start()
        self.pid: int = self._process.pid

    def ended(self) -> bool:
        return not self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def code(self) -> int:
        self._process.join()
        return int(self._process.exitcode)

    def peak_mb(self) -> float:
        return float((self._folder / "said.peak").read_text(encoding="ascii"))


class _Executed:
    def __init__(self, task: Task) -> None:
        out, err = task.folder / "said.out", task.folder / "said.err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "blackbox", *task.words],
                cwd=task.folder, env={**os.environ, **task.environ}, stdout=stdout, stderr=stderr,
            )  # fmt: skip
        self.pid = self._process.pid
        self._peak_kb = 0

    def ended(self) -> bool:
        return self._waited(os.WNOHANG)

    def kill(self) -> None:
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
        self._waited(0)

    def code(self) -> int:
        self._waited(0)
        assert self._process.returncode is not None
        return self._process.returncode

    def peak_mb(self) -> float:
        return self._peak_kb / 1024

    def _waited(self, options: int) -> bool:
        if self._process.returncode is None:
            pid, status, used = os.wait4(self.pid, options)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self._peak_kb = used.ru_maxrss
        return self._process.returncode is not None


def forked(task: Task) -> Running:
    """Start a task in a fork of a process that has imported everything: the same code, sooner."""
    return _Forked(task)


def executed(task: Task) -> Running:
    """Start a task as a person does."""
    assert not task.hooks
    return _Executed(task)


def hook(function: Any) -> str:
    """Return the name under which a function is called in another process."""
    return f"{function.__module__}:{function.__name__}"


def said(folder: Path) -> Sequence[str]:
    """Return what the last task in a folder wrote to stdout and stderr."""
    return [(folder / name).read_text(encoding="utf-8", errors="replace") for name in ("said.out", "said.err")]


@cache
def _server() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _run(task: Task) -> None:
    os.chdir(task.folder)
    for name, fd in (("said.out", 1), ("said.err", 2)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), fd)
    os.environ.update(task.environ)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    for hook in task.hooks:
        module, _, name = hook.partition(":")
        getattr(importlib.import_module(module), name)()
    from blackbox.cli import main

    code = main(task.words)
    sys.stdout.flush()
    sys.stderr.flush()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (task.folder / "said.peak").write_text(f"{peak_mb}", encoding="ascii")
    os._exit(code)
