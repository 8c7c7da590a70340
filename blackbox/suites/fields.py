"""Checks of single values at the edge: each returns the typed value or raises one line that says what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from blackbox.errors import SuiteError

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in the document: field names and list indices from the top."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SHOWN_CHARACTERS = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value stands: its file, its path in the document and, for text that was read, its line.

    Args:
        source: What to call the file in a message.
        path: The path from the top of the document.
        lines: Line (from 1) of every path of the file; empty for a document that came without its text.
    """

    source: str
    path: Path = ()
    lines: Mapping[Path, int] = field(default_factory=dict)

    def at(self, step: str | int) -> Place:
        """Return the place of a field or list item below this one."""
        return replace(self, path=(*self.path, step))

    @property
    def line(self) -> int | None:
        """Line of the value or, where it is missing, of the nearest thing around it."""
        known = (self.lines.get(self.path[:depth]) for depth in range(len(self.path), 0, -1))
        return next((line for line in known if line is not None), 1 if self.lines else None)

    def error(self, what: str, *, write: str) -> SuiteError:
        """Return the one-line error: file, line, field, what is wrong, and what to write."""
        label = f"{_label(self.path)}: " if self.path else ""
        return line_error(self.source, self.line, f"{label}{what}; {write}")


def line_error(source: str, line: int | None, message: str) -> SuiteError:
    """Return an error of one printable line, whatever the file is called."""
    where = source if line is None else f"{source}:{line}"
    return SuiteError("".join(c if c.isprintable() else repr(c)[1:-1] for c in f"{where}: {message}"))


def shown(value: object) -> str:
    """Return a short printable form of what was found; control characters and surrogates are escaped."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return a hint that ends an error about an unknown name."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def mapping(value: object, place: Place, *, known: Sequence[str], required: Sequence[str] = ()) -> Mapping[str, object]:
    """Return `value` as a mapping that has all `required` fields and none outside `known`."""
    if not isinstance(value, Mapping):
        raise place.error(f"expected a mapping, found {shown(value)}", write=f"write fields such as {known[0]}: …")
    for name in value:
        if name not in known:
            where = place.at(name)
            raise line_error(
                where.source,
                where.line,
                f"unknown field {shown(name)}{_inside(place)}; {did_you_mean(str(name), known)}",
            )
    for name in required:
        if name not in value:
            raise place.error(f"the field {name!r} is missing", write=f"write {name}: …")
    return value


def listing(value: object, place: Place, *, of: str, least: int = 1) -> Sequence[object]:
    """Return `value` as a list of at least `least` items; `of` names them in the message."""
    if not isinstance(value, (list, tuple)) or len(value) < least:
        found = "an empty list" if isinstance(value, (list, tuple)) else shown(value)
        raise place.error(f"expected a list of {of}, found {found}", write=f"write one '- …' line for each of the {of}")
    return value


def text(value: object, place: Place, *, least: int = 0) -> str:
    """Return `value` as text of at least `least` code points."""
    if not isinstance(value, str):
        raise place.error(f"expected text, found {shown(value)}", write=f'put it in quotes: {place.path[-1]}: "…"')
    if len(value) < least:
        raise place.error("expected text, found an empty string", write="write the text or leave the field out")
    return value


def is_name(value: object) -> bool:
    """Return whether `value` is a name that is safe in ids, keys and listings."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def name(value: object, place: Place) -> str:
    """Return `value` as a name that is safe in ids, keys and listings."""
    if not isinstance(value, str) or not is_name(value):
        raise place.error(f"{shown(value)} is not a valid name", write=name_hint(value))
    return value


def name_hint(value: object) -> str:
    """Return what to write for a name, with the nearest valid spelling of `value` as example."""
    ascii_part = str(value).lower().encode("ascii", "ignore").decode() if isinstance(value, str) else ""
    nearest = re.sub(r"[^a-z0-9._-]+", "-", ascii_part).strip("-._")[:64].strip("-._")
    rule = "write 1 to 64 of a-z 0-9 . _ -, starting with a letter or digit"
    return f"{rule}, e.g. {nearest or 'my-name'}"


def language(value: object, place: Place) -> str:
    """Return `value` as a language tag."""
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise place.error(f"{shown(value)} is not a language tag", write="write e.g. en, zh, zh-Hant, mul or und")
    return value


def choice(value: object, place: Place, *, of: Sequence[str]) -> str:
    """Return `value` as one of the words of `of`."""
    if not isinstance(value, str) or value not in of:
        raise place.error(f"{shown(value)} is not one of {', '.join(of)}", write=_choice_hint(value, of))
    return value


def whole(value: object, place: Place, *, low: int, high: int) -> int:
    """Return `value` as a whole number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        wanted = f"expected a whole number from {low} to {high}, found {shown(value)}"
        raise place.error(wanted, write=f"write e.g. {place.path[-1]}: {low}")
    return value


def number(value: object, place: Place, *, low: float, high: float, above: bool = False) -> float:
    """Return `value` as a float in [low, high], or in (low, high] if `above`."""
    fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not fits or not low <= cast("float", value) <= high or (above and value == low):
        wanted = f"expected a number {'above' if above else 'from'} {low:g} {'up ' if above else ''}to {high:g}"
        raise place.error(f"{wanted}, found {shown(value)}", write=f"write e.g. {place.path[-1]}: {high:g}")
    return float(cast("float", value))


def _choice_hint(value: object, of: Sequence[str]) -> str:
    close = difflib.get_close_matches(value, of, n=1) if isinstance(value, str) else []
    return f"did you mean {close[0]!r}?" if close else f"write e.g. {of[0]}"


def _inside(place: Place) -> str:
    return f" in {_label(place.path)}" if place.path else ""


def _label(path: Path) -> str:
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).removeprefix(".")
