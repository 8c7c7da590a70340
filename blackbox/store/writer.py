"""Writing a run: a locked session of its journal, and what is made from the journal when the session ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from blackbox.core import Manifest, Observation, Outcome, plain
from blackbox.errors import BlackboxError, EvidenceDamaged, Incomplete, UsageError
from blackbox.store.appending import GroupCommit, Journal, Sync
from blackbox.store.codec import decode_observation, encode_observation
from blackbox.store.disk import check_room, remove_leftovers, sync_data
from blackbox.store.journal import Draft, JournalReader, Kind, draft
from blackbox.store.manifests import (
    JOURNAL,
    MANIFEST,
    OBSERVATIONS,
    ManifestCheck,
    closed_note,
    read_manifest,
    write_manifest,
)
from blackbox.store.parquet import write_parquet
from blackbox.store.runs import observation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from blackbox.core import Clock

ClosedStatus = Literal["interrupted", "stopped", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a session ends: what its manifest will say beside the counts taken from the journal.

    Args:
        status: What became of the run.
        at: When.
        totals: Counts beside those by outcome, e.g. `n_attempts`.
        cost: Cost of the whole run so far; None where prices are unknown.
        warnings: Said in addition to those of earlier sessions.
    """

    status: ClosedStatus
    at: datetime
    totals: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    warnings: tuple[str, ...] = ()


_NOTHING_SENT = "nothing was sent; run the same command again once there is room on the disk and it can be written to"
_ROOM = 1 << 18
"""Bytes that have to be free before anything is asked: some answers, a manifest, and a small table of answers."""


class Session:
    """An unfinished run open for writing: locked, its chain verified, a torn tail cut off and noted.

    Args:
        path: The run's folder.
        at: Now, for the note about a torn tail.
        sync: Puts written data on disk.
        extend: Open it although it is finished, for a further look.

    Raises:
        RunLocked: Another process writes to it.
        UsageError: It is finished.
        EvidenceDamaged: Journal or manifest are damaged; nothing was changed.
    """

    def __init__(self, path: Path, *, at: datetime, sync: Sync = sync_data, extend: bool = False) -> None:
        self.path = path
        self.keys: set[str] = set()
        self.outcomes: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        """Attempts and tokens of the observations that were there when it was opened."""
        self.last_at = at
        """Time of the last entry that was there."""
        self.journal = Journal(path / JOURNAL, sync=sync)
        try:
            check_room(path, _ROOM)
            self.manifest = self._opened(at, extend=extend)
        except BaseException:
            self.journal.close()
            raise

    def admit(self, observation: Observation) -> None:
        """Count an observation that is about to be written.

        Raises:
            ValueError: There is one of its key.
        """
        if observation.key in self.keys:
            raise ValueError(f"there is an observation {observation.key!r} already")
        self.keys.add(observation.key)
        self.outcomes[observation.outcome] += 1

    def finish(self, closing: Closing, observations: Iterable[Observation] | None = None) -> Manifest:
        """Close the run: a last note, then the Parquet file, then the manifest that makes both count.

        Args:
            closing: How it ends.
            observations: All of the journal's, in its order, where they are at hand; else they are read from it.

        Raises:
            BlackboxError: The disk is full or failing; the journal is whole and the run can be resumed.
        """
        manifest = replace(
            self.manifest,
            status=closing.status,
            finished_at=closing.at if closing.status == "finished" else None,
            totals={**closing.totals, **{outcome: self.outcomes[outcome] for outcome in Outcome}},
            cost=closing.cost,
            warnings=tuple(dict.fromkeys((*self.manifest.warnings, *closing.warnings))),
        )
        self.journal.write([draft("note", closing.at, closed_note(manifest))])
        end = self.journal.end
        manifest = replace(manifest, journal_count=end.n_entries, journal_head=end.head)
        write_parquet(self.path, manifest, observations)
        write_manifest(self.path, manifest)
        self.manifest = manifest
        return manifest

    def _opened(self, at: datetime, *, extend: bool) -> Manifest:
        manifest = read_manifest(self.path)
        if manifest.status == "finished" and not extend:
            raise UsageError(f"run {manifest.run_id} is finished; nothing can be added to it")
        reader, check = JournalReader(self.journal.path), ManifestCheck(manifest, self.path)
        for entry in reader:
            check.entry(entry)
            self.last_at = entry.at
            if entry.kind == "observation":
                self._count(observation_of(entry, self.keys, reader.path))
        check.end(reader.end)
        remove_leftovers(self.path, (MANIFEST, OBSERVATIONS))
        if manifest.status != "running":
            # Before anything is appended: lines after a closed session's last are damage to a reader.
            manifest = replace(manifest, status="running", finished_at=None)
            write_manifest(self.path, manifest, advice=_NOTHING_SENT)
        self.journal.resume(reader.end)
        if reader.end.torn:
            self.journal.write([draft("note", at, reader.end.torn_note())])
        return manifest

    def _count(self, observation: Observation) -> None:
        self.outcomes[observation.outcome] += 1
        self.used["attempts"] += observation.attempts
        if observation.usage is not None:
            self.used["prompt_tokens"] += observation.usage.prompt_tokens or 0
            self.used["completion_tokens"] += observation.usage.completion_tokens or 0


