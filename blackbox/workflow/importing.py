"""Recorded answers to runs: one run for each model of a table, nothing invented (DESIGN §7, Import)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox import store, suites
from blackbox.core import CallError, Manifest, Observation, Outcome, digest, plain
from blackbox.errors import UsageError
from blackbox.store.exported import read_exported
from blackbox.workflow.packages import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from blackbox.core import Message, Suite
    from blackbox.store import TableFields, TableRow

MAX_BYTES = 2 << 30
"""Answers are read whole; more than this does not fit into the memory of an ordinary machine."""
NULL_RESPONSE = CallError(kind="null_response", message="the table has no answer here (null)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """One run made of a table."""

    id: str
    endpoint: str
    path: Path
    n_observations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Which tool's file is read.

    Args:
        layout: `alpaca-eval`, `blackbox` (exported observations), `lm-eval`, `inspect` or `openai-batch`.
        model: Overrides the model's recorded name.
        requests: Of a batch, the file that was uploaded.
    """

    layout: str
    model: str | None = None
    requests: Path | None = None


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
    _refuse_endless(path)
    rows = store.read_table(path, fields)
    return _made(rows, path, suite_name, results, now, {"fields": plain(fields)})


def import_recorded(
    path: Path, source: Recorded, *, suite_name: str, results: Path, now: Callable[[], datetime]
) -> tuple[ImportedRun, ...]:
    """Make one run of every model of another tool's file of answers; failures stay failures, refusals are kept.

    Args:
        path: The file.
        source: Which tool wrote it, and what its format leaves open.
        suite_name: Name of the suite that its prompts become.
        results: Folder of runs.
        now: Wall clock, for the runs' creation time.

    Raises:
        UsageError: The file or the name doesn't fit; one line with file, place and what is wrong.
    """
    _refuse_endless(path, *([source.requests] if source.requests else []))
    if source.layout == "openai-batch":
        if source.requests is None:
            raise UsageError("--format openai-batch also needs the file that was uploaded: --input REQUESTS.jsonl")
        rows = store.read_openai_batch(path, requests=source.requests, model=source.model)
    elif source.requests is not None:
        raise UsageError("--input belongs to --format openai-batch")
    else:
        rows = _READERS[source.layout](path, model=source.model)
    return _made(rows, path, suite_name, results, now, {"format": source.layout})


def _refuse_endless(*paths: Path) -> None:
    """Refuse what can't be read whole: devices, which may never end, and files larger than a machine's memory.

    Raises:
        UsageError: It is one; what is missing is left to the reader.
    """
    for path in paths:
        if path.is_char_device() or path.is_block_device():
            raise UsageError(f"{path} is a device; save the answers in a file")
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES >> 30} GB; import it in parts, a model each")


_READERS: Mapping[str, Callable[..., tuple[TableRow, ...]]] = {
    "alpaca-eval": store.read_alpaca_eval,
    "blackbox": read_exported,
    "inspect": store.read_inspect,
    "lm-eval": store.read_lm_eval,
}


def _made(
    rows: Sequence[TableRow],
    path: Path,
    suite_name: str,
    results: Path,
    now: Callable[[], datetime],
    more: Mapping[str, Any],
) -> tuple[ImportedRun, ...]:
    if not rows:
        raise UsageError(f"{path}: the table has no rows; nothing was imported")
    placed = _placed(rows, path)
    suite = suites.imported(suite_name, _prompts(placed, path))
    by_model: dict[str, list[_Placed]] = defaultdict(list)
    for each in placed:
        by_model[each.row.model].append(each)
    source = {"file": path.name, "n_rows": len(rows), **more}
    return tuple(
        _write(model, answers, suite, results=results, at=now(), source=source) for model, answers in by_model.items()
    )


def _placed(rows: Sequence[TableRow], path: Path) -> list[_Placed]:
    ids: dict[str | tuple[Message, ...], str] = {}
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


def _prompts(placed: Iterable[_Placed], path: Path) -> Mapping[str, str | tuple[Message, ...]]:
    prompts: dict[str, str | tuple[Message, ...]] = {}
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
    row = placed.row
    return Observation(
        key=f"{placed.probe_id}#{placed.repeat}",
        probe_id=placed.probe_id,
        repeat=placed.repeat,
        block_id=placed.repeat,
        requested_at=row.requested_at,
        **_reply(row),
    )


def _reply(row: TableRow) -> dict[str, Any]:
    if row.recorded is None:
        text = row.response
        outcome = Outcome.ERROR if text is None else Outcome.OK if text else Outcome.EMPTY
        return {"outcome": outcome, "text": text or None, "error": NULL_RESPONSE if text is None else None}
    reply = row.recorded
    return {
        "outcome": reply.outcome,
        "text": reply.text or None,
        "reasoning": reply.reasoning,
        "finish_reason": reply.finish_reason,
        "served_model": reply.served_model,
        "response_id": reply.response_id,
        "error": reply.error,
    }
