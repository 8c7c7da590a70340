"""Replies of OpenAI's Batch API: output and error lines joined by `custom_id` with the uploaded requests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from blackbox.core import Message, Outcome
from blackbox.errors import UsageError
from blackbox.store.recorded import (
    Answered,
    Record,
    Unreadable,
    answered,
    content_text,
    conversation,
    failed,
    read_lines,
    shown,
    text_or_none,
)
from blackbox.store.tables import TableRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_OK = range(200, 300)
_CHAT, _RESPONSES, _COMPLETIONS = "/chat/completions", "/responses", "/completions"


def read_openai_batch(path: Path, *, requests: Path, model: str | None = None) -> tuple[TableRow, ...]:
    """Return one row a choice of every uploaded request, in the order of the requests.

    A request without a reply is an error: `no_reply`. The run is of the model that was asked for; the one that the
    server says it served is kept beside it.

    Args:
        path: The batch's output file; its error file's lines may stand in it too.
        requests: The input file that was uploaded.
        model: Overrides the model's name.

    Raises:
        UsageError: One line with file, line and what is wrong.
    """
    asked = _by_id(read_lines(requests))
    replied = _by_id(read_lines(path))
    unknown = [record for name, record in replied.items() if name not in asked]
    if unknown:
        name = shown(unknown[0].value.get("custom_id"))
        raise UsageError(f"{unknown[0].place}: no request {name} in {requests}; is it this batch's input file?")
    rows: list[TableRow] = []
    for name, request in asked.items():
        rows += _rows(request, replied.get(name), model)
    return tuple(rows)


def _by_id(records: Iterable[Record]) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for record in records:
        name = record.value.get("custom_id")
        if not isinstance(name, str):
            raise UsageError(f"{record.place}: no 'custom_id'; is this a file of OpenAI's Batch API?")
        if name in found:
            raise UsageError(f"{record.place}: custom_id {shown(name)} is there twice")
        found[name] = record
    return found


def _rows(request: Record, reply: Record | None, model: str | None) -> list[TableRow]:
    url = str(request.value.get("url"))
    try:
        body = _body(request.value)
        prompt, name = _asked(body, url), model or _named(body)
    except Unreadable as problem:
        raise UsageError(f"{request.place} {problem}") from None
    return [_row(name, prompt, each) for each in _replies(reply, url)]


def _body(value: Mapping[str, Any]) -> Mapping[str, Any]:
    body = value.get("body")
    if not isinstance(body, dict):
        raise Unreadable("has no 'body'")
    return body


def _named(body: Mapping[str, Any]) -> str:
    name = text_or_none(body.get("model"))
    if name is None:
        raise Unreadable("names no model")
    return name


def _row(model: str, prompt: str | tuple[Message, ...], reply: Answered) -> TableRow:
    return TableRow(model=model, prompt=prompt, response=reply.text, recorded=reply)


def _asked(body: Mapping[str, Any], url: str) -> str | tuple[Message, ...]:
    if body.get("tools"):
        raise Unreadable("offers tools: only questions and answers compare")
    if url.endswith(_CHAT):
        return conversation(body.get("messages"))
    if url.endswith(_RESPONSES):
        return _input(body)
    prompt = body.get("prompt")
    if url.endswith(_COMPLETIONS) and isinstance(prompt, str) and prompt:
        return prompt
    raise Unreadable(f"asks {shown(body.get('prompt', url))} of {shown(url)}: only questions and answers compare")


def _input(body: Mapping[str, Any]) -> str | tuple[Message, ...]:
    given, instructions = body.get("input"), body.get("instructions")
    messages = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if isinstance(instructions, str) and instructions and isinstance(messages, list):
        messages = [{"role": "system", "content": instructions}, *messages]
    return conversation(messages)


def _replies(record: Record | None, url: str) -> Sequence[Answered]:
    if record is None:
        return [failed("no_reply", "the batch's output has no line for this request")]
    response, error = record.value.get("response"), record.value.get("error")
    if not isinstance(response, dict):
        known = error if isinstance(error, dict) else {}
        return [failed(str(known.get("code") or "batch_error"), known.get("message"))]
    status, body = response.get("status_code"), response.get("body")
    if not isinstance(status, int) or status not in _OK:
        number = status if isinstance(status, int) else None
        return [failed(f"http_{shown(status)}", _message_of(body), status=number)]
    return _answers(response, url)


def _message_of(body: object) -> object:
    error = body.get("error") if isinstance(body, dict) else None
    return error.get("message") if isinstance(error, dict) else error


def _answers(response: Mapping[str, Any], url: str) -> Sequence[Answered]:
    """Return the answers of a successful reply; what can't be read is malformed, with the reason."""
    try:
        body = _body(response)
        found = [_response(body)] if url.endswith(_RESPONSES) else [_choice(choice) for choice in _choices(body)]
    except Unreadable as problem:
        return [replace(failed("unreadable_reply", f"the reply {problem}"), outcome=Outcome.MALFORMED)]
    served, response_id = text_or_none(body.get("model")), text_or_none(body.get("id"))
    # Choices of one reply share its id, which would read as copies: only a lone choice carries it.
    return [replace(each, served_model=served, response_id=response_id if len(found) == 1 else None) for each in found]


