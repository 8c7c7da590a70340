"""Finished comparisons drawn again: nothing is recomputed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from blackbox import report, store
from blackbox.core import Comparison
from blackbox.errors import EvidenceDamaged, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blackbox.report import Form

_MARK = "-compare-"


def find_comparison(results: Path, name: str | None) -> Path:
    """Return a comparison's folder or file by path, id or unique prefix; None: the newest one.

    Raises:
        UsageError: There is none, or more than one.
    """
    if name and _is_there(Path(name)):
        return Path(name)
    folders = sorted(results.glob(f"*{_MARK}*")) if results.is_dir() else []
    if name is None and folders:
        return folders[-1]
    found = [folder for folder in folders if name and folder.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name!r} begins {len(found)} comparisons in {results}; write more of the id")
    wanted = "comparison" if name is None else f"comparison {name!r}"
    raise UsageError(f"no {wanted} in {results}; make one with: blackbox compare RUN RUN")


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # no name the system could have given a folder
        return False


def load_comparison(results: Path, name: str | None) -> Comparison:
    """Return a stored comparison, or the reading of a history where the path is of one.

    Raises:
        UsageError: There is none of this name.
        EvidenceDamaged: It is no strict JSON or of another schema.
    """
    found = find_comparison(results, name)
    if (found / store.DRIFT).is_file() or found.name == store.DRIFT:
        return Comparison(document=store.read_drift(found))
    return store.read_comparison(found)


@contextmanager
def whole_documents(what: str, kind: str = "result") -> Iterator[None]:
    """Turn what a stored document of wrong parts does to its reader into one line: anybody may have written it.

    Raises:
        EvidenceDamaged: Something in it is missing or of another type.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        said = ascii(str(error))[1:-1][:80]
        raise EvidenceDamaged(f"{what} is no whole {kind}: {type(error).__name__} {said}") from error


def draw_stored(comparison: Comparison, name: str, *, to: Form, width: int = 80, color: bool = False) -> str:
    """Return a comparison that was read from a file in one of the forms of `blackbox.report.render`.

    Raises:
        EvidenceDamaged: Something in it is missing or of another type.
    """
    with whole_documents(name):
        return draw(comparison, to=to, width=width, color=color)


def draw(comparison: Comparison, *, to: Form, width: int = 80, color: bool = False) -> str:
    """Return a comparison in one of the forms of `blackbox.report.render`."""
    return report.render(comparison.document, to=to, width=width, color=color)
