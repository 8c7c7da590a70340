r"""The journal's lines: how one is sealed, and how a file of them is read without trusting it.

A journal is a file of lines, each the canonical JSON (`blackbox.core.canonical`) of

    {"at", "body", "kind", "prev_sha256", "seq", "sha256"}

followed by `\n`. `seq` counts from 0; `prev_sha256` is the line before's `sha256`, 64 zeros in line 0;
`sha256` is `blackbox.core.digest` of the object without `sha256`. So the last line's `sha256`, the *head*,
stands for everything before it: no line can be edited, dropped, added or moved without changing it.

A crash can leave the last line unfinished: no newline at its end, or no JSON object. That is a *torn
tail*: it was never acknowledged, and reading leaves it out and says so. A complete last line that does not
fit its own digest is no tear, for a tear cannot finish a line: it was edited, and is damage like any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, cast

from blackbox.core import plain
from blackbox.errors import EvidenceDamaged
from blackbox.store.disk import evidence_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Kind = Literal["attempt", "observation", "note"]

JOURNAL_SCHEMA = "blackbox.journal/1"
FIRST_PREVIOUS = "0" * 64
MAX_LINE_BYTES = 64 * 1024 * 1024
"""No line is longer: a reader of a hostile file never holds more than this at once."""

_N_SHOWN = 60
_KINDS = frozenset({"attempt", "observation", "note"})
_FIELDS = frozenset({"at", "body", "kind", "prev_sha256", "seq", "sha256"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry that has no place in the chain yet; `body` is canonical JSON already."""

    kind: Kind
    at: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A line ready to be written, newline included, and its digest."""

    line: bytes
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line as read and checked against its digest and its place in the chain."""

    seq: int
    prev_sha256: str
    kind: Kind
    at: datetime
    body: Mapping[str, Any]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEnd:
    """Where a journal ends.

    Args:
        n_entries: Whole, valid lines.
        head: `sha256` of the last of them; 64 zeros where there is none.
        n_bytes: Length of the valid part.
        torn: The bytes of an unfinished last line, empty where there is none.
    """

    n_entries: int = 0
    head: str = FIRST_PREVIOUS
    n_bytes: int = 0
    torn: bytes = b""

    @property
    def warning(self) -> str | None:
        """What to tell a reader about the torn tail, if there is one."""
        if not self.torn:
            return None
        return (
            f"the journal's last line ({self.n_entries + 1}) is torn: "
            f"its {len(self.torn)} bytes were never acknowledged and are left out"
        )

    def torn_note(self) -> dict[str, Any]:
        """Return the body of the note about a torn tail that was cut off."""
        found = sha256(self.torn).hexdigest()
        return {"note": "torn_tail", "line": self.n_entries + 1, "n_bytes": len(self.torn), "bytes_sha256": found}


canonical_json = json.JSONEncoder(
    sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False, check_circular=False
).encode
"""`blackbox.core.canonical` for values that are of JSON types already, at a fifth of its time."""


def draft(kind: Kind, at: datetime, body: Mapping[str, Any]) -> Draft:
    """Return an entry to be sealed; `body` holds JSON types only and is taken as it is now.

    Raises:
        ValueError: The kind is unknown, the body no strict JSON (a NaN, bytes, a key that is no text) or
            longer than a line may be.
    """
    if kind not in _KINDS:
        raise ValueError(f"no journal entry is of kind {kind!r}")
    try:
        text = canonical_json(body)
        if "\\ud" in text:
            # Two surrogates that form a pair are read back as one character, which may sort elsewhere.
            text = canonical_json(json.loads(text))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a journal entry must be JSON: {error}") from error
    if len(text) > MAX_LINE_BYTES - 1024:
        raise ValueError(f"a journal entry of {len(text):,} bytes is longer than a line may be")
    return Draft(kind=kind, at=plain(at), body=text)


def sealed(entry: Draft, *, seq: int, prev_sha256: str) -> Sealed:
    """Return the line of `entry` at its place in the chain."""
    # The keys stand in canonical order, so the body, by far the longest part, is made into text only once.
    stem = f'{{"at":"{entry.at}","body":{entry.body},"kind":"{entry.kind}","prev_sha256":"{prev_sha256}","seq":{seq}'
    own = sha256(f"{stem}}}".encode("ascii")).hexdigest()
    return Sealed(line=f'{stem},"sha256":"{own}"}}\n'.encode("ascii"), sha256=own)


