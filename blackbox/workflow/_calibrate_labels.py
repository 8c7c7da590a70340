"""Labels of a population from two CSV files: which models are in which group, which pairs are of one source."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blackbox.errors import UsageError
from blackbox.evidence.lineage import LabelledPair
from blackbox.store.disk import disk_errors
from blackbox.suites.fields import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from blackbox.evidence.lineage import Side

MAX_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Names of the relations that count as one source, as different sources, and as siblings."""

    same: tuple[str, ...]
    different: tuple[str, ...]
    sibling: tuple[str, ...] = ()

    def of(self, relation: str) -> Side | None:
        """Return what a relation counts as; None: it is left out."""
        if relation in self.same:
            return "same"
        if relation in self.different:
            return "different"
        return "sibling" if relation in self.sibling else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labelled pairs among the runs, their groups, and what was left out and why."""

    pairs: tuple[LabelledPair, ...]
    group: Mapping[str, str]
    skipped: tuple[dict[str, str | int], ...]


def read_labels(pairs: Path, groups: Path, sides: Sides, models: Collection[str]) -> Labels:
    """Return the labels that concern `models`; rows of others are counted, not used.

    Raises:
        UsageError: A file is no such CSV, a relation is in it nowhere, a pair is labelled twice in two ways or with
            itself, a model has two groups or none, or no row names two of the models.
    """
    _check_sides(sides)
    group = _read_groups(groups)
    rows = _rows(pairs, ("a", "b", "relation"))
    _check_relations(pairs, sides, sorted({relation for _, _, relation in rows}))
    labelled = _labelled(pairs, rows, sides)
    used = tuple(pair for pair in labelled if pair.a in models and pair.b in models)
    if not used:
        some = next((m for pair in labelled for m in (pair.a, pair.b) if m not in models), "")
        raise UsageError(
            f"{pairs}: no row of the named relations names two of the {len(models)} runs (for example, {some!r} has no "
            "run); columns a and b hold endpoint names as `blackbox ls` shows them"
        )
    _check_grouped(groups, used, group)
    unknown = {m for pair in labelled for m in (pair.a, pair.b) if m not in models}
    skipped: list[dict[str, str | int]] = []
    if unknown:
        n = len(labelled) - len(used)
        skipped.append({"reason": f"names an endpoint without a run, such as {min(unknown)!r}", "n_rows": n})
    ignored = len(rows) - len(labelled)
    if ignored:
        skipped.append({"reason": "its relation is in none of the lists", "n_rows": ignored})
    without = sorted(set(models) - {m for pair in used for m in (pair.a, pair.b)})
    skipped.extend({"reason": f"run of {m!r} is in no labelled pair", "n_rows": 0} for m in without)
    return Labels(pairs=used, group=group, skipped=tuple(skipped))


def _check_sides(sides: Sides) -> None:
    every = (*sides.same, *sides.different, *sides.sibling)
    twice = sorted({name for name in every if every.count(name) > 1})
    if twice:
        raise UsageError(f"relation {twice[0]!r} is in two lists; a relation counts as one thing")
    if not sides.same or not sides.different:
        raise UsageError("name the relations of both sides: --same A,B --different C")


def _check_relations(path: Path, sides: Sides, known: Sequence[str]) -> None:
    for name in (*sides.same, *sides.different, *sides.sibling):
        if name not in known:
            raise UsageError(f"{path}: no pair is labelled {name!r}; {did_you_mean(name, known)}")


def _labelled(path: Path, rows: Sequence[tuple[str, ...]], sides: Sides) -> list[LabelledPair]:
    seen: dict[tuple[str, str], str] = {}
    found = []
    for a, b, relation in rows:
        side = sides.of(relation)
        if side is None:
            continue
        if a == b:
            raise UsageError(f"{path}: {a!r} is paired with itself")
        first, second = sorted((a, b))
        before = seen.setdefault((first, second), relation)
        if before != relation:
            raise UsageError(f"{path}: {a!r} and {b!r} are labelled both {before} and {relation}")
        found.append(LabelledPair(a=first, b=second, relation=relation, side=side))
    return list(dict.fromkeys(found))


def _read_groups(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for model, group in _rows(path, ("model", "group")):
        if found.setdefault(model, group) != group:
            raise UsageError(f"{path}: {model!r} is in two groups, {found[model]!r} and {group!r}")
    return found


def _check_grouped(path: Path, pairs: Sequence[LabelledPair], group: Mapping[str, str]) -> None:
    missing = sorted({m for pair in pairs for m in (pair.a, pair.b) if m not in group})
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UsageError(f"{path}: no group for {missing[0]!r}{more}; every model of a labelled pair needs one")


def _rows(path: Path, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the wanted columns of a CSV file, every cell filled."""
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        missing = [c for c in columns if c not in (reader.fieldnames or ())]
        if missing:
            raise UsageError(f"{path}: no column {missing[0]!r}; it needs the columns {', '.join(columns)}")
        rows = []
        for row in reader:
            cells = tuple((row[c] or "").strip() for c in columns)
            if not all(cells) or None in row:
                wrong = "more cells than columns" if None in row else "an empty cell"
                raise UsageError(f"{path}: line {reader.line_num} has {wrong}; columns {', '.join(columns)}")
            rows.append(cells)
    except csv.Error as error:
        raise UsageError(f"{path}: line {reader.line_num} is no CSV: {error}") from None
    if not rows:
        raise UsageError(f"{path}: no rows below the column names")
    return rows


def _text(path: Path) -> str:
    if not path.is_file():
        raise UsageError(f"no file {path}")
    with disk_errors(path):
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than any table of labels")
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None
