"""Journal lines: how they are sealed, and that no change to a file of them goes unseen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.stored import START, no_sync

from blackbox.core import canonical, digest
from blackbox.errors import BlackboxError, EvidenceDamaged
from blackbox.store.appending import Journal
from blackbox.store.journal import FIRST_PREVIOUS, JournalReader, canonical_json, draft, read_journal, sealed

if TYPE_CHECKING:
    from pathlib import Path

BODIES = ({"text": "one"}, {"text": "\ud800 \u2028 é", "n": 1.5}, {"text": None, "nested": {"b": [1, 2], "a": {}}})


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Return a journal of three lines."""
    path = tmp_path / "journal.jsonl"
    path.touch()
    _append(path, *BODIES)
    return path


def _append(path: Path, *bodies: dict[str, object]) -> None:
    writer = Journal(path, sync=no_sync)
    try:
        reader = JournalReader(path)
        list(reader)
        writer.resume(reader.end)
        writer.write([draft("note", START, body) for body in bodies])
    finally:
        writer.close()


def _resealed(lines: list[bytes]) -> bytes:
    """Return the bodies of `lines` as somebody would who writes the whole journal anew."""
    previous, out = FIRST_PREVIOUS, b""
    for seq, line in enumerate(lines):
        written = sealed(draft("note", START, json.loads(line)["body"]), seq=seq, prev_sha256=previous)
        previous, out = written.sha256, out + written.line
    return out


def test_a_line_is_canonical_and_has_the_digest_of_the_rest(journal: Path) -> None:
    """`sha256` is `core.digest` of the object without it, and the line is `core.canonical` of the object."""
    previous = FIRST_PREVIOUS
    for seq, line in enumerate(journal.read_text("ascii").splitlines()):
        entry = json.loads(line)
        own = entry.pop("sha256")
        assert digest(entry) == own
        assert canonical({**entry, "sha256": own}) == line
        assert (seq, previous) == (entry["seq"], entry["prev_sha256"])
        previous = own


def test_entries_are_read_as_they_were_written(journal: Path) -> None:
    """Bodies come back equal, lone surrogates and null included, and the end is the last line's."""
    entries, end = read_journal(journal)
    assert list(BODIES) == [entry.body for entry in entries]
    assert (3, entries[-1].sha256, journal.stat().st_size, b"") == (end.n_entries, end.head, end.n_bytes, end.torn)


@pytest.mark.parametrize("value", [{"b": 1, "a": [True, None, 1e-300, "é\ud800\x00\u2028"]}, [], "", 2**70])
def test_the_fast_canonical_text_is_the_one_text(value: object) -> None:
    """The journal's encoder and `core.canonical` agree on JSON types."""
    assert canonical(value) == canonical_json(value)


def test_a_journal_cut_at_any_byte_keeps_every_whole_line(journal: Path) -> None:
    """What stood before the cut is read; what the cut tore is cut off on opening, and appending goes on from there."""
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    starts = [sum(map(len, lines[:k])) for k in range(len(lines) + 1)]
    for cut in range(len(whole) + 1):
        journal.write_bytes(whole[:cut])
        kept = sum(start <= cut for start in starts) - 1
        entries, end = read_journal(journal)
        assert (kept, whole[starts[kept] : cut]) == (len(entries), end.torn)
        _append(journal, {"after": cut})
        assert whole[: starts[kept]] == journal.read_bytes()[: starts[kept]]
        assert kept + 1 == read_journal(journal)[1].n_entries


@pytest.mark.parametrize(
    "tail", [b'{"at":"x"\n', b"\x00" * 512, b"\x00\n", b"\xff\xfe\n", b"[]\n", b"[" * 9999 + b"\n"]
)
def test_a_tail_that_is_no_object_is_torn(journal: Path, tail: bytes) -> None:
    """Zeros, half an object or noise at the end were never acknowledged: they are left out and shown in `torn`."""
    with journal.open("ab") as file:
        file.write(tail)
    entries, end = read_journal(journal)
    assert (3, tail) == (len(entries), end.torn)
    assert end.warning is not None


@pytest.mark.parametrize("position", range(0, 1_000, 7))
def test_a_changed_byte_in_the_middle_is_damage_with_its_line(journal: Path, position: int) -> None:
    """Any other byte in any but the last line stops the reader at that line (or the next, for a lost newline)."""
    content = bytearray(journal.read_bytes())
    last = content.rstrip(b"\n").rindex(b"\n")
    position %= last
    line = content[:position].count(b"\n") + 1
    content[position] ^= 1
    journal.write_bytes(content)
    with pytest.raises(EvidenceDamaged, match=f"line ({line}|{line + 1}) "):
        read_journal(journal)


