"""Checks documents against the published JSON Schemas, as a reader elsewhere would, and for fields none describes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from blackbox.workflow.schemas import schema_document

_PLACES = 6


def problems(document: Any) -> list[str]:
    """Return what the published schema of a document has against it; none: it is valid."""
    return _said(_published(str(document["schema"])), document)


def undescribed(document: Any) -> list[str]:
    """Return the fields of a valid document that its schema does not describe: each belongs into the schema."""
    return _said(_closed(str(document["schema"])), document)


def checked(document: Any) -> Any:
    """Return a document that is valid and described throughout."""
    assert problems(document) == []
    assert undescribed(document) == [], "describe it in blackbox/schemas/"
    return document


def strictly(text: str) -> Any:
    """Return the document of a text; NaN and infinities, which JSON does not have, are no documents."""
    return json.loads(text, parse_constant=_refused)


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _said(validator: Draft202012Validator, document: Any) -> list[str]:
    errors = validator.iter_errors(document)
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error, _ in zip(errors, range(_PLACES), strict=False)
    ]


@cache
def _published(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_document(name))


@cache
def _closed(name: str) -> Draft202012Validator:
    return Draft202012Validator(_without_room(schema_document(name)))


def _without_room(schema: Any) -> Any:
    """Return a schema with no room for further fields in any object whose fields it lists."""
    if isinstance(schema, list):
        return [_without_room(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _without_room(each) for name, each in schema.items()}
    if isinstance(found.get("properties"), dict) and "type" in found and "additionalProperties" not in found:
        found["unevaluatedProperties"] = False
    return found
