"""One reference endpoint for all tests of this folder, and a plain client for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.chat_client import Client

from blackbox.serve import RequestLog, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """A client of an endpoint that serves a under two names, its child, and c."""
    log = RequestLog()
    served = {"a": "a", "a-reseller": "a", "a-tuned": "a-tuned", "c": "c"}
    with running(served, log=log) as base_url:
        yield Client(base_url=base_url, log=log)


@pytest.fixture
def connect() -> Callable[[str], Client]:
    """Make a client of another endpoint."""
    return lambda base_url: Client(base_url=base_url, log=RequestLog())
