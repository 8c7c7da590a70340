"""What a command returned and wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.support.schemas import checked, strictly


@dataclass(frozen=True)
class Said:
    """What one command returned and wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout: strict JSON, valid by the published schema, every field described in it."""
        document = strictly(self.out)
        return checked(document) if document.get("schema") else document

    def line(self) -> str:
        """Return the one line that an error is."""
        lines = self.err.strip().splitlines()
        assert [] == [line for line in lines if "Traceback" in line]
        assert 1 == len(lines), self.err
        return lines[0]


Command = Callable[..., Said]
