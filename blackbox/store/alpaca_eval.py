"""Outputs as alpaca_eval keeps them: `results/<model>/model_outputs.json`, a list of instruction, output, generator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.errors import UsageError
from blackbox.store.recorded import Record, as_object, read_document, shown
from blackbox.store.tables import TableRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read_alpaca_eval(path: Path, *, model: str | None = None) -> tuple[TableRow, ...]:
    """Return the answers of an alpaca_eval file in its order.

    The prompt is `instruction`, and `input` below it where there is one. The model is `generator`; a file without it
    is named after its folder, as alpaca_eval names results. A null output is an error, '' an empty answer.

    Args:
        path: JSON, a list of objects.
        model: Overrides the recorded name.

    Raises:
        UsageError: One line with file, entry and what is wrong.
    """
    value = read_document(path)
    if not isinstance(value, list):
        raise UsageError(f"{path}: alpaca_eval outputs are a JSON list, found {shown(value)}")
    return tuple(_row(record, model, path) for record in _records(value, path))


def _records(value: list[object], path: Path) -> Iterator[Record]:
    for number, item in enumerate(value, start=1):
        place = f"{path}: entry {number}"
        yield Record(place=place, value=as_object(item, place))


def _row(record: Record, model: str | None, path: Path) -> TableRow:
    instruction, given = record.value.get("instruction"), record.value.get("input")
    if not isinstance(instruction, str) or not instruction:
        raise UsageError(f"{record.place}: 'instruction' must be text, found {shown(instruction)}")
    if "output" not in record.value:
        raise UsageError(f"{record.place}: no 'output'; is this a file of model outputs?")
    output, generator = record.value["output"], record.value.get("generator")
    if output is not None and not isinstance(output, str):
        raise UsageError(f"{record.place}: 'output' must be text or null, found {shown(output)}")
    if generator is not None and not isinstance(generator, str):
        raise UsageError(f"{record.place}: 'generator' must be text, found {shown(generator)}")
    prompt = f"{instruction}\n\n{given}" if isinstance(given, str) and given else instruction
    return TableRow(model=model or generator or path.resolve().parent.name or path.stem, prompt=prompt, response=output)
