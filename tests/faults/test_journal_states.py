"""A run's journal through any history of appends, crashes, cuts, restarts and damage."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from support.killing import stored_keys
from support.stored import START, answer, new_run

from blackbox.core import plain
from blackbox.errors import EvidenceDamaged
from blackbox.store import verify_run
from blackbox.store.appending import Journal
from blackbox.store.journal import Draft, JournalEnd, draft
from blackbox.store.writer import Closing, Session

if TYPE_CHECKING:
    from collections.abc import Iterable


class Disk:
    """A disk that remembers up to where a journal was synced: a crash may lose everything behind that."""

    def __init__(self) -> None:
        self.n_safe = 0

    def sync(self, fd: int) -> None:
        """All that was written until now is safe."""
        import os

        self.n_safe = os.fstat(fd).st_size


class JournalMachine(RuleBasedStateMachine):
    """Whatever happens: what was acknowledged is there, once, and what was changed is noticed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="blackbox-states-"))
        self.path = new_run(self.folder)
        self.journal = self.path / "journal.jsonl"
        self.disk = Disk()
        self.disk.n_safe = self.journal.stat().st_size
        self.session: Session | None = None
        self.acknowledged: list[str] = []
        self.n_sent = 0
        self.finished = False

    def teardown(self) -> None:
        """Leave nothing behind."""
        if self.session is not None:
            self.session.journal.close()
        shutil.rmtree(self.folder)

    @precondition(lambda self: self.session is None and not self.finished)
    @rule()
    def open(self) -> None:
        """A process begins, or goes on."""
        self.session = Session(self.path, at=START, sync=self.disk.sync)
        assert set(self.acknowledged) <= self.session.keys

    @precondition(lambda self: self.session is not None)
    @rule(n=st.integers(1, 3))
    def append(self, n: int) -> None:
        """Answers come and are acknowledged together."""
        assert self.session is not None
        drafts, keys = [], []
        for _ in range(n):
            observation = answer(self.n_sent % 3, self.n_sent // 3, f"answer {self.n_sent}")
            self.n_sent += 1
            if observation.key not in self.session.keys:
                self.session.admit(observation)
                drafts.append(draft("observation", START, plain(observation)))
                keys.append(observation.key)
        self.session.journal.write(drafts)
        self.acknowledged += keys

    @precondition(lambda self: self.session is not None)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        """The process is killed, or the power fails: of what was not synced any part may be left."""
        self._closed()
        size = self.journal.stat().st_size
        cut = data.draw(st.integers(min(self.disk.n_safe, size), size))
        with self.journal.open("r+b") as file:
            file.truncate(cut)

    @precondition(lambda self: self.session is not None)
    @rule(data=st.data(), junk=st.binary(min_size=1, max_size=40))
    def crash_while_writing(self, data: st.DataObject, junk: bytes) -> None:
        """The process is killed within a write: the beginning of a line, or blocks of noise, stands at the end."""
        self._closed()
        line = b'{"at":"2026-01-02T03:04:05.678901+00:00","body":{"answer":1}}\n'
        torn = data.draw(st.sampled_from([line[: data.draw(st.integers(1, len(line) - 1))], junk.replace(b"\n", b"x")]))
        with self.journal.open("ab") as file:
            file.write(torn)

    @precondition(lambda self: self.session is not None)
    @rule()
    def finish(self) -> None:
        """The run ends as planned."""
        assert self.session is not None
        self.session.finish(Closing(status="finished", at=START))
        self._closed()
        self.finished = True
        assert verify_run(self.path).ok

    @precondition(lambda self: self.session is None)
    @rule(data=st.data())
    def damage(self, data: st.DataObject) -> None:
        """A byte of what was acknowledged is changed: neither reading on nor opening takes it for anything else."""
        content = self.journal.read_bytes()
        whole = content[: content[: self.disk.n_safe].rfind(b"\n") + 1]
        at = data.draw(st.integers(0, len(whole) - 2))
        changed = bytearray(content)
        changed[at] ^= data.draw(st.integers(1, 127))
        self.journal.write_bytes(bytes(changed))
        with pytest.raises(EvidenceDamaged, match=r"journal\.jsonl|manifest\.json"):
            Session(self.path, at=START, sync=self.disk.sync, extend=True)
        assert not verify_run(self.path).ok
        assert bytes(changed) == self.journal.read_bytes()
        self.journal.write_bytes(content)

    @invariant()
    def nothing_acknowledged_is_lost_or_there_twice(self) -> None:
        """Read as bytes, with nothing of the package's own reader."""
        content = self.journal.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        keys = [key for line in whole.splitlines(keepends=True) if line.endswith(b"}\n") for key in _keys(line)]
        assert len(set(keys)) == len(keys)
        assert set(self.acknowledged) <= set(keys)

    def _closed(self) -> None:
        assert self.session is not None
        self.session.journal.close()
        self.session = None


def _keys(line: bytes) -> list[str]:
    try:
        return list(stored_keys(line))
    except (ValueError, KeyError):
        return []


@pytest.fixture(autouse=True)
def _names_are_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the journal's own syncs matter here, and those go to a pretended disk."""
    monkeypatch.setattr("blackbox.store.disk.sync_path", lambda _: None)
    monkeypatch.setattr("blackbox.store.runs.sync_path", lambda _: None)


def explore(n: int) -> None:
    """Run the machine through `n` histories."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        JournalMachine,
        settings=settings(max_examples=n, stateful_step_count=10, deadline=None, phases=[Phase.generate]),
    )


def test_no_history_loses_what_was_acknowledged_or_hides_damage() -> None:
    """Appends, kills, power failures at any byte, torn writes, restarts, the end, and damage anywhere."""
    explore(25)


def test_a_journal_that_acknowledges_before_its_sync_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine finds a history in which an acknowledged answer is gone."""

    def unsynced(self: Journal, drafts: Iterable[Draft]) -> None:
        self._end = self._write(drafts)

    monkeypatch.setattr(Journal, "write", unsynced)
    with pytest.raises(AssertionError):
        explore(40)


def test_a_torn_tail_that_is_not_cut_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine finds a history in which the tail became damage in the middle."""

    def kept(self: Journal, end: JournalEnd) -> None:
        self._end = JournalEnd(n_entries=end.n_entries, head=end.head, n_bytes=end.n_bytes)

    monkeypatch.setattr(Journal, "resume", kept)
    with pytest.raises((AssertionError, EvidenceDamaged)):
        explore(40)


def test_a_reader_that_skips_what_it_cannot_read_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine finds damage that was taken for nothing."""
    from blackbox.store import journal

    monkeypatch.setattr(journal, "_forged", lambda *_: None)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        explore(40)


def test_every_prefix_of_a_journal_resumes_or_is_damage(tmp_path: Path) -> None:
    """Cut at every byte: behind line 1 the run is finished from there; within it the run is damaged, and says so."""
    path = new_run(tmp_path)
    first = len((path / "journal.jsonl").read_bytes())
    _filled(path)
    content = (path / "journal.jsonl").read_bytes()
    for cut in range(len(content)):
        (path / "journal.jsonl").write_bytes(content[:cut])
        if cut < first:
            with pytest.raises(EvidenceDamaged, match=r"line 1|cut off"):
                Session(path, at=START, sync=lambda _: None)
            continue
        before = content[: content[:cut].rfind(b"\n") + 1]
        _filled(path)
        after = (path / "journal.jsonl").read_bytes()
        assert after.startswith(before)
        assert ["p0#0", "p1#0"] == list(stored_keys(after))
        assert (len(before) < cut) == (b"torn_tail" in after)


def _filled(path: Path) -> None:
    """Append the answers that are not there."""
    session = Session(path, at=START, sync=lambda _: None)
    try:
        for probe in range(2):
            observation = answer(probe, 0)
            if observation.key not in session.keys:
                session.journal.write([draft("observation", START, plain(observation))])
    finally:
        session.journal.close()
