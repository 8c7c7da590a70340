"""The log of `blackbox serve` beside the journals of the runs it answered: do both sides tell one story?"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.core import Outcome
from blackbox.errors import UsageError
from blackbox.store.disk import disk_errors
from blackbox.store.journal import JournalReader
from blackbox.store.manifests import JOURNAL
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_ANSWERED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the server logged of one served name, and what the journals say was sent to it.

    Args:
        model: The served name.
        n_requests: Requests the server logged.
        n_attempts: Attempts in the journals: answered calls and every failure before them.
        logged: How many of each status other than 200 the server sent.
        journalled: The same as received.
        unlogged: Ids of replies that the client has and the server never sent.
        unreceived: Ids of replies that the server sent and no observation carries: spoilt, cut or lost on the way.
        done: How often each quirk, fault or other member had a hand in a request, by the server's words.
    """

    model: str
    n_requests: int
    n_attempts: int
    logged: Mapping[int, int]
    journalled: Mapping[int, int]
    unlogged: tuple[str, ...]
    unreceived: tuple[str, ...]
    done: Mapping[str, int]

    @property
    def agrees(self) -> bool:
        """Whether every attempt was logged, every error sent was received, and no reply came from elsewhere."""
        same = self.n_requests == self.n_attempts and self.logged == self.journalled
        return same and not self.unlogged


def compare_log(log: Path, runs: Sequence[Path]) -> tuple[Agreement, ...]:
    """Return for each served name whether the server's log and the runs agree, in the order of the names.

    The runs must be all that was asked of these names while the log was written.

    Args:
        log: What `blackbox serve --log` wrote.
        runs: Folders of finished runs.

    Raises:
        UsageError: A line of the log is none of `blackbox serve`.
        EvidenceDamaged: A run does not agree with its own digests.
    """
    sent: dict[str, list[Path]] = {}
    for path in runs:
        sent.setdefault(str(open_run(path).manifest.endpoint["model"]), []).append(path)
    logged: dict[str, list[dict[str, Any]]] = {model: [] for model in sent}
    for entry in _lines(log):
        if entry["model"] in logged:
            logged[entry["model"]].append(entry)
    return tuple(_agreement(model, logged[model], sent[model]) for model in sorted(sent))


def _agreement(model: str, logged: Sequence[Mapping[str, Any]], runs: Sequence[Path]) -> Agreement:
    attempts = [attempt for run in runs for attempt in _attempts(run)]
    ids = {attempt.response_id for attempt in attempts if attempt.response_id is not None}
    replied = {entry["response_id"] for entry in logged if entry["response_id"] is not None}
    return Agreement(
        model=model,
        n_requests=len(logged),
        n_attempts=len(attempts),
        logged=_other_than_200([entry["status"] for entry in logged]),
        journalled=_other_than_200([attempt.status for attempt in attempts]),
        unlogged=tuple(sorted(ids - replied)),
        unreceived=tuple(sorted(replied - ids)),
        done=Counter(word for entry in logged for word in entry["done"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    status: int | None
    response_id: str | None = None


def _attempts(run: Path) -> Iterator[_Attempt]:
    """Yield every request a journal tells of: failures are noted one by one, the last one of a lost call too."""
    for entry in JournalReader(run / JOURNAL):
        if entry.kind == "attempt":
            yield _Attempt(status=entry.body["status"])
        elif entry.kind == "observation" and entry.body["outcome"] != Outcome.ERROR.value:
            yield _Attempt(status=_ANSWERED, response_id=entry.body["response_id"])


def _other_than_200(statuses: Sequence[int | None]) -> dict[int, int]:
    return dict(sorted(Counter(s for s in statuses if s is not None and s != _ANSWERED).items()))


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    with disk_errors(log), log.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                yield {name: entry[name] for name in ("model", "status", "response_id", "done")}
            except (ValueError, KeyError, TypeError, RecursionError):
                raise UsageError(f"{log}, line {number}: no line of a log of `blackbox serve`") from None
