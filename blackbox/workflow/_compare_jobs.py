"""Blocks of pairs on several processes, or on a cluster that is there: the same numbers whatever computes them.

Blocks are cut before anything is known of who computes them, every number derives from the seed and the runs (METHODS
§1.4), and results come back in the order of the pairs: neither the backend nor the number of jobs changes a digit.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

BackendName = Literal["loky", "dask", "ray"]
T = TypeVar("T")
R = TypeVar("R")

NEEDS = {
    "dask": ("distributed", "DASK_SCHEDULER_ADDRESS"),
    "ray": ("ray", "RAY_ADDRESS"),
}
"""Backend: the package it needs, and the variable that names the cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Who computes.

    Args:
        backend: joblib's backend; None: this process, or loky's processes where `n` is not 1.
        n: Jobs at a time; 0: one a core, or as many as the cluster takes.
    """

    backend: BackendName | None = None
    n: int | None = None

    @property
    def serial(self) -> bool:
        """Whether this process computes alone."""
        return self.backend is None and self.n in {None, 1}

    def check(self) -> None:
        """Refuse what can't work before anything is computed.

        Raises:
            UsageError: The backend's package is not installed, or no cluster is named.
        """
        if self.backend not in NEEDS:
            return
        package, variable = NEEDS[self.backend]
        if find_spec(package) is None:
            raise UsageError(f"--backend {self.backend} needs the package {package}: pip install {package}")
        if not os.environ.get(variable):
            raise UsageError(f"--backend {self.backend} needs a cluster that runs: set {variable} to its address")

    def over(self, function: Callable[[T], R], blocks: Iterable[T]) -> Iterator[R]:
        """Yield `function` of every block, in order, as soon as it is there."""
        if self.serial:
            yield from map(function, blocks)
            return
        from joblib import Parallel, delayed  # type: ignore[import-untyped]

        # ray's backend can't hand results over one by one
        given = "list" if self.backend == "ray" else "generator"
        with _configured(self):
            yield from Parallel(return_as=given)(delayed(function)(block) for block in blocks)


SERIAL = Jobs()


@contextmanager
def _configured(jobs: Jobs) -> Iterator[None]:
    from joblib import parallel_config

    with _cluster(jobs.backend), parallel_config(backend=jobs.backend or "loky", n_jobs=jobs.n or -1):
        yield


@contextmanager
def _cluster(backend: BackendName | None) -> Iterator[None]:
    """Connect to the cluster that the environment names, and leave it as it is afterwards."""
    if backend == "dask":
        with import_module("distributed").Client(os.environ["DASK_SCHEDULER_ADDRESS"]):
            yield
        return
    if backend == "ray":
        import_module("ray.util.joblib").register_ray()
    yield


class Some(Sequence[T], Generic[T]):
    """The items of a sequence at some positions, each where it was; nothing stands at the others.

    Args:
        whole: The sequence.
        kept: Positions that are needed.
    """

    def __init__(self, whole: Sequence[T], kept: Collection[int]) -> None:
        self._items = {i: whole[i] for i in sorted(kept)}
        self._length = len(whole)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            raise TypeError("some positions are empty: a slice would not be what it seems")
        return self._items[place]


def blocks_of_size(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return the items in order, `size` at a time."""
    return [items[start : start + size] for start in range(0, len(items), size)]
