"""What a fault is, and the table of all of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from blackbox.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from blackbox.serve.exchange import Exchange
    from blackbox.serve.wire import Wire

Becomes: TypeAlias = Literal["ok", "malformed", "reasoning_only", "filtered", "error", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """The request that a fault strikes.

    Args:
        exchange: The request.
        key: The value after `Bearer`, or what stands there instead.
        document: The reply it would have got; empty unless the fault is one of the reply.
        n_before: Requests that came over the same connection before.
    """

    exchange: Exchange
    key: str
    document: Mapping[str, Any]
    n_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An ordinary HTTP response with an unusual status, headers or body; `response_id` is the id it makes up."""

    status: int = 200
    headers: Mapping[str, str]
    body: bytes
    response_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnWire:
    """Bytes below HTTP: `play` has the connection to itself and must end it.

    Args:
        status: What the bytes claim; None where no status is sent.
        play: Does it.
    """

    status: int | None
    play: Callable[[Wire], Awaitable[None]]


Setting: TypeAlias = Any
Act: TypeAlias = "Callable[[Struck, Setting], Sent | OnWire | None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """A registered fault.

    Args:
        name: Its name, in kebab-case.
        does: What is sent, in one line.
        becomes: What a run makes of a call that meets nothing else: an outcome, or `stopped`, the endpoint's end.
        value: What its value means, or None where it takes none.
        default: The value where none is given.
        read: Reads the value.
        of_reply: Whether the model answers first, so that the fault can spoil the true reply.
        act: Makes what is sent; None lets the request through.
    """

    name: str
    does: str
    becomes: Becomes
    value: str | None
    default: str
    read: Callable[[str], Setting]
    of_reply: bool
    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault with its setting."""

    kind: FaultKind
    setting: Setting

    def strike(self, struck: Struck) -> Sent | OnWire | None:
        """Return what is sent instead of the reply; None lets the request through."""
        return self.kind.act(struck, self.setting)


FAULTS: dict[str, FaultKind] = {}
"""All faults by name."""


def fault(name: str, does: str, becomes: Becomes, *, of_reply: bool = False) -> Callable[[Act], Act]:
    """Return the decorator that registers a fault without a value."""

    def register(act: Act) -> Act:
        FAULTS[name] = FaultKind(
            name=name, does=does, becomes=becomes, value=None, default="", read=str, of_reply=of_reply, act=act
        )
        return act

    return register


def valued_fault(
    name: str, does: str, becomes: Becomes, *, value: str, default: str, read: Callable[[str], Setting] = str
) -> Callable[[Act], Act]:
    """Return the decorator that registers a fault with a value; it does not wait for the model."""

    def register(act: Act) -> Act:
        FAULTS[name] = FaultKind(
            name=name, does=does, becomes=becomes, value=value, default=default, read=read, of_reply=False, act=act
        )
        return act

    return register


def make_fault(name: str, value: str | None = None) -> Fault:
    """Return a fault by name, with its default value unless one is given.

    Raises:
        UsageError: There is no such fault, it takes no value, or the value does not fit.
    """
    kind = FAULTS.get(name)
    if kind is None:
        close = difflib.get_close_matches(name, FAULTS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(FAULTS))}"
        raise UsageError(f"unknown fault {name!r}; {hint}")
    if value is not None and kind.value is None:
        raise UsageError(f"the fault {name} takes no value; write just {name}")
    try:
        return Fault(kind=kind, setting=kind.read(kind.default if value is None else value))
    except UsageError as wrong:
        raise UsageError(f"the fault {name}: {wrong}; the value is: {kind.value}") from None
