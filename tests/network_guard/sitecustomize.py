"""Lets a Python process speak to loopback only.

`tests/conftest.py` installs it in the test process and puts this folder on `PYTHONPATH`, so that every Python a
test starts imports it by its name before anything else runs.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path
from typing import Any

LOG = "BLACKBOX_TEST_NETWORK_LOG"  # the file every attempt is written to, whatever becomes of the error


class BeyondLoopback(OSError):
    """A connection or a name look-up that would have left this machine."""


def is_local(host: object) -> bool:
    """Return whether a host names this machine itself, without asking a name server."""
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if text is None or text in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(text).partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse(host: object) -> None:
    """Write the attempt down, then raise."""
    with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
        log.write(f"{host}\n")
    raise BeyondLoopback(f"a test may speak to loopback only, not to {host!r}")


def install() -> None:
    """Guard every way out that Python's socket module offers."""
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, name, _guarded_lookup(getattr(socket, name)))


def _guarded(method: Any) -> Any:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if self.family != getattr(socket, "AF_UNIX", None) and not is_local(address[0]):
            refuse(address[0])
        return method(self, *arguments)

    return guarded


def _guarded_lookup(function: Any) -> Any:
    def guarded(host: Any, *arguments: Any, **options: Any) -> Any:
        if not is_local(host):
            refuse(host)
        return function(host, *arguments, **options)

    return guarded


if LOG in os.environ:
    install()
