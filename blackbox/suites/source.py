"""Suite text (YAML or JSON) to a plain document with the line of everything in it.

Built on PyYAML's event stream, so that no object is ever constructed from a tag and every value keeps its
line. Plain scalars follow the YAML 1.2 core schema: `no`, `1:30` and dates are text, not surprises.
The pure-Python parser is used on purpose: libyaml refuses escaped surrogates and words its errors differently.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import yaml

from blackbox.suites.fields import Path, Place, line_error, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from blackbox.errors import SuiteError

MAX_BYTES = 2_000_000
"""Largest suite file that is read."""
_MAX_DEPTH = 32
"""Deepest nesting that is read: tools carry JSON schemas, nothing else is deeper than four."""

_INT = re.compile(r"-?(0|[1-9][0-9]{0,39})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a field stands in the text: its line (from 1) and the character offsets of key and value."""

    line: int
    key_start: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A read suite text: `document` holds plain JSON types, `spans` where each path stands."""

    name: str
    text: str
    document: Mapping[str, Plain]
    spans: Mapping[Path, Span]
    is_json: bool

    @property
    def place(self) -> Place:
        """The top of the document, knowing all lines."""
        return Place(source=self.name, lines={path: span.line for path, span in self.spans.items()})


def decode(data: bytes, source: str) -> str:
    """Return the text of a file's bytes, at most `MAX_BYTES` of UTF-8.

    Raises:
        SuiteError: Too large, or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(source)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise line_error(source, line, "not UTF-8 text; write (save) the file as UTF-8") from None


def read(text: str, source: str) -> Source:
    """Return the document of a suite text: one mapping, no anchors, tags, duplicate keys or second document.

    Raises:
        SuiteError: One line with file, line, what is wrong and what to write.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _too_large(source)
    is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
    # JSON may indent with tabs and never has one inside a string, so offsets and lines survive this.
    builder = _Builder(text.replace("\t", " ") if is_json else text, source, is_json=is_json)
    document = builder.document()
    if is_json:
        document = _strict_json(text, source)
    if not isinstance(document, dict):
        message = f"expected a mapping of fields, found {shown(document)}; write schema: blackbox.suite/1 first"
        raise line_error(source, 1, message)
    return Source(name=source, text=text, document=document, spans=builder.spans, is_json=is_json)


class _Builder:
    """Builds plain values from parser events and notes where each stands."""

    def __init__(self, text: str, source: str, *, is_json: bool) -> None:
        self.spans: dict[Path, Span] = {}
        self._is_json = is_json
        self._text = text
        self._source = source
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)

    def document(self) -> Plain:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise line_error(
                self._source, 1, "the file is empty; write a suite, starting with schema: blackbox.suite/1"
            )
        value = self._value(self._next(), ())
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._error(event, "a second document starts here; write one document a file")
        return value

    def _next(self) -> yaml.Event:
        try:
            return next(self._events)
        except yaml.reader.ReaderError as error:
            line = self._text.count("\n", 0, error.position) + 1
            found = f"character U+{ord(self._text[error.position]):04X} cannot stand in this file"
            raise line_error(self._source, line, f'{found}; write it as an escape in quotes, e.g. "\\u0007"') from None
        except yaml.MarkedYAMLError as error:
            if self._is_json:
                _strict_json(self._text, self._source)
            raise _syntax_error(error, self._text, self._source) from None

    def _value(self, event: yaml.Event, path: Path) -> Plain:
        self._refuse_extras(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _refuse_extras(self, event: yaml.Event, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._error(event, f"alias *{event.anchor} is not allowed; write the value out")
        if anchor := getattr(event, "anchor", None):
            raise self._error(event, f"anchor &{anchor} is not allowed; write the value out where it is used")
        if tag := getattr(event, "tag", None):
            raise self._error(event, f"tag {shown(tag)} is not allowed; write the plain value without a tag")
        if len(path) > _MAX_DEPTH:
            raise self._error(event, f"nested deeper than {_MAX_DEPTH} levels; write fewer levels")

    def _list(self, path: Path) -> list[Plain]:
        items: list[Plain] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            here = (*path, len(items))
            items.append(self._value(event, here))
            self._note(here, event, event)
        return items

    def _mapping(self, path: Path) -> dict[str, Plain]:
        fields: dict[str, Plain] = {}
        while not isinstance(key := self._next(), yaml.MappingEndEvent):
            name = self._key(key, path)
            here = (*path, name)
            if name in fields:
                first = self.spans[here].line
                raise self._error(key, f"{shown(name)} appears twice (first on line {first}); write it once")
            event = self._next()
            fields[name] = self._value(event, here)
            self._note(here, key, event)
        return fields

    def _key(self, event: yaml.Event, path: Path) -> str:
        self._refuse_extras(event, path)
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, "a field name must be plain text; write name: value")
        return str(event.value)

    def _scalar(self, event: yaml.ScalarEvent) -> Plain:
        if event.style is not None:
            return str(event.value)
        if event.value in _WORDS:
            return _WORDS[event.value]
        if _INT.fullmatch(event.value):
            return int(event.value)
        if _FLOAT.fullmatch(event.value) and not event.value.lstrip("+-").isdigit():
            return self._finite(event)
        if self._is_json:
            raise self._error(event, f"{shown(event.value)} is not a JSON value; write text in double quotes")
        return str(event.value)

    def _finite(self, event: yaml.ScalarEvent) -> float:
        value = float(event.value)
        if not math.isfinite(value):
            raise self._error(event, f"{shown(event.value)} is too large for a number; write a finite number")
        return value

    def _note(self, path: Path, key: yaml.Event, value: yaml.Event) -> None:
        self.spans[path] = Span(
            line=_start(key).line + 1,
            key_start=_start(key).index,
            start=_start(value).index,
            end=cast("yaml.Mark", value.end_mark).index,
        )

    def _error(self, event: yaml.Event, message: str) -> SuiteError:
        return line_error(self._source, _start(event).line + 1, message)


def _start(event: yaml.Event) -> yaml.Mark:
    """Return where an event starts; events that were parsed from text always know."""
    return cast("yaml.Mark", event.start_mark)


def _strict_json(text: str, source: str) -> Plain:
    """Return what JSON's own rules read; NaN, infinities and endless numbers were refused with their line."""
    try:
        document: Plain = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise line_error(source, error.lineno, f"not valid JSON: {error.msg}; write strict JSON or YAML") from None
    return document


def _syntax_error(error: yaml.MarkedYAMLError, text: str, source: str) -> SuiteError:
    mark = error.problem_mark or error.context_mark
    at = mark.index if mark else 0
    line = text.count("\n", 0, at) + 1
    indent = re.match(r"[ \t]*", text[text.rfind("\n", 0, at) + 1 :])
    if text[at : at + 1] == "\t" or (indent and "\t" in indent[0]):
        return line_error(source, line, "a tab stands where YAML allows only spaces; write spaces instead of the tab")
    hint = "check quotes and indentation here and above; write text that holds ': ' or ' #' in double quotes"
    return line_error(source, line, f"not valid YAML: {error.problem or 'unreadable'}; {hint}")


def _too_large(source: str) -> SuiteError:
    return line_error(source, None, f"larger than {MAX_BYTES:,} bytes; write several smaller suites")
