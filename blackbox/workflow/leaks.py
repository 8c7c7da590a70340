"""Looks for live key values in what was written: the last line of defence, behind all that must not let them in."""

from __future__ import annotations

import base64
import gzip
import html
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

_SHORTEST = 8
"""Shorter values stand in ordinary text by chance."""
_CHUNK_BYTES = 1 << 20


class _Readable(Protocol):
    def read(self, n: int, /) -> bytes: ...


def leaked_variables(folder: Path, secrets: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of variables whose values stand in a file of `folder`.

    Forms: plain, URL-encoded, JSON- and HTML-escaped, hexadecimal, and base64 at each of its three positions. What is
    compressed (gzip, zip archives such as npz, columns of Parquet) is searched unpacked too.

    Args:
        folder: Searched with everything below it; or one file.
        secrets: Variable name: value.
    """
    forms = {name: frozenset(forms_of(value)) for name, value in secrets.items() if len(value.strip()) >= _SHORTEST}
    files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
    found = {name for path in files for name in _in_file(path, forms)} if forms else set()
    return tuple(name for name in forms if name in found)


def masked(n: int) -> str:
    """Return what to say of `n` replies that quoted a key."""
    replies, were = ("reply", "was") if n == 1 else ("replies", "were")
    return (
        f"{n} {replies} quoted a key; [key removed] stands there in what {were} stored. "
        "This server shows keys to whoever reads its answers: replace that key"
    )


def forms_of(value: str) -> Iterator[bytes]:
    """Yield the forms in which a value may have been written."""
    value = value.strip()
    raw, in_json = value.encode(), json.dumps(value)[1:-1]
    texts = [value, in_json, in_json.replace("/", "\\/"), html.escape(value), raw.hex(), raw.hex().upper()]
    quoted = [quote(value, safe=""), quote(value), quote_plus(value)]
    lower = [each.replace("%" + code, "%" + code.lower()) for each in quoted for code in _codes(each)]
    escaped = ["".join(f"\\u{ord(char):{code}}" for char in value) for code in ("04x", "04X")]
    for text in (*texts, *quoted, *lower, *escaped):
        yield text.encode()
    for shift in range(3):
        # In base64 a value looks different at each of three positions; its ends depend on its neighbours.
        coded = base64.b64encode(b"\0" * shift + raw)
        core = coded[(0, 2, 3)[shift] : len(coded) - (4 if (len(raw) + shift) % 3 else 0)]
        yield core
        yield core.replace(b"+", b"-").replace(b"/", b"_")


def _codes(quoted: str) -> set[str]:
    return {part[:2] for part in quoted.split("%")[1:]}


def _in_file(path: Path, forms: Mapping[str, frozenset[bytes]]) -> set[str]:
    with path.open("rb") as file:
        found = _in_chunks(file, forms)
    return found | _unpacked(path, forms)


def _unpacked(path: Path, forms: Mapping[str, frozenset[bytes]]) -> set[str]:
    """Return what is found in a compressed file once it is unpacked; a damaged one holds nothing that can be read."""
    search = next((search for ending, search in _UNPACKED.items() if path.name.endswith(ending)), None)
    if search is None:
        return set()
    try:
        return search(path, forms)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error):
        return set()


def _in_gzip(path: Path, forms: Mapping[str, frozenset[bytes]]) -> set[str]:
    with gzip.open(path) as file:
        return _in_chunks(file, forms)


def _in_zip(path: Path, forms: Mapping[str, frozenset[bytes]]) -> set[str]:
    found = set()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                found |= _in_chunks(file, forms)
    return found


def _in_parquet(path: Path, forms: Mapping[str, frozenset[bytes]]) -> set[str]:
    from pyarrow.parquet import ParquetFile

    found = set()
    with ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1_000):
            cells = (str(cell) for column in batch.columns for cell in column.to_pylist() if cell is not None)
            found |= _in_bytes("\n".join(cells).encode("utf-8", "replace"), forms)
    return found


def _in_chunks(file: _Readable, forms: Mapping[str, frozenset[bytes]]) -> set[str]:
    found: set[str] = set()
    overlap = max(len(form) for each in forms.values() for form in each)
    kept = b""
    while chunk := file.read(_CHUNK_BYTES):
        found |= _in_bytes(kept + chunk, forms)
        kept = (kept + chunk)[-overlap:]
    return found


def _in_bytes(content: bytes, forms: Mapping[str, Iterable[bytes]]) -> set[str]:
    return {name for name, each in forms.items() if any(form in content for form in each)}


_UNPACKED: Mapping[str, Callable[[Path, Mapping[str, frozenset[bytes]]], set[str]]] = {
    ".parquet": _in_parquet,
    ".gz": _in_gzip,
    ".npz": _in_zip,
    ".zip": _in_zip,
}
