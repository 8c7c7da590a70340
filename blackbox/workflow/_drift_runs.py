"""Which runs form a history, in which order, and which probes they share: found before anything is computed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from blackbox.core import digest
from blackbox.errors import UsageError
from blackbox.evidence.conditions import decoding_conflict, window
from blackbox.workflow._compare_groups import HALF, identity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from blackbox.core import Observation, Run

Order = Literal["time", "name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRuns:
    """The runs of one endpoint in order.

    Args:
        runs: In order; of one imported run of many days, one a day.
        probe_ids: Probes that at least half of the runs ask in the same words.
        warnings: What a reader should know.
    """

    runs: tuple[Run, ...]
    probe_ids: tuple[str, ...]
    warnings: tuple[str, ...]


def history_runs(runs: Sequence[Run], order: Order) -> HistoryRuns:
    """Return the history that the named runs form.

    Raises:
        UsageError: One run; a run named twice; runs of different endpoints, suites or sampling settings; an order that
            can't be told.
    """
    warnings: list[str] = []
    runs = _by_day(runs)
    _check_distinct(runs)
    _check_endpoint(runs, order, warnings)
    _check_decoding(runs)
    probe_ids = _shared_probes(runs, warnings)
    ordered = _in_order(runs, order, warnings)
    warnings += [f"{run.id} is {run.manifest.status}, not finished" for run in ordered if _unfinished(run)]
    return HistoryRuns(runs=ordered, probe_ids=probe_ids, warnings=tuple(dict.fromkeys(warnings)))


def begun(run: Run) -> datetime | None:
    """Return when the first answer of a run was asked for, if that is recorded."""
    asked = window(run)
    return asked[0] if asked else None


def _by_day(runs: Sequence[Run]) -> Sequence[Run]:
    """Return one run a day where a single imported run spans several (UTC); they share its id with the day added."""
    if len(runs) != 1 or runs[0].manifest.origin != "imported":
        return runs
    days: dict[str, list[Observation]] = defaultdict(list)
    for o in runs[0].observations:
        if o.requested_at is not None:
            days[f"{o.requested_at:%Y-%m-%d}"].append(o)
    if len(days) < 2:  # noqa: PLR2004 - one day is one run
        return runs
    unknown = sum(o.requested_at is None for o in runs[0].observations)
    if unknown:
        raise UsageError(f"{runs[0].id}: {unknown} answers have no time, so it can't be read day by day")
    return [_of_day(runs[0], day, answers) for day, answers in sorted(days.items())]


def _of_day(run: Run, day: str, answers: Sequence[Observation]) -> Run:
    head = digest([run.manifest.journal_head, day])
    manifest = replace(run.manifest, run_id=f"{run.id}@{day}", label=day, journal_head=head)
    return replace(run, id=manifest.run_id, manifest=manifest, observations=tuple(answers))


def _check_distinct(runs: Sequence[Run]) -> None:
    if len(runs) < 2:  # noqa: PLR2004 - a history has an earlier and a later run
        raise UsageError(
            "drift needs at least two runs of one endpoint; `blackbox ls` lists them (answers of many days in one "
            "file: import them with --time-field, and drift reads that one run day by day)"
        )
    twice = [name for name, n in Counter(run.id for run in runs).items() if n > 1]
    if twice:
        raise UsageError(f"run {twice[0]} is named twice; name each run once")
    first: dict[str, str] = {}
    for run in runs:
        for o in run.observations:
            if o.requested_at is None or not o.response_id:
                continue
            other = first.setdefault(digest([o.key, o.response_id, o.requested_at]), run.id)
            if other != run.id:
                raise UsageError(f"{other} and {run.id} hold the same replies: one of them is a copy; leave it out")


def _check_endpoint(runs: Sequence[Run], order: Order, warnings: list[str]) -> None:
    if len({identity(run) for run in runs}) == 1:
        return
    names = sorted({run.manifest.endpoint_name for run in runs})
    imported = all(run.manifest.origin == "imported" for run in runs)
    if imported and order == "name" and len(names) == len(runs):
        warnings.append(
            f"{len(names)} differently named models are read as one endpoint's history, as --order name asks"
        )
        return
    listed = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")  # noqa: PLR2004 - one line for a person
    what = listed if len(names) > 1 else f"{listed} at different addresses, models or routings"
    hint = "; if these names are points in time (day-01, day-02, …), say --order name" if imported else ""
    raise UsageError(f"drift reads the history of one endpoint, and these are runs of several: {what}{hint}")


def _check_decoding(runs: Sequence[Run]) -> None:
    for run in runs[1:]:
        conflict = decoding_conflict(runs[0].manifest.sent_decoding, run.manifest.sent_decoding)
        if conflict:
            raise UsageError(
                f"{runs[0].id} and {run.id} were asked for different sampling ({conflict}): answers differ for this "
                "reason alone; name runs that were asked alike"
            )


def _shared_probes(runs: Sequence[Run], warnings: list[str]) -> tuple[str, ...]:
    """Return the probes that at least half of the runs ask, in the order of the first suites.

    Raises:
        UsageError: Suites differ; recorded answers may differ in probes, if they share most.
    """
    if len({run.suite.digest for run in runs}) == 1:
        return tuple(probe.id for probe in runs[0].suite.probes)
    names = sorted({f"{run.suite.name} v{run.suite.version}" for run in runs})
    if any(run.suite.origin != "imported" for run in runs):
        what = " and ".join(names[:3]) if len(names) > 1 else f"{names[0]} with different digests"
        raise UsageError(f"drift reads one suite, and these runs answer several: {what}; name runs of one suite")
    wording: dict[str, str] = {}
    asked: Counter[str] = Counter()
    for run in runs:
        for probe in run.suite.probes:
            asked[probe.id] += wording.setdefault(probe.id, probe.digest) == probe.digest
    shared = tuple(probe_id for probe_id, n in asked.items() if n >= HALF * len(runs))
    for run in runs:
        own = sum(wording.get(probe.id) == probe.digest and probe.id in shared for probe in run.suite.probes)
        if not own or own < HALF * len(run.suite.probes):
            raise UsageError(
                f"drift reads one suite, and {run.id} asks other questions than the rest: it shares {own} of its "
                f"{len(run.suite.probes)} probes with them"
            )
    left_out = len(asked) - len(shared)
    if left_out:
        warnings.append(f"{left_out} of {len(asked)} probes are asked in fewer than half of the runs and are left out")
    return shared


def _in_order(runs: Sequence[Run], order: Order, warnings: list[str]) -> tuple[Run, ...]:
    if order == "name":
        keys = [_name_key(run) for run in runs]
        if len({str(key) for key in keys}) < len(keys):
            raise UsageError(
                "these runs have the same endpoint, label and suite names, so --order name can't tell which came "
                "first; order them by time: --order time"
            )
        return tuple(run for _, run in sorted(zip(keys, runs, strict=True), key=lambda entry: entry[0]))
    times = {run.id: begun(run) for run in runs}
    unknown = [run.id for run in runs if times[run.id] is None]
    if unknown:
        raise UsageError(
            f"when {unknown[0]} was asked is not recorded, so the runs can't be ordered by time: import them with "
            "--time-field, or, if their names say the order, use --order name"
        )
    ordered = sorted(runs, key=lambda run: (str(times[run.id]), run.id))
    for a, b in pairwise(ordered):
        if times[a.id] == times[b.id]:
            raise UsageError(
                f"{a.id} and {b.id} begin at the same moment ({times[a.id]}), so their order can't be told: leave one "
                "out, or, if their names say the order, use --order name"
            )
        _warn_of_overlap(a, b, warnings)
    return tuple(ordered)


def _warn_of_overlap(a: Run, b: Run, warnings: list[str]) -> None:
    of_a, of_b = window(a), window(b)
    if of_a and of_b and of_a[1] >= of_b[0]:
        warnings.append(f"{a.id} was still being asked when {b.id} began; they are ordered by their first requests")


def _name_key(run: Run) -> tuple[tuple[tuple[int, int | str], ...], ...]:
    manifest = run.manifest
    return tuple(_natural(text) for text in (manifest.endpoint_name, manifest.label, manifest.suite_name))


def _natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """Return a key by which day-2 comes before day-10."""
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in re.findall(r"\d+|\D+", text))


def _unfinished(run: Run) -> bool:
    return run.manifest.status != "finished"
