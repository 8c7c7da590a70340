"""One column of a dataset as prompts: a table or dataset on disk, or a dataset of the Hub at one revision."""

from __future__ import annotations

import hashlib
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.store.columns import read_columns
from blackbox.store.recorded import Unreadable, conversation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSource:
    """Which column of which dataset.

    Args:
        dataset: A file, a folder that `datasets` saved, or a dataset's name on the Hub.
        column: Holds the prompts; `body.messages` is the field `messages` of the objects in the column `body`.
        split: Of a saved dataset with several, or on the Hub.
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
    """The cells of a column, the licence the dataset states (may be empty), and what identifies what was read.

    A cell that holds a chat (a list of messages with roles) is what was asked in it: the text of a single user's
    message, else the messages up to the user's last one.
    """

    cells: Sequence[object]
    licence: str
    source: Mapping[str, Any]


def read_prompts(wanted: PromptSource) -> Prompts:
    """Return the column; nothing of the dataset's own code is ever run.

    Raises:
        UsageError: No such file, dataset, column or split; or a dataset of the Hub without a commit.
    """
    path = Path(wanted.dataset)
    if path.is_dir():
        return _from_folder(path, wanted)
    if path.exists() or path.suffix or wanted.dataset.startswith((".", "/", "~")) or wanted.dataset.count("/") > 1:
        return _from_file(path, wanted)
    return _from_hub(wanted)


def _from_file(path: Path, wanted: PromptSource) -> Prompts:
    cells = _asked(_cells(path, wanted.column))
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    source = {"dataset": path.name, "sha256": sha256, "column": wanted.column, "n_rows": len(cells)}
    return Prompts(cells=cells, licence="", source=source)


def _cells(path: Path, column: str) -> Sequence[object]:
    """Return the cells of the column of this name or else, at a dot, those fields of the objects in a column."""
    head, dot, field = column.partition(".")
    try:
        return read_columns(path, [column])[column]
    except UsageError:
        if not dot:
            raise
        with suppress(UsageError):
            return _fields(path.name, read_columns(path, [head])[head], field)
        raise


def _fields(dataset: str, cells: Sequence[object], field: str) -> Sequence[object]:
    for step in field.split("."):
        if not any(isinstance(cell, dict) and step in cell for cell in cells):
            raise UsageError(f"{dataset}: no cell has a field {step!r}")
        cells = [cell.get(step) if isinstance(cell, dict) else None for cell in cells]
    return cells


def _asked(cells: Sequence[object]) -> Sequence[object]:
    return [_chat(cell) for cell in cells]


def _chat(cell: object) -> object:
    """Return what a chat asks; a logged reply at its end is no question. What is no chat of texts stays as it is."""
    messages = cell["messages"] if isinstance(cell, dict) and "messages" in cell else cell
    if not isinstance(messages, list):
        return cell
    n = len(messages)
    while n and isinstance(messages[n - 1], dict) and messages[n - 1].get("role") == "assistant":
        n -= 1
    try:
        return conversation(messages[:n])
    except Unreadable:
        return cell


def _from_folder(path: Path, wanted: PromptSource) -> Prompts:
    """Return a column of a dataset that `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote."""
    import datasets

    if not any((path / name).exists() for name in ("dataset_dict.json", "dataset_info.json")):
        fix = "write the path of one Parquet, JSON, JSON Lines or CSV file, or of a folder saved with save_to_disk"
        raise UsageError(f"{path}: a folder; {fix}")
    try:
        loaded: Any = datasets.load_from_disk(str(path))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{path}: cannot be loaded: {_first_line(error)}") from error
    if isinstance(loaded, datasets.DatasetDict):
        if wanted.split not in loaded:
            raise UsageError(f"{path}: no split {wanted.split!r}; write --split with one of: {', '.join(loaded)}")
        loaded = loaded[wanted.split]
    source = {"dataset": path.resolve().name, "sha256": _folder_digest(path), "split": wanted.split}
    return _of_columns(loaded, wanted, source)


def _folder_digest(path: Path) -> str:
    """Return the sha256 of the names and digests of all files below a folder."""
    found = hashlib.sha256()
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        with file.open("rb") as opened:
            found.update(f"{file.relative_to(path)} {hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()


def _from_hub(wanted: PromptSource) -> Prompts:
    if not _COMMIT.fullmatch(wanted.revision or ""):
        fix = "write --revision with the 40 digits of a commit, so that the suite can be made again"
        raise UsageError(f"{wanted.dataset}: no such file, and a dataset of the Hub may change; {fix}")
    source = {
        "dataset": wanted.dataset, "revision": wanted.revision, "split": wanted.split, "subset": wanted.subset or "",
    }  # fmt: skip
    return _of_columns(_loaded(wanted), wanted, source)


def _of_columns(loaded: Any, wanted: PromptSource, source: dict[str, Any]) -> Prompts:  # noqa: ANN401 - see `_loaded`
    """Return the wanted column of a loaded dataset."""
    head, _, field = wanted.column.partition(".")
    column, field = (wanted.column, "") if wanted.column in loaded.column_names else (head, field)
    if column not in loaded.column_names:
        known = ", ".join(loaded.column_names[:20])
        raise UsageError(f"{wanted.dataset}: no column {wanted.column!r}; there are: {known}")
    cells = loaded[column][:]
    cells = _asked(_fields(wanted.dataset, cells, field) if field else cells)
    licence = str(loaded.info.license or "")
    return Prompts(cells=cells, licence=licence, source={**source, "column": wanted.column, "n_rows": len(cells)})


def _loaded(wanted: PromptSource) -> Any:  # noqa: ANN401 - a dataset; its package states no types
    import datasets

    # Its retries are told line by line on stderr otherwise; what came of them is in the error.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        return datasets.load_dataset(wanted.dataset, wanted.subset, split=wanted.split, revision=wanted.revision)
    except ConnectionError as error:
        fix = "check the connection, or save it elsewhere and write the path of a file"
        raise UsageError(f"{wanted.dataset}: cannot be loaded: {_first_line(error)}; {fix}") from error
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise UsageError(f"{wanted.dataset}: cannot be loaded: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
