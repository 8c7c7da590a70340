"""Logs of inspect_ai, as JSON and as `.eval` (a zip of JSON files): one question and one answer a sample and epoch."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.store.recorded import (
    Answered,
    Record,
    Unreadable,
    answered,
    as_object,
    content_text,
    conversation,
    failed,
    parsed,
    read_document,
    shown,
    text_or_none,
)
from blackbox.store.tables import TableRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from blackbox.core import Message

MAX_MEMBER_BYTES = 200_000_000
"""Largest file that is unpacked of an `.eval`; none is ever written to disk."""
MAX_UNPACKED_BYTES = 2_000_000_000
_HEADERS = ("header.json", "_journal/start.json", "start.json")
_ATTACHMENT = "attachment://"
_FINISH = {"max_tokens": "length", "model_length": "length"}
_CONVERT = "write it as JSON with: inspect log convert --to json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Log:
    model: str
    samples: Iterator[Record]


def read_inspect(path: Path, *, model: str | None = None) -> tuple[TableRow, ...]:
    """Return the answers of an inspect_ai log in its order.

    What was asked is every message before the model's, so that solvers' templates and system messages are part of
    the probe. A sample that failed, was cancelled or has no output is an error with the log's words.

    Args:
        path: A log as JSON, or as `.eval`.
        model: Overrides the log's model name.

    Raises:
        UsageError: One line with file, sample and what is wrong; conversations of several turns.
    """
    log = _archive(path) if zipfile.is_zipfile(path) else _json(path)
    seen: set[tuple[str, str]] = set()
    rows = []
    for record in log.samples:
        key = (str(record.value.get("id")), str(record.value.get("epoch", 1)))
        if key in seen:
            raise UsageError(f"{record.place}: sample {shown(key[0])}, epoch {shown(key[1])} is there twice")
        seen.add(key)
        rows.append(_row(record, model or log.model))
    if not rows:
        raise UsageError(f"{path}: the log has no samples (header only, or none was finished); nothing was imported")
    return tuple(rows)


def _json(path: Path) -> _Log:
    document = as_object(read_document(path), str(path))
    samples = document.get("samples")
    if samples is not None and not isinstance(samples, list):
        raise UsageError(f"{path}: 'samples' must be a list, found {shown(samples)}")
    places = ((f"{path}: sample {i}", item) for i, item in enumerate(samples or (), start=1))
    return _Log(model=_model(document, path), samples=(Record(place=p, value=as_object(item, p)) for p, item in places))


def _archive(path: Path) -> _Log:
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, RuntimeError, ValueError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: no readable .eval file: {ascii(str(error))[1:-1][:120]}") from None
    names = [info for info in archive.infolist() if info.filename in _HEADERS]
    names.sort(key=lambda info: _HEADERS.index(info.filename))
    if not names:
        archive.close()
        raise UsageError(f"{path}: no log of inspect_ai: it has none of {', '.join(_HEADERS)}")
    header = as_object(_member(archive, names[0], path), f"{path}: {names[0].filename}")
    return _Log(model=_model(header, path), samples=_members(archive, path))


def _members(archive: zipfile.ZipFile, path: Path) -> Iterator[Record]:
    with archive:
        members = [i for i in archive.infolist() if i.filename.startswith("samples/") and i.filename.endswith(".json")]
        if sum(info.file_size for info in members) > MAX_UNPACKED_BYTES:
            raise UsageError(f"{path}: its samples unpack to more than {MAX_UNPACKED_BYTES:,} bytes; {_CONVERT}")
        for info in members:
            place = f"{path}: {shown(info.filename)}"
            yield Record(place=place, value=as_object(_member(archive, info, path), place))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Any:  # noqa: ANN401 - any JSON
    """Return a member's JSON; never more than `MAX_MEMBER_BYTES` are unpacked, whatever its header claims."""
    place = f"{path}: {shown(info.filename)}"
    try:
        with archive.open(info) as file:
            content = file.read(MAX_MEMBER_BYTES + 1)
        if len(content) > MAX_MEMBER_BYTES:
            raise UsageError(f"{place} unpacks to more than {MAX_MEMBER_BYTES:,} bytes")
        return parsed(content.decode("utf-8-sig"), place)
    except RuntimeError as error:
        raise UsageError(f"{place} can't be unpacked here ({error}); {_CONVERT}") from None
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"{place} is damaged: {error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{place}: byte {error.start} is not UTF-8") from None


def _model(header: Mapping[str, Any], path: Path) -> str:
    spec = header.get("eval")
    name = text_or_none(spec.get("model")) if isinstance(spec, dict) else None
    if name is None:
        raise UsageError(f"{path}: no 'eval' with a 'model' in it; is this a log of inspect_ai?")
    return name


def _row(record: Record, model: str) -> TableRow:
    sample = _attached(record.value)
    try:
        prompt = _asked(sample)
        reply = _reply(sample)
    except Unreadable as problem:
        raise UsageError(f"{record.place} {problem}") from None
    return TableRow(model=model, prompt=prompt, response=reply.text, recorded=reply)


def _attached(sample: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return input, messages and output with the long texts put back that inspect_ai keeps once, beside them."""
    texts = sample.get("attachments")
    if not isinstance(texts, dict) or not texts:
        return sample

    def put_back(value: object) -> object:
        if isinstance(value, str) and value.startswith(_ATTACHMENT):
            return texts.get(value.removeprefix(_ATTACHMENT), value)
        if isinstance(value, list):
            return [put_back(item) for item in value]
        return {k: put_back(item) for k, item in value.items()} if isinstance(value, dict) else value

    return {**sample, **{name: put_back(sample.get(name)) for name in ("input", "messages", "output")}}


def _asked(sample: Mapping[str, Any]) -> str | tuple[Message, ...]:
    messages, given = sample.get("messages"), sample.get("input")
    if not isinstance(messages, list) or not messages:
        if isinstance(given, str) and given:
            return given
        return conversation(given)
    own = [i for i, m in enumerate(messages) if isinstance(m, dict) and _is_reply(m)]
    if len(own) > 1:
        raise Unreadable(f"is a conversation of {len(own)} turns; one question and one answer is what compares")
    return conversation(messages[: own[0]] if own else messages)


def _is_reply(message: Mapping[str, Any]) -> bool:
    """Return whether the model wrote a message: assistants' messages of a few-shot prompt have the source `input`."""
    return message.get("role") == "assistant" and message.get("source") != "input"


def _reply(sample: Mapping[str, Any]) -> Answered:
    error, output = sample.get("error"), sample.get("output")
    if isinstance(error, dict):
        return failed("sample_error", error.get("message"))
    if not isinstance(output, dict):
        return failed("no_output", "the log has no output of this sample")
    if output.get("error"):
        return failed("model_error", output.get("error"))
    choices = output.get("choices")
    if not isinstance(choices, list) or not choices:
        return failed("no_output", "the log has no output of this sample")
    return _choice(choices[0], output)


def _choice(choice: object, output: Mapping[str, Any]) -> Answered:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise Unreadable("has an output that is no message")
    stated = text_or_none(choice.get("stop_reason"))
    finish = _FINISH.get(stated or "", stated)
    text = content_text(message.get("content")) or ""
    outcome = answered(text, finish=finish, called_tools=bool(message.get("tool_calls")))
    served = text_or_none(output.get("model"))
    return Answered(outcome=outcome, text=text or None, finish_reason=finish, served_model=served)