class RunWriter:
    """Writes a run's journal from many tasks: `async with RunWriter(path, clock) as writer`.

    A `Sink`: what `append` returned for is on disk. Leaving the block writes out what was handed over and lets go
    of the run, finished or not.

    Args:
        path: The run's folder.
        clock: Stamps the entries.
        sync: Puts written data on disk; tests inject their own.
        extend: Open it although it is finished, for a further look.
    """

    def __init__(self, path: Path, clock: Clock, *, sync: Sync = sync_data, extend: bool = False) -> None:
        self.path = path
        self._clock = clock
        self._sync = sync
        self._extend = extend

    async def __aenter__(self) -> Self:
        self._session = await asyncio.to_thread(
            Session, self.path, at=self._clock.now(), sync=self._sync, extend=self._extend
        )
        self._group = GroupCommit(self._session.journal)
        self._open = True
        self.done_keys = frozenset(self._session.keys)
        """Keys of the observations that were there when the run was opened."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        try:
            await self._group.close()
        finally:
            self._session.journal.close()

    @property
    def manifest(self) -> Manifest:
        """The run's manifest as it is on disk."""
        return self._session.manifest

    @property
    def used(self) -> Mapping[str, int]:
        """`attempts`, `prompt_tokens`, `completion_tokens` of the observations that were there when it was opened."""
        return self._session.used

    @property
    def last_at(self) -> datetime:
        """When the last entry was written that was there when it was opened."""
        return self._session.last_at

    async def append(self, kind: Kind, body: Mapping[str, Any]) -> None:
        """Append one entry and return when it is on disk.

        Raises:
            ValueError: The body is no strict JSON, or an observation that could not be read back or is there already.
            Incomplete: The disk is full or failing: this entry is not acknowledged, earlier ones are kept.
        """
        if not self._open:
            raise ValueError(f"run {self.path.name} is closed")
        as_json = plain(body)
        entry = draft(kind, self._clock.now(), as_json)
        if kind == "observation":
            self._session.admit(_readable(as_json))
        await self._group.append(entry)

    async def finish(
        self,
        status: ClosedStatus,
        totals: Mapping[str, int],
        *,
        cost: float | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Manifest:
        """Close the run: write `observations.parquet` and then the manifest. Nothing can be appended afterwards.

        Args:
            status: What became of the run; one that is not finished can be opened again.
            totals: Further counts, e.g. `n_attempts`. Those by outcome are taken from the journal.
            cost: Cost of the whole run so far; None where prices are unknown.
            warnings: Said in addition to those of earlier sessions.

        Raises:
            Incomplete: The disk is full or failing; the journal is whole and the run can be resumed.
        """
        self._open = False
        await self._group.drain()
        closing = Closing(status=status, at=self._clock.now(), totals=totals, cost=cost, warnings=warnings)
        try:
            return await asyncio.to_thread(self._session.finish, closing)
        except Incomplete:
            raise
        except BlackboxError as error:
            kept = "every answer is kept in the journal; run the same command again once the disk takes writes"
            raise Incomplete(f"{error}; {kept}") from error


def write_observations(
    path: Path, observations: Iterable[Observation], *, at: datetime | None = None, warnings: tuple[str, ...] = ()
) -> Manifest:
    """Write all observations of a run with one sync, finish the run and return its manifest: for imports.

    Args:
        path: The folder of a run that was just created.
        observations: In the order they are to stand in the journal.
        at: Time of the entries; by default the run's `created_at`.
        warnings: For the manifest.

    Raises:
        UsageError: Two observations have the same key, or the run is finished.
        ValueError: An observation could not be read back.
        BlackboxError: The disk is full or failing.
    """
    at = at or read_manifest(path).created_at
    kept = tuple(observations)
    session = Session(path, at=at)
    try:
        session.journal.write(_drafts(session, kept, at))
        return session.finish(Closing(status="finished", at=at, warnings=warnings), kept)
    finally:
        session.journal.close()


def _drafts(session: Session, observations: Iterable[Observation], at: datetime) -> Iterator[Draft]:
    for observation in observations:
        if observation.key in session.keys:
            raise UsageError(f"two answers to probe {observation.probe_id!r} have the repeat {observation.repeat}")
        body = encode_observation(observation)
        session.admit(_readable(body))
        yield draft("observation", at, body)


def _readable(body: Mapping[str, Any]) -> Observation:
    try:
        return decode_observation(body, where="this")
    except EvidenceDamaged as error:
        raise ValueError(str(error)) from error
