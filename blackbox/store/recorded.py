"""What recorded answers of other tools have in common: files read once, chats and outcomes told apart, none coerced."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from blackbox.core import CallError, Message, Outcome
from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_SHOWN = 40
_SAID = 300
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
"""Roles as written and as probes have them; OpenAI renamed `system` to `developer` for some models."""


class Unreadable(ValueError):
    """A record is not what its format says; the reader adds file and place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One reply as it was recorded: the text or the reason why there is none."""

    outcome: Outcome
    text: str | None = None
    reasoning: str | None = None
    finish_reason: str | None = None
    served_model: str | None = None
    response_id: str | None = None
    error: CallError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One object of a file and where it stands, for messages."""

    place: str
    value: Mapping[str, Any]


def read_lines(path: Path) -> Iterator[Record]:
    """Yield the objects of a JSON Lines file with their line numbers.

    Raises:
        UsageError: One line with file, line and what is wrong.
    """
    n = 0
    # Not splitlines(): U+2028 and its like may stand in a JSON text.
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            n += 1
            place = f"{path}: line {number}"
            yield Record(place=place, value=as_object(parsed(line, place), place))
    if n == 0:
        raise UsageError(f"{path}: the file is empty; nothing was imported")


def read_document(path: Path) -> Any:  # noqa: ANN401 - JSON is any type until its reader has looked
    """Return the JSON value of a file.

    Raises:
        UsageError: One line with file and what is wrong.
    """
    text = _text(path)
    if not text.strip():
        raise UsageError(f"{path}: the file is empty; nothing was imported")
    return parsed(text, str(path))


def parsed(text: str, place: str) -> Any:  # noqa: ANN401 - as above
    """Return the JSON value of a text.

    Raises:
        UsageError: It is no JSON, or nested too deep.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise UsageError(f"{place}: nested too deep") from None
    except ValueError as error:
        raise UsageError(f"{place} is no JSON: {getattr(error, 'msg', error)}") from None


def as_object(value: object, place: str) -> Mapping[str, Any]:
    """Return the value if it is a JSON object.

    Raises:
        UsageError: It is something else.
    """
    if not isinstance(value, dict):
        raise UsageError(f"{place} is no JSON object but {shown(value)}")
    return value


def shown(value: object) -> str:
    """Return a few characters of a value, on one line and without anything a terminal obeys."""
    if value is None:
        return "nothing (null)"
    text = ascii(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def conversation(messages: object) -> str | tuple[Message, ...]:
    """Return what was asked: the text of a single user's message, else the messages.

    Raises:
        Unreadable: No messages, another role, content that is no text, or the last word is not the user's.
    """
    if not isinstance(messages, list) or not messages:
        raise Unreadable("has no list of messages")
    found = tuple(_message(message) for message in messages)
    if found[-1].role != "user":
        raise Unreadable("does not end with a message of the user: there is no question to answer")
    if any(message.role == "system" for message in found[1:]):
        raise Unreadable("has a system message after others")
    return found[0].content if len(found) == 1 else found


def _message(message: object) -> Message:
    if not isinstance(message, dict):
        raise Unreadable(f"has a message that is no object but {shown(message)}")
    role = _ROLES.get(str(message.get("role")))
    if role is None:
        raise Unreadable(f"has a message of the role {shown(message.get('role'))}; only questions and answers compare")
    text = content_text(message.get("content"))
    if text is None:
        raise Unreadable("has a message without text")
    return Message(role=cast("Literal['system', 'user', 'assistant']", role), content=text)


def content_text(content: object) -> str | None:
    """Return the text of a message's content, which is text, a list of text parts, or null.

    Raises:
        Unreadable: A part is an image, a sound or something else that is no text.
    """
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Unreadable(f"has content that is neither text nor parts: {shown(content)}")
    texts = [_part(part) for part in content]
    known = [text for text in texts if text is not None]
    return "".join(known) if known else None


def _part(part: object) -> str | None:
    """Return a part's text; thoughts are no part of the answer."""
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in {"reasoning", "thinking"}:
        return None
    text = part.get("text") if isinstance(part, dict) else part
    if not isinstance(text, str) or kind not in {None, "text", "input_text", "output_text"}:
        raise Unreadable(f"has a part that is no text: {shown(kind or part)}")
    return text


def answered(
    text: str | None, *, finish: str | None = None, refusal: str | None = None, called_tools: bool = False
) -> Outcome:
    """Return what a recorded reply was, by its own account.

    Args:
        text: The answer.
        finish: `stop`, `length`, `content_filter`, `tool_calls` or another word.
        refusal: The server's own field for a refusal.
        called_tools: Whether it called a tool.
    """
    if finish == "content_filter":
        return Outcome.FILTERED
    if refusal:
        return Outcome.REFUSAL
    if called_tools:
        return Outcome.TOOL_CALL
    if text:
        return Outcome.TRUNCATED if finish == "length" else Outcome.OK
    return Outcome.EMPTY if text == "" else Outcome.ERROR


def failed(kind: str, message: object, *, status: int | None = None) -> Answered:
    """Return a failed call with its reason: an error stays an error and never becomes an empty answer."""
    words = message if isinstance(message, str) and message else "no reason recorded"
    return Answered(outcome=Outcome.ERROR, error=CallError(kind=kind, message=words[:_SAID], status=status))


def text_or_none(value: object) -> str | None:
    """Return a non-empty text, None for everything else."""
    return value if isinstance(value, str) and value else None


def only(values: Sequence[Any], what: str) -> Any:  # noqa: ANN401 - of whatever the file holds
    """Return the one value of a sequence.

    Raises:
        Unreadable: There are none or several.
    """
    if len(values) != 1:
        raise Unreadable(f"has {len(values)} {what} where one belongs")
    return values[0]


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or 'unreadable').lower()}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8; is this the right --format?") from None
