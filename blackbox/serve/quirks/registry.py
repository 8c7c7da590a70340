"""What a quirk is, and the table of all of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.serve.exchange import Exchange


class Quirk:
    """Changes requests before they are read and replies before they are sent; this one does neither.

    Args:
        value: The quirk's setting; None where it has none.
    """

    takes_any_model: ClassVar[bool] = False
    """Whether requests for names that nothing is served under are answered too."""

    def __init__(self, value: str | None) -> None:
        self.value = value or ""

    def members(self, member: str) -> tuple[str, ...]:
        """Return the further members that may answer in place of `member`, to be loaded beforehand."""
        del member
        return ()

    def ask(self, exchange: Exchange) -> None:
        """Change the request; note in `exchange.done` what was done beyond what the name says."""

    def reply(self, exchange: Exchange, document: dict[str, Any]) -> None:
        """Change a new reply, a whole chat or text completion."""

    def keep(self, exchange: Exchange, document: dict[str, Any]) -> None:
        """Note a new reply as it is sent, all quirks' changes included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuirkKind:
    """A registered quirk.

    Args:
        name: Its name, in kebab-case.
        does: What it does, in one line.
        value: What its value means, or None where it takes none.
        default: The value where none is given.
        make: Makes one from a value.
    """

    name: str
    does: str
    value: str | None
    default: str | None
    make: Callable[[str | None], Quirk]


QUIRKS: dict[str, QuirkKind] = {}
"""All quirks by name."""


def quirk(
    name: str, does: str, *, value: str | None = None, default: str | None = None
) -> Callable[[type[Quirk]], type[Quirk]]:
    """Return the decorator that registers a quirk."""

    def register(make: type[Quirk]) -> type[Quirk]:
        QUIRKS[name] = QuirkKind(name=name, does=does, value=value, default=default, make=make)
        return make

    return register


def make_quirk(name: str, value: str | None = None) -> Quirk:
    """Return a quirk by name, with its default value unless one is given.

    Raises:
        UsageError: There is no such quirk, it takes no value, or the value does not fit.
    """
    kind = QUIRKS.get(name)
    if kind is None:
        close = difflib.get_close_matches(name, QUIRKS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(QUIRKS))}"
        raise UsageError(f"unknown quirk {name!r}; {hint}")
    if value is not None and kind.value is None:
        raise UsageError(f"the quirk {name} takes no value; write just {name}")
    try:
        return kind.make(kind.default if value is None else value)
    except UsageError as wrong:
        raise UsageError(f"the quirk {name}: {wrong}; the value is: {kind.value}") from None
