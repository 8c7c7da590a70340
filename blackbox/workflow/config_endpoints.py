"""Endpoint blocks to `EndpointSpec`s: presets filled in, addresses checked, ambient keys kept at their vendor."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from blackbox import registry
from blackbox.core import Decoding, EndpointSpec, Prices
from blackbox.errors import ConfigError, SuiteError
from blackbox.suites.fields import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blackbox.endpoints._presets import Preset
    from blackbox.suites.fields import Place
    from blackbox.workflow.config_file import DecodingBlock, EndpointBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One endpoint and what a person should know about it."""

    spec: EndpointSpec
    warnings: tuple[str, ...]


def resolve(name: str, block: EndpointBlock, place: Place) -> Resolved:
    """Return the endpoint that a block describes.

    Raises:
        ConfigError: Unknown preset or kind, a missing part, or an address that is not plain http(s).
    """
    try:
        return _resolved(name, block, place)
    except SuiteError as error:
        raise ConfigError(str(error)) from None


def missing_variables(spec: EndpointSpec, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the environment variables that an endpoint names and that are not set, or set to nothing."""
    named = ([spec.api_key_env] if spec.api_key_env else []) + sorted(spec.headers_env.values())
    return tuple(dict.fromkeys(name for name in named if not environ.get(name, "").strip()))


def _resolved(name: str, block: EndpointBlock, place: Place) -> Resolved:
    preset = _preset(block, place)
    kind = _kind(block.kind or (preset.kind if preset else None), place)
    base_url = _base_url(block.base_url or (preset.base_url if preset else None), place)
    key_env, warnings = _key_variable(name, block, preset, base_url)
    spec = EndpointSpec(
        name=name,
        kind=kind,
        base_url=base_url,
        model=block.model,
        claimed_model=block.claimed_model,
        api_key_env=key_env,
        decoding=_decoding(block.decoding),
        headers_env=dict(block.headers_env),
        extra_body={**(preset.extra_body if preset else {}), **block.extra_body},
        routing={**(preset.routing if preset else {}), **block.routing},
        rpm=block.rpm,
        tpm=block.tpm,
        concurrency=block.concurrency,
        timeout_s=block.timeout_s,
        prices=Prices(**block.prices.model_dump()) if block.prices else None,
        preset=block.preset,
        token_limit_field=_token_limit_field(block, preset),
        known_quirks=(*_unmet(block, preset), *(preset.known_quirks if preset else ())),
    )
    unmet = (f"{name}: {quirk}" for quirk in _unmet(block, preset))
    return Resolved(spec=spec, warnings=(*warnings, *unmet, *_open_air(spec)))


def _preset(block: EndpointBlock, place: Place) -> Preset | None:
    if block.preset is None:
        return None
    from blackbox.endpoints._presets import load_presets

    presets = load_presets()
    if block.preset not in presets:
        raise place.at("preset").error(
            f"unknown preset {block.preset!r}", write=did_you_mean(block.preset, sorted(presets))
        )
    return presets[block.preset]


def _kind(kind: str | None, place: Place) -> str:
    if kind is None:
        raise place.error("neither preset nor kind", write="write preset: NAME, or kind: openai-chat and base_url: …")
    known = [name.replace("_", "-") for name in registry.names("endpoints")]
    if kind.replace("_", "-") not in known:
        raise place.at("kind").error(f"unknown kind {kind!r}", write=did_you_mean(kind, known))
    return kind.replace("_", "-")


def _base_url(text: str | None, place: Place) -> str:
    if text is None:
        raise place.error("no address", write="write preset: NAME, or base_url: https://host/v1")
    here = place.at("base_url")
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise here.error("not an address", write="write e.g. base_url: https://host/v1") from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        # The address itself is not repeated: what stands there may be a key.
        raise here.error(
            "the address holds credentials, a query or a fragment", write="write scheme, host and path only"
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_valid or re.search(r"[\s\\]", text):
        raise here.error(f"{text!r} is not an http(s) address", write=f"write e.g. base_url: {_nearest(parts, text)}")
    return text.rstrip("/")


def _nearest(parts: SplitResult, text: str) -> str:
    bare = text.strip().removeprefix("//")
    return (
        f"https://{bare}" if not parts.scheme and re.fullmatch(r"[\w.\-]+(:\d+)?(/\S*)?", bare) else "https://host/v1"
    )


def _key_variable(
    name: str, block: EndpointBlock, preset: Preset | None, base_url: str
) -> tuple[str | None, tuple[str, ...]]:
    """Return the variable whose value is sent; a preset's own goes to the preset's hosts and nowhere else."""
    if "api_key_env" in block.model_fields_set or preset is None or preset.api_key_env is None:
        return block.api_key_env, ()
    if preset.is_own_host(base_url):
        return preset.api_key_env, ()
    host = urlsplit(base_url).hostname
    warning = (
        f"{name}: {preset.api_key_env} is not sent to {host}, which is not a host of preset {preset.name}; "
        f"write api_key_env: {preset.api_key_env} in the block if it should be"
    )
    return None, (warning,)


def _unmet(block: EndpointBlock, preset: Preset | None) -> tuple[str, ...]:
    """Return what the preset needs and the block doesn't say: such an endpoint may be several servers in one."""
    said = {"routing": block.routing, "extra_body": block.extra_body}
    wanted = (need.partition(".") for need in (preset.needs if preset else ()))
    return tuple(
        f"{where}.{what} is not set, so different servers may answer; write {where}: {{{what}: …}}"
        for where, _, what in wanted
        if not said.get(where, {}).get(what)
    )


def _open_air(spec: EndpointSpec) -> tuple[str, ...]:
    parts = urlsplit(spec.base_url)
    if parts.scheme == "https" or not (spec.api_key_env or spec.headers_env) or _is_local(parts.hostname or ""):
        return ()
    return (f"{spec.name}: the key travels unencrypted to {parts.hostname}; use https",)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _decoding(block: DecodingBlock | None) -> Decoding | None:
    if block is None:
        return None
    fields: dict[str, Any] = block.model_dump()
    return Decoding(**{**fields, "stop": tuple(block.stop)})


def _token_limit_field(block: EndpointBlock, preset: Preset | None) -> str:
    return block.token_limit_field or (preset.token_limit_field if preset else None) or "max_tokens"
