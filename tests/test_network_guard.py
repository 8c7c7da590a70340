"""The guard that keeps tests on loopback does catch one that is not."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = "192.0.2.1"  # a documentation address: nothing answers there
LEAK = f"""
import contextlib, socket
def test_leaks():
    with contextlib.suppress(OSError):
        socket.create_connection(("{ELSEWHERE}", 9), 1)
"""


def _attempts(network_log: Path) -> list[str]:
    found = network_log.read_text(encoding="utf-8").split()
    network_log.write_text("", encoding="utf-8")  # or the guard would fail this test, as it should any other
    return found


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_connection_beyond_loopback_is_refused_and_written_down(method: str, network_log: Path) -> None:
    """A socket to another machine raises at once, without a packet."""
    with socket.socket() as client, pytest.raises(OSError, match="loopback only"):
        getattr(client, method)((ELSEWHERE, 9))

    assert _attempts(network_log) == [ELSEWHERE]


def test_a_name_look_up_is_refused(network_log: Path) -> None:
    """No name server is asked."""
    with pytest.raises(OSError, match="loopback only"):
        socket.getaddrinfo("example.org", 443)

    assert _attempts(network_log) == ["example.org"]


async def test_asyncio_is_guarded_too(network_log: Path) -> None:
    """The event loop's own connections go through the same door."""
    with pytest.raises(OSError, match="loopback only"):
        await asyncio.open_connection(ELSEWHERE, 9)

    assert set(_attempts(network_log)) == {ELSEWHERE}


def test_a_child_process_is_guarded_even_where_it_swallows_the_error(network_log: Path) -> None:
    """A Python that a test starts is held to loopback, and its attempt is seen here."""
    program = f"import socket\ntry: socket.create_connection(('{ELSEWHERE}', 9), 1)\nexcept OSError: pass"

    subprocess.run([sys.executable, "-c", program], check=True)

    assert set(_attempts(network_log)) == {ELSEWHERE}


def test_loopback_stays_open(network_log: Path) -> None:
    """A server on this machine can be reached by address and by name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, server.getsockname()[1])).close()

    assert _attempts(network_log) == []


def test_a_test_that_leaves_loopback_fails(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Run under this project's own conftest, a leaking test fails even if the code under test hides the error."""
    own = request.config.rootpath / "tests"
    shutil.copy(own / "conftest.py", tmp_path)
    shutil.copytree(own / "network_guard", tmp_path / "network_guard")
    (tmp_path / "test_leak.py").write_text(LEAK, encoding="utf-8")

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1
    assert f"tried to reach {ELSEWHERE}" in ran.stdout
    assert "1 passed, 1 error" in ran.stdout
