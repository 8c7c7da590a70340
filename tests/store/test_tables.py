"""Tables of recorded answers: the same rows from every format, and one clear line for what is no answer."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from blackbox.errors import UsageError
from blackbox.store import TableFields, TableRow, read_table

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = TableFields(prompt="q", response="a", id="id", model="m", repeat="k", time="t")
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROWS = [
    {"q": "One, two?", "a": 'yes "really"\nand more', "id": "x", "m": "A", "k": 0, "t": "2026-01-02T03:04:05Z"},
    {"q": "Três?", "a": "", "id": "y", "m": "A", "k": 1, "t": "2026-01-02T04:04:05+01:00"},
    {"q": "四?\u2028", "a": "= 1 + 1", "id": "y", "m": "B", "k": 0, "t": str(AT.timestamp())},
]
EXPECTED = tuple(
    TableRow(model=row["m"], prompt=row["q"], response=row["a"], probe_id=row["id"], repeat=row["k"], requested_at=AT)
    for row in ROWS
)

Rows = Sequence[dict[str, Any]]


def _parquet(path: Path, rows: Rows) -> None:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    write_table(pa.Table.from_pylist(list(rows)), path)


def _json(path: Path, rows: Rows) -> None:
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _json_lines(path: Path, rows: Rows) -> None:
    text = "\r\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))


def _csv(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


WRITERS = {"table.parquet": _parquet, "table.json": _json, "table.jsonl": _json_lines, "table.csv": _csv}
every_format = pytest.mark.parametrize(("name", "write"), WRITERS.items())


@every_format
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str, write: Callable[[Path, Rows], None]) -> None:
    """In file order, with '' kept, quotes and line ends kept, and times in UTC."""
    write(tmp_path / name, ROWS)
    assert read_table(tmp_path / name, FIELDS) == EXPECTED


@pytest.mark.parametrize("write", [_parquet, _json, _json_lines])
def test_content_goes_before_the_extension(tmp_path: Path, write: Callable[[Path, Rows], None]) -> None:
    """JSON Lines named .json, a list named .jsonl, anything named .dat: told apart by how they begin."""
    for name in ("table.dat", "table", *(["table.json", "table.jsonl"] if write is not _parquet else ["table.csv"])):
        write(tmp_path / name, ROWS)
        assert read_table(tmp_path / name, FIELDS) == EXPECTED


@every_format
def test_without_optional_columns_nothing_is_invented(
    tmp_path: Path, name: str, write: Callable[[Path, Rows], None]
) -> None:
    """No id, repeat or time; the model is the file's name."""
    write(tmp_path / name, ROWS)
    rows = read_table(tmp_path / name, TableFields(prompt="q", response="a"))
    assert [(r.model, r.probe_id, r.repeat, r.requested_at) for r in rows] == [("table", None, None, None)] * 3


@pytest.mark.parametrize("write", [_parquet, _json, _json_lines])
def test_null_stays_null_and_empty_stays_empty(tmp_path: Path, write: Callable[[Path, Rows], None]) -> None:
    """The difference between no answer and an answer of nothing is kept."""
    write(tmp_path / "t", [{"q": "?", "a": None}, {"q": "?", "a": ""}, {"q": "?", "a": "None"}])
    assert [r.response for r in read_table(tmp_path / "t", TableFields(prompt="q", response="a"))] == [None, "", "None"]


def test_no_nan_of_pandas_becomes_an_answer(tmp_path: Path) -> None:
    """A column of missing values that pandas made floats of is a column of nulls."""
    import pandas as pd

    frame = pd.DataFrame({"q": ["?", "!"], "a": [float("nan"), None], "id": [1.0, 2.0]})
    frame.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.json").write_text('[{"q": "?", "a": NaN, "id": 1}, {"q": "!", "id": 2}]', encoding="utf-8")
    for name in ("t.parquet", "t.json"):
        rows = read_table(tmp_path / name, TableFields(prompt="q", response="a", id="id"))
        assert [(row.response, row.probe_id) for row in rows] == [(None, "1"), (None, "2")]


