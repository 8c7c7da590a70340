"""A configuration file (YAML, TOML or JSON of one schema) to checked fields, or to one line that says what to write."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from blackbox.errors import ConfigError, SuiteError
from blackbox.suites.fields import Place, did_you_mean, line_error, shown
from blackbox.suites.source import read
from blackbox.workflow.config_file import ConfigFile, DecodingBlock, EndpointBlock, PricesBlock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from blackbox.suites.fields import Path as Steps

_MAX_BYTES = 1_000_000
_SECRET_FIELDS = frozenset(
    {"accesskey", "accesstoken", "apikey", "apisecret", "authorization", "authtoken", "bearer", "bearertoken",
     "headers", "key", "password", "secret", "secretkey", "token", "xapikey"}
)  # fmt: skip
_SECRET_VALUE = re.compile(
    r"(?i:\bbearer\s+\S{8,})"
    r"|\b(?:sk|glpat|nvapi)[-_][A-Za-z0-9_\-]{12,}"
    r"|\b(?:rk|pk|gsk|xai|hf|ghp|r8|fw|pplx|dsk|ak)[-_][A-Za-z0-9]{16,}"
    r"|\bAIza[A-Za-z0-9_\-]{20,}|\bAKIA[A-Z0-9]{12,}|\beyJ[A-Za-z0-9_\-]{12,}"
)
_HINT = "put it in an environment variable and write api_key_env: NAME_OF_THE_VARIABLE"
_TOML_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_TOML_KEY = re.compile(r"\s*([A-Za-z0-9_.\-\"']+)\s*=")
_OPAQUE_LENGTH = 20
_IN_BLOCK = 3
"""Steps from the top to a field of an endpoint: endpoints, its name, the field."""


def read_file(path: Path) -> tuple[ConfigFile, Place]:
    """Return the checked fields of a configuration file and the place that knows their lines.

    Raises:
        ConfigError: One line with file, line, what is wrong and what to write; no value that may be a secret is in it.
    """
    try:
        return _checked(*_document(_text(path), path))
    except SuiteError as error:
        raise ConfigError(str(error)) from None


def looks_like_secret(value: str) -> bool:
    """Return whether a text has the shape of an API key rather than of a name or a setting."""
    opaque = len(value) >= _OPAQUE_LENGTH and value.isalnum() and bool(re.search(r"[a-z]", value))
    return bool(_SECRET_VALUE.search(value)) or (opaque and bool(re.search(r"\d.*\d.*\d", value)))


def _is_surely_secret(value: str) -> bool:
    """Return whether a text is a key even where a model or an endpoint is named: no name has such a part in it."""
    found = _SECRET_VALUE.search(value)
    parts = re.findall(r"[A-Za-z0-9]{16,}", found.group()) if found else []
    return any(not part.isalpha() and not part.isdigit() for part in parts)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"{path}: {(error.strerror or 'unreadable').lower()}; write one with: blackbox init"
        ) from None
    if len(data) > _MAX_BYTES:
        raise ConfigError(f"{path}: larger than {_MAX_BYTES:,} bytes; a configuration is a few lines")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise line_error(str(path), line, "not UTF-8 text; save the file as UTF-8") from None


def _document(text: str, path: Path) -> tuple[Mapping[str, Any], Place]:
    source = str(path)
    if path.suffix == ".toml":
        return _toml(text, source), Place(source=source, lines=dict(_toml_lines(text)))
    bare = "".join(
        line for line in text.splitlines(keepends=True) if line.strip() and not line.lstrip().startswith("#")
    )
    if not bare.strip("- \r\n"):
        return {}, Place(source=source)
    if not re.match(r"\s*(?:---\s*)?(?:\{|[\"'\w.-]+[\"']?\s*:|\t)", bare):
        raise line_error(source, 1, "expected fields; write e.g. endpoints: {my-endpoint: {preset: …, model: …}}")
    parsed = read(text, source)
    return parsed.document, parsed.place


def _toml(text: str, source: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        raise line_error(source, int(at[1]) if at else None, f"not valid TOML: {error}") from None


def _toml_lines(text: str) -> Iterator[tuple[Steps, int]]:
    """Yield the line of every table and key that stands at the start of a line, as TOML files are written."""
    table: Steps = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TOML_TABLE.fullmatch(line):
            table = _toml_steps(found[1])
            yield table, number
        elif found := _TOML_KEY.match(line):
            yield (*table, *_toml_steps(found[1])), number


def _toml_steps(dotted: str) -> Steps:
    return tuple(step.strip().strip("\"'") for step in dotted.split("."))


def _checked(document: Mapping[str, Any], place: Place) -> tuple[ConfigFile, Place]:
    _refuse_secrets(document, place)
    try:
        return ConfigFile.model_validate(document), place
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        # A field is often missing because it was misspelt: then its unknown name is what to show.
        raise _as_line(min(found, key=lambda each: each["type"] == "missing"), place) from None


def _refuse_secrets(value: object, place: Place) -> None:
    """Refuse fields that would hold a key and texts that look like one; the text itself is never repeated."""
    if isinstance(value, dict):
        for name, item in value.items():
            if _is_surely_secret(str(name)):
                raise place.error("a name here looks like a key, and keys are not written in this file", write=_HINT)
            here = place.at(name)
            if _is_secret_field(here.path):
                raise here.error("keys are not written in this file", write=_variable_hint(here.path))
            _refuse_secrets(item, here)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_secrets(item, place.at(index))
    elif isinstance(value, str) and (
        _is_surely_secret(value) or (_may_be_secret(place.path) and looks_like_secret(value))
    ):
        raise place.error(
            "this looks like a key, and keys are not written in this file", write=_variable_hint(place.path)
        )


def _may_be_secret(path: Steps) -> bool:
    """Return whether a text stands where a key could do its work: in an endpoint, not as the name of a model."""
    return len(path) >= _IN_BLOCK and path[-1] not in {"model", "claimed_model"}


def _is_secret_field(path: Steps) -> bool:
    name = re.sub(r"[^a-z]", "", str(path[-1]).lower())
    return len(path) >= _IN_BLOCK and path[-2] != "headers_env" and name in _SECRET_FIELDS


def _variable_hint(path: Steps) -> str:
    if "headers" in path or "headers_env" in path:
        return "put it in an environment variable and write headers_env: {Header-Name: NAME_OF_THE_VARIABLE}"
    return _HINT


def _as_line(error: ErrorDetails, place: Place) -> SuiteError:
    path = tuple(step for step in error["loc"] if step != "[key]")
    here = Place(source=place.source, path=path, lines=place.lines)
    if error["type"] == "extra_forbidden":
        hint = did_you_mean(str(path[-1]), list(_model_at(path[:-1]).model_fields))
        return line_error(here.source, here.line, f"unknown field {_label(path)}; {hint}")
    if error["type"] == "missing":
        return here.error("the field is missing", write=f"write {path[-1]}: …")
    if "api_key_env" in path or "headers_env" in path:
        return here.error("not the name of an environment variable", write="write a name such as MY_VENDOR_API_KEY")
    if error["loc"][-1] == "[key]":
        return here.error("not a valid endpoint name", write="write 1 to 64 of a-z 0-9 . _ -, e.g. my-endpoint")
    what = error["msg"].replace("Input should", "should")
    return here.error(f"found {shown(error['input'])}", write=what.lower() if what[:1] == "s" else what)


def _model_at(path: Steps) -> type[BaseModel]:
    if len(path) < _IN_BLOCK - 1:
        return ConfigFile
    inner: dict[Any, type[BaseModel]] = {"prices": PricesBlock, "decoding": DecodingBlock}
    return inner.get(path[-1], EndpointBlock) if len(path) == _IN_BLOCK else EndpointBlock


def _label(path: Steps) -> str:
    return ".".join(str(step) for step in path)
