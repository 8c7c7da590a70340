"""Columns of a table file as Python values: Parquet, Arrow, JSON, JSON Lines and CSV, told apart by what they hold."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

Columns = dict[str, list[Any]]

_LARGEST_FIELD = 2**31 - 1
_N_NAMED = 20


def read_columns(path: Path, wanted: Sequence[str]) -> Columns:
    """Return the cells of the `wanted` columns of a table in file order; a cell that is not there is None.

    Raises:
        UsageError: The file is missing, unreadable, no table, empty, or lacks a wanted column.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4096)
        columns = _reader(path, start)(path, wanted)
    except OSError as error:
        said = error.strerror or (str(error).splitlines() or ["unreadable"])[0]
        raise UsageError(f"{path}: {said}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8; save the table as UTF-8") from error
    except RecursionError as error:
        raise UsageError(f"{path}: nested too deep") from error
    if not columns[wanted[0]]:
        raise UsageError(f"{path}: the table has no rows")
    return columns


def _reader(path: Path, start: bytes) -> Callable[[Path, Sequence[str]], Columns]:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    extension = path.suffix.lower()
    if start.startswith(b"PAR1"):
        return _parquet
    if start.startswith(b"ARROW1") or (extension == ".arrow" and start.startswith(b"\xff\xff\xff\xff")):
        return _arrow
    if extension in {".parquet", ".pq"}:
        raise UsageError(f"{path}: this is no Parquet file")
    if extension in {".csv", ".tsv", ".txt"}:
        return _csv
    if text.startswith(b"["):
        return _json
    if text.startswith(b"{") or extension in {".jsonl", ".ndjson"}:
        return _json_lines
    if extension == ".json":
        raise UsageError(f"{path}: JSON must be a list of objects here" if text else f"{path}: the file is empty")
    return _csv


def _parquet(path: Path, wanted: Sequence[str]) -> Columns:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            _check_columns(path, wanted, file.schema_arrow.names)
            table = file.read(columns=list(dict.fromkeys(wanted)))
            return {name: table.column(name).to_pylist() for name in wanted}
    except (pa.ArrowException, KeyError) as error:
        raise UsageError(f"{path}: no readable Parquet file: {str(error).splitlines()[0]}") from error


def _arrow(path: Path, wanted: Sequence[str]) -> Columns:
    """Read the Arrow file or stream format; `datasets` writes streams."""
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as file:
            streamed = bytes(file.read(6)) != b"ARROW1"
            file.seek(0)
            table = (pa.ipc.open_stream if streamed else pa.ipc.open_file)(file).read_all()
            _check_columns(path, wanted, table.column_names)
            return {name: table.column(name).to_pylist() for name in wanted}
    except pa.ArrowException as error:
        raise UsageError(f"{path}: no readable Arrow file: {str(error).splitlines()[0]}") from error


def _json(path: Path, wanted: Sequence[str]) -> Columns:
    try:
        rows = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}: line {error.lineno} is no JSON: {error.msg}") from error
    except ValueError as error:
        _reraise_undecodable(error)
        raise UsageError(f"{path}: no JSON: {error}") from error
    return _of_objects(path, wanted, rows)


def _json_lines(path: Path, wanted: Sequence[str]) -> Columns:
    rows = []
    # Not splitlines(): U+2028 and its like may stand in a JSON text.
    for number, line in enumerate(path.read_text("utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise UsageError(f"{path}: line {number} is no JSON: {getattr(error, 'msg', error)}") from error
    return _of_objects(path, wanted, rows)


def _of_objects(path: Path, wanted: Sequence[str], rows: Sequence[Any]) -> Columns:
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise UsageError(f"{path}: row {number} is no object with a value for each column")
    if rows:
        _check_columns(path, wanted, list(dict.fromkeys(name for row in rows for name in row)))
    return {name: [row.get(name) for row in rows] for name in wanted}


def _csv(path: Path, wanted: Sequence[str]) -> Columns:
    # The limit is the csv module's only setting and global; answers are longer than its default of 128 KiB.
    limit = csv.field_size_limit(_LARGEST_FIELD)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return _of_lines(path, wanted, csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise UsageError(f"{path}: no CSV: {error}") from error
    finally:
        csv.field_size_limit(limit)


def _of_lines(path: Path, wanted: Sequence[str], lines: Any) -> Columns:  # noqa: ANN401 - the csv module hides its type
    header = next(lines, None)
    if header is None:
        raise UsageError(f"{path}: the file is empty")
    _check_columns(path, wanted, header)
    position = {name: index for index, name in enumerate(header)}
    columns: Columns = {name: [] for name in wanted}
    for number, cells in enumerate((line for line in lines if line), start=1):
        if len(cells) != len(header):
            raise UsageError(
                f"{path}: row {number} (up to line {lines.line_num}) has {len(cells)} cells, the header {len(header)}"
            )
        for name, column in columns.items():
            column.append(cells[position[name]])
    return columns


def _check_columns(path: Path, wanted: Sequence[str], there: Sequence[str]) -> None:
    for name in wanted:
        if name not in there:
            listed = ", ".join(ascii(column)[1:-1][:60] for column in there[:_N_NAMED])
            more = f" and {len(there) - _N_NAMED} more" if len(there) > _N_NAMED else ""
            raise UsageError(f"{path}: no column {name!r}; it has: {listed}{more}")
        if list(there).count(name) > 1:
            raise UsageError(f"{path}: {list(there).count(name)} columns are named {name!r}")


def _reraise_undecodable(error: ValueError) -> None:
    if isinstance(error, UnicodeDecodeError):
        raise error
