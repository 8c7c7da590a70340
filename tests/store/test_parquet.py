"""The derived table: flat, exact where UTF-8 can be, and loadable by what people use."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from support.stored import ANSWERS, START, answer, fill, finished_run, new_run

from blackbox.core import CallError, Decoding, Observation, Outcome, TokenLogprob, Usage
from blackbox.store import read_manifest, verify_run
from blackbox.store.parquet import COLUMNS, row

if TYPE_CHECKING:
    from pathlib import Path

FULL = answer(
    0,
    0,
    "a\ud800b",
    reasoning="because \udfff",
    tool_calls=({"name": "f", "arguments": "{}"},),
    finish_reason_raw="stop",
    finish_reason="stop",
    logprobs=(TokenLogprob(token="a", logprob=-0.5, top=(("b", -1.0),)),),
    usage=Usage(prompt_tokens=3, completion_tokens=0),
    latency_s=0.25,
    attempts=2,
    cache_headers={"age": "5"},
    served_model="m-1",
    sent_decoding=Decoding(temperature=1.0),
)
FAILED = answer(1, 0, None, error=CallError(kind="http_500", message="server error", status=500), requested_at=None)
EMPTY = answer(2, 0, None, outcome=Outcome.EMPTY)
PLAIN = answer(0, 1, "naïve 😀 \x00 \u2028")


@pytest.fixture
async def run(tmp_path: Path) -> Path:
    """Return a finished run with one observation of each sort."""
    return await finished_run(tmp_path, [FULL, FAILED, EMPTY, PLAIN])


def _rows(run: Path) -> list[dict[str, object]]:
    from pyarrow.parquet import read_table

    rows: list[dict[str, object]] = read_table(run / "observations.parquet").to_pylist()
    return rows


def test_the_columns_are_flat_and_in_order(run: Path) -> None:
    """No column is nested; names are those documented."""
    from pyarrow.parquet import read_schema

    schema = read_schema(run / "observations.parquet")
    assert list(COLUMNS) == schema.names
    assert {"string", "int64", "double", "timestamp[us, tz=UTC]"} == {str(kind) for kind in schema.types}


def test_lone_surrogates_are_replaced_in_text_and_exact_in_text_json(run: Path) -> None:
    """`text_json` is set only where `text` is not the exact text."""
    first, *others = _rows(run)
    assert (first["text"], json.loads(str(first["text_json"]))) == ("a\ufffdb", "a\ud800b")
    assert str(first["text_json"]).isascii()
    assert [cells["text_json"] for cells in others] == [None] * 3
    assert others[2]["text"] == "naïve 😀 \x00 \u2028"


def test_where_there_is_no_text_there_is_null(run: Path) -> None:
    """An error and an empty answer have a null text, never ''."""
    texts = {cells["key"]: cells["text"] for cells in _rows(run)}
    assert (texts["p1#0"], texts["p2#0"]) == (None, None)


def test_nested_fields_are_canonical_json_or_null(run: Path) -> None:
    """Tool calls, log-probabilities, headers and decoding; usage and error have columns of their own."""
    first, failed, *_ = _rows(run)
    assert first["tool_calls"] == '[{"arguments":"{}","name":"f"}]'
    assert json.loads(str(first["logprobs"])) == [{"logprob": -0.5, "token": "a", "top": [["b", -1.0]]}]
    assert (
        first["cache_headers"],
        first["prompt_tokens"],
        first["completion_tokens"],
        first["cached_tokens"],
    ) == ('{"age":"5"}', 3, 0, None)
    assert (
        failed["error_kind"],
        failed["error_message"],
        failed["error_status"],
        failed["tool_calls"],
        failed["requested_at"],
    ) == ("http_500", "server error", 500, None, None)


def test_it_names_the_journal_it_was_made_from(run: Path) -> None:
    """Schema, run and journal head stand in the file's metadata."""
    from pyarrow.parquet import read_schema

    metadata = read_schema(run / "observations.parquet").metadata
    assert read_manifest(run).journal_head.encode() == metadata[b"blackbox.journal_head"]
    assert metadata[b"blackbox.schema"] == b"blackbox.observations/1"


def test_pandas_loads_it(run: Path) -> None:
    """With times in UTC and missing texts as missing."""
    import pandas as pd

    frame = pd.read_parquet(run / "observations.parquet")
    assert (4, len(COLUMNS)) == frame.shape
    assert frame["requested_at"][0].to_pydatetime() == START
    assert UTC.utcoffset(None) == frame["requested_at"].dt.tz.utcoffset(None)
    assert list(frame["text"].isna()) == [False, True, True, False]


def test_datasets_loads_it(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`load_dataset("parquet")` gives the same rows."""
    from datasets import load_dataset

    monkeypatch.setattr("datasets.config.HF_UPDATE_DOWNLOAD_COUNTS", False)  # it counts its users over the network
    file = str(run / "observations.parquet")
    loaded = load_dataset("parquet", data_files=file, split="train", cache_dir=str(tmp_path / "cache"))
    assert [cells["text"] for cells in _rows(run)] == loaded["text"][:]


async def test_a_run_without_answers_has_an_empty_table(tmp_path: Path) -> None:
    """It loads, and verifies."""
    run = await finished_run(tmp_path, [])
    assert _rows(run) == []
    assert verify_run(run).ok


async def test_many_rows_are_written_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by the batch: each is a row group, and the audit reads them back alike."""
    from pyarrow.parquet import ParquetFile

    monkeypatch.setattr("blackbox.store.parquet._ROWS_A_BATCH", 4)
    run = await finished_run(tmp_path, ANSWERS)
    with ParquetFile(run / "observations.parquet") as file:
        assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [4, 2]
    assert verify_run(run).ok


async def test_a_table_that_cannot_be_written_leaves_the_run_resumable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest comes last: a crash before it leaves a run that is still running, and no half file."""
    run = new_run(tmp_path)

    def crash(_observation: Observation) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("blackbox.store.parquet.row", crash)
        with pytest.raises(Exception, match=r"observations\.parquet: No space left on device"):
            await fill(run)
    assert read_manifest(run).status == "running"
    assert {"journal.jsonl", "manifest.json", "suite.json"} == {file.name for file in run.iterdir()}
    await fill(run)
    assert (read_manifest(run).status, verify_run(run).ok) == ("finished", True)


def test_every_column_has_a_cell() -> None:
    """A row has exactly the columns."""
    assert list(COLUMNS) == list(row(EMPTY))
