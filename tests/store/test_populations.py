"""Population files: whole or refused, without pickle, and nothing else overwritten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.caught import CAUGHT

from blackbox.core import digest
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store import populations
from blackbox.store.populations import read_population, write_population

if TYPE_CHECKING:
    from pathlib import Path

ARRAYS = {"rows/word3/values": np.arange(5, dtype=np.uint32), "pairs/scores": np.eye(2)}


def written(folder: Path) -> Path:
    """Return a small population's path."""
    path = folder / "population.json"
    write_population(path, {"schema": "blackbox.population/1", "name": "p"}, ARRAYS)
    return path


def changed(path: Path, **fields: Any) -> None:
    """Change fields of a document and give it the digest of what it now says."""
    document = {**json.loads(path.read_text()), **fields}
    del document["digest"]
    path.write_text(json.dumps({**document, "digest": digest(document)}))


def test_a_population_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Document and arrays, under their names; written twice it is the same bytes."""
    path = written(tmp_path)
    document, arrays = read_population(path)
    first = path.read_bytes(), path.with_suffix(".npz").read_bytes()
    written(tmp_path)
    assert document["name"] == "p"
    assert {name: values.tolist() for name, values in arrays.items()} == {n: v.tolist() for n, v in ARRAYS.items()}
    assert first == (path.read_bytes(), path.with_suffix(".npz").read_bytes())


def test_a_changed_document_is_damaged_evidence(tmp_path: Path) -> None:
    """Its own digest says so."""
    path = written(tmp_path)
    path.write_text(path.read_text().replace('"p"', '"q"'))
    with pytest.raises(EvidenceDamaged, match="was changed after it was made"):
        read_population(path)


def test_arrays_of_another_population_are_refused(tmp_path: Path) -> None:
    """A document with a right digest of its own still names the arrays it was made with."""
    path = written(tmp_path)
    changed(path, arrays={"sha256": "0" * 64, "n_bytes": 1})
    with pytest.raises(EvidenceDamaged, match=r"population\.npz is not the file"):
        read_population(path)


def test_a_missing_half_is_named(tmp_path: Path) -> None:
    """A population is two files."""
    path = written(tmp_path)
    path.with_suffix(".npz").unlink()
    with pytest.raises(EvidenceDamaged, match=r"population\.npz is missing"):
        read_population(path)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    """An array of objects would run code when read: refused, though every digest is right."""
    from hashlib import sha256

    path = written(tmp_path)
    np.savez(path.with_suffix(".npz"), evil=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    content = path.with_suffix(".npz").read_bytes()
    changed(path, arrays={"sha256": sha256(content).hexdigest(), "n_bytes": len(content)})
    with pytest.raises(EvidenceDamaged, match="holds no arrays of ours"):
        read_population(path)


def test_a_reader_that_opens_pickles_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where arrays are read as NumPy reads them when it is told to."""
    load = np.load
    monkeypatch.setattr(populations, "check_arrays", lambda *_, **__: None)
    monkeypatch.setattr(np, "load", lambda file, **_: load(file, allow_pickle=True))
    with pytest.raises(CAUGHT):
        test_a_pickle_is_never_opened(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("population.txt", None, "written as NAME.json"),
        ("notes.json", '{"mine": 1}', "is no population"),
        ("list.json", "[1]", "is no population"),
    ],
)
def test_nothing_of_somebody_else_is_overwritten(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    """Another file of that name stays as it is."""
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=message):
        write_population(path, {"schema": "blackbox.population/1"}, ARRAYS)
    assert content is None or path.read_text() == content


@pytest.mark.parametrize(("content", "error"), [('{"schema": "other/1"}', UsageError), ("{", EvidenceDamaged)])
def test_something_else_is_no_population(tmp_path: Path, content: str, error: type[Exception]) -> None:
    """A file of another schema is a mistake of the caller; one that is no JSON is damaged."""
    path = tmp_path / "population.json"
    path.write_text(content)
    with pytest.raises(error):
        read_population(path)


def test_no_file_is_a_usage_error(tmp_path: Path) -> None:
    """The message says how to make one."""
    with pytest.raises(UsageError, match="blackbox calibrate"):
        read_population(tmp_path / "population.json")
