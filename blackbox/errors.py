"""Every error a caller can act on.

BlackboxError                   one line for a person; `exit_code` is the command's
├── UsageError          (2)     wrong arguments, configuration or suite, found before the first call
│   ├── ConfigError     (2)     blackbox.yaml or an environment variable
│   └── SuiteError      (2)     a suite file
├── InsufficientData    (2)     a computation needs more; `needed` says how many
├── EvidenceDamaged     (5)     a journal, manifest or comparison does not agree with itself
├── RunLocked           (2)     another process writes to this run
├── Incomplete          (4)     a run stopped before its plan was done; it can be resumed
└── EndpointError               raised by an endpoint, decided upon by `collect`
    ├── TransientError          wait and try again; `retry_after_s` where the server said so
    ├── RequestRejected         this request will never work as it is
    └── AuthenticationFailed    key or quota; the endpoint is stopped at once

A class exists only where a caller acts differently on it. No message ever holds a key, a header or a
request: endpoints build their messages from what they classified, not from what they caught.
"""

from __future__ import annotations

__all__ = [
    "AuthenticationFailed",
    "BlackboxError",
    "ConfigError",
    "EndpointError",
    "EvidenceDamaged",
    "Incomplete",
    "InsufficientData",
    "RequestRejected",
    "RunLocked",
    "SuiteError",
    "TransientError",
    "UsageError",
]


class BlackboxError(Exception):
    """Base of all errors this package raises on purpose; `str()` is one line for a person."""

    exit_code = 2


class UsageError(BlackboxError):
    """Arguments that cannot be carried out, found before the first call."""


class ConfigError(UsageError):
    """`blackbox.yaml`, a preset or an environment variable is wrong or missing."""


class SuiteError(UsageError):
    """A suite file is wrong: the message names file, line and what to write."""


class InsufficientData(BlackboxError):
    """A computation needs more than it was given.

    Args:
        message: What is too few.
        needed: How many are needed.
    """

    def __init__(self, message: str, *, needed: int) -> None:
        super().__init__(message)
        self.needed = needed


class EvidenceDamaged(BlackboxError):
    """Stored evidence does not agree with its own digests."""

    exit_code = 5


class RunLocked(BlackboxError):
    """Another process holds the run's journal."""


class Incomplete(BlackboxError):
    """Collection stopped early; what was collected is on disk and the run can be resumed."""

    exit_code = 4


class EndpointError(BlackboxError):
    """What an endpoint says about one request that brought no reply to read.

    Args:
        message: What happened, free of secrets.
        kind: Short machine name, e.g. `timeout`, `rate_limited`, `http_500`.
        status: HTTP status where there was one.
    """

    exit_code = 4

    def __init__(self, message: str, *, kind: str, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


class TransientError(EndpointError):
    """Worth another attempt, after `retry_after_s` seconds where the server named a time."""

    def __init__(
        self, message: str, *, kind: str, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, kind=kind, status=status)
        self.retry_after_s = retry_after_s


class RequestRejected(EndpointError):
    """The server refuses this request as it is; trying again changes nothing."""


class AuthenticationFailed(EndpointError):
    """The key is missing, wrong or out of quota; nothing more is sent to this endpoint."""
