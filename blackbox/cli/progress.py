"""Progress events to the screen: live bars on a terminal, quiet lines elsewhere, always on stderr."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from blackbox.cli.output import is_terminal, note, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress as Bars
    from rich.progress import Task, TaskID

    from blackbox.core import OnProgress, Progress

_COUNTED = ("ok", "refused", "retried", "failed")
"""Shown in this order; what else a stage counts follows."""
_EVERY = 0.25
"""A quiet line a quarter of the way, not one an answer."""
_BARS = ((100, 24), (70, 8))
"""From so many columns on a bar of so many."""
_SHORTEST = 12
"""Columns of a name at least."""
_PATIENCE_S = 10.0
"""A quiet line so often for work that asks nobody."""


@contextmanager
def shown(*, quiet: bool = False) -> Iterator[OnProgress]:
    """Yield a function that draws progress events until the block ends.

    Args:
        quiet: Draw nothing.
    """
    if quiet:
        yield lambda _: None
    elif is_terminal(sys.stderr):
        with _bars() as bars:
            yield _Live(bars, time.monotonic).show
    else:
        yield _Lines(time.monotonic).show


def summary(event: Progress) -> str:
    """Return the counts, the spend and the time left of an event as one phrase."""
    known = [f"{event.counts[name]} {name}" for name in _COUNTED if event.counts.get(name)]
    other = [f"{n} {name}" for name, n in event.counts.items() if n and name not in _COUNTED]
    spend = [f"spent {event.cost:.4f}"] if event.cost is not None else []
    left = [f"{_duration(event.eta_s)} left"] if event.eta_s is not None and event.done < event.total else []
    return ", ".join([*known, *other, *spend, *left])


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TextColumn
    from rich.text import Text

    console = Console(stderr=True)

    class Fitting(Bars):
        """Bars that are drawn for the width the terminal has at this moment: it may be resized at any time."""

        def get_renderables(self) -> Iterator[Text]:
            width = console.width
            longest = max((len(named(task)) for task in self.tasks), default=0)
            digits = max((len(counted(task)) for task in self.tasks), default=0)
            for task in self.tasks:
                share = task.completed / task.total if task.total else 1.0
                texts = (named(task).ljust(longest), counted(task).rjust(digits), task.fields["summary"])
                yield Text(progress_line(texts, share, width), no_wrap=True, overflow="ellipsis")

    def named(task: Task) -> str:
        return f"{task.fields['stage']} {task.description}"

    def counted(task: Task) -> str:
        return f"{task.completed:.0f}/{task.total or 0:.0f}"

    return Fitting(TextColumn(""), console=console, refresh_per_second=8)


def progress_line(texts: tuple[str, str, str], share: float, width: int) -> str:
    """Return one line of progress that fits: what is done always, then the name, a bar and the counts as room allows.

    Args:
        texts: The name, done of total, and the summary.
        share: What is done, 0 to 1.
        width: Columns of the terminal.
    """
    name, count, counts = texts
    bar = next((n for least, n in _BARS if width >= least), 0)
    room = width - len(count) - bar - (3 if bar else 2)
    kept = max(_SHORTEST, min(len(name), room - min(len(counts), room // 2)))
    said = name.rstrip()
    name = said.ljust(min(kept, len(name))) if len(said) <= kept else f"{said[: kept - 1]}…"
    drawn = f" {'━' * round(share * bar)}{'─' * (bar - round(share * bar))}" if bar else ""
    line = f"{name}{drawn} {count} {counts}".rstrip()
    return line if len(line) <= width else f"{line[: width - 1]}…"


class _Messages:
    """What is worth saying once: the same trouble of one subject is not repeated while it lasts.

    A message's first clause names the trouble; what follows a semicolon (when the next attempt is) may vary.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], str] = {}

    def new(self, event: Progress) -> str | None:
        """Return the event's message, or None where the subject said as much before."""
        if not event.message:
            return None
        trouble = event.message.split(";")[0]
        if self._last.get(_row(event)) == trouble:
            return None
        self._last[_row(event)] = trouble
        return printable(f"{event.subject}: {event.message}")


def _row(event: Progress) -> tuple[str, str]:
    """Return what an event moves: each endpoint that is asked on its own, any other work as one."""
    return (event.stage, event.subject if event.stage == "collect" else "")


class _Pace:
    """How long work that asks nobody still takes, at its pace since the first event of one subject."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[str, int, float]] = {}

    def timed(self, event: Progress, now: float) -> Progress:
        """Return the event with the seconds left, once something was done since the first."""
        if event.stage == "collect":
            return event
        subject, first, at = self._began.get(event.stage, ("", 0, now))
        if subject != event.subject or event.done <= first:
            self._began[event.stage] = (event.subject, event.done, now)
            return event
        return replace(event, eta_s=(now - at) / (event.done - first) * (event.total - event.done))


class _Live:
    """One bar for each endpoint that is asked, and one for each other stage.

    Args:
        bars: Where they are drawn.
        monotonic: Seconds.
    """

    def __init__(self, bars: Bars, monotonic: Callable[[], float]) -> None:
        self._bars = bars
        self._monotonic = monotonic
        self._pace = _Pace()
        self._messages = _Messages()
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def show(self, event: Progress) -> None:
        """Move the event's bar; a message stands above the bars."""
        event = self._pace.timed(event, self._monotonic())
        row, subject, counts = _row(event), printable(event.subject), printable(summary(event))
        if row not in self._tasks:
            self._tasks[row] = self._bars.add_task(subject, total=event.total, stage=event.stage, summary=counts)
        self._bars.update(
            self._tasks[row], description=subject, completed=event.done, total=event.total, summary=counts
        )
        message = self._messages.new(event)
        if message:
            self._bars.console.print(message, markup=False, highlight=False)


class _Lines:
    """A line for each new message; a line when an endpoint starts, at each quarter and at its end; else one in a while.

    Args:
        monotonic: Seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._pace = _Pace()
        self._messages = _Messages()
        self._share: dict[tuple[str, str], float] = {}
        self._said_at: dict[tuple[str, str], float] = {}

    def show(self, event: Progress) -> None:
        """Write a line if this event is worth one."""
        message = self._messages.new(event)
        if message:
            note(f"{event.stage} {message}")
        now = self._monotonic()
        event = self._pace.timed(event, now)
        if self._is_worth_a_line(event, now):
            counts = summary(event)
            note(printable(f"{event.stage} {event.subject}: {event.done}/{event.total}{counts and ', '}{counts}"))

    def _is_worth_a_line(self, event: Progress, now: float) -> bool:
        row = _row(event)
        if event.stage != "collect":
            # what announces itself is said at once, what reports its parts only if it takes a while
            since = self._said_at.setdefault(row, now if event.done else now - _PATIENCE_S)
            worth = now - since >= _PATIENCE_S
        else:
            share, last = event.done / event.total if event.total else 1.0, self._share.get(row, -1.0)
            worth = last < 0 or share >= last + _EVERY or share >= 1 > last
            self._share[row] = share if worth else last
        if worth:
            self._said_at[row] = now
        return worth
