"""What a command returned and wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Said:
    """What one command returned and wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout."""
        return json.loads(self.out)

    def line(self) -> str:
        """Return the one line that an error is."""
        lines = self.err.strip().splitlines()
        assert [] == [line for line in lines if "Traceback" in line]
        assert 1 == len(lines), self.err
        return lines[0]


Command = Callable[..., Said]
