"""Chooses which build of torch to install: one without CUDA wherever such a build can be had.

The pin alone does not choose: public Linux wheels of the pinned version carry CUDA and pull in gigabytes of
GPU libraries. So pip resolves first, without installing, and its report decides.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

REQUIREMENT = "torch==2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"

Report = Mapping[str, Any]
Resolve = Callable[[str | None], Report | None]  # index to use instead of the configured one → pip's report
SizeOf = Callable[[str], int | None]  # URL → bytes

_GPU_ONLY = re.compile(r"(nvidia|cuda|triton|pytorch-triton)(-|$)")


class Choice(NamedTuple):
    """Which locked files bring torch, from where, and what a person must be told first."""

    locks: tuple[str, ...]
    index_url: str | None = None
    warning: str | None = None


class NoBuild(Exception):
    """No build of the pinned torch can be had from anywhere that pip knows."""


def choose(resolve: Resolve, size_of: SizeOf) -> Choice:
    """Return the build to install: the configured one if free of CUDA, else PyTorch's CPU build, else CUDA.

    Args:
        resolve: Asks pip for a resolution of torch, from the configured places (None) or from an index.
        size_of: Size of a file in bytes, None when it can't be told.

    Raises:
        NoBuild: Neither place has the pinned version.
    """
    configured = resolve(None)
    if configured is not None and not gpu_packages(configured):
        return Choice((_lock(configured),))
    cpu = resolve(CPU_INDEX)
    if cpu is not None and not gpu_packages(cpu):
        return Choice((_lock(cpu),), index_url=CPU_INDEX)
    if configured is None:
        raise NoBuild(f"{REQUIREMENT} is neither where pip looks nor at {CPU_INDEX}")
    return Choice(("torch.lock", "torch-cuda.lock"), warning=_cost(configured, size_of))


def gpu_packages(report: Report) -> tuple[str, ...]:
    """Return the names in a resolution that only a GPU needs, sorted."""
    names = (_name(item) for item in report["install"])
    return tuple(sorted(name for name in names if _GPU_ONLY.match(name)))


def size_of(url: str) -> int | None:
    """Return the size in bytes of a file on disk or on the web, None when it can't be told."""
    parts = urlsplit(url)
    try:
        if parts.scheme == "file":
            return Path(unquote(parts.path)).stat().st_size
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the addresses come from pip's report
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            return int(reply.headers["Content-Length"])
    except (OSError, TypeError, ValueError, urllib.error.URLError):
        return None


def _lock(report: Report) -> str:
    version = next(item["metadata"]["version"] for item in report["install"] if _name(item) == "torch")
    return "torch-cpu.lock" if version.endswith("+cpu") else "torch.lock"


def _cost(report: Report, size_of: SizeOf) -> str:
    wanted = [item for item in report["install"] if _name(item) == "torch" or _GPU_ONLY.match(_name(item))]
    sizes = []
    for item in wanted:
        sizes.append(size_of(item["download_info"]["url"]))
        if sizes[-1] is None:  # the other files of that server would not say either
            break
    total = "of unknown size (gigabytes)" if None in sizes else f"{sum(filter(None, sizes)) / 1e9:.1f} GB"
    return (
        f"no CPU build of {REQUIREMENT} can be had here ({CPU_INDEX} gave none), going on with the CUDA build: "
        f"{len(wanted)} packages, {total} to download; ctrl-c to stop"
    )


def _name(item: Report) -> str:
    return re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
