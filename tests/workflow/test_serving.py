"""`serve` announces where it listens and ends with Ctrl-C."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from blackbox import serve
from blackbox.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest


def test_serve_announces_and_ends(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The base URL is data on stdout; Ctrl-C closes the server and is exit 130."""
    seen: list[object] = []

    @contextmanager
    def running(models: Mapping[str, str], *, port: int, **more: Any) -> Iterator[str]:
        seen.append((dict(models), port))
        assert "127.0.0.1" == more["host"]
        try:
            yield "http://127.0.0.1:1/v1"
        finally:
            seen.append("closed")

    class Interrupted(threading.Event):
        def wait(self, *_: float | None) -> bool:
            raise KeyboardInterrupt

    monkeypatch.setattr(serve, "members", lambda: ("a", "c"))
    monkeypatch.setattr(serve, "running", running)
    monkeypatch.setattr("blackbox.workflow.serving.threading.Event", Interrupted)
    assert 130 == main(["serve", "--port", "8123"])
    captured = capsys.readouterr()
    assert [({"a": "a", "c": "c"}, 8123), "closed"] == seen
    assert "http://127.0.0.1:1/v1\n" == captured.out
    assert "a, c" in captured.err
