"""A bundle: one zip file with everything a result was made from, packed alike every time and unpacked with care.

`bundle.json` lists every file with its size and digest. A bundle comes from outside: nothing of it is written before
all names, sizes and the list were checked, nothing outside the given folder ever, and nothing that is not listed.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from blackbox.core import digest
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.disk import disk_errors, readable_json, replacing, strict_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import IO

BUNDLE_SCHEMA = "blackbox.bundle/1"
LISTING = "bundle.json"
README = "README.txt"
MAX_BYTES = 4 << 30
"""Largest bundle, unpacked: one from outside must not fill a disk."""
MAX_LISTING_BYTES = 16 << 20
MAX_ENTRIES = 50_000
MAX_RATIO = 1_000
"""Largest ratio of unpacked to packed size: what deflate can reach at most is 1,032."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,254}){0,3}")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_CHUNK = 1 << 20
_MAGIC = b"PK\x03\x04"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1


def write_bundle(path: Path, files: Mapping[str, Path | bytes], about: Mapping[str, Any]) -> dict[str, Any]:
    """Write a bundle and return its listing: the same files and `about`, the same bytes.

    Args:
        path: The file to write; replaced only if it is a bundle already.
        files: What goes in, by its name there.
        about: What the listing says beside the files.

    Raises:
        UsageError: Another file is there.
        BlackboxError: A file can't be read, or the disk is full or failing.
    """
    if path.exists() and not (path.is_file() and zipfile.is_zipfile(path)):
        raise UsageError(f"{path} is there and is no bundle; choose another name")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as packed:
            entries = [_packed(packed, name, files[name]) for name in sorted(files)]
            said = {"schema": BUNDLE_SCHEMA, **about, "files": entries}
            listing = {**said, "digest": digest(said)}
            packed.writestr(_info(LISTING), readable_json(listing), zipfile.ZIP_DEFLATED, 6)
    return listing


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with disk_errors(path), zipfile.ZipFile(path) as packed:
            yield packed
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise EvidenceDamaged(f"{path} is damaged: {ascii(str(error))[1:-1][:120]}") from None


def _begins_an_archive(path: Path) -> bool:
    with disk_errors(path), path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def unpack_bundle(path: Path, folder: Path) -> dict[str, Any]:
    """Unpack a bundle into an empty folder and return its listing.

    Args:
        path: The bundle.
        folder: Where to; it is there, and empty.

    Raises:
        UsageError: There is no file at `path`, or it is no zip file.
        EvidenceDamaged: It is no bundle of ours, damaged, hostile, or not what its listing says.
    """
    if not path.is_file() or not zipfile.is_zipfile(path):
        if path.is_file() and _begins_an_archive(path):
            raise EvidenceDamaged(f"{path} is damaged: its end is missing")
        raise UsageError(f"{path} is no bundle; make one with: blackbox export COMPARISON --bundle FILE")
    with _opened(path) as packed:
        infos = _checked(path, packed.infolist())
        listing = _listing(path, packed, infos)
        stated = {entry["path"]: entry for entry in listing["files"]}
        if stated.keys() != infos.keys() - {LISTING}:
            odd = min(stated.keys() ^ (infos.keys() - {LISTING}))
            raise EvidenceDamaged(f"{path}: {odd} is in the bundle or in its listing, not in both")
        for name, entry in stated.items():
            with packed.open(infos[name]) as source:
                _unpacked(path, source, folder / name, entry)
    return listing


def _packed(packed: zipfile.ZipFile, name: str, source: Path | bytes) -> dict[str, Any]:
    content = source if isinstance(source, bytes) else source.read_bytes()
    packed.writestr(_info(name), content, zipfile.ZIP_DEFLATED, 6)
    return {"path": name, "n_bytes": len(content), "sha256": sha256(content).hexdigest()}


def _info(name: str) -> zipfile.ZipInfo:
    """Return an entry without time, owner or system: they would make two bundles of one result differ."""
    if not _is_safe(name):
        raise ValueError(f"{name!r} is no name for a file in a bundle")
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def _is_safe(name: str) -> bool:
    parts = name.split("/")
    return bool(_NAME.fullmatch(name)) and not any(_DEVICES.fullmatch(part) or part.endswith(".") for part in parts)


def _checked(path: Path, infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the entries by name once nothing about them is odd; nothing was read or written yet."""
    if len(infos) > MAX_ENTRIES:
        raise EvidenceDamaged(f"{path} has {len(infos)} entries; no bundle of ours has so many")
    if sum(info.file_size for info in infos) > MAX_BYTES:
        raise EvidenceDamaged(f"{path} unpacks to more than {MAX_BYTES >> 30} GiB; no bundle of ours does")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        problem = _oddity(info)
        if problem is not None:
            raise EvidenceDamaged(f"{path}: the entry {ascii(info.filename)[:80]} {problem}; nothing was unpacked")
        found[info.filename] = info
    if len({name.lower() for name in found}) < len(infos):
        raise EvidenceDamaged(f"{path}: an entry is there twice; nothing was unpacked")
    return found


def _oddity(info: zipfile.ZipInfo) -> str | None:
    kind = info.external_attr >> 28
    if not _is_safe(info.filename) or info.orig_filename != info.filename:
        return "has a name that no bundle of ours has"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if kind not in {0, 0o10}:
        return "is no plain file"
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "is compressed in another way than ours"
    if info.file_size > MAX_RATIO * max(info.compress_size, 64):
        return f"unpacks to {info.file_size:,} bytes from {info.compress_size:,}"
    return None


def _listing(path: Path, packed: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo]) -> dict[str, Any]:
    if LISTING not in infos or infos[LISTING].file_size > MAX_LISTING_BYTES:
        raise EvidenceDamaged(f"{path} has no {LISTING}: it is no bundle")
    with packed.open(infos[LISTING]) as file:
        content = file.read(MAX_LISTING_BYTES + 1)
    listing = strict_json(content)
    if not isinstance(listing, dict) or listing.get("schema") != BUNDLE_SCHEMA:
        raise EvidenceDamaged(f"{path}: {LISTING} is not of schema {BUNDLE_SCHEMA}")
    if listing.get("digest") != digest({name: value for name, value in listing.items() if name != "digest"}):
        raise EvidenceDamaged(f"{path}: {LISTING} was changed: it does not have the digest it names")
    _check_entries(path, listing.get("files"))
    return listing


def _check_entries(path: Path, entries: object) -> None:
    if not isinstance(entries, list):
        raise EvidenceDamaged(f"{path}: {LISTING} lists no files")
    for entry in entries:
        is_whole = isinstance(entry, dict) and entry.keys() == {"path", "n_bytes", "sha256"}
        if not is_whole or not isinstance(entry["path"], str) or type(entry["n_bytes"]) is not int:
            raise EvidenceDamaged(f"{path}: {LISTING} has an entry that is none of ours")


def _unpacked(path: Path, source: IO[bytes], target: Path, entry: Mapping[str, Any]) -> None:
    """Copy an entry, never more of it than its listing says, and check its digest."""
    found, left = sha256(), entry["n_bytes"]
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while chunk := source.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            found.update(chunk)
            file.write(chunk)
    if left or found.hexdigest() != entry["sha256"]:
        raise EvidenceDamaged(f"{path}: {entry['path']} is not the file that {LISTING} names")
