"""Recorded answers to runs: one run for each model of a table, nothing invented (DESIGN §7, Import)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox import store, suites
from blackbox.core import CallError, Manifest, Observation, Outcome, digest, plain
from blackbox.errors import UsageError
from blackbox.workflow.packages import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from blackbox.core import Suite
    from blackbox.store import TableFields, TableRow

NULL_RESPONSE = CallError(kind="null_response", message="the table has no answer here (null)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """One run made of a table."""

    id: str
    endpoint: str
    path: Path
    n_observations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A row with its final place: which probe, which repeat."""

    row: TableRow
    probe_id: str
    repeat: int


def import_table(
    path: Path, fields: TableFields, *, suite_name: str, results: Path, now: Callable[[], datetime]
) -> tuple[ImportedRun, ...]:
    """Make one run of every distinct model of a table, in order of appearance, and return them.

    Everything is checked before the first run is written. Null answers become `error`, '' becomes `empty`; sampling
    settings are unknown; a time or id that the table doesn't have is not invented.

    Args:
        path: Parquet, JSON, JSON Lines or CSV.
        fields: Which column holds what.
        suite_name: Name of the suite that the table's prompts become.
        results: Folder of runs.
        now: Wall clock, for the runs' creation time.

    Raises:
        UsageError: The table, its columns or the name don't fit; two prompts under one id; the same model, probe and
            repeat twice.
    """
    rows = store.read_table(path, fields)
    if not rows:
        raise UsageError(f"{path}: the table has no rows; nothing was imported")
    placed = _placed(rows, path)
    suite = suites.imported(suite_name, _prompts(placed, path))
    by_model: dict[str, list[_Placed]] = defaultdict(list)
    for each in placed:
        by_model[each.row.model].append(each)
    source = {"file": path.name, "n_rows": len(rows), "fields": plain(fields)}
    return tuple(
        _write(model, answers, suite, results=results, at=now(), source=source) for model, answers in by_model.items()
    )


def _placed(rows: Sequence[TableRow], path: Path) -> list[_Placed]:
    ids: dict[str, str] = {}
    n_seen: dict[tuple[str, str], int] = defaultdict(int)
    seen: set[tuple[str, str, int]] = set()
    placed = []
    for number, row in enumerate(rows, start=1):
        if row.probe_id is None and row.prompt not in ids:
            ids[row.prompt] = suites.imported_probe_id(row.prompt)
        probe_id = row.probe_id if row.probe_id is not None else ids[row.prompt]
        repeat = row.repeat if row.repeat is not None else n_seen[row.model, probe_id]
        n_seen[row.model, probe_id] += 1
        if (row.model, probe_id, repeat) in seen:
            raise UsageError(
                f"{path}: row {number} is a second answer of {row.model!r} to probe {probe_id!r}, repeat {repeat}; "
                "give each answer its own repeat, or leave --repeat-field out to count them in file order"
            )
        seen.add((row.model, probe_id, repeat))
        placed.append(_Placed(row=row, probe_id=probe_id, repeat=repeat))
    return placed


def _prompts(placed: Iterable[_Placed], path: Path) -> Mapping[str, str]:
    prompts: dict[str, str] = {}
    for each in placed:
        if prompts.setdefault(each.probe_id, each.row.prompt) != each.row.prompt:
            raise UsageError(f"{path}: two different prompts have the id {each.probe_id!r}; ids name one prompt each")
    # By id, so that two files with the same prompts make one suite whatever the order of their rows.
    return dict(sorted(prompts.items()))


def _write(
    model: str, answers: Sequence[_Placed], suite: Suite, *, results: Path, at: datetime, source: Mapping[str, Any]
) -> ImportedRun:
    observations = [_observation(each) for each in answers]
    key = digest({"suite": suite.digest, "model": model, "observations": [digest(o) for o in observations], "at": at})
    plan = {"n_calls": len(observations), "decision": plain(suite.decision), "import": dict(source)}
    manifest = Manifest(
        schema=store.RUN_SCHEMA,
        run_id=store.new_run_id(at, model, suite.name, key),
        run_key=key,
        label="",
        origin="imported",
        status="running",
        suite_name=suite.name,
        suite_version=suite.version,
        suite_digest=suite.digest,
        endpoint={"name": model, "kind": "imported", "model": model},
        sent_decoding=None,
        honoured_decoding=None,
        plan={**plan, "digest": digest(plan)},
        packages=versions(),
        created_at=at,
        finished_at=None,
        totals={},
        cost=None,
        journal_count=0,
        journal_head="",
    )
    run = store.create_run(results, manifest=manifest, suite=suite)
    store.write_observations(run, observations)
    return ImportedRun(id=manifest.run_id, endpoint=model, path=run, n_observations=len(observations))


def _observation(placed: _Placed) -> Observation:
    text = placed.row.response
    outcome = Outcome.ERROR if text is None else Outcome.OK if text else Outcome.EMPTY
    return Observation(
        key=f"{placed.probe_id}#{placed.repeat}",
        probe_id=placed.probe_id,
        repeat=placed.repeat,
        block_id=placed.repeat,
        outcome=outcome,
        text=text or None,
        requested_at=placed.row.requested_at,
        error=NULL_RESPONSE if text is None else None,
    )
