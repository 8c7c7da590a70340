"""Between records and JSON, by hand and strict: every field is there, none is unknown, none is coerced.

Texts keep lone surrogates bit for bit, which is why no validation library reads them. (Two surrogates that
form a pair are the character they encode: canonical JSON has one spelling for both.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from blackbox.core import (
    TEXT_OUTCOMES,
    CallError,
    Decoding,
    Manifest,
    Observation,
    Outcome,
    TokenLogprob,
    Usage,
    plain,
)
from blackbox.errors import EvidenceDamaged

RUN_SCHEMA = "blackbox.run/1"

Decode: TypeAlias = Callable[[Any], Any]

_LARGEST = 2**63 - 1


def encode_observation(observation: Observation) -> dict[str, Any]:
    """Return the journal body of an observation."""
    body: dict[str, Any] = plain(observation)
    return body


def decode_observation(body: object, *, where: str) -> Observation:
    """Return the observation of a journal body.

    Args:
        body: Parsed JSON.
        where: What to call it in an error, e.g. `journal.jsonl: line 7`.

    Raises:
        EvidenceDamaged: A field is missing, unknown, of another type or at odds with the others.
    """
    try:
        observation = Observation(**_fields(body, _OBSERVATION))
        _consistent(observation)
    except ValueError as error:
        raise EvidenceDamaged(f"{where} is no observation: {error}") from error
    return observation


def encode_manifest(manifest: Manifest) -> dict[str, Any]:
    """Return the JSON object of a manifest."""
    body: dict[str, Any] = plain(manifest)
    return body


def decode_manifest(body: object, *, where: str) -> Manifest:
    """Return the manifest of a parsed `manifest.json`.

    Raises:
        EvidenceDamaged: A field is missing, unknown or of another type, or the schema is another.
    """
    try:
        _check_schema(body)
        return Manifest(**_fields(body, _MANIFEST))
    except ValueError as error:
        raise EvidenceDamaged(f"{where} is no manifest: {error}") from error


def _fields(value: object, decoders: Mapping[str, Decode]) -> dict[str, Any]:
    body = _object(value)
    if body.keys() != decoders.keys():
        unknown, absent = sorted(body.keys() - decoders.keys()), sorted(decoders.keys() - body.keys())
        raise ValueError(f"unknown field {unknown[0][:64]!r}" if unknown else f"field {absent[0]!r} is missing")
    record = {}
    for name, decode in decoders.items():
        try:
            record[name] = decode(body[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return record


def _check_schema(body: object) -> None:
    schema = body.get("schema") if isinstance(body, dict) else None
    if schema != RUN_SCHEMA:
        raise ValueError(f"its schema is {str(schema)[:64]!r}, this version reads {RUN_SCHEMA!r}")


def _consistent(observation: Observation) -> None:
    if observation.key != f"{observation.probe_id}#{observation.repeat}":
        raise ValueError(f"key {observation.key!r} is not of probe and repeat")
    if observation.outcome in TEXT_OUTCOMES and observation.text is None:
        raise ValueError(f"outcome {observation.outcome} without a text")


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(_found("an object", value))  # noqa: TRY004 - its callers turn ValueError into words
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(_found("a list", value))  # noqa: TRY004 - as above
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(_found("a text", value))  # noqa: TRY004 - as above
    return value


def _answer(value: object) -> str:
    if value == "":
        raise ValueError("is '': an answer without text has no text")
    return _text(value)


def _count(value: object) -> int:
    if _integer(value) < 0:
        raise ValueError(_found("a count", value))
    return _integer(value)


def _integer(value: object) -> int:
    # Parquet and numpy hold 64 bits; nothing that is counted here needs more.
    if type(value) is not int or abs(value) > _LARGEST:
        raise ValueError(_found("a whole number", value))
    return value


def _number(value: object) -> float:
    if type(value) is int:
        return _integer(value)
    if type(value) is not float or not math.isfinite(value):
        raise ValueError(_found("a number", value))
    return value


def _time(value: object) -> datetime:
    time = datetime.fromisoformat(_text(value))
    if plain(time) != value:
        raise ValueError(_found("a UTC time with microseconds", value))
    return time


def _one_of(*words: str) -> Decode:
    def decode(value: object) -> str:
        if _text(value) not in words:
            raise ValueError(_found("one of " + ", ".join(words), value))
        return _text(value)

    return decode


def _optional(decode: Decode) -> Decode:
    return lambda value: None if value is None else decode(value)


def _tuple_of(decode: Decode) -> Decode:
    return lambda value: tuple(decode(item) for item in _list(value))


def _mapping_to(decode: Decode) -> Decode:
    return lambda value: {name: decode(item) for name, item in _object(value).items()}


def _record(kind: Callable[..., Any], decoders: Mapping[str, Decode]) -> Decode:
    return lambda value: kind(**_fields(value, decoders))


def _alternative(value: object) -> tuple[str, float]:
    pair = _list(value)
    if len(pair) != 2:  # noqa: PLR2004 - a token and its log-probability
        raise ValueError(_found("a token with its log-probability", value))
    return _text(pair[0]), _number(pair[1])


def _found(wanted: str, value: object) -> str:
    return f"expected {wanted}, found {ascii(value)[:64]}"


_optional_text = _optional(_text)
_optional_count = _optional(_count)
_optional_number = _optional(_number)

_USAGE = dict.fromkeys(("prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens"), _optional_count)
_DECODING: dict[str, Decode] = {
    "temperature": _optional_number,
    "top_p": _optional_number,
    "max_output_tokens": _optional_count,
    "seed": _optional(_integer),
    "stop": _tuple_of(_text),
    "top_logprobs": _optional_count,
}
_LOGPROB: dict[str, Decode] = {"token": _text, "logprob": _number, "top": _tuple_of(_alternative)}
_ERROR: dict[str, Decode] = {"kind": _text, "message": _text, "status": _optional(_integer)}

_OBSERVATION: dict[str, Decode] = {
    "key": _text,
    "probe_id": _text,
    "repeat": _count,
    "block_id": _count,
    "outcome": Outcome,
    "text": _optional(_answer),
    "reasoning": _optional_text,
    "tool_calls": _tuple_of(_object),
    "finish_reason_raw": _optional_text,
    "finish_reason": _optional_text,
    "logprobs": _optional(_tuple_of(_record(TokenLogprob, _LOGPROB))),
    "usage": _optional(_record(Usage, _USAGE)),
    "latency_s": _optional_number,
    "first_byte_s": _optional_number,
    "requested_at": _optional(_time),
    "attempts": _count,
    "response_id": _optional_text,
    "cache_headers": _mapping_to(_text),
    "served_model": _optional_text,
    "provider": _optional_text,
    "system_fingerprint": _optional_text,
    "sent_decoding": _optional(_record(Decoding, _DECODING)),
    "error": _optional(_record(CallError, _ERROR)),
}

_MANIFEST: dict[str, Decode] = {
    "schema": _text,
    "run_id": _text,
    "run_key": _text,
    "label": _text,
    "origin": _one_of("collected", "imported"),
    "status": _one_of("running", "interrupted", "stopped", "finished"),
    "suite_name": _text,
    "suite_version": _count,
    "suite_digest": _text,
    "endpoint": _object,
    "sent_decoding": _optional(_object),
    "honoured_decoding": _optional(_object),
    "plan": _object,
    "packages": _mapping_to(_text),
    "created_at": _time,
    "finished_at": _optional(_time),
    "totals": _mapping_to(_count),
    "cost": _optional_number,
    "journal_count": _count,
    "journal_head": _text,
    "warnings": _tuple_of(_text),
}
