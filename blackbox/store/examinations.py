"""What `doctor` found of endpoints: folders under `results/doctor`, the calls beside the findings made of them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from blackbox.core import canonical, digest
from blackbox.errors import EvidenceDamaged
from blackbox.store.disk import disk_errors, read_json_object, readable_json, write_atomically
from blackbox.store.naming import new_examination_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

EXAMINATION_SCHEMA = "blackbox.examination/1"
FOLDER = "doctor"
FINDINGS = "findings.json"
CALLS = "calls.jsonl"


def write_examination(
    results: Path, document: Mapping[str, Any], calls: Iterable[Mapping[str, Any]], *, at: datetime
) -> dict[str, Any]:
    """Write one examination and return its document with id, digests and path of its folder filled in.

    Args:
        results: The results folder.
        document: Endpoint, findings and totals.
        calls: What was sent and what came back, a line each.
        at: When it was made.

    Raises:
        BlackboxError: The disk is full, read-only or failing.
        ValueError: A NaN or infinity is inside.
    """
    lines = "".join(f"{canonical(call)}\n" for call in calls).encode("ascii")
    sealed = {**document, "schema": EXAMINATION_SCHEMA, "calls_sha256": hashlib.sha256(lines).hexdigest()}
    sealed["id"] = new_examination_id(at, str(document["endpoint"]), digest(sealed))
    sealed["digest"] = digest(sealed)
    folder = results / FOLDER / sealed["id"]
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # The findings last: a folder without them is none.
        write_atomically(folder / CALLS, lines)
        write_atomically(folder / FINDINGS, readable_json(sealed))
    return sealed


def check_examinable(results: Path) -> None:
    """Check that examinations can be written, before calls are paid for that nothing can be kept of.

    Raises:
        BlackboxError: They can't.
    """
    folder = results / FOLDER
    with disk_errors(folder, advice="choose another folder with --results"):
        new = [path for path in (folder, results) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".new-", dir=folder):
            pass
    for path in new:  # nothing was found yet: nothing is left behind
        with suppress(OSError):
            path.rmdir()


def read_examination(folder: Path) -> dict[str, Any]:
    """Return the document of one examination.

    Raises:
        EvidenceDamaged: It does not agree with its digests.
    """
    document = read_json_object(folder / FINDINGS)
    if document.get("schema") != EXAMINATION_SCHEMA:
        raise EvidenceDamaged(f"{folder / FINDINGS} has the schema {ascii(document.get('schema'))[:64]}")
    if not isinstance(document.get("id"), str):
        raise EvidenceDamaged(f"{folder / FINDINGS} is no whole examination: it has no id")
    stated = document.get("digest")
    if digest({name: value for name, value in document.items() if name != "digest"}) != stated:
        raise EvidenceDamaged(f"{folder / FINDINGS} is not what was written: its digest is another")
    with disk_errors(folder / CALLS):
        calls = (folder / CALLS).read_bytes() if (folder / CALLS).is_file() else b""
    if hashlib.sha256(calls).hexdigest() != document.get("calls_sha256"):
        raise EvidenceDamaged(f"{folder / CALLS} is not what the findings were made of")
    return document


def find_examinations(results: Path) -> tuple[dict[str, Any], ...]:
    """Return all examinations in a results folder, oldest first.

    Raises:
        EvidenceDamaged: One is damaged: it is named, not skipped.
    """
    root = results / FOLDER
    with disk_errors(root):
        folders = sorted(path.parent for path in root.glob(f"*/{FINDINGS}")) if root.is_dir() else []
    found = [read_examination(folder) for folder in folders]
    return tuple(sorted(found, key=lambda each: (str(each.get("created_at")), str(each["id"]))))
