"""Tests against real servers: left out of the ordinary run, their markers ask for them.

`pytest -m servers tests/servers` starts `transformers serve`; `pytest -m by_hand tests/servers` asks a server that
somebody has started.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

MARKERS = {
    "servers": "starts a real server of another project; run with -m servers",
    "by_hand": "asks a real server that somebody has started; run with -m by_hand",
}
_PATIENCE_S = 900.0
"""Half a minute on a quiet machine, minutes on a crowded one: only a server that never comes up is to fail."""
_MOST_STARTS = 3
_NEEDED = ("transformers", "torch", "fastapi", "uvicorn", "accelerate")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for name, says in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {says}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these tests out unless they are asked for by their marker."""
    asked = config.option.markexpr or ""
    for name in (name for name in MARKERS if name not in asked):
        left_out = [item for item in items if item.get_closest_marker(name)]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Any]], Any]:
    """Make something that JSON can hold once for all workers of a parallel run: the others wait and read it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own

    def made(name: str, make: Callable[[], Any]) -> Any:
        kept = shared / f"{name}.json"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.is_file():
                document = json.dumps(make())
                kept.write_text(document, encoding="utf-8")
        return json.loads(kept.read_text(encoding="utf-8"))

    return made


@pytest.fixture(scope="session")
def transformers_serve(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], AbstractContextManager[str]]:
    """Serve a model folder with `transformers serve`; the context's value is the base URL."""
    command = shutil.which("transformers", path=str(Path(sys.executable).parent)) or shutil.which("transformers")
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if command is None or missing:
        pytest.skip(f"transformers serve is not available here, without {', '.join(missing) or 'its command'}")
    home = tmp_path_factory.mktemp("hf-home")
    (home / "hub").mkdir()

    @contextmanager
    def serve(folder: Path) -> Iterator[str]:
        log = home / f"{folder.name}.log"
        for _ in range(_MOST_STARTS):
            port = _free_port()
            with _started([command, "serve", str(folder)], port, home, log) as server:
                if _is_up(f"http://127.0.0.1:{port}/health", server):
                    yield f"http://127.0.0.1:{port}/v1"
                    return
                if server.poll() is None:
                    break  # it hangs; only one that ended may have lost its port to another program
        pytest.fail(f"transformers serve did not come up: {log.read_text('utf-8', 'replace')[-1500:]}")

    return serve


@contextmanager
def _started(command: list[str], port: int, home: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    whole = [*command, "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
    environ = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with (
        log.open("wb") as out,
        subprocess.Popen(whole, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT) as server,
    ):
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _is_up(url: str, server: subprocess.Popen[bytes]) -> bool:
    last = time.monotonic() + _PATIENCE_S
    while time.monotonic() < last and server.poll() is None:
        try:
            with urlopen(url, timeout=30):  # noqa: S310 - loopback
                return True
        except (URLError, OSError):
            time.sleep(0.5)
    return False
