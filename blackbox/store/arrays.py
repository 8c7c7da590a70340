"""Checks an `.npz` file from outside before numpy reads it: a header of a few bytes must not ask for a terabyte."""

from __future__ import annotations

import io
import math
import zipfile
import zlib

UNREADABLE = (ValueError, OSError, KeyError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What zipfile and numpy raise at a damaged or hostile file; an unknown way of packing is a RuntimeError."""


def check_arrays(content: bytes, *, most_bytes: int) -> None:
    """Check that every array of an `.npz` is as large as its header says, holds plain numbers and fits in memory.

    Args:
        content: The file.
        most_bytes: Largest sum of unpacked sizes.

    Raises:
        ValueError: It is no such file; other errors of `UNREADABLE` where it is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        entries = packed.infolist()
        if sum(entry.file_size for entry in entries) > most_bytes:
            raise ValueError(f"unpacks to more than {most_bytes:,} bytes")
        for entry in entries:
            _check_array(packed, entry)


def _check_array(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    from numpy.lib import format as npy

    with packed.open(entry) as file:
        version = npy.read_magic(file)
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if read is None:
            raise ValueError(f"an array of format {version}")
        shape, _, dtype = read(file)
        n_bytes = math.prod(shape) * dtype.itemsize
        if dtype.hasobject or file.tell() + n_bytes != entry.file_size:
            raise ValueError(f"an array of {n_bytes:,} bytes in an entry of {entry.file_size:,}")
