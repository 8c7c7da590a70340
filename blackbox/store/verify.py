"""Auditing a run: does what is stored agree with its digests, and with a head kept elsewhere?

A chain shows that lines were edited, dropped, added or moved. It cannot show that somebody wrote all of it
anew: for that, compare with a head that was kept where they could not write (`expect_head`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.core import Manifest, Outcome, digest
from blackbox.errors import EvidenceDamaged
from blackbox.store.journal import JournalReader
from blackbox.store.manifests import JOURNAL, MANIFEST, ManifestCheck, read_manifest
from blackbox.store.parquet import check_parquet
from blackbox.store.runs import observation_of, read_suite_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What an audit of one run found.

    Args:
        ok: Whether there are no problems.
        n_entries: Journal lines that form an unbroken chain from the first.
        head: Digest of the last of them.
        problems: Each a line for a person; evidence with one is not to be relied on.
        warnings: What is worth knowing and breaks nothing, e.g. a torn tail of a run that was killed.
    """

    ok: bool
    n_entries: int
    head: str
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


def verify_run(path: Path, *, expect_head: str | None = None) -> VerifyReport:
    """Check everything stored of the run at `path` against everything else; nothing is modified.

    Finds edited, removed, added and moved lines, a cut end, a manifest or suite other than the one the run began
    with, a plan that does not have its digest, counts that are not the journal's, a Parquet file that says something
    else, and with `expect_head` a journal written anew.

    Args:
        path: The run's folder.
        expect_head: The head that the run is known to have had.

    Raises:
        BlackboxError: The disk does not give the files.
    """
    audit = _Audit(path, expect_head)
    return audit.report()


class _Audit:
    def __init__(self, path: Path, expect_head: str | None) -> None:
        self._path = path
        self._expected = expect_head
        self._expected_line: int | None = None
        self._reader = JournalReader(path / JOURNAL)
        self._problems: list[str] = []
        self._warnings: list[str] = []
        self._said_at_end: str | None = None

    def report(self) -> VerifyReport:
        manifest = self._manifest()
        whole = self._journal(manifest)
        if manifest is not None:
            self._around(manifest, journal_is_whole=whole)
        self._head()
        end = self._reader.end
        return VerifyReport(
            ok=not self._problems,
            n_entries=end.n_entries,
            head=end.head,
            problems=tuple(self._problems),
            warnings=tuple(self._warnings),
        )

    def _manifest(self) -> Manifest | None:
        try:
            return read_manifest(self._path)
        except EvidenceDamaged as error:
            self._problems.append(str(error))
            return None

    def _journal(self, manifest: Manifest | None) -> bool:
        """Walk the chain to its end or to the first break; return whether there was none."""
        try:
            outcomes = self._walk(None if manifest is None else ManifestCheck(manifest, self._path))
        except EvidenceDamaged as error:
            self._problems.append(str(error))
            return False
        if manifest is not None:
            self._tail(manifest)
            self._totals(manifest, outcomes)
        return True

    def _walk(self, check: ManifestCheck | None) -> Counter[str]:
        seen: set[str] = set()
        outcomes: Counter[str] = Counter()
        for entry in self._reader:
            if entry.sha256 == self._expected:
                self._expected_line = entry.seq + 1
            if entry.kind == "observation":
                outcomes[observation_of(entry, seen, self._reader.path).outcome] += 1
            if check is not None:
                check.entry(entry)
            self._said_at_end = entry.body.get("status") if entry.body.get("note") == "closed" else None
        if check is not None:
            check.end(self._reader.end)
        return outcomes

    def _tail(self, manifest: Manifest) -> None:
        warning = self._reader.end.warning
        if warning is not None:
            (self._warnings if manifest.status == "running" else self._problems).append(warning)
        if manifest.status == "running" and self._said_at_end is not None:
            self._warnings.append(
                f"the journal ends with the note that the run is {self._said_at_end}, the manifest says running: "
                "it was killed while closing or opening, or the manifest was changed"
            )

    def _totals(self, manifest: Manifest, outcomes: Mapping[str, int]) -> None:
        if manifest.status == "running":
            return
        for outcome in Outcome:
            if manifest.totals.get(outcome) != outcomes[outcome]:
                self._problems.append(
                    f"{self._path / MANIFEST}: {manifest.totals.get(outcome)} answers are {outcome}, "
                    f"the journal has {outcomes[outcome]}"
                )

    def _around(self, manifest: Manifest, *, journal_is_whole: bool) -> None:
        try:
            read_suite_document(self._path, manifest)
        except EvidenceDamaged as error:
            self._problems.append(str(error))
        plan = {name: value for name, value in manifest.plan.items() if name != "digest"}
        if manifest.plan.get("digest", digest(plan)) != digest(plan):
            self._problems.append(f"{self._path / MANIFEST}: the plan does not have the digest it names")
        if journal_is_whole and manifest.status != "running":
            found = check_parquet(self._path, manifest)
            if found is not None:
                self._problems.append(f"{self._path}: {found}")

    def _head(self) -> None:
        if self._expected is None or self._expected == self._reader.end.head:
            return
        found = f"{self._reader.path}: the head is {self._reader.end.head}, expected was {self._expected}"
        if self._expected_line is not None:
            found += f", which is line {self._expected_line}: the run was continued after it"
        self._problems.append(found)