def test_a_complete_last_line_that_was_edited_is_damage_and_no_tear(journal: Path) -> None:
    """A tear cannot end in a newline and be an object: such a line was edited, and is not cut off."""
    journal.write_bytes(journal.read_bytes().replace(b'"nested"', b'"tested"'))
    with pytest.raises(EvidenceDamaged, match="line 3 was changed: its digest is"):
        read_journal(journal)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [lines[0], lines[2]], "line 2 has seq 2 where 1 belongs"),
        (lambda lines: [lines[1], lines[0], lines[2]], "line 1 has seq 1 where 0 belongs"),
        (lambda lines: [lines[0], lines[0], *lines[1:]], "line 2 has seq 0 where 1 belongs"),
        (lambda lines: [lines[0], b"\n", *lines[1:]], "line 2 is no JSON object"),
        (lambda lines: [lines[0], lines[1].replace(b":", b": ", 1), lines[2]], "line 2 is not in canonical form"),
        (lambda lines: [lines[0], lines[1].replace(b"{", b'{"x":1,', 1), lines[2]], "line 2 has the fields at, body"),
        (lambda lines: [lines[0], lines[1].replace(b"1.5", b"NaN"), lines[2]], "line 2 holds a number that is no JSON"),
    ],
)
def test_removed_moved_repeated_and_respelled_lines_are_damage(journal: Path, change: object, message: str) -> None:
    """The message says which line and what was found."""
    journal.write_bytes(b"".join(change(journal.read_bytes().splitlines(keepends=True))))
    with pytest.raises(EvidenceDamaged, match=message):
        read_journal(journal)


def test_a_line_of_another_journal_does_not_follow(journal: Path) -> None:
    """A line with the right number and a right digest of its own still names the line before it."""
    lines = journal.read_bytes().splitlines(keepends=True)
    other = _resealed([lines[1], lines[1]]).splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], other[1], lines[2]]))
    with pytest.raises(EvidenceDamaged, match=f"line 2 follows {json.loads(other[0])['sha256']}"):
        read_journal(journal)


@pytest.mark.parametrize(
    ("forged", "message"),
    [
        ({"seq": True}, "seq True"),
        ({"seq": 1.0}, "seq 1.0"),
        ({"kind": "rumour"}, "unknown kind 'rumour'"),
        ({"kind": ["note"]}, "unknown kind"),
        ({"body": []}, "body that is no object"),
        ({"at": "yesterday"}, "no UTC time"),
        ({"at": "2026-01-02T03:04:05+02:00"}, "no UTC time"),
        ({"at": 5}, "no UTC time"),
    ],
)
def test_a_sealed_line_of_wrong_types_is_damage(journal: Path, forged: dict[str, object], message: str) -> None:
    """A right digest does not make a line an entry."""
    lines = journal.read_bytes().splitlines(keepends=True)
    entry = {**json.loads(lines[1]), **forged}
    del entry["sha256"]
    journal.write_bytes(lines[0] + canonical({**entry, "sha256": digest(entry)}).encode() + b"\n" + lines[2])
    with pytest.raises(EvidenceDamaged, match=f"line 2 has .*{message}"):
        read_journal(journal)


def test_a_chain_cannot_show_that_all_of_it_was_written_anew(journal: Path) -> None:
    """Why a head kept elsewhere is needed: a full rewrite reads without complaint, with another head."""
    before = read_journal(journal)[1].head
    lines = journal.read_bytes().replace(b'"one"', b'"two"').splitlines(keepends=True)
    journal.write_bytes(_resealed(lines))
    assert read_journal(journal)[1].head != before


def test_a_body_is_canonical_as_it_will_be_read_back(tmp_path: Path) -> None:
    """A name of two surrogates that form a pair is read as one character, which sorts behind other names."""
    path = tmp_path / "journal.jsonl"
    path.touch()
    _append(path, {"\ud800\udfff": 1, "\ud800x": 2})
    assert [entry.body for entry in read_journal(path)[0]] == [{"\U000103ff": 1, "\ud800x": 2}]


@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": float("inf")}, {"x": b"bytes"}, {"x": {1, 2}}])
def test_what_is_no_json_is_not_taken(body: dict[str, object]) -> None:
    """A body that could not be read back is refused before it gets a place."""
    with pytest.raises(ValueError, match="JSON"):
        draft("note", START, body)


def test_an_endless_body_is_not_taken() -> None:
    """A body that holds itself is refused like any other that is no JSON."""
    body: dict[str, object] = {}
    body["self"] = body
    with pytest.raises(ValueError, match="must be JSON"):
        draft("note", START, body)


def test_an_unknown_kind_is_not_taken() -> None:
    """Only attempts, observations and notes are journal entries."""
    with pytest.raises(ValueError, match="'rumour'"):
        draft("rumour", START, {})  # type: ignore[arg-type]


def test_a_missing_journal_is_damage(tmp_path: Path) -> None:
    """A run without its journal has lost its evidence, whether it is read or written."""
    for use in (read_journal, Journal):
        with pytest.raises(EvidenceDamaged, match=r"journal\.jsonl is missing"):
            use(tmp_path / "journal.jsonl")


def test_a_journal_the_disk_does_not_give_is_one_line(tmp_path: Path) -> None:
    """What the system said, with the path; that is no damage."""
    with pytest.raises(BlackboxError, match="Is a directory") as caught:
        read_journal(tmp_path)
    assert not isinstance(caught.value, EvidenceDamaged)


def test_a_line_longer_than_any_may_be_is_neither_written_nor_read(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a hostile file cannot fill the memory."""
    monkeypatch.setattr("blackbox.store.journal.MAX_LINE_BYTES", 2048)
    with pytest.raises(ValueError, match="longer than a line may be"):
        draft("note", START, {"x": "y" * 2048})
    journal.write_bytes(journal.read_bytes() + b"x" * 5_000 + b"\n")
    with pytest.raises(EvidenceDamaged, match=r"line 4 is no JSON object: found 'xxx.*…$"):
        read_journal(journal)
