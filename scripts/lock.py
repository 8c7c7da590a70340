"""Renews `requirements/*.lock` with uv from `pyproject.toml` and the public index; run by hand.

`requirements/torch-cpu.lock` is not written here: its digests come from PyTorch's own index and its head says
how they were checked. No machine's extra index or find-links gets into a lock: uv reads none of pip's settings.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from torch_build import REQUIREMENT

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
_HEAD = "# Written by scripts/lock.py from the public index; do not edit. {what}\n"
_GPU_ONLY = re.compile(r"^(?:nvidia|cuda|triton)[a-z0-9-]*", re.MULTILINE)


def compiled(uv: str, *arguments: str, source: str | None = None) -> str:
    """Return uv's universal, hashed resolution for Python 3.11 and newer."""
    options = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-config", "--quiet")
    done = subprocess.run(
        [uv, "pip", "compile", *options, *arguments],
        input=source,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"lock stopped: uv could not resolve {' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def everything_but_torch(uv: str, gpu_only: list[str], *, upgrade: bool) -> str:
    """Return the package's resolution without torch and what only a GPU needs; versions stay unless upgraded."""
    with tempfile.TemporaryDirectory() as folder:
        excluded = Path(folder) / "gpu-only.txt"
        excluded.write_text("\n".join(sorted(set(gpu_only))) + "\n", encoding="utf-8")
        result = Path(folder) / "packages.lock"  # uv keeps the versions it finds in its output file
        if not upgrade and (LOCKS / "packages.lock").exists():
            shutil.copy(LOCKS / "packages.lock", result)
        extras = ("--extra", "serve", "--extra", "dev", "--no-emit-package", "torch", "--excludes", str(excluded))
        compiled(uv, "pyproject.toml", *extras, "--output-file", str(result))
        lines = result.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.strip() and not line.startswith("#"))


def entries(lock: str, wanted: re.Pattern[str]) -> str:
    """Return the entries of a lock whose requirement line matches, each with its digests."""
    blocks = re.findall(r"^\S[^\n]*\n(?:[ \t][^\n]*\n?)*", lock, re.MULTILINE)
    return "".join(block for block in blocks if wanted.match(block))


def write(name: str, text: str, *, what: str) -> None:
    """Write a lock with its head."""
    (LOCKS / name).write_text(_HEAD.format(what=what) + text, encoding="utf-8")


def main() -> int:
    """Renew every lock that can be renewed from the public index."""
    parser = argparse.ArgumentParser(description="Renew requirements/*.lock; needs uv.")
    parser.add_argument("--upgrade", action="store_true", help="newest versions, not those already locked")
    options = parser.parse_args()
    uv = shutil.which("uv") or shutil.which(str(ROOT / ".venv" / "bin" / "uv"))
    if uv is None:
        sys.exit("lock stopped: uv is needed for this; install it and try again")
    with_cuda = compiled(uv, "-", source=REQUIREMENT + "\n")
    packages = everything_but_torch(uv, _GPU_ONLY.findall(with_cuda), upgrade=options.upgrade)
    write("packages.lock", packages, what="Everything but torch, of the extras serve and dev too.")
    write("pip.lock", compiled(uv, "-", "--no-annotate", source="pip>=26\n"), what="The pip that resolves torch.")
    torch = entries(with_cuda, re.compile("torch=="))
    write("torch.lock", torch, what="The public builds: CUDA on Linux, none on macOS and Windows.")
    write(
        "torch-cuda.lock", entries(with_cuda, _GPU_ONLY), what="What the CUDA build needs; only if no other can be had."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
