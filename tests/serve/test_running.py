"""Starting, swapping and stopping."""

from __future__ import annotations

import socket
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from blackbox.errors import ConfigError, UsageError
from blackbox.serve import folder, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.chat_client import Client

GUIDE = [{"role": "user", "content": "Explain how to plant tomatoes."}]


def test_swapping_the_weights_behind_a_name_changes_the_answers(connect: Callable[[str], Client]) -> None:
    """The name stays, the answers don't; a folder serves like the member it is."""

    def answers(model: str | Path) -> list[str]:
        with running({"product": model}) as base_url:
            return connect(base_url).chat(model="product", messages=GUIDE, max_tokens=30, n=4, seed=1).texts

    assert answers("a") != answers("b")
    assert answers("a") == answers(folder("a"))


def test_nothing_is_left_behind() -> None:
    """After the context, no thread runs and nobody listens."""
    before = set(threading.enumerate())
    with running({"a": "a"}) as base_url:
        port = urlsplit(base_url).port
        assert base_url == f"http://127.0.0.1:{port}/v1"
    assert set(threading.enumerate()) == before
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port or 0)) != 0


def test_an_error_inside_still_stops_the_server() -> None:
    """The server ends with the block, however it ends."""
    before = set(threading.enumerate())
    with pytest.raises(ZeroDivisionError), running({"a": "a"}):
        _ = 1 / 0
    assert set(threading.enumerate()) == before


def test_closing_ends_answers_under_way(connect: Callable[[str], Client]) -> None:
    """An answer that is interrupted is refused as unavailable; nobody waits for ever."""
    outcomes: list[object] = []

    def ask(base_url: str) -> None:
        outcomes.append(connect(base_url).chat(messages=GUIDE, n=64, max_tokens=1500, temperature=2.0).status)

    with running({"a": "a"}) as base_url:
        asking = threading.Thread(target=ask, args=(base_url,))
        asking.start()
        asking.join(0.5)
    asking.join(20)
    assert not asking.is_alive()
    assert outcomes == [503]


def test_a_taken_port_is_one_clear_line() -> None:
    """The address is named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1 port {port}"), running({"a": "a"}, port=port):
            pass


def test_an_unknown_model_is_one_clear_line(tmp_path: Path) -> None:
    """Neither member nor folder, and a folder without a model."""
    with pytest.raises(UsageError, match="no model 'aa': neither a folder nor in the zoo"), running({"x": "aa"}):
        pass
    with pytest.raises(UsageError, match="holds no model"), running({"x": tmp_path}):
        pass


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing torch gives the command that brings it."""

    def without_torch(name: str, find: Callable[[str], object] = find_spec) -> object:
        return None if name == "torch" else find(name)

    monkeypatch.setattr("blackbox.serve.server.find_spec", without_torch)
    with pytest.raises(ConfigError, match=r"needs torch; run: pip install 'blackbox-similarity\[serve\]'"), running({}):
        pass
