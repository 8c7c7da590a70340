"""One column of a dataset as Python values: a table on disk, or a dataset of the Hub at one revision."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.store.columns import read_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSource:
    """Which column of which dataset.

    Args:
        dataset: A file, or a dataset's name on the Hub.
        column: Holds the prompts.
        split: For the Hub.
        subset: Configuration name, for the Hub.
        revision: Commit, for the Hub.
    """

    dataset: str
    column: str
    split: str = "train"
    subset: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """The cells of a column, the licence the dataset states (may be empty), and what identifies what was read."""

    cells: Sequence[object]
    licence: str
    source: Mapping[str, Any]


def read_prompts(wanted: PromptSource) -> Prompts:
    """Return the column; nothing of the dataset's own code is ever run.

    Raises:
        UsageError: No such file, dataset, column or split; or a dataset of the Hub without a commit.
    """
    path = Path(wanted.dataset)
    if path.exists() or path.suffix:
        return _from_file(path, wanted)
    return _from_hub(wanted)


def _from_file(path: Path, wanted: PromptSource) -> Prompts:
    if path.is_dir():
        raise UsageError(f"{path}: a folder; write the path of one Parquet, JSON, JSON Lines or CSV file")
    cells = read_columns(path, [wanted.column])[wanted.column]
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    source = {"dataset": path.name, "sha256": sha256, "column": wanted.column, "n_rows": len(cells)}
    return Prompts(cells=cells, licence="", source=source)


def _from_hub(wanted: PromptSource) -> Prompts:
    if not _COMMIT.fullmatch(wanted.revision or ""):
        fix = "write --revision with the 40 digits of a commit, so that the suite can be made again"
        raise UsageError(f"{wanted.dataset}: a dataset of the Hub may change; {fix}")
    loaded = _loaded(wanted)
    if wanted.column not in loaded.column_names:
        known = ", ".join(loaded.column_names[:20])
        raise UsageError(f"{wanted.dataset}: no column {wanted.column!r}; there are: {known}")
    cells = loaded[wanted.column][:]
    source = {
        "dataset": wanted.dataset, "revision": wanted.revision, "split": wanted.split, "subset": wanted.subset or "",
        "column": wanted.column, "n_rows": len(cells),
    }  # fmt: skip
    return Prompts(cells=cells, licence=str(loaded.info.license or ""), source=source)


def _loaded(wanted: PromptSource) -> Any:  # noqa: ANN401 - a dataset; its package states no types
    import datasets

    try:
        return datasets.load_dataset(wanted.dataset, wanted.subset, split=wanted.split, revision=wanted.revision)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"{wanted.dataset}: cannot be loaded: {first[:200]}") from error