class JournalReader:
    """Iterates over the checked entries of a journal; afterwards `end` says where and how it ended.

    Reading never modifies and never locks: a run that is being written can be read.

    Raises (while iterating):
        EvidenceDamaged: The file is missing, or a line is not what was written; says which and what was found.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.end = JournalEnd()

    def __iter__(self) -> Iterator[Entry]:
        self.end = JournalEnd()
        with evidence_errors(self.path), self.path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                document = _document(line)
                if document is None and not file.read(1):
                    end = self.end
                    self.end = JournalEnd(n_entries=end.n_entries, head=end.head, n_bytes=end.n_bytes, torn=line)
                    return
                entry = self._checked(document, line)
                self.end = JournalEnd(n_entries=entry.seq + 1, head=entry.sha256, n_bytes=self.end.n_bytes + len(line))
                yield entry

    def _checked(self, document: Mapping[str, Any] | None, line: bytes) -> Entry:
        found = _problem(document, line, self.end)
        if found is not None:
            raise EvidenceDamaged(f"{self.path}: line {self.end.n_entries + 1} {found}")
        assert document is not None
        return Entry(
            seq=document["seq"],
            prev_sha256=document["prev_sha256"],
            kind=cast("Kind", document["kind"]),
            at=datetime.fromisoformat(document["at"]),
            body=document["body"],
            sha256=document["sha256"],
        )


def read_journal(path: Path) -> tuple[tuple[Entry, ...], JournalEnd]:
    """Return all entries of a journal and where it ends: for journals known to be small."""
    reader = JournalReader(path)
    return tuple(reader), reader.end


def _document(line: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object of a finished line, or None where there is no such thing."""
    if not line.endswith(b"\n"):
        return None
    try:
        value = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _problem(document: Mapping[str, Any] | None, line: bytes, before: JournalEnd) -> str | None:
    if document is None:
        return f"is no JSON object: found {_start(line)}"
    if document.keys() != _FIELDS:
        return f"has the fields {', '.join(sorted(document))[:200]}"
    return _forged(document, line) or _misplaced(document, before) or _mistyped(document)


def _forged(document: Mapping[str, Any], line: bytes) -> str | None:
    try:
        text = canonical_json(document)
    except (ValueError, RecursionError):
        return "holds a number that is no JSON"
    if text.encode("ascii") + b"\n" != line:
        return "is not in canonical form: it was not written by blackbox"
    own = sha256(_without_digest(text)).hexdigest()
    if document["sha256"] != own:
        return f"was changed: its digest is {str(document['sha256'])[:64]}, its content's {own}"
    return None


def _without_digest(text: str) -> bytes:
    # "sha256" sorts last, so it can be taken off the canonical text; `_FIELDS` was checked before.
    return (text[: text.rindex(',"sha256":')] + "}").encode("ascii")


def _misplaced(document: Mapping[str, Any], before: JournalEnd) -> str | None:
    if document["seq"] != before.n_entries:
        return f"has seq {document['seq']} where {before.n_entries} belongs: lines were removed, added or moved"
    if document["prev_sha256"] != before.head:
        return f"follows {str(document['prev_sha256'])[:64]}, but the line before it is {before.head}"
    return None


def _mistyped(document: Mapping[str, Any]) -> str | None:
    if type(document["seq"]) is not int:
        return f"has the seq {document['seq']!r}"
    if not isinstance(document["kind"], str) or document["kind"] not in _KINDS:
        return f"has the unknown kind {str(document['kind'])[:64]!r}"
    if not isinstance(document["body"], dict):
        return "has a body that is no object"
    try:
        in_utc = plain(datetime.fromisoformat(document["at"])) == document["at"]
    except (TypeError, ValueError):
        in_utc = False
    return None if in_utc else f"has no UTC time in 'at': {str(document['at'])[:64]!r}"


def _start(line: bytes) -> str:
    start = ascii(line[:_N_SHOWN].decode("ascii", "backslashreplace"))
    return start if len(line) <= _N_SHOWN else f"{start}…"
