"""The feature cache: gives back what was put in for the same inputs, and otherwise nothing."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from blackbox.core import FeatureMatrix
from blackbox.store import FeatureCache
from blackbox.store.cache import _sealed

if TYPE_CHECKING:
    from pathlib import Path

DENSE = FeatureMatrix(
    feature="embedding",
    version=2,
    values=np.arange(6, dtype=np.float32).reshape(3, 2),
    probe_ids=("a", "a", "b\ud800"),
    keys=("a#0", "a#1", "b\ud800#0"),
)
RAGGED = FeatureMatrix(
    feature="w3",
    version=1,
    values=np.array([1, 2**63, 5], dtype=np.uint64),
    probe_ids=("a", "b"),
    keys=("a#0", "b#0"),
    offsets=np.array([0, 0, 3]),
)


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    """Return the empty cache of a run."""
    return FeatureCache(tmp_path)


def _file(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "features").iterdir()
    return file


@pytest.mark.parametrize("matrix", [DENSE, RAGGED], ids=["dense", "ragged"])
def test_a_matrix_comes_back_equal(cache: FeatureCache, matrix: FeatureMatrix) -> None:
    """Values, type, offsets and names, and read-only as before."""
    assert cache.put(matrix, "inputs")
    back = cache.get(matrix.feature, matrix.version, "inputs")
    assert back is not None
    assert (matrix.probe_ids, matrix.keys) == (back.probe_ids, back.keys)
    assert matrix.values.dtype == back.values.dtype
    np.testing.assert_array_equal(matrix.values, back.values)
    assert (matrix.offsets is None) == (back.offsets is None)
    assert not back.values.flags.writeable


@pytest.mark.parametrize("asked", [("other", 2, "inputs"), ("embedding", 3, "inputs"), ("embedding", 2, "changed")])
def test_other_inputs_are_not_served(cache: FeatureCache, tmp_path: Path, asked: tuple[str, int, str]) -> None:
    """Another feature, version or digest gives None, even when the file stands under its name."""
    cache.put(DENSE, "inputs")
    stored = _file(tmp_path)
    assert cache.get(*asked) is None
    stored.rename(cache._path(*asked))
    assert cache.get(*asked) is None


def test_a_file_damaged_at_any_byte_is_never_served_wrong(cache: FeatureCache, tmp_path: Path) -> None:
    """A flipped bit or a cut gives None or the right values, no error and no other numbers."""
    cache.put(RAGGED, "inputs")
    file = _file(tmp_path)
    whole = file.read_bytes()
    damaged = [whole[:cut] for cut in range(0, len(whole), 7)]
    damaged += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    for content in damaged:
        file.write_bytes(content)
        back = cache.get("w3", 1, "inputs")
        if back is not None:
            np.testing.assert_array_equal(RAGGED.values, back.values)
            assert RAGGED.keys == back.keys
    assert cache.put(RAGGED, "inputs")
    assert cache.get("w3", 1, "inputs") is not None


def test_pickle_is_not_loaded(cache: FeatureCache, tmp_path: Path) -> None:
    """An array of objects in the file counts as absent."""
    cache.put(DENSE, "inputs")
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(_file(tmp_path)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    forged = io.BytesIO()
    with zipfile.ZipFile(forged, "w") as file:
        for name, content in {**parts, "values.npy": buffer.getvalue()}.items():
            file.writestr(name, content)
    _file(tmp_path).write_bytes(_sealed(forged))
    assert cache.get("embedding", 2, "inputs") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """An archive may be read-only: the matrix is just not kept."""
    (tmp_path / "features").write_text("in the way", encoding="utf-8")
    cache = FeatureCache(tmp_path)
    assert not cache.put(DENSE, "inputs")
    assert cache.get("embedding", 2, "inputs") is None


def test_a_feature_of_a_hostile_name_stays_in_its_folder(cache: FeatureCache, tmp_path: Path) -> None:
    """Plug-ins of other packages are named by others."""
    hostile = FeatureMatrix(feature="../../x", version=1, values=np.zeros(0), probe_ids=(), keys=())
    assert cache.put(hostile, "inputs")
    assert tmp_path / "features" == _file(tmp_path).parent
    assert cache.get("../../x", 1, "inputs") is not None
