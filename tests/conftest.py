"""What holds for every test: no network beyond loopback, fixed randomness, an environment without keys."""

from __future__ import annotations

import importlib.util
import os
import random
import re
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

_GUARD = Path(__file__).parent / "network_guard"

hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("fixed")


def pytest_configure(config: pytest.Config) -> None:
    """Guard this process and every Python it starts, before any test is collected."""
    handle, log = tempfile.mkstemp(prefix="blackbox-network-")
    os.close(handle)
    os.environ["BLACKBOX_TEST_NETWORK_LOG"] = log
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_GUARD), os.environ.get("PYTHONPATH")]))
    spec = importlib.util.spec_from_file_location("blackbox_network_guard", _GUARD / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    config.stash[_LOG] = Path(log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the log of attempts away."""
    config.stash[_LOG].unlink(missing_ok=True)


@pytest.fixture
def network_log(request: pytest.FixtureRequest) -> Path:
    """Return the file with one line for each attempt to leave this machine, from this process or its children."""
    return request.config.stash[_LOG]


@pytest.fixture(autouse=True)
def _stay_on_loopback(network_log: Path) -> Iterator[None]:
    network_log.write_text("", encoding="utf-8")
    yield
    attempts = network_log.read_text(encoding="utf-8").split()
    if attempts:  # also when the code under test swallowed the error
        pytest.fail(f"tried to reach {', '.join(sorted(set(attempts)))}; tests may speak to loopback only")


@pytest.fixture(autouse=True)
def _same_numbers_each_time(request: pytest.FixtureRequest) -> None:
    random.seed(_seed(request))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the person's own keys, proxies and settings out of the tests."""
    personal = re.compile(r"(?i).*_API_KEY|.*_proxy|NO_COLOR|FORCE_COLOR|CI|BLACKBOX_(?!TEST_).*")
    for name in filter(personal.fullmatch, list(os.environ)):
        monkeypatch.delenv(name)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Return a generator whose seed is the test's own name: fixed, and different in each test."""
    import numpy as np

    return np.random.default_rng(_seed(request))


def _seed(request: pytest.FixtureRequest) -> int:
    return zlib.crc32(request.node.nodeid.encode())


_LOG: Any = pytest.StashKey[Path]()