def _choices(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, dict) for choice in choices):
        raise Unreadable("has no choices")
    return choices


def _choice(choice: Mapping[str, Any]) -> Answered:
    finish = text_or_none(choice.get("finish_reason"))
    if "message" not in choice:
        text = choice.get("text")
        if not isinstance(text, str):
            raise Unreadable("has a choice without text")
        return Answered(outcome=answered(text, finish=finish), text=text, finish_reason=finish)
    message = choice["message"]
    if not isinstance(message, dict):
        raise Unreadable("has a choice without a message")
    text, refusal = content_text(message.get("content")), text_or_none(message.get("refusal"))
    thought = text_or_none(message.get("reasoning_content")) or text_or_none(message.get("reasoning"))
    return _told(text, finish=finish, refusal=refusal, called=bool(message.get("tool_calls")), thought=thought)


def _told(text: str | None, *, finish: str | None, refusal: str | None, called: bool, thought: str | None) -> Answered:
    # A null content of a successful reply with nothing else in it is an empty answer: the server did answer.
    said = text if text is not None else ""
    outcome = answered(said, finish=finish, refusal=refusal, called_tools=called)
    if outcome is Outcome.EMPTY and thought:
        outcome = Outcome.REASONING_ONLY
    return Answered(outcome=outcome, text=said or refusal, reasoning=thought, finish_reason=finish)


def _response(body: Mapping[str, Any]) -> Answered:
    """Return the answer of a `/v1/responses` reply: the texts of its output messages."""
    if body.get("status") == "failed" or isinstance(body.get("error"), dict):
        known = body.get("error")
        error = known if isinstance(known, dict) else {}
        return failed(str(error.get("code") or "response_failed"), error.get("message"))
    items = body.get("output")
    if not isinstance(items, list):
        raise Unreadable("has no output")
    parts = [part for item in items if _kind(item) == "message" for part in item.get("content") or ()]
    refusals = [str(part.get("refusal")) for part in parts if _kind(part) == "refusal"]
    texts = [str(part.get("text")) for part in parts if _kind(part) == "output_text"]
    details = body.get("incomplete_details")
    why = details.get("reason") if isinstance(details, dict) else None
    finish = {"max_output_tokens": "length"}.get(str(why), text_or_none(why))
    called = any(_kind(item) == "function_call" for item in items)
    return _told("".join(texts), finish=finish, refusal="".join(refusals) or None, called=called, thought=None)


def _kind(item: object) -> str:
    return str(item.get("type")) if isinstance(item, dict) else ""