def test_lone_surrogates_in_json_survive(tmp_path: Path) -> None:
    """As escapes, in a list and in lines."""
    (tmp_path / "t.jsonl").write_text('{"q": "\\udfff", "a": "x\\ud800y"}', encoding="ascii")
    (row,) = read_table(tmp_path / "t.jsonl", TableFields(prompt="q", response="a"))
    assert (row.prompt, row.response) == ("\udfff", "x\ud800y")


def test_a_huge_csv_field_is_read_and_the_limit_put_back(tmp_path: Path) -> None:
    """Answers of megabytes are fine; the csv module's global limit is as before."""
    limit = csv.field_size_limit()
    _csv(tmp_path / "t.csv", [{"q": "?", "a": "x" * 3_000_000}])
    assert len(read_table(tmp_path / "t.csv", TableFields(prompt="q", response="a"))[0].response or "") == 3_000_000
    assert limit == csv.field_size_limit()


@every_format
def test_a_missing_column_is_named_with_those_there_are(
    tmp_path: Path, name: str, write: Callable[[Path, Rows], None]
) -> None:
    """So that a person sees what to write."""
    write(tmp_path / name, ROWS)
    with pytest.raises(UsageError, match=r"table\.\w+: no column 'answer'; it has: q, a, id, m, k, t$"):
        read_table(tmp_path / name, TableFields(prompt="q", response="answer"))


