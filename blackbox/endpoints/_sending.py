"""Opens the connections below the guard: the proxy the environment names, and many small pools instead of one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from blackbox.errors import ConfigError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

    from blackbox.core import EndpointSpec

CONNECTIONS_A_POOL = 8
"""httpx2's cost of a request grows with its pool; several small ones carry more requests a second."""

_KEEPALIVE_S = 3.0
"""Common servers close idle connections after 5 s; one closed while we write to it would cost an attempt."""


def open_connections(spec: EndpointSpec, environ: Mapping[str, str]) -> httpx2.AsyncBaseTransport:
    """Return a transport for `spec.concurrency` connections (pools are of equal size, so it may be a few more).

    They go through the proxy that `environ` names, if any.

    Raises:
        ConfigError: The proxy's address is of a kind that is not supported.
    """
    proxy = proxy_for(spec.base_url, environ)
    tls = httpx2.create_ssl_context()  # reads the certificate bundle: once for all pools
    try:
        pools = [_pool(size, proxy, tls) for size in _pool_sizes(spec.concurrency)]
    except (ValueError, ImportError):
        raise ConfigError(f"endpoint {spec.name}: the proxy must be an http or https address") from None
    return pools[0] if len(pools) == 1 else Pools(pools)


def proxy_for(base_url: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy that the usual variables name for this address; loopback never has one."""
    variables = {name.lower(): value.strip() for name, value in environ.items()}
    address = urlsplit(base_url)
    host = (address.hostname or "").lower()
    if host in {"localhost", "::1"} or host.startswith("127.") or _exempt(host, variables.get("no_proxy", "")):
        return None
    return variables.get(f"{address.scheme}_proxy") or variables.get("all_proxy") or None


class Pools(httpx2.AsyncBaseTransport):
    """Sends each request through the pool with the fewest requests under way."""

    def __init__(self, pools: Sequence[httpx2.AsyncBaseTransport]) -> None:
        self._pools = list(pools)
        self._busy = [0] * len(self._pools)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; a pool counts as busy until it has answered with headers."""
        chosen = min(range(len(self._pools)), key=self._busy.__getitem__)
        self._busy[chosen] += 1
        try:
            return await self._pools[chosen].handle_async_request(request)
        finally:
            self._busy[chosen] -= 1

    async def aclose(self) -> None:
        """Close every pool."""
        for pool in self._pools:
            await pool.aclose()


def _pool(size: int, proxy: str | None, tls: ssl.SSLContext) -> httpx2.AsyncHTTPTransport:
    limits = httpx2.Limits(max_connections=size, max_keepalive_connections=size, keepalive_expiry=_KEEPALIVE_S)
    return httpx2.AsyncHTTPTransport(limits=limits, proxy=proxy, verify=tls)


def _pool_sizes(connections: int) -> list[int]:
    """Return equal sizes, because the pools are loaded equally."""
    n_pools = math.ceil(connections / CONNECTIONS_A_POOL)
    return [math.ceil(connections / n_pools)] * n_pools


def _exempt(host: str, no_proxy: str) -> bool:
    names = [name.strip().lower().lstrip(".") for name in no_proxy.split(",") if name.strip()]
    return any(name in ("*", host) or host.endswith(f".{name}") for name in names)
