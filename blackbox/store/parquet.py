"""`observations.parquet`: a flat table made from the journal, for pandas, `datasets` and people.

It is derived and can be made again; the journal is the evidence. Its metadata name the journal's head.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from blackbox.core import canonical
from blackbox.store.codec import decode_observation
from blackbox.store.disk import disk_errors, replacing
from blackbox.store.journal import JournalReader
from blackbox.store.manifests import JOURNAL, OBSERVATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from blackbox.core import Manifest, Observation

TABLE_SCHEMA = "blackbox.observations/1"

COLUMNS = {
    "key": "text",
    "probe_id": "text",
    "repeat": "count",
    "block_id": "count",
    "outcome": "text",
    "text": "text",
    "text_json": "text",
    "reasoning": "text",
    "tool_calls": "json",
    "finish_reason_raw": "text",
    "finish_reason": "text",
    "logprobs": "json",
    "prompt_tokens": "count",
    "completion_tokens": "count",
    "reasoning_tokens": "count",
    "cached_tokens": "count",
    "latency_s": "number",
    "first_byte_s": "number",
    "requested_at": "time",
    "attempts": "count",
    "response_id": "text",
    "cache_headers": "json",
    "served_model": "text",
    "provider": "text",
    "system_fingerprint": "text",
    "sent_decoding": "json",
    "error_kind": "text",
    "error_message": "text",
    "error_status": "count",
}
"""The columns in order, and what each holds; `json` is canonical JSON in a text column."""

_ROWS_A_BATCH = 2_000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def displayable(text: str) -> str:
    """Return `text` with U+FFFD for each lone surrogate, which no UTF-8 file can hold."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def row(observation: Observation) -> dict[str, Any]:
    """Return an observation as one flat row.

    `text` is displayable; `text_json` is the exact text as an ASCII JSON string where the two differ. What is nested
    (tool calls, log-probabilities, headers, decoding) is canonical JSON. None where there is nothing.
    """
    parts: dict[str, Any] = {
        "text_json": _exact(observation.text),
        **{name: getattr(observation.usage, name, None) for name in _USAGE},
        **{f"error_{name}": getattr(observation.error, name, None) for name in ("kind", "message", "status")},
    }
    return {
        name: _cell(parts[name] if name in parts else getattr(observation, name), kind)
        for name, kind in COLUMNS.items()
    }


def write_parquet(path: Path, manifest: Manifest, observations: Iterable[Observation] | None = None) -> None:
    """Make `observations.parquet` of the run at `path`, atomically, and from its journal in bounded memory.

    Args:
        path: The run's folder.
        manifest: Its manifest, with the journal's head.
        observations: What the journal holds, in its order; read from it where this is None.

    Raises:
        BlackboxError: The disk is full or failing.
    """
    from pyarrow.parquet import ParquetWriter

    with disk_errors(path / OBSERVATIONS), replacing(path / OBSERVATIONS) as temporary:
        schema = _schema(_metadata(manifest))
        with ParquetWriter(temporary, schema, compression="zstd") as writer:
            for table in _tables(_observations(path) if observations is None else observations, schema):
                writer.write_table(table)


def check_parquet(path: Path, manifest: Manifest) -> str | None:
    """Return what is wrong with `observations.parquet`, made again from the journal and compared; else None."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path / OBSERVATIONS) as file:
            metadata = file.schema_arrow.metadata or {}
            if any(metadata.get(name) != value for name, value in _metadata(manifest).items()):
                return f"{OBSERVATIONS} was made from another journal"
            batches = file.iter_batches(batch_size=_ROWS_A_BATCH)
            for expected in _tables(_observations(path), file.schema_arrow):
                found = next(batches, None)
                if found is None or not pa.Table.from_batches([found]).equals(expected):
                    return f"{OBSERVATIONS} does not say what the journal says"
            return None if next(batches, None) is None else f"{OBSERVATIONS} has rows the journal has not"
    except FileNotFoundError:
        return f"{OBSERVATIONS} is missing"
    except (OSError, ValueError, pa.ArrowException) as error:
        return f"{OBSERVATIONS} is damaged: {str(error).splitlines()[0]}"


_USAGE = ("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens")


def _cell(value: Any, kind: str) -> Any:  # noqa: ANN401 - a cell is of its column's type
    if kind == "json":
        return canonical(value) if value else None
    return displayable(str(value)) if kind == "text" and value is not None else value


def _exact(text: str | None) -> str | None:
    return json.dumps(text) if text is not None and _LONE_SURROGATE.search(text) else None


def _metadata(manifest: Manifest) -> Mapping[bytes, bytes]:
    said = {"schema": TABLE_SCHEMA, "run_id": manifest.run_id, "journal_head": manifest.journal_head}
    return {f"blackbox.{name}".encode(): value.encode("ascii") for name, value in said.items()}


def _schema(metadata: Mapping[bytes, bytes]) -> pa.Schema:
    import pyarrow as pa

    types = {
        "text": pa.string(),
        "json": pa.string(),
        "count": pa.int64(),
        "number": pa.float64(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema([pa.field(name, types[kind]) for name, kind in COLUMNS.items()], metadata=metadata)


def _tables(observations: Iterable[Observation], schema: pa.Schema) -> Iterator[pa.Table]:
    import pyarrow as pa

    rows: list[dict[str, Any]] = []
    for observation in observations:
        rows.append(row(observation))
        if len(rows) == _ROWS_A_BATCH:
            yield pa.Table.from_pylist(rows, schema=schema)
            rows = []
    if rows:
        yield pa.Table.from_pylist(rows, schema=schema)


def _observations(path: Path) -> Iterator[Observation]:
    journal = path / JOURNAL
    for entry in JournalReader(journal):
        if entry.kind == "observation":
            yield decode_observation(entry.body, where=f"{journal}: line {entry.seq + 1}")
