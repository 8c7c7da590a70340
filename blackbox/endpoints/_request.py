"""Builds what is sent: the body's fields from a call, headers and keys from the named environment variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from blackbox.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.core import Call, EndpointSpec

TOKEN_LIMIT_FIELDS = ("max_tokens", "max_completion_tokens")

_OWN_FIELDS = frozenset({
    "model", "messages", "temperature", "top_p", "stop", "seed", "logprobs", "top_logprobs", "tools", "n", "stream",
    *TOKEN_LIMIT_FIELDS,
})  # fmt: skip
"""Fields that suite, endpoint and decoding decide; set a second time in extra_body they would falsify the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Headers with secret values, and the values themselves so that they can be removed from replies."""

    headers: Mapping[str, str]
    secrets: tuple[str, ...]


def read_credentials(spec: EndpointSpec, environ: Mapping[str, str]) -> Credentials:
    """Return the headers an endpoint's environment variables fill.

    Raises:
        ConfigError: A named variable is not set, or its value cannot stand in a header.
    """
    headers: dict[str, str] = {}
    secrets = []
    if spec.api_key_env is not None:
        secrets.append(_value(spec, environ, spec.api_key_env))
        headers["authorization"] = f"Bearer {secrets[-1]}"
    for name, variable in spec.headers_env.items():
        secrets.append(_value(spec, environ, variable))
        headers[name.lower()] = secrets[-1]
    return Credentials(headers=headers, secrets=tuple(secrets))


def check_spec(spec: EndpointSpec) -> None:
    """Check what cannot be found out from the server.

    Raises:
        ConfigError: base_url is no http address or holds a user name or password, or extra_body or
            token_limit_field contradict what is recorded as sent.
    """
    address = _split(spec)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ConfigError(f"endpoint {spec.name}: base_url {spec.base_url!r} is not an http or https address")
    if address.username is not None or address.password is not None:
        raise ConfigError(f"endpoint {spec.name}: base_url holds a user name or password; name a variable instead")
    taken = sorted(_OWN_FIELDS & set(spec.extra_body))
    if taken:
        raise ConfigError(f"endpoint {spec.name}: extra_body sets {', '.join(taken)}; write it under decoding or model")
    if spec.routing and "provider" in spec.extra_body:
        raise ConfigError(f"endpoint {spec.name}: extra_body sets provider, and so does routing; keep routing")
    if spec.token_limit_field not in TOKEN_LIMIT_FIELDS:
        allowed = " or ".join(TOKEN_LIMIT_FIELDS)
        raise ConfigError(f"endpoint {spec.name}: token_limit_field is {spec.token_limit_field!r}, not {allowed}")


def request_body(spec: EndpointSpec, call: Call) -> dict[str, Any]:
    """Return the body of one chat completion: all that is stated, nothing that is not."""
    decoding = call.decoding
    stated = {
        "model": spec.model,
        "messages": [{"role": message.role, "content": message.content} for message in call.messages],
        "temperature": decoding.temperature,
        "top_p": decoding.top_p,
        "seed": decoding.seed,
        spec.token_limit_field: decoding.max_output_tokens,
        "stop": list(decoding.stop) or None,
        "logprobs": None if decoding.top_logprobs is None else True,
        "top_logprobs": decoding.top_logprobs,
        "tools": [dict(tool) for tool in call.tools] or None,
        "provider": dict(spec.routing) or None,
    }
    asked = {name: value for name, value in stated.items() if value is not None} | dict(spec.extra_body)
    laid_over = {name: value for name, value in call.body.items() if value is not None}
    return {name: value for name, value in asked.items() if name not in call.body} | laid_over


def _value(spec: EndpointSpec, environ: Mapping[str, str], variable: str) -> str:
    value = environ.get(variable, "").strip()
    if not value:
        raise ConfigError(f"endpoint {spec.name}: the environment variable {variable} is not set; export it")
    if not value.isascii() or not value.isprintable():
        raise ConfigError(f"endpoint {spec.name}: the value of {variable} holds a character no header can carry")
    return value


def _split(spec: EndpointSpec) -> Any:  # noqa: ANN401 - urllib's own result type
    try:
        address = urlsplit(spec.base_url)
        _ = address.port
    except ValueError:
        raise ConfigError(f"endpoint {spec.name}: base_url {spec.base_url!r} is not an address") from None
    return address
