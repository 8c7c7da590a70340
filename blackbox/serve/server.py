"""Starts and stops the reference endpoint."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from blackbox.errors import ConfigError, UsageError
from blackbox.serve.builds import BUILDS
from blackbox.serve.catalogue import folder, members
from blackbox.serve.requestlog import RequestLog
from blackbox.serve.rules import Script
from blackbox.serve.scripted_answers import with_scripted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import TypeGuard

    import uvicorn
    from starlette.applications import Starlette

    from blackbox.serve.generation import Answerer

_NEEDED = ("torch", "transformers", "tokenizers", "safetensors", "starlette", "uvicorn")
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a model lies, and how its weights are rounded."""

    folder: Path
    build: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """Models ready to answer, and the context in which they do."""

    answerers: Mapping[str, Answerer]
    working: Callable[[], AbstractContextManager[None]]


@contextmanager
def running(
    models: Mapping[str, str | Path | Answerer],
    *,
    quirks: Mapping[str, Iterable[str]] | None = None,
    script: Script | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
    log: RequestLog | None = None,
) -> Iterator[str]:
    """Serve models over HTTP while the context is open; its value is the base URL, ending in `/v1`.

    Names that stand for the same weights share one loaded model.

    Args:
        models: Served name → zoo member, model folder (either may end in `@int8`, `@int4` or `@bf16`), or
            something that answers; `constant` and `random-characters` are answerers without a model.
        quirks: Served name → quirks that always hold, each `NAME` or `NAME=VALUE`.
        script: Further quirks and faults with their conditions, and which models are declared reasoning ones.
        port: 0 takes a free one.
        host: Address to listen on: loopback, unless told otherwise.
        log: Where requests are recorded.

    Raises:
        ConfigError: The packages of the extra `serve` are missing.
        UsageError: A model or quirk is not there, or the address is taken.
    """
    check_installed()
    from blackbox.serve.app import Site

    models = with_scripted(models)
    whole = (script or Script()).with_quirks(quirks or {})
    members = {name: name if _answers(model) else str(model) for name, model in models.items()}
    _check_names(whole.names, known=members)
    ready = {members[name]: model for name, model in models.items() if _answers(model)}
    needed = {
        *members.values(),
        *(m for name in models for q in whole.quirks_of(name) for m in q.members(members[name])),
    }
    places = {member: _place(member) for member in sorted(needed) if member not in ready}
    loaded = _loaded(places)
    site = Site(
        members,
        {**loaded.answerers, **ready},
        script=whole,
        log=RequestLog() if log is None else log,
    )
    with _listening(host, port) as listener, _serving(site.app(), listener), loaded.working():
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


def _answers(model: str | Path | Answerer) -> TypeGuard[Answerer]:
    return not isinstance(model, (str, Path))


def _further(members: Mapping[str, str], script: Script) -> Iterator[str]:
    """Yield the members that quirks let answer in place of those that are served."""
    for name, member in members.items():
        for quirk in script.quirks_of(name):
            yield from quirk.members(member)


def _check_names(named: Iterable[str], *, known: Iterable[str]) -> None:
    for name in named:
        if name not in known:
            raise UsageError(f"no model is served as {name!r}; there are: {', '.join(known)}")


def _place(member: str) -> _Place:
    whole, at, build = member.rpartition("@")
    if not at or build not in BUILDS:
        whole, build = member, ""
    if whole in members():
        return _Place(folder=folder(whole), build=build or None)
    path = Path(whole)
    if not path.is_dir():
        builds = f", either with @{' or @'.join(BUILDS)}" if at else ""
        raise UsageError(f"no model {member!r}: neither a folder nor in the zoo ({', '.join(members())}){builds}")
    return _Place(folder=path.resolve(), build=build or None)


def _loaded(places: Mapping[str, _Place]) -> _Loaded:
    if not places:  # what answers without a model needs neither torch nor a thread
        return _Loaded(answerers={}, working=nullcontext)
    from blackbox.serve.language_model import LanguageModel
    from blackbox.serve.worker import ServedModel, Worker

    worker = Worker()
    by_place = {place: LanguageModel(place.folder, place.build) for place in dict.fromkeys(places.values())}
    answerers = {member: ServedModel(by_place[place], worker) for member, place in places.items()}
    return _Loaded(answerers=answerers, working=worker.working)


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

    from blackbox.serve.wire import WiredProtocol

    config = uvicorn.Config(
        app,
        http=WiredProtocol,
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
