"""Arrays from outside: what a header claims is checked before numpy makes room for it."""

from __future__ import annotations

import io
import json
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.lib import format as npy

from blackbox.core import digest
from blackbox.errors import EvidenceDamaged
from blackbox.store.arrays import UNREADABLE, check_arrays
from blackbox.store.populations import POPULATION_SCHEMA, read_population

if TYPE_CHECKING:
    from pathlib import Path


def packed(
    shape: tuple[int, ...], content: bytes = bytes(16), descr: str = "<f8", version: tuple[int, int] = (1, 0)
) -> bytes:
    """Return an `.npz` with one array whose header says what it likes."""
    array = io.BytesIO()
    header = {"shape": shape, "fortran_order": False, "descr": descr}
    (npy.write_array_header_1_0 if version == (1, 0) else npy.write_array_header_2_0)(array, header)
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as file:
        file.writestr("a.npy", array.getvalue() + content)
    return found.getvalue()


def test_honest_arrays_are_let_through() -> None:
    """Both versions of the format, as numpy writes them, empty ones too."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.arange(5), b=np.zeros((0, 3)), c=np.array(1.5))
    check_arrays(buffer.getvalue(), most_bytes=1 << 20)
    check_arrays(packed((2,), version=(2, 0)), most_bytes=1 << 20)


@pytest.mark.parametrize(
    "content",
    [
        packed((10**13,)),
        packed((10**6, 10**6, 10**6)),
        packed((1,)),
        packed((3,)),
        packed((2,), descr="|O"),
        packed((2,), content=bytes(16) + b"more"),
        packed((2,))[:-30],
        b"no zip",
    ],
    ids=["terabytes", "overflow", "too long", "too short", "objects", "more", "cut", "none"],
)
def test_a_header_that_lies_is_refused_before_anything_is_allocated(content: bytes, tmp_path: Path) -> None:
    """Sizes that are not there, objects, leftovers: one line, also where every digest was made to fit."""
    with pytest.raises(UNREADABLE):
        check_arrays(content, most_bytes=1 << 20)
    (tmp_path / "p.npz").write_bytes(content)
    said = {"schema": POPULATION_SCHEMA, "arrays": {"sha256": sha256(content).hexdigest(), "n_bytes": len(content)}}
    (tmp_path / "p.json").write_text(json.dumps({**said, "digest": digest(said)}))
    with pytest.raises(EvidenceDamaged, match="holds no arrays of ours") as raised:
        read_population(tmp_path / "p.json")
    assert "\n" not in str(raised.value)


def test_more_than_may_be_is_refused() -> None:
    """The sum of unpacked sizes has a cap."""
    with pytest.raises(ValueError, match="unpacks to more than 16 bytes"):
        check_arrays(packed((2,)), most_bytes=16)
