"""Samples as lm-evaluation-harness logs them: what was sent, and what came back before any filter.

The files are `<output>/<model>/samples_<task>_<time>.jsonl`, a line a document and filter.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.store.recorded import Record, Unreadable, conversation, only, read_document, read_lines, shown
from blackbox.store.tables import TableRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from blackbox.core import Message

_SAMPLES = re.compile(r"samples_.+_(\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl")


def read_lm_eval(path: Path, *, model: str | None = None) -> tuple[TableRow, ...]:
    """Return the generated answers of a samples file in its order, those of several filters once.

    Args:
        path: JSON Lines.
        model: Overrides the name, which is otherwise that in `results_<time>.json` beside it, or the folder's.

    Raises:
        UsageError: One line with file, line and what is wrong; a task that scores continuations has no answers.
    """
    name = model or _model(path)
    rows: list[TableRow] = []
    for record in _unfiltered(read_lines(path)):
        try:
            prompt = _prompt(record.value.get("arguments"))
            rows += [TableRow(model=name, prompt=prompt, response=text) for text in _answers(record.value.get("resps"))]
        except Unreadable as problem:
            raise UsageError(f"{record.place} {problem}") from None
    return tuple(rows)


def _unfiltered(records: Iterator[Record]) -> Iterator[Record]:
    """Yield each document once: every filter repeats the same replies on a line of its own."""
    seen: dict[str, set[str]] = {}
    for record in records:
        if "doc_id" not in record.value:
            raise UsageError(f"{record.place}: no 'doc_id'; is this a samples_*.jsonl of lm-evaluation-harness?")
        document, kind = json.dumps(record.value["doc_id"]), json.dumps(record.value.get("filter"))
        if kind in seen.setdefault(document, set()):
            raise UsageError(f"{record.place}: document {shown(record.value['doc_id'])} is there twice")
        if not seen[document]:
            yield record
        seen[document].add(kind)


def _prompt(arguments: object) -> str | tuple[Message, ...]:
    """Return what was sent: `{gen_args_0: {arg_0: prompt, arg_1: settings}}`, in older files lists of lists."""
    requests = list(arguments.values()) if isinstance(arguments, dict) else arguments
    if not isinstance(requests, list):
        raise Unreadable(f"has no 'arguments' but {shown(arguments)}")
    request = only(requests, "requests for a document (a multiple-choice task records scores, no answers)")
    parts = list(request.values()) if isinstance(request, dict) else request
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[1], dict):  # noqa: PLR2004 - prompt, settings
        raise Unreadable("is of a task that scores given texts: it records log-likelihoods, no answers")
    return _sent(parts[0])


def _sent(prompt: object) -> str | tuple[Message, ...]:
    """Return a prompt; chat models' prompts are messages as JSON text, alone in a list where they were a tuple."""
    text = prompt[0] if isinstance(prompt, list) and len(prompt) == 1 else prompt
    if not isinstance(text, str) or not text:
        raise Unreadable(f"has a prompt that is no text: {shown(prompt)}")
    if text.startswith('[{"role"'):
        try:
            return conversation(json.loads(text))
        except (json.JSONDecodeError, RecursionError):
            return text
    return text


def _answers(resps: object) -> Sequence[str | None]:
    if not isinstance(resps, list):
        raise Unreadable(f"has no 'resps' but {shown(resps)}")
    replies = only(resps, "replies for one request")
    found = replies if isinstance(replies, list) else [replies]
    if not found or any(text is not None and not isinstance(text, str) for text in found):
        raise Unreadable(f"has replies that are no text: {shown(replies)}")
    return found


def _model(path: Path) -> str:
    named = _SAMPLES.fullmatch(path.name)
    results = path.with_name(f"results_{named[1]}.json") if named else None
    if results is not None and results.is_file():
        document: Any = read_document(results)
        name = document.get("model_name") if isinstance(document, dict) else None
        if isinstance(name, str) and name:
            return name
    return (path.resolve().parent.name if named else "") or path.stem
