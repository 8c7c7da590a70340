"""Tests against real servers: left out of the ordinary run, `pytest -m servers tests/servers` runs them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

_PATIENCE_S = 300.0


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "servers: starts a real server of another project; run with -m servers")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these tests out unless they are asked for by their marker."""
    if "servers" in (config.option.markexpr or ""):
        return
    left_out = [item for item in items if item.get_closest_marker("servers")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def transformers_serve(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], AbstractContextManager[str]]:
    """Serve a model folder with `transformers serve`; the context's value is the base URL."""
    home = tmp_path_factory.mktemp("hf-home")
    (home / "hub").mkdir()

    @contextmanager
    def serve(folder: Path) -> Iterator[str]:
        port, log = _free_port(), home / f"{folder.name}.log"
        command = [str(Path(sys.executable).parent / "transformers"), "serve", str(folder), "--device", "cpu",
                   "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
        environ = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        with (
            log.open("wb") as out,
            subprocess.Popen(command, env=environ, stdout=out, stderr=subprocess.STDOUT) as server,
        ):
            try:
                _wait_for(f"http://127.0.0.1:{port}/health", server, log)
                yield f"http://127.0.0.1:{port}/v1"
            finally:
                server.terminate()

    return serve


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    last = time.monotonic() + _PATIENCE_S
    while time.monotonic() < last and server.poll() is None:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - loopback
                return
        except (URLError, OSError):
            time.sleep(0.2)
    tail = log.read_text("utf-8", "replace")[-1500:]
    pytest.fail(f"transformers serve did not come up (it needs fastapi, uvicorn and accelerate): {tail}")
