"""`serve`: models of the zoo on loopback, honest or with what a script does to them."""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from blackbox import serve
from blackbox.errors import UsageError
from blackbox.workflow.serving_script import read_script

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRequest:
    """What to serve, and how.

    Args:
        models: Each `NAME=MEMBER` or a member's own name; none: every member of the zoo.
        quirks: Each `NAME` or `NAME=VALUE`, for all models.
        script: File with further quirks and faults.
        reasoning: Served names that are declared reasoning models.
        log: File to which requests are appended.
        port: 0 takes a free one.
        host: Address to listen on.
    """

    models: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    script: Path | None = None
    reasoning: tuple[str, ...] = ()
    log: Path | None = None
    port: int = 0
    host: str = "127.0.0.1"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the person should know before it starts."""
        if _is_loopback(self.host):
            return ()
        return (f"{self.host} is not loopback: whoever reaches this machine can ask these models, without a key",)


def serve_until_interrupted(request: ServeRequest, *, announce: Callable[[str, tuple[str, ...]], None]) -> None:
    """Serve until Ctrl-C.

    Args:
        request: What to serve.
        announce: Told the base URL and the model names once requests are answered.

    Raises:
        UsageError: A model, quirk, fault or address is wrong, or the log cannot be written.
        SuiteError: The script is wrong; the line says where.
    """
    models = _models(request.models)
    script = serve.Script() if request.script is None else read_script(request.script, served=tuple(models))
    script = replace(script, reasoning=(*script.reasoning, *request.reasoning))
    with serve.running(
        models,
        quirks=dict.fromkeys(models, request.quirks),
        script=script,
        port=request.port,
        host=request.host,
        log=_log(request.log),
    ) as base_url:
        announce(base_url, tuple(models))
        threading.Event().wait()


def catalogue() -> dict[str, Any]:
    """Return the `blackbox.serve-catalogue/1` document: every quirk and fault."""
    return {
        "schema": "blackbox.serve-catalogue/1",
        "quirks": [
            {"name": kind.name, "does": kind.does, "value": kind.value, "default": kind.default}
            for kind in serve.QUIRKS.values()
        ],
        "faults": [
            {
                "name": kind.name,
                "does": kind.does,
                "value": kind.value,
                "default": None if kind.value is None else kind.default,
                "becomes": kind.becomes,
            }
            for kind in serve.FAULTS.values()
        ],
    }


def _models(texts: Sequence[str]) -> dict[str, str]:
    if not texts:
        return {name: name for name in serve.members()}
    models: dict[str, str] = {}
    for text in texts:
        name, stated, member = text.partition("=")
        if not name or (stated and not member):
            raise UsageError(f"--model {text!r} is not NAME=MEMBER; write e.g. --model product=a")
        if name in models:
            raise UsageError(f"--model {name!r} is given twice; write each name once")
        models[name] = member or name
    return models


def _log(path: Path | None) -> serve.RequestLog:
    if path is not None:
        try:
            path.open("a", encoding="ascii").close()
        except OSError as error:
            raise UsageError(f"--log {path}: {(error.strerror or 'not writable').lower()}") from None
    return serve.RequestLog(path)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
