"""Tables for other programs: CSV that a spreadsheet can't run, JSON Lines and Parquet that give back every text."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Literal

from blackbox.core import CallError, Outcome, plain
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.columns import read_columns
from blackbox.store.disk import disk_errors, replacing, write_atomically
from blackbox.store.occupied import refuse_others
from blackbox.store.parquet import displayable, row
from blackbox.store.recorded import Answered, Unreadable, conversation, shown
from blackbox.store.tables import TableRow, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import Run

Form = Literal["csv", "jsonl", "parquet"]

_FORMULA = re.compile("[\\s\\x00-\\x1f\\x7f-\\xa0\u200b-\u200f\ufeff]*[=+@\uff1d\uff0b\uff0d\uff20-]|[\t\r\n]")
"""What a spreadsheet takes for a formula (OWASP, CSV injection), full-width signs and invisible starts too."""
RUN_COLUMNS = ("run_id", "endpoint", "model", "suite", "suite_version", "prompt", "messages")


def observation_rows(runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """Yield every answer of the runs as one flat row: `RUN_COLUMNS`, then those of `observations.parquet`.

    `messages` is what was asked, exactly, as JSON; `text_json` the answer, exactly, where `text` can't show it.
    """
    for run in runs:
        probes = {probe.id: probe for probe in run.suite.probes}
        manifest = run.manifest
        about = {
            "run_id": run.id,
            "endpoint": manifest.endpoint_name,
            "model": manifest.endpoint.get("model"),
            "suite": manifest.suite_name,
            "suite_version": manifest.suite_version,
        }
        for observation in run.observations:
            messages = probes[observation.probe_id].messages
            asked = "\n".join(message.content for message in messages if message.role != "system")
            yield {**about, "prompt": asked, "messages": json.dumps(plain(messages)), **row(observation)}


def inert(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe stands before what would be one.

    It also stands before an apostrophe, so that taking off the first of every cell that begins with one gives back
    the text (`original`).
    """
    return f"'{text}" if _FORMULA.match(text) or text.startswith("'") else text


def original(cell: str) -> str:
    """Return the text of a cell that `inert` made."""
    return cell.removeprefix("'")


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]], form: Form) -> None:
    """Write flat rows with the same columns each, atomically; an earlier table is replaced, no other file.

    Raises:
        UsageError: There are no rows, or another file is there.
        BlackboxError: The disk is full, read-only or failing.
    """
    if not rows:
        raise UsageError("there is nothing to export")
    with disk_errors(path):
        if form == "parquet":
            refuse_others(path, b"PAR1")
            _write_parquet(path, rows)
            return
        content = (_csv(rows) if form == "csv" else _json_lines(rows)).encode("utf-8")
        refuse_others(path, content)
        write_atomically(path, content)


def read_exported(path: Path, *, model: str | None = None) -> tuple[TableRow, ...]:
    """Return the answers of observations exported as JSON Lines or Parquet: outcomes, texts and times as they were.

    Args:
        path: What `blackbox export RUN --format jsonl` or `parquet` wrote.
        model: Overrides the recorded endpoint's name.

    Raises:
        UsageError: One line with file, row and what is wrong.
    """
    cells = read_columns(path, _READ)
    found = []
    for number, values in enumerate(zip(*(cells[name] for name in _READ), strict=True), start=1):
        try:
            found.append(_table_row(dict(zip(_READ, values, strict=True)), model))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: row {number} {error}") from None
    return tuple(found)


_READ = (
    "endpoint",
    "probe_id",
    "repeat",
    "outcome",
    "messages",
    "text",
    "text_json",
    "reasoning",
    "finish_reason",
    "requested_at",
    "response_id",
    "served_model",
    "error_kind",
    "error_message",
    "error_status",
)
_TEXTS = ("endpoint", "probe_id", "outcome", "messages")


def _table_row(cells: Mapping[str, Any], model: str | None) -> TableRow:
    for name in _TEXTS:
        if not isinstance(cells[name], str) or not cells[name]:
            raise Unreadable(f"has no {name}: {shown(cells[name])}")
    if type(cells["repeat"]) is not int or cells["repeat"] < 0:
        raise Unreadable(f"has no count in repeat: {shown(cells['repeat'])}")
    return TableRow(
        model=model or cells["endpoint"],
        prompt=conversation(json.loads(cells["messages"])),
        response=None,
        probe_id=cells["probe_id"],
        repeat=cells["repeat"],
        requested_at=moment(cells["requested_at"]),
        recorded=_answered(cells),
    )


def _answered(cells: Mapping[str, Any]) -> Answered:
    try:
        outcome = Outcome(cells["outcome"])
    except ValueError:
        raise Unreadable(f"has the unknown outcome {shown(cells['outcome'])}") from None
    exact = cells["text_json"]
    if exact is not None and not isinstance(exact, str):
        raise Unreadable(f"has a text_json that is no text: {shown(exact)}")
    text = cells["text"] if exact is None else json.loads(exact)
    if (outcome in {Outcome.OK, Outcome.TRUNCATED}) != (isinstance(text, str) and text != ""):
        raise Unreadable(f"is {outcome} with the text {shown(text)}")
    said = {name: cells[name] for name in ("reasoning", "finish_reason", "served_model", "response_id")}
    if any(value is not None and not isinstance(value, str) for value in said.values()):
        raise Unreadable("has a reasoning, finish reason, model or id that is no text")
    return Answered(outcome=outcome, text=text, error=_error(cells), **said)


def _error(cells: Mapping[str, Any]) -> CallError | None:
    kind, message, status = cells["error_kind"], cells["error_message"], cells["error_status"]
    if kind is None and message is None:
        return None
    if not isinstance(kind, str) or not isinstance(message, str):
        raise Unreadable("has an error without kind and message")
    return CallError(kind=kind, message=message, status=status if type(status) is int else None)


def _json_lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(plain(row), ensure_ascii=True, allow_nan=False) + "\n" for row in rows)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([inert(name) for name in rows[0]])
    writer.writerows([_cell(value) for value in each.values()] for each in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    """Return a cell: texts inert and displayable, numbers as they are, nothing as an empty cell."""
    found = plain(value)
    return inert(displayable(found)) if isinstance(found, str) else "" if found is None else found


def _write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    columns = {name: [_shown(each[name]) for each in rows] for name in rows[0]}
    try:
        table = pa.table(columns)
    except pa.ArrowException as error:
        raise EvidenceDamaged(f"the rows are no table: {str(error).splitlines()[0]}") from None
    with replacing(path) as temporary, ParquetWriter(temporary, table.schema, compression="zstd") as writer:
        writer.write_table(table)


def _shown(value: object) -> object:
    return displayable(value) if isinstance(value, str) else value
