"""Population files: `NAME.json`, readable, and `NAME.npz` beside it, arrays without pickle.

The document names the digest of the arrays and, in `digest`, its own. What a name in the document says about a
file is not trusted: the arrays lie beside the document, under its own name.
"""

from __future__ import annotations

import io
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from blackbox.core import digest
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.arrays import UNREADABLE, check_arrays
from blackbox.store.disk import disk_errors, read_json_object, readable_json, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blackbox.core import AnyArray

POPULATION_SCHEMA = "blackbox.population/1"
MAX_ARRAY_BYTES = 4 << 30
"""Largest arrays file that is read, packed or unpacked: one from outside must not fill the memory."""


def arrays_path(path: Path) -> Path:
    """Return where a population's arrays lie."""
    return path.with_suffix(".npz")


def write_population(path: Path, document: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> dict[str, Any]:
    """Write a population and return its document with the digests of its arrays and of itself.

    Args:
        path: `NAME.json`; `NAME.npz` goes beside it. Both are replaced if they are a population already.
        document: Without `arrays` and `digest`.
        arrays: Numeric arrays by name.

    Raises:
        UsageError: The path is no .json file name, or another file is there.
        BlackboxError: The disk is full, read-only or failing.
    """
    check_population_path(path)
    content = _packed(arrays)
    said = {**document, "arrays": {"sha256": sha256(content).hexdigest(), "n_bytes": len(content)}}
    sealed = {**said, "digest": digest(said)}
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # The document last: it is what makes the arrays a population.
        write_atomically(arrays_path(path), content)
        write_atomically(path, readable_json(sealed))
    return sealed


def check_population_path(path: Path) -> None:
    """Check that a population can be written to `path`, before any work is done for it.

    Raises:
        UsageError: It is no .json file name, or what is there is something else.
    """
    if path.suffix != ".json":
        raise UsageError(f"{path}: a population is written as NAME.json, with NAME.npz beside it")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a file: -o population.json")
    if path.exists():
        try:
            known = read_json_object(path).get("schema") == POPULATION_SCHEMA
        except EvidenceDamaged:
            known = False
        if not known:
            raise UsageError(f"{path} is there and is no population; choose another name")
    elif arrays_path(path).exists():
        raise UsageError(f"{arrays_path(path)} is there and belongs to no population; choose another name")


def read_population(path: Path) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """Return a population's document and arrays, each checked against its digest.

    Raises:
        UsageError: There is no file at `path`, or it is something else than a population.
        EvidenceDamaged: A file is damaged, missing, or not the one the document names.
    """
    if not path.is_file():
        raise UsageError(f"no population at {path}; make one with: blackbox calibrate")
    document = read_json_object(path)
    if document.get("schema") != POPULATION_SCHEMA:
        found = ascii(document.get("schema"))[:64]
        raise UsageError(f"{path} is no population: its schema is {found}, not '{POPULATION_SCHEMA}'")
    if document.get("digest") != digest({k: v for k, v in document.items() if k != "digest"}):
        raise EvidenceDamaged(f"{path} does not have the digest it names: it was changed after it was made")
    return document, _read_arrays(path, document)


def _read_arrays(path: Path, document: Mapping[str, Any]) -> dict[str, AnyArray]:
    file, stated = arrays_path(path), document.get("arrays")
    if not file.is_file():
        raise EvidenceDamaged(f"{file} is missing: a population is {path.name} and {file.name} together")
    with disk_errors(file):
        if file.stat().st_size > MAX_ARRAY_BYTES:
            raise EvidenceDamaged(f"{file} is larger than any population of ours")
        content = file.read_bytes()
    if not isinstance(stated, dict) or stated.get("sha256") != sha256(content).hexdigest():
        raise EvidenceDamaged(f"{file} is not the file that {path.name} names: their digests differ")
    return _unpacked(content, file)


def _packed(arrays: Mapping[str, AnyArray]) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **{name.replace("/", "."): arrays[name] for name in sorted(arrays)})
    return buffer.getvalue()


def _unpacked(content: bytes, file: Path) -> dict[str, AnyArray]:
    import numpy as np

    try:
        check_arrays(content, most_bytes=MAX_ARRAY_BYTES)
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            return {name.replace(".", "/"): found[name] for name in found.files}
    except UNREADABLE as error:
        raise EvidenceDamaged(f"{file} holds no arrays of ours: {ascii(str(error))[1:-1][:120]}") from None
