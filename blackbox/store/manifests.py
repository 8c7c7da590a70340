"""A run's manifest, and how it is held against the journal: neither can be changed alone.

Line 0 of a journal is a note that digests what is fixed before the first call; every session ends with a note that
says what the manifest says then. The manifest names the journal's length and head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.core import Manifest, digest, plain
from blackbox.errors import EvidenceDamaged
from blackbox.store.codec import decode_manifest, encode_manifest
from blackbox.store.disk import disk_errors, read_json_object, readable_json, write_atomically
from blackbox.store.journal import JOURNAL_SCHEMA, Entry, JournalEnd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

JOURNAL = "journal.jsonl"
MANIFEST = "manifest.json"
SUITE = "suite.json"
OBSERVATIONS = "observations.parquet"

FIXED_FIELDS = (
    "schema",
    "run_id",
    "run_key",
    "label",
    "origin",
    "suite_name",
    "suite_version",
    "suite_digest",
    "endpoint",
    "sent_decoding",
    "plan",
    "packages",
    "created_at",
)
"""What is fixed before the first call: line 0 of the journal holds a digest of each."""


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of the run at `path`.

    Raises:
        EvidenceDamaged: It is missing, no strict JSON, or not a manifest.
    """
    return decode_manifest(read_json_object(path / MANIFEST), where=str(path / MANIFEST))


def write_manifest(path: Path, manifest: Manifest, *, advice: str = "") -> None:
    """Replace the manifest of the run at `path` atomically and durably.

    Raises:
        BlackboxError: The disk refuses; `advice` says what to do.
    """
    with disk_errors(path / MANIFEST, advice=advice):
        write_atomically(path / MANIFEST, readable_json(encode_manifest(manifest)))


def created_note(manifest: Manifest) -> dict[str, Any]:
    """Return the body of line 0: a digest of each field that is fixed before the first call."""
    fixed = {name: digest(getattr(manifest, name)) for name in FIXED_FIELDS}
    return {"note": "created", "schema": JOURNAL_SCHEMA, "run_id": manifest.run_id, "fixed": fixed}


class ManifestCheck:
    """Compares a manifest with its journal, line by line as it is read.

    Args:
        manifest: What the manifest says.
        path: The run's folder, for errors.
    """

    def __init__(self, manifest: Manifest, path: Path) -> None:
        self.manifest = manifest
        self.path = path
        self._finish: Mapping[str, Any] | None = None

    def entry(self, entry: Entry) -> None:
        """Check one line.

        Raises:
            EvidenceDamaged: The manifest was changed, or the journal is another one's.
        """
        if entry.seq == 0:
            self._check_created(entry)
        if entry.seq == self.manifest.journal_count - 1 and entry.sha256 != self.manifest.journal_head:
            raise EvidenceDamaged(
                f"{self.path / JOURNAL}: line {entry.seq + 1} is {entry.sha256}, "
                f"the manifest says {self.manifest.journal_head}: one of them was rewritten"
            )
        if entry.seq < self.manifest.journal_count and entry.body.get("note") == "closed":
            self._finish = entry.body

    def end(self, end: JournalEnd) -> None:
        """Check where the journal ended.

        Raises:
            EvidenceDamaged: Lines the manifest counted are gone, or some came after a run was closed.
        """
        count, counted = end.n_entries, self.manifest.journal_count
        if count < counted or count == 0:
            raise EvidenceDamaged(
                f"{self.path / JOURNAL} has {count} whole lines, the manifest counts {counted}: its end was cut off"
            )
        if count > counted and self.manifest.status != "running":
            raise EvidenceDamaged(
                f"{self.path / JOURNAL} has {count} lines, the manifest of a {self.manifest.status} run "
                f"counts {counted}: lines were added"
            )
        self._check_closed()

    def _check_created(self, entry: Entry) -> None:
        expected = created_note(self.manifest)
        if entry.kind != "note" or entry.body.get("note") != "created":
            raise EvidenceDamaged(f"{self.path / JOURNAL}: line 1 is not the note a run begins with")
        found = entry.body.get("fixed")
        for name, wanted in expected["fixed"].items():
            if not isinstance(found, dict) or found.get(name) != wanted:
                raise EvidenceDamaged(f"{self.path / MANIFEST}: {name} is not what the run began with")

    def _check_closed(self) -> None:
        if self.manifest.status == "running":
            return
        expected = closed_note(self.manifest)
        if self._finish is None:
            raise EvidenceDamaged(f"{self.path / JOURNAL} has no note that the run was {self.manifest.status}")
        for name, wanted in expected.items():
            if self._finish.get(name) != wanted:
                raise EvidenceDamaged(f"{self.path / MANIFEST}: {name} is not what the journal says")


def closed_note(manifest: Manifest) -> dict[str, Any]:
    """Return the body of the note that closes a session: what the manifest will say beside the journal's head."""
    names = ("status", "honoured_decoding", "finished_at", "totals", "cost", "warnings")
    return {"note": "closed", **{name: plain(getattr(manifest, name)) for name in names}}
