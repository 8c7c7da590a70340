"""Recorded answers from a table: rows of Parquet, JSON, JSON Lines or CSV, each cell read and none coerced."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.store.columns import read_columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blackbox.core import Message
    from blackbox.store.recorded import Answered

_LARGEST_EPOCH_S = 32_503_680_000
"""The year 3000: a larger number of seconds is a number of milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFields:
    """Which column holds what; None where the table has no such column."""

    prompt: str
    response: str
    id: str | None = None
    model: str | None = None
    repeat: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One recorded answer.

    Args:
        model: Who answered; the file's name without its extension where there is no model column.
        prompt: The question: the text of a single user's message, or the messages.
        response: The answer; None where the table has none (null), '' where it was empty.
        probe_id: The question's id in the table, if it has an id column.
        repeat: The how-manieth asking, if it has a repeat column.
        requested_at: When (UTC), if it has a time column and this row a time.
        recorded: What else a format says of the reply; None: `response` says all there is.
    """

    model: str
    prompt: str | tuple[Message, ...]
    response: str | None
    probe_id: str | None = None
    repeat: int | None = None
    requested_at: datetime | None = None
    recorded: Answered | None = None


def read_table(path: Path, fields: TableFields) -> tuple[TableRow, ...]:
    """Return the rows of a table in file order.

    The format goes by content where that is unmistakable, else by extension: Parquet, JSON (a list of objects),
    JSON Lines, CSV (comma, quotes as in RFC 4180, with or without a byte order mark). Nulls and NaNs are None.
    CSV has no null: its empty cell is ''. Times are ISO 8601 (without a zone: UTC) or seconds since 1970.

    Raises:
        UsageError: The file cannot be read as a table, is empty, lacks a column, or a cell is not of its kind; the
            message names the column, and the row counted from 1.
    """
    wanted = {name: getattr(fields, name) for name in _CELLS if getattr(fields, name) is not None}
    table = read_columns(path, list(wanted.values()))
    cells = {name: _read(table[column], column, _CELLS[name], path) for name, column in wanted.items()}
    n_rows = len(cells["prompt"])
    nothing = [None] * n_rows
    return tuple(
        TableRow(model=model, prompt=prompt, response=response, probe_id=probe_id, repeat=repeat, requested_at=at)
        for model, prompt, response, probe_id, repeat, at in zip(
            cells.get("model", [path.stem] * n_rows),
            cells["prompt"],
            cells["response"],
            cells.get("id", nothing),
            cells.get("repeat", nothing),
            cells.get("time", nothing),
            strict=True,
        )
    )


def _read(cells: list[Any], column: str, read: Callable[[Any], Any], path: Path) -> list[Any]:
    values = []
    for number, cell in enumerate(cells, start=1):
        try:
            values.append(read(None if type(cell) is float and math.isnan(cell) else cell))
        except (ValueError, OverflowError) as error:
            raise UsageError(f"{path}: row {number}, column {column!r}: {error}") from error
    return values


def _prompt(cell: object) -> str:
    if not isinstance(cell, str):
        raise ValueError(f"a prompt must be text, found {_shown(cell)}")  # noqa: TRY004 - becomes a UsageError
    if not cell:
        raise ValueError("the prompt is empty")
    return cell


def _response(cell: object) -> str | None:
    if cell is not None and not isinstance(cell, str):
        raise ValueError(f"an answer must be text or null, found {_shown(cell)}")
    return cell


def _name(cell: object) -> str:
    if isinstance(cell, str) and cell:
        return cell
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and cell == int(cell):
        return str(int(cell))
    raise ValueError(f"a name must be text or a whole number, found {_shown(cell)}")


def _repeat(cell: object) -> int:
    name = _name(cell)
    if not (name.isascii() and name.isdigit() and len(name) < 10):  # noqa: PLR2004 - billions of repeats are a slip
        raise ValueError(f"a repeat must be 0, 1, 2, …, found {_shown(cell)}")
    return int(name)


def moment(cell: object) -> datetime | None:
    """Return the time of a cell in UTC; None where it has none.

    Raises:
        ValueError: It holds something that is no time.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return _in_utc(cell)
    if isinstance(cell, str):
        try:
            return _in_utc(datetime.fromisoformat(cell.strip()))
        except ValueError:
            return _epoch(cell)
    return _epoch(cell)


def _epoch(cell: object) -> datetime:
    try:
        seconds = float(cell) if isinstance(cell, (str, int, float)) and not isinstance(cell, bool) else math.nan
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < _LARGEST_EPOCH_S:
        raise ValueError(f"a time must be ISO 8601 or seconds since 1970, found {_shown(cell)}")
    return datetime.fromtimestamp(seconds, UTC)


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _shown(cell: object) -> str:
    if cell is None:
        return "nothing (null)"
    text = ascii(cell)
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - one line for a person


_CELLS: dict[str, Callable[[Any], Any]] = {
    "prompt": _prompt,
    "response": _response,
    "id": _name,
    "model": _name,
    "repeat": _repeat,
    "time": moment,
}
