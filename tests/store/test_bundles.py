"""Bundles: alike every time, whole again at the other end, and hostile archives refused before anything is written."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import zipfile
from functools import partial
from typing import TYPE_CHECKING

import pytest
from support.caught import CAUGHT
from support.mutations import mutated

from blackbox.core import digest
from blackbox.errors import BlackboxError, EvidenceDamaged, UsageError
from blackbox.store import bundles
from blackbox.store.bundles import LISTING, unpack_bundle, write_bundle

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"runs/r1/journal.jsonl": b"line\n" * 100, "README.txt": b"read me\n", "results/x/comparison.json": b"{}"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of three small files."""
    write_bundle(tmp_path / "b.zip", FILES, {"runs": []})
    return tmp_path / "b.zip"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """An empty folder two levels down, to unpack into."""
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_bundle_gives_back_its_files_and_has_the_same_bytes_each_time(bundle: Path, empty: Path) -> None:
    """What went in comes out, and packing the same again makes the same file, at any time, by anybody."""
    os.utime(bundle, (1, 1))
    listing = unpack_bundle(bundle, empty)
    write_bundle(bundle.with_name("again.zip"), dict(reversed(FILES.items())), {"runs": []})

    assert _files(empty) == FILES
    assert {entry["path"] for entry in listing["files"]} == set(FILES)
    assert bundle.read_bytes() == bundle.with_name("again.zip").read_bytes()


