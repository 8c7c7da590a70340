"""Starts and stops the reference endpoint."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from blackbox.errors import ConfigError, UsageError
from blackbox.serve.catalogue import folder, members
from blackbox.serve.requestlog import RequestLog
from blackbox.serve.special import is_special, loaded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import uvicorn
    from starlette.applications import Starlette

    from blackbox.serve.generation import Answerer
    from blackbox.serve.worker import Worker

_NEEDED = ("torch", "transformers", "tokenizers", "safetensors", "starlette", "uvicorn")
_PATIENCE_S = 10.0


@contextmanager
def running(
    models: Mapping[str, str | Path], *, port: int = 0, host: str = "127.0.0.1", log: RequestLog | None = None
) -> Iterator[str]:
    """Serve models over HTTP while the context is open; its value is the base URL, ending in `/v1`.

    Names that stand for the same weights share one loaded model.

    Args:
        models: Served name → zoo member, model folder, or a name that `special` knows (`a@int8`, `constant`).
        port: 0 takes a free one.
        host: Address to listen on: loopback, unless told otherwise.
        log: Where requests are recorded.

    Raises:
        ConfigError: The packages of the extra `serve` are missing.
        UsageError: A model is not there, or the address is taken.
    """
    check_installed()
    places = {name: _place(model) for name, model in models.items()}
    from blackbox.serve.app import build_app
    from blackbox.serve.worker import Worker

    worker = Worker()
    app = build_app(_loaded(places, worker), RequestLog() if log is None else log)
    with _listening(host, port) as listener, _serving(app, listener), worker.working():
        yield f"http://{_shown(host)}:{listener.getsockname()[1]}/v1"


def check_installed() -> None:
    """Check that the packages of the extra `serve` are there.

    Raises:
        ConfigError: Some are missing.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        lacking = ", ".join(missing)
        raise ConfigError(f"serving models needs {lacking}; run: pip install 'blackbox-similarity[serve]'")


def _place(model: str | Path) -> Path | str:
    if isinstance(model, str) and is_special(model):
        return model
    if isinstance(model, str) and model in members():
        return folder(model)
    path = Path(model)
    if not path.is_dir():
        raise UsageError(f"no model {str(model)!r}: neither a folder nor in the zoo ({', '.join(members())})")
    return path.resolve()


def _loaded(places: Mapping[str, Path | str], worker: Worker) -> dict[str, Answerer]:
    by_place = {place: loaded(place, worker) for place in dict.fromkeys(places.values())}
    return {name: by_place[place] for name, place in places.items()}


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}") from error
        listener.listen(1024)
        yield listener


@contextmanager
def _serving(app: Starlette, listener: socket.socket) -> Iterator[None]:
    import uvicorn

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="blackbox-serve-http", daemon=True
    )
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_S)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    while not server.started:
        if not thread.is_alive():
            raise UsageError("the reference endpoint could not start")
        pause.wait(0.005)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
