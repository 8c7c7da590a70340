"""Safetensors files read without loading them: a checked header, and matrices mapped from the disk when asked for.

The files come from strangers. Nothing is executed, no size a header claims is trusted, and every fault is one line.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blackbox.core import FloatArray

_MOST_HEADER_BYTES = 100_000_000
"""The format's own limit on its header."""
_CODES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One tensor of a file, on disk until `read`.

    Args:
        path: The file.
        name: Its name there.
        dtype: As the header spells it, e.g. `BF16`.
        shape: Its sizes.
        start: Of its first byte in the file.
    """

    path: Path
    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int

    def rows(self, first: int, last: int) -> FloatArray:
        """Return the rows `first` to `last` of a matrix, `(last − first, columns)`, as float32 or float64.

        Raises:
            UsageError: Its numbers are stored in a form that is not a plain float.
        """
        import numpy as np

        if self.dtype not in _CODES:
            known = ", ".join(sorted(_CODES))
            raise UsageError(f"{self.path}: {self.name!r} is stored as {self.dtype!r}; this reads {known}")
        code = np.dtype(_CODES[self.dtype])
        width = self.shape[1]
        with disk_errors(self.path):
            mapped = np.memmap(
                self.path, code, "r", self.start + first * width * code.itemsize, shape=(last - first, width)
            )
        if self.dtype != "BF16":
            return np.asarray(mapped, dtype=np.float64 if self.dtype == "F64" else np.float32)
        # bfloat16 is the upper half of a float32
        return (np.asarray(mapped, dtype=np.uint32) << np.uint32(16)).view(np.float32)


def read_header(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file by name, each checked against the file's size.

    Raises:
        UsageError: This is not a sound safetensors file.
        BlackboxError: It can't be read.
    """
    with disk_errors(path), path.open("rb") as file:
        size = path.stat().st_size
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        room = size - _LENGTH_BYTES
        if not 1 < length <= min(room, _MOST_HEADER_BYTES):
            raise _unsound(path, f"its header claims {length} bytes, the file has {max(room, 0)}")
        raw = file.read(length)
    begin = _LENGTH_BYTES + length
    entries = _parsed(path, raw)
    return {name: _tensor(path, name, entry, begin, size) for name, entry in entries.items() if name != "__metadata__"}


def read_object(path: Path) -> dict[str, Any]:
    """Return a small JSON file that holds one object.

    Raises:
        UsageError: It is larger than 100 MB or holds something else.
        BlackboxError: It can't be read.
    """
    with disk_errors(path):
        if path.stat().st_size > _MOST_HEADER_BYTES:
            raise UsageError(f"{path} is larger than 100 MB")
        raw = path.read_bytes()
    return _parsed(path, raw)


def _parsed(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not the JSON it should hold ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise UsageError(f"{path}: its JSON is not an object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name is there twice")
    return made


def _tensor(path: Path, name: str, entry: object, begin: int, size: int) -> Tensor:
    fields: Mapping[str, Any] = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), _counts(fields.get("shape")), _counts(fields.get("data_offsets"))
    if not isinstance(dtype, str) or shape is None or offsets is None or len(offsets) != 2:  # noqa: PLR2004 - a pair
        raise _unsound(path, f"the entry {name[:80]!r} is malformed")
    first, last = offsets
    if not first <= last <= size - begin:
        raise _unsound(path, f"{name[:80]!r} lies outside the file")
    if dtype in _CODES and last - first != math.prod(shape) * _item_bytes(dtype):
        raise _unsound(path, f"{name[:80]!r} has another size than its shape says")
    return Tensor(path=path, name=name, dtype=dtype, shape=tuple(shape), start=begin + first)


def _item_bytes(dtype: str) -> int:
    return int(_CODES[dtype][-1])


def _counts(value: object) -> list[int] | None:
    sound = isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)
    return value if sound else None  # type: ignore[return-value]


def _unsound(path: Path, why: str) -> UsageError:
    return UsageError(f"{path}: not a sound safetensors file: {why}")
