"""Builds `.venv`: torch first, then the locked packages, then this package. Standard library only.

Nothing is done when nothing changed: a stamp in `.venv` holds the digest of everything the outcome depends
on, and is written last, so an interrupted set-up is taken up again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch_build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

try:
    import fcntl
except ImportError:  # Windows: two set-ups at once are not kept apart there
    fcntl = None  # type: ignore[assignment]

ROOT = Path(__file__).resolve().parent.parent
INPUTS = (
    "pyproject.toml",
    "requirements/*.lock",
    "scripts/setup.py",
    "scripts/environment.py",
    "scripts/torch_build.py",
)


class SetupStopped(Exception):
    """The set-up cannot go on; the text says in one line what is wrong and what to do."""


class Done(NamedTuple):
    """What a command left behind."""

    status: int
    output: str
    errors: str


class Run(Protocol):
    """Runs a program to its end and returns what it left; never raises for a failed program."""

    def __call__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> Done:
        """Run `command` with `env` (None: this process's own)."""


class Places(NamedTuple):
    """Where pip looks for packages, so that uv, which reads none of pip's settings, can look there too."""

    index_url: str | None
    extra_index_urls: tuple[str, ...]
    find_links: tuple[str, ...]
    no_index: bool
    trusted_hosts: tuple[str, ...]
    cert: str | None


def main(argv: Sequence[str]) -> int:
    """Bring `.venv` up to date; returns 0, or 2 after one line on what is wrong."""
    parser = argparse.ArgumentParser(prog="setup.py", description="Make .venv with everything blackbox needs.")
    parser.add_argument("--installer", choices=("auto", "uv", "pip"), default="auto", help="auto: uv where present")
    options = parser.parse_args(argv)
    try:
        ensure(ROOT, run=logged(ROOT / ".setup.log"), uv=_uv(options.installer))
    except SetupStopped as stopped:
        print(f"set-up stopped: {stopped}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("set-up interrupted; `make setup` takes it up again", file=sys.stderr)
        return 130
    return 0


def ensure(root: Path, *, run: Run, uv: str | None) -> bool:
    """Build the environment unless its stamp says that nothing changed; returns whether anything was done."""
    if up_to_date(root):
        return False
    with _only_one(root):
        if up_to_date(root):  # another set-up finished while this one waited
            return False
        started = time.monotonic()
        _build(root, run=run, uv=uv)
        _write_stamp(root)
        _say(f"done in {time.monotonic() - started:.0f} s")
    return True


def digest(root: Path) -> str:
    """Return the digest of every file the environment depends on, and of where it is."""
    total = hashlib.sha256(str(root).encode())
    for pattern in INPUTS:
        for path in sorted(root.glob(pattern)):
            total.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return total.hexdigest()


def up_to_date(root: Path) -> bool:
    """Return whether the stamp agrees with the files and the environment's Python is there."""
    return _stamp(root).get("digest") == digest(root) and os.access(venv_python(root), os.X_OK)


def venv_python(root: Path) -> Path:
    """Return where the environment's Python is or will be."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pip_places(run: Run, python: Path) -> Places:
    """Ask pip where it looks: its files and `PIP_*`, a command's section before the global one."""
    listed = run([str(python), "-m", "pip", "config", "list"])
    settings: dict[str, str] = {}
    for line in listed.output.splitlines():
        name, _, value = line.partition("=")
        settings[name.strip()] = value.strip().strip("'\"").replace("\\n", " ")

    def setting(key: str) -> str:
        spellings = (f":env:.{key}", f"install.{key}", f"global.{key}")
        return next((settings[name] for name in spellings if name in settings), "")

    return Places(
        index_url=setting("index-url") or None,
        extra_index_urls=tuple(setting("extra-index-url").split()),
        find_links=tuple(setting("find-links").split()),
        no_index=setting("no-index").lower() in {"1", "true", "yes", "on"},
        trusted_hosts=tuple(setting("trusted-host").split()),
        cert=setting("cert") or None,
    )


def install_command(root: Path, arguments: Sequence[str], *, uv: str | None, places: Places) -> list[str]:
    """Return the command that installs `arguments` into the environment with uv, or with pip without one."""
    python = str(venv_python(root))
    if uv is None:
        return [python, "-m", "pip", "install", "--no-input", "--progress-bar", "off", *arguments]
    # The first index that knows a name would win without best-match, and pip's order knows no such rule. Every
    # file is held to a locked digest, so a stranger's package of the same name cannot come in by this door.
    command = [uv, "pip", "install", "--python", python, "--no-progress", "--index-strategy", "unsafe-best-match"]
    command += ["--no-index"] if places.no_index else []
    if places.index_url and "--index-url" not in arguments:
        command += ["--index-url", places.index_url]
    for option, values in (
        ("--extra-index-url", places.extra_index_urls),
        ("--find-links", places.find_links),
        ("--allow-insecure-host", places.trusted_hosts),
    ):
        for value in values:
            command += [option, value]
    return [*command, *arguments]


def logged(log: Path) -> Run:
    """Return a runner that keeps everything the programs said in `log`."""

    def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Done:
        try:
            ended = subprocess.run(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                errors="replace",
            )
        except OSError as error:
            return Done(127, "", str(error))
        with log.open("a", encoding="utf-8") as file:
            text = f"$ {' '.join(command)}\n{ended.stdout}{ended.stderr}\n"
            file.write(re.sub(r"://[^/@\s]+@", "://[hidden]@", text))  # an index address may hold a password
        return Done(ended.returncode, ended.stdout, ended.stderr)

    return run


def _uv(installer: str) -> str | None:
    found = None if installer == "pip" else shutil.which("uv")
    if installer == "uv" and found is None:
        raise SetupStopped("--installer uv, but no uv is on PATH; install it or leave the option out")
    return found


def _build(root: Path, *, run: Run, uv: str | None) -> None:
    (root / ".setup.log").unlink(missing_ok=True)
    make_venv(root, run=run, uv=uv)
    python = venv_python(root)
    places = pip_places(run, python)
    env = {**os.environ, **({"SSL_CERT_FILE": places.cert} if places.cert else {})} if uv else None

    def install(what: str, *arguments: str) -> None:
        done = run(install_command(root, arguments, uv=uv, places=places), env)
        if done.status != 0:
            raise SetupStopped(f"could not install {what}: {_reason(done)}; {_WHAT_TO_DO}")

    def locked(name: str) -> tuple[str, ...]:
        return ("--require-hashes", "--no-deps", "-r", str(root / "requirements" / name))

    # An old pip downloads whole wheels only to resolve; with the locked one a resolution costs no gigabytes.
    install("pip", *locked("pip.lock"))
    choice = _torch_choice(run, python)
    _say(f"torch ({', '.join(choice.locks)}) with {'uv' if uv else 'pip'}")
    source = ("--index-url", choice.index_url) if choice.index_url else ()
    for lock in choice.locks:
        install("torch", *locked(lock), *(source if lock.startswith("torch") else ()))
    _say("the locked packages")
    install("the locked packages", *locked("packages.lock"))
    install("blackbox itself", "--no-deps", "--no-build-isolation", "-e", str(root))


def make_venv(root: Path, *, run: Run, uv: str | None) -> None:
    """Make the environment if it is missing, broken, moved or of an unsupported Python."""
    folder, python = root / ".venv", venv_python(root)
    moved = _stamp(root).get("root") not in {None, str(root)}
    if not moved and run([str(python), "-c", _IS_SOUND]).status == 0:
        return
    _say(f"making .venv with Python {'.'.join(map(str, sys.version_info[:3]))}")
    made = run([sys.executable, "-m", "venv", "--clear", str(folder)])
    if made.status != 0 and uv is not None:
        made = run([uv, "venv", "--seed", "--clear", "--python", sys.executable, str(folder)])
    if made.status != 0:
        raise SetupStopped(
            f"{sys.executable} cannot make a virtual environment: {_reason(made)}; install its venv module "
            "(Debian, Ubuntu: apt install python3-venv) or uv, and run `make setup` again"
        )


def _torch_choice(run: Run, python: Path) -> torch_build.Choice:
    def resolve(index_url: str | None) -> torch_build.Report | None:
        source = ("--index-url", index_url) if index_url else ()
        options = ("--dry-run", "--ignore-installed", "--quiet", "--no-input", "--report", "-")
        done = run([str(python), "-m", "pip", "install", *options, *source, torch_build.REQUIREMENT])
        report: torch_build.Report | None = json.loads(done.output) if done.status == 0 else None
        return report

    try:
        choice = torch_build.choose(resolve, torch_build.size_of)
    except torch_build.NoBuild as missing:
        raise SetupStopped(f"{missing}; {_WHAT_TO_DO}") from None
    if choice.warning:
        _say(choice.warning)
    return choice


@contextlib.contextmanager
def _only_one(root: Path) -> Iterator[None]:
    with (root / ".setup.lock").open("w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say("waiting for another set-up of this folder")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _stamp(root: Path) -> dict[str, str]:
    try:
        found = json.loads((root / ".venv" / "setup-stamp.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_stamp(root: Path) -> None:
    target = root / ".venv" / "setup-stamp.json"
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps({"digest": digest(root), "root": str(root)}), encoding="utf-8")
    fresh.replace(target)


def _reason(done: Done) -> str:
    """Return the line of a program's output that says most about its failure."""
    lines = [line.strip() for line in (done.errors or done.output).splitlines() if line.strip()]
    marked = [line for line in lines if line.lower().startswith(("error:", "×", "fatal:"))]
    return (marked or lines or ["no message"])[-1].removeprefix("ERROR: ").removeprefix("error: ").rstrip(".")


def _say(text: str) -> None:
    print(f"set-up: {text}", file=sys.stderr, flush=True)


_IS_SOUND = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))"
_WHAT_TO_DO = "check the network and pip's index settings (`pip config list`), see .setup.log, then `make setup` again"
