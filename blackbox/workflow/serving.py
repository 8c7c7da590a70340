"""`serve`: the models of the zoo on loopback, each under its own name."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from blackbox import serve

if TYPE_CHECKING:
    from collections.abc import Callable


def serve_until_interrupted(*, port: int, announce: Callable[[str, tuple[str, ...]], None]) -> None:
    """Serve every member of the zoo until Ctrl-C.

    Args:
        port: Port on loopback; 0: any free one.
        announce: Told the base URL and the model names once requests are answered.
    """
    members = serve.members()
    with serve.running({name: name for name in members}, port=port) as base_url:
        announce(base_url, members)
        threading.Event().wait()