def _archive(path: Path, entries: list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    """Write an archive whose listing is right in every way but what a test makes wrong."""
    named = [(_name(entry), content) for entry, content in entries]
    files = [{"path": n, "n_bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in named]
    said = {"schema": bundles.BUNDLE_SCHEMA, "files": files}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries:
            packed.writestr(name, content)
        packed.writestr(LISTING, json.dumps({**said, "digest": digest(said)}))
    return path


def _name(entry: zipfile.ZipInfo | str) -> str:
    return entry if isinstance(entry, str) else entry.filename


HOSTILE_NAMES = (
    "../escaped",
    "runs/../../escaped",
    "/escaped",
    "C:/escaped",
    "runs\\..\\escaped",
    "runs/con",
    "runs/AUX.txt",
    "runs/com1.json",
    "runs/trailing.",
    "runs/.hidden",
    "runs//double",
    "runs/",
    "runs/a:b",
    "runs/\u202eevil",
    "runs/nul\x01",
    "a/b/c/d/e",
    "x" * 300,
)


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_name_that_could_leave_the_folder_is_refused(name: str, tmp_path: Path, empty: Path) -> None:
    """Absolute, upward, device, hidden and odd names: refused before a single file was written."""
    hostile = _archive(tmp_path / "h.zip", [("README.txt", b"x"), (name, b"evil")])

    with pytest.raises(EvidenceDamaged) as raised:
        unpack_bundle(hostile, empty)
    assert "\n" not in str(raised.value)
    assert _files(tmp_path / "outer") == {}


def test_a_link_a_device_and_an_encrypted_entry_are_refused(tmp_path: Path, empty: Path) -> None:
    """Only plain files are unpacked."""
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFDIR, stat.S_IFIFO):
        info = zipfile.ZipInfo("runs-link")
        info.create_system = 3
        info.external_attr = (kind | 0o777) << 16
        with pytest.raises(EvidenceDamaged, match="is no plain file"):
            unpack_bundle(_archive(tmp_path / "h.zip", [(info, b"/etc/passwd")]), empty)
    hostile = bytearray(_archive(tmp_path / "h.zip", [("a", b"text")]).read_bytes())
    at = hostile.index(b"PK\x01\x02") + 8
    hostile[at : at + 2] = struct.pack("<H", 1)
    (tmp_path / "h.zip").write_bytes(bytes(hostile))
    with pytest.raises(EvidenceDamaged, match="is encrypted"):
        unpack_bundle(tmp_path / "h.zip", empty)
    assert _files(tmp_path / "outer") == {}


def test_a_zip_bomb_is_refused_by_its_stated_and_by_its_real_size(
    tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many bytes stated, too many entries, a ratio no file has, or more bytes than stated: nothing is unpacked."""
    bomb = _archive(tmp_path / "h.zip", [("zeros", bytes(20_000_000))])
    monkeypatch.setattr(bundles, "MAX_RATIO", 500)
    with pytest.raises(EvidenceDamaged, match=r"unpacks to 20,000,000 bytes from"):
        unpack_bundle(bomb, empty)
    monkeypatch.setattr(bundles, "MAX_BYTES", 1 << 20)
    with pytest.raises(EvidenceDamaged, match="unpacks to more than"):
        unpack_bundle(bomb, empty)
    monkeypatch.setattr(bundles, "MAX_ENTRIES", 1)
    with pytest.raises(EvidenceDamaged, match="has 2 entries"):
        unpack_bundle(bomb, empty)
    assert _files(tmp_path / "outer") == {}


def test_an_entry_longer_than_its_listing_says_is_never_written_whole(tmp_path: Path, empty: Path) -> None:
    """The copy stops at the size that the listing names: a directory that lies about sizes fills no disk."""
    hostile = _archive(tmp_path / "h.zip", [("a", os.urandom(100_000))])
    with zipfile.ZipFile(hostile) as packed:
        listing = json.loads(packed.read(LISTING))
        content = packed.read("a")
    listing["files"][0]["n_bytes"] = 10
    said = {name: value for name, value in listing.items() if name != "digest"}
    with zipfile.ZipFile(hostile, "w") as packed:
        packed.writestr("a", content)
        packed.writestr(LISTING, json.dumps({**said, "digest": digest(said)}))

    with pytest.raises(EvidenceDamaged, match="a is not the file that"):
        unpack_bundle(hostile, empty)
    assert all(len(content) <= 11 for content in _files(empty).values())


def test_a_changed_missing_added_or_doubled_file_is_found(bundle: Path, tmp_path: Path, empty: Path) -> None:
    """The archive holds exactly what its listing names, byte for byte, and the listing its own digest."""
    with zipfile.ZipFile(bundle) as packed:
        whole = {name: packed.read(name) for name in packed.namelist()}

    def packed_again(files: list[tuple[str, bytes]]) -> Path:
        with zipfile.ZipFile(tmp_path / "h.zip", "w") as target:
            for name, content in files:
                target.writestr(name, content)
        return tmp_path / "h.zip"

    def found(files: dict[str, bytes], more: tuple[tuple[str, bytes], ...] = ()) -> str:
        folder = tmp_path / f"into-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        with pytest.raises(EvidenceDamaged) as raised:
            unpack_bundle(packed_again([*files.items(), *more]), folder)
        return str(raised.value)

    edited = {**whole, "README.txt": b"read mE\n"}
    assert "README.txt is not the file that bundle.json names" in found(edited)
    assert "in the bundle or in its listing" in found({n: c for n, c in whole.items() if n != "README.txt"})
    assert "in the bundle or in its listing" in found({**whole, "runs/r2/journal.jsonl": b""})
    listing = whole[LISTING].replace(b'"runs": []', b'"runs": [1]')
    assert "bundle.json was changed" in found({**whole, LISTING: listing})
    assert "no bundle" in found({n: c for n, c in whole.items() if n != LISTING})
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = packed_again([*whole.items(), ("README.txt", b"other")])
    with pytest.raises(EvidenceDamaged, match="there twice"):
        unpack_bundle(twice, empty)


def test_a_bundle_that_was_cut_off_is_damage_wherever(tmp_path: Path, empty: Path) -> None:
    """Half a download is damaged evidence, exit 5, not a file of another kind."""
    write_bundle(tmp_path / "whole.zip", FILES, {})
    whole = (tmp_path / "whole.zip").read_bytes()
    for share in (0.1, 0.5, 0.99):
        (tmp_path / "cut.zip").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(EvidenceDamaged, match="is damaged: its end is missing"):
            unpack_bundle(tmp_path / "cut.zip", empty)


def test_what_is_no_archive_is_a_usage_error_and_no_other_file_is_overwritten(tmp_path: Path, empty: Path) -> None:
    """A text, an empty file and a folder are no bundles; exporting onto one leaves it as it was."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "nothing").write_bytes(b"")
    for name in ("notes.txt", "nothing", "outer", "absent"):
        with pytest.raises(UsageError, match="is no bundle"):
            unpack_bundle(tmp_path / name, empty)
    with pytest.raises(UsageError, match="choose another name"):
        write_bundle(tmp_path / "notes.txt", FILES, {})
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_damaged_archive_is_one_line(bundle: Path, empty: Path) -> None:
    """Bytes changed, cut off or put in anywhere: unpacked as it was, or one error of ours; nothing outside."""
    whole, n_refused = bundle.read_bytes(), 0
    for seed in range(150):
        bundle.write_bytes(mutated(whole, seed))
        folder = empty / str(seed)
        folder.mkdir()
        try:
            unpack_bundle(bundle, folder)
        except BlackboxError as error:
            n_refused += 1
            assert "\n" not in str(error)  # noqa: PT017 - most mutations raise, some touch nothing that counts
        else:
            assert _files(folder) == FILES
    assert n_refused > 100
    assert {path.name for path in empty.parent.iterdir()} == {"inner"}


def test_trusted_names_would_be_seen(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the check of names switched off, the first hostile name does leave the folder: the test above can fail."""
    hostile = _archive(tmp_path / "h.zip", [("../escaped", b"evil")])
    monkeypatch.setattr(bundles, "_is_safe", lambda _: True)
    unpack_bundle(hostile, empty)

    assert (empty.parent / "escaped").read_bytes() == b"evil"


def test_entries_nobody_checks_would_be_seen(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the checks of entries switched off, links and bombs are unpacked: the tests of both can fail."""
    monkeypatch.setattr(bundles, "_checked", lambda _, infos: {info.filename: info for info in infos})
    for number, check in enumerate(
        (
            test_a_link_a_device_and_an_encrypted_entry_are_refused,
            partial(test_a_zip_bomb_is_refused_by_its_stated_and_by_its_real_size, monkeypatch=monkeypatch),
        )
    ):
        (folder := empty / str(number)).mkdir()
        with pytest.raises(CAUGHT):
            check(tmp_path, folder)


def test_a_listing_nobody_checks_would_be_seen(
    bundle: Path, tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its digests switched off, an edited bundle is unpacked: the test of changed files can fail."""
    monkeypatch.setattr(bundles, "_unpacked", lambda *_: None)
    with pytest.raises(CAUGHT):
        test_a_changed_missing_added_or_doubled_file_is_found(bundle, tmp_path, empty)
