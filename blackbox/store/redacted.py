"""A redacted run: everything of a run but its answers, which are withheld, not absent; a chain of its own.

`redacted.json` holds the run's manifest, says what is withheld and names the original's journal head.
`redacted.jsonl` is the journal, line by line, with a keyed digest (HMAC-SHA-256) in the place of every text that is
withheld, sealed as a chain of its own. The original's own line digests are left out: whoever knows everything else of
a line could try short answers against them. With the original and the key the same bytes can be made again.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from blackbox.core import canonical, digest, plain
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.store.codec import decode_manifest
from blackbox.store.disk import compact_json, disk_errors, read_json_object, readable_json, write_atomically
from blackbox.store.journal import FIRST_PREVIOUS, JournalReader, draft, sealed
from blackbox.store.manifests import JOURNAL, SUITE, ManifestCheck, read_manifest
from blackbox.store.runs import REDACTED, read_suite_document
from blackbox.store.verify import VerifyReport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from blackbox.core import Manifest
    from blackbox.store.journal import Entry

REDACTED_LINES = "redacted.jsonl"
REDACTED_SCHEMA = "blackbox.redacted-run/1"
WITHHELD = ("text", "reasoning", "tool_calls", "logprobs")
_FIELDS = frozenset({"schema", "manifest", "original", "withheld", "key_sha256", "suite_sha256", "n_withheld"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """How a run is redacted.

    Args:
        key: Of the digests: equal texts at one probe have equal digests under one key, and nobody without it can try
            texts against them.
        prompts: Whether the questions are withheld too.
    """

    key: bytes
    prompts: bool = False

    def digest(self, *parts: object) -> str:
        """Return the keyed digest of a value and its place."""
        return hmac.new(self.key, canonical(parts).encode("ascii"), sha256).hexdigest()


def write_redacted(source: Path, folder: Path, redaction: Redaction) -> dict[str, Any]:
    """Write the redacted form of the run at `source` into `folder` and return its `redacted.json`.

    Raises:
        UsageError: The folder is there already.
        EvidenceDamaged: The run does not agree with its own digests.
        BlackboxError: The disk is full, read-only or failing.
    """
    manifest = read_manifest(source)
    suite = _suite(read_suite_document(source, manifest), redaction)
    said = _said(manifest, suite, redaction)
    with disk_errors(folder):
        if folder.exists():
            raise UsageError(f"{folder} is there already; nothing was overwritten")
        folder.mkdir(parents=True)
        lines, head, n_withheld = _lines(source, manifest, said, redaction)
        document = {**said, "n_withheld": n_withheld, "journal_count": len(lines), "journal_head": head}
        document["digest"] = digest(document)
        write_atomically(folder / SUITE, compact_json(suite))
        write_atomically(folder / REDACTED_LINES, b"".join(lines))
        # Last: a folder without it is no redacted run.
        write_atomically(folder / REDACTED, readable_json(document))
    return document


def read_redacted(folder: Path) -> tuple[dict[str, Any], tuple[Entry, ...]]:
    """Return a redacted run's document and the lines of its journal, all checked.

    Raises:
        EvidenceDamaged: It does not agree with its own digests.
    """
    document, _ = read_redacted_document(folder)
    if digest(read_json_object(folder / SUITE)) != document["suite_sha256"]:
        raise EvidenceDamaged(f"{folder / SUITE} is not the suite that {REDACTED} names")
    return document, _checked_lines(folder, document)


def read_redacted_document(folder: Path) -> tuple[dict[str, Any], Manifest]:
    """Return a redacted run's document and the manifest in it; its journal and suite are not looked at.

    Raises:
        EvidenceDamaged: It does not have the digest it names, or is no such document.
    """
    where = folder / REDACTED
    document = read_json_object(where)
    if document.get("schema") != REDACTED_SCHEMA or not document.keys() >= _FIELDS:
        raise EvidenceDamaged(f"{where} is no redacted run")
    if document.get("digest") != digest({name: value for name, value in document.items() if name != "digest"}):
        raise EvidenceDamaged(f"{where} does not have the digest it names: it was changed after it was made")
    return document, decode_manifest(document["manifest"], where=str(where))


def verify_redacted(folder: Path, *, expect_head: str | None = None) -> VerifyReport:
    """Check a redacted run against itself; nothing is modified.

    Args:
        folder: Its folder.
        expect_head: The head that it, or its original, is known to have had.
    """
    problems, warnings, n_entries, head = [], [], 0, FIRST_PREVIOUS
    try:
        document, entries = read_redacted(folder)
        n_entries, head = len(entries), str(document["journal_head"])
        original = document["original"]["journal_head"]
        if expect_head == original:
            warnings.append("this is the head its original is said to have: only the original and the key prove it")
        elif expect_head not in {None, head}:
            problems.append(f"{folder}: the head is {head}, of the original {original}; expected was {expect_head}")
        warnings.append(f"{document['n_withheld']} texts are withheld; the original's head is {original}")
    except EvidenceDamaged as error:
        problems.append(str(error))
    except (KeyError, TypeError, AttributeError) as error:
        problems.append(f"{folder} is no whole redacted run: {type(error).__name__} {ascii(str(error))[:80]}")
    return VerifyReport(
        ok=not problems, n_entries=n_entries, head=head, problems=tuple(problems), warnings=tuple(warnings)
    )


def _said(manifest: Manifest, suite: Mapping[str, Any], redaction: Redaction) -> dict[str, Any]:
    return {
        "schema": REDACTED_SCHEMA,
        "manifest": plain(manifest),
        "original": {
            "run_id": manifest.run_id,
            "journal_head": manifest.journal_head,
            "journal_count": manifest.journal_count,
            "suite_digest": manifest.suite_digest,
        },
        "withheld": ["answers", *(["prompts"] if redaction.prompts else [])],
        # Tells which redacted runs share a key, and so whose digests can be compared; it gives nothing else away.
        "key_sha256": sha256(b"blackbox.redaction" + redaction.key).hexdigest(),
        "suite_sha256": digest(suite),
    }


def _lines(
    source: Path, manifest: Manifest, said: Mapping[str, Any], redaction: Redaction
) -> tuple[list[bytes], str, int]:
    check, reader = ManifestCheck(manifest, source), JournalReader(source / JOURNAL)
    n_withheld, head = 0, FIRST_PREVIOUS
    lines: list[bytes] = []

    def append(kind: Any, at: Any, body: Mapping[str, Any]) -> None:  # noqa: ANN401 - as `draft` takes them
        nonlocal head
        line = sealed(draft(kind, at, body), seq=len(lines), prev_sha256=head)
        lines.append(line.line)
        head = line.sha256

    append("note", manifest.created_at, {"note": "redacted", "said": digest(said)})
    for entry in reader:
        check.entry(entry)
        body, n = _redacted(entry, redaction)
        n_withheld += n
        append(entry.kind, entry.at, body)
    check.end(reader.end)
    return lines, head, n_withheld


def _redacted(entry: Entry, redaction: Redaction) -> tuple[dict[str, Any], int]:
    body = dict(entry.body)
    if entry.kind != "observation":
        return body, 0
    n, probe = 0, body["probe_id"]
    for name in WITHHELD:
        if body[name]:
            body[name] = {"withheld": redaction.digest(name, probe, body[name])}
            n += 1
    if body["error"]:
        # A server's own words stand in it, and they may repeat what was asked or answered.
        message = {"withheld": redaction.digest("error", probe, body["error"]["message"])}
        body["error"] = {**body["error"], "message": message}
        n += 1
    return body, n


def _suite(document: dict[str, Any], redaction: Redaction) -> dict[str, Any]:
    """Return the suite as it goes out: whole, or with nothing but names and shapes of its probes."""
    if not redaction.prompts:
        return document
    probes = [probe for probe in document.get("probes", ()) if isinstance(probe, dict)]
    kept = ("id", "family", "language", "form", "repeats")
    return {
        "withheld": "prompts",
        **{name: document[name] for name in ("name", "version", "digest") if name in document},
        "probes": [
            {**{n: probe[n] for n in kept if n in probe}, "asked": {"withheld": redaction.digest("prompt", probe)}}
            for probe in probes
        ],
    }


def _checked_lines(folder: Path, document: Mapping[str, Any]) -> tuple[Entry, ...]:
    reader = JournalReader(folder / REDACTED_LINES)
    entries = tuple(reader)
    end = reader.end
    if end.torn or (end.n_entries, end.head) != (document["journal_count"], document["journal_head"]):
        raise EvidenceDamaged(f"{reader.path} does not end where {REDACTED} says: it was cut, continued or rewritten")
    names = ("schema", "manifest", "original", "withheld", "key_sha256", "suite_sha256")
    said = digest({name: document[name] for name in names})
    if not entries or entries[0].body != {"note": "redacted", "said": said}:
        raise EvidenceDamaged(f"{reader.path} does not begin with the note that {REDACTED} belongs to")
    for problem in _unlike(entries):
        raise EvidenceDamaged(f"{reader.path}: {problem}")
    return entries


def _unlike(entries: tuple[Entry, ...]) -> Iterator[str]:
    for entry in entries:
        is_answer = entry.kind == "observation"
        if is_answer and any(entry.body.get(n) and "withheld" not in entry.body[n] for n in WITHHELD):
            yield f"line {entry.seq + 1} holds an answer that a redacted run withholds"
