"""Presets: what is known of a vendor's endpoint before anything was measured, each with source and date."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

SCHEMA = "blackbox.presets/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One vendor's endpoint as its documentation describes it.

    Args:
        name: What `preset:` in a configuration names.
        title: Vendor and region.
        base_url: Where requests go unless the configuration says otherwise.
        api_key_env: Variable that usually holds the vendor's key; it goes to `hosts` only.
        kind: Endpoint kind.
        hosts: Host names of the vendor; `*.` stands for one label or more.
        routing: Sent with every request.
        needs: Settings without which the endpoint is not one server, e.g. `routing.order`.
        token_limit_field: Field that carries the output limit.
        extra_body: Sent with every request.
        known_quirks: What to expect, printed with results.
        source: Address of the vendor's page.
        date: When that page was read.
        status: `unverified` until the endpoint itself was measured.
    """

    name: str
    title: str
    base_url: str
    api_key_env: str | None
    kind: str
    hosts: tuple[str, ...]
    source: str
    date: date
    routing: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    token_limit_field: str = "max_tokens"  # noqa: S105 - the name of a JSON field
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    known_quirks: tuple[str, ...] = ()
    status: Literal["unverified"] = "unverified"

    def is_own_host(self, base_url: str) -> bool:
        """Return whether `base_url` is the vendor's, so that its ambient key may go there."""
        host = (urlsplit(base_url).hostname or "").lower()
        return any(
            host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:])) for pattern in self.hosts
        )


@cache
def load_presets() -> Mapping[str, Preset]:
    """Return the shipped presets by name, in the order of the file."""
    import yaml

    document = yaml.safe_load(files("blackbox.endpoints").joinpath("presets.yaml").read_text("utf-8"))
    if document["schema"] != SCHEMA:
        raise ValueError(f"presets.yaml has schema {document['schema']!r}, not {SCHEMA!r}")
    return MappingProxyType({name: _preset(name, entry) for name, entry in document["presets"].items()})


def _preset(name: str, entry: Mapping[str, Any]) -> Preset:
    lists = {key: tuple(entry.get(key, ())) for key in ("hosts", "needs", "known_quirks")}
    return Preset(name=name, **{**entry, **lists})