@pytest.mark.parametrize(
    ("name", "content"), [("t.json", "[]"), ("t.json", ""), ("t.jsonl", "\n"), ("t.csv", ""), ("t.csv", "q,a\n\n")]
)
def test_an_empty_table_is_a_usage_error(tmp_path: Path, name: str, content: str) -> None:
    """Whether there is nothing at all or a header alone."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=r"has no rows|is empty"):
        read_table(tmp_path / name, TableFields(prompt="q", response="a"))


def test_an_empty_parquet_table_is_a_usage_error(tmp_path: Path) -> None:
    """Columns without rows."""
    import pyarrow as pa
    from pyarrow.parquet import write_table

    write_table(pa.table({"q": pa.array([], pa.string()), "a": pa.array([], pa.string())}), tmp_path / "t.parquet")
    with pytest.raises(UsageError, match="has no rows"):
        read_table(tmp_path / "t.parquet", TableFields(prompt="q", response="a"))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ({"a": 5}, "row 2, column 'a': an answer must be text or null, found 5"),
        ({"a": True}, "row 2, column 'a': an answer must be text"),
        ({"a": ["x"]}, "row 2, column 'a': an answer must be text"),
        ({"a": {"text": "x" * 99}}, "row 2, column 'a': an answer must be text or null, found {'text'.*…$"),
        ({"q": None}, r"row 2, column 'q': a prompt must be text, found nothing \(null\)"),
        ({"q": ""}, "row 2, column 'q': the prompt is empty"),
        ({"q": [{"role": "user"}]}, "row 2, column 'q': a prompt must be text"),
        ({"m": None}, "row 2, column 'm': a name must be text or a whole number"),
        ({"m": ""}, "row 2, column 'm': a name must be"),
        ({"id": 1.5}, "row 2, column 'id': a name must be text or a whole number, found 1.5"),
        ({"id": float("inf")}, "row 2, column 'id': "),
        ({"k": -1}, "row 2, column 'k': a repeat must be 0, 1, 2, …, found -1"),
        ({"k": "first"}, "row 2, column 'k': a repeat must be"),
        ({"k": "²"}, "row 2, column 'k': a repeat must be"),
        ({"k": None}, "row 2, column 'k': a name must be"),
        ({"t": "yesterday"}, "row 2, column 't': a time must be ISO 8601 or seconds since 1970"),
        ({"t": 1_767_323_045_000}, "row 2, column 't': a time must be"),
        ({"t": True}, "row 2, column 't': a time must be"),
        ({"t": []}, "row 2, column 't': a time must be"),
    ],
)
def test_a_cell_that_is_not_of_its_kind_is_named_by_row_and_column(
    tmp_path: Path, cell: dict[str, Any], message: str
) -> None:
    """Nothing is coerced to text, and no row is dropped."""
    _json(tmp_path / "t.json", [ROWS[0], {**ROWS[1], **cell}])
    with pytest.raises(UsageError, match=message):
        read_table(tmp_path / "t.json", FIELDS)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (AT.timestamp(), AT),
        (int(AT.timestamp()), AT),
        ("2026-01-02 03:04:05", AT),
        ("20260102T030405Z", AT),
        (None, None),
        ("", None),
    ],
)
def test_times_are_iso_or_seconds_and_missing_ones_stay_missing(
    tmp_path: Path, cell: object, expected: datetime | None
) -> None:
    """Without a zone they are UTC; a missing time is None and not now."""
    _json(tmp_path / "t.json", [{**ROWS[0], "t": cell}])
    assert expected == read_table(tmp_path / "t.json", FIELDS)[0].requested_at


def test_timestamps_of_parquet_are_times(tmp_path: Path) -> None:
    """With and without a zone."""
    _parquet(tmp_path / "t.parquet", [{**ROWS[0], "t": AT}])
    assert read_table(tmp_path / "t.parquet", FIELDS)[0].requested_at == AT
    _parquet(tmp_path / "t.parquet", [{**ROWS[0], "t": AT.replace(tzinfo=None)}])
    assert read_table(tmp_path / "t.parquet", FIELDS)[0].requested_at == AT


def test_whole_numbers_are_names_and_repeats(tmp_path: Path) -> None:
    """Ids and models may be numbers; 1.0, which pandas makes of 1 beside a null, is 1."""
    _json(tmp_path / "t.json", [{**ROWS[0], "id": 7, "m": 3.0, "k": 1.0}])
    row = read_table(tmp_path / "t.json", FIELDS)[0]
    assert (row.probe_id, row.model, row.repeat) == ("7", "3", 1)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.parquet", b"q,a\n", "this is no Parquet file"),
        ("t.parquet", b"PAR1 and no more", "no readable Parquet file"),
        ("t.json", b'[{"q": 1,]', "line 1 is no JSON"),
        ("t.json", b"[" + b"9" * 9_999 + b"]", "no JSON: Exceeds the limit"),
        ("t.json", b"[1, 2]", "row 1 is no object"),
        ("t.json", b'"text"', "must be a list of objects"),
        ("t.json", b"[" * 99_999, "nested too deep"),
        ("t.json", b'[{"q": "\xff"}]', "byte 8 is not UTF-8"),
        ("t.jsonl", b'{"q": "?", "a": "x"}\n{"q"\n', "line 2 is no JSON"),
        ("t.jsonl", b'{"q": "?", "a": "x"}\n[]\n', "row 2 is no object"),
        ("t.csv", b"q,a\n?,x,more\n", r"row 1 \(up to line 2\) has 3 cells, the header 2"),
        ("t.csv", b"q,a\n?,x\n?\n", r"row 2 \(up to line 3\) has 1 cells, the header 2"),
        ("t.csv", b'q,a\n?,"x\n', "no CSV: unexpected end of data"),
        ("t.csv", b"q,a,a\n?,x,y\n", "2 columns are named 'a'"),
        ("t.csv", b"q,a\n?,\xe9\n", "byte 6 is not UTF-8"),
        ("t.csv", "q,a\n?,x\n".encode("utf-16"), "byte 0 is not UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_one_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """With the file, the place and what was found."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message) as caught:
        read_table(tmp_path / name, TableFields(prompt="q", response="a"))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_usage_errors(tmp_path: Path) -> None:
    """With the system's words."""
    for path, message in ((tmp_path / "none.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(UsageError, match=message):
            read_table(path, TableFields(prompt="q", response="a"))


def test_many_columns_are_not_all_listed(tmp_path: Path) -> None:
    """Twenty are enough to see what is meant; control characters do not reach the screen."""
    _json(tmp_path / "t.json", [{f"c\x1b{number}": "" for number in range(30)}])
    with pytest.raises(UsageError, match=r"it has: c\\x1b0, .* and 10 more$"):
        read_table(tmp_path / "t.json", TableFields(prompt="q", response="a"))
