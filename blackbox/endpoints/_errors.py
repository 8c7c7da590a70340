"""The one place where foreign failures become our own errors, without the request they came from.

An HTTP status is classified by status and by the codes the server names; an exception by its type. The tables name
every exception class of openai and httpx2, and a test fails when a new version adds one.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx2
import openai

from blackbox.endpoints._retry_after import retry_after_s
from blackbox.endpoints._server_words import ServerWords, one_line
from blackbox.errors import AuthenticationFailed, EndpointError, RequestRejected, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from blackbox.endpoints._secrets import Scrubber
    from blackbox.endpoints._transport import RedirectedError

FILTER_CODES = frozenset({
    "content_filter", "content_policy_violation", "data_inspection_failed", "datainspectionfailed",
    "invalid_prompt", "modelarts.81011", "responsibleaipolicyviolation", "sensitive_words_detected",
})  # fmt: skip
"""Codes of 4xx replies that mean: a filter stopped the prompt or the answer. A serving outcome, not a failure."""

ACCOUNT_CODES = frozenset({
    "account_deactivated", "arrearage", "billing_hard_limit_reached", "billing_not_active",
    "exceeded_current_quota_error", "insufficient_balance", "insufficient_quota", "invalid_api_key",
    "modelarts.81002", "modelarts.81003", "modelarts.81004", "modelarts.81005", "modelarts.81006",
})  # fmt: skip
"""Codes that mean key, permission or quota whatever the status; waiting does not help."""

QUOTA_CODES = frozenset({
    "arrearage", "billing_hard_limit_reached", "billing_not_active", "exceeded_current_quota_error",
    "insufficient_balance", "insufficient_quota",
})  # fmt: skip
"""Those of them that no other key of the account helps against."""

_PAYMENT_REQUIRED = 402
_FORBIDDEN = 403
_ACCOUNT_STATUSES = frozenset({401, _PAYMENT_REQUIRED, _FORBIDDEN})
_TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
_RATE_LIMITED = 429
_FIRST_SERVER_ERROR = 500

TRANSIENT: Mapping[type[Exception], str] = {
    httpx2.TimeoutException: "timeout",
    httpx2.ConnectTimeout: "connect_timeout",
    httpx2.ReadTimeout: "timeout",
    httpx2.WriteTimeout: "timeout",
    httpx2.PoolTimeout: "timeout",
    httpx2.NetworkError: "network",
    httpx2.ConnectError: "connect",
    httpx2.ReadError: "reset",
    httpx2.WriteError: "reset",
    httpx2.CloseError: "reset",
    httpx2.ProxyError: "proxy",
    httpx2.ProtocolError: "protocol",
    httpx2.RemoteProtocolError: "protocol",
    httpx2.TransportError: "network",
    httpx2.SSEError: "protocol",
    httpx2.RequestError: "network",
    httpx2.HTTPError: "network",
    openai.APITimeoutError: "timeout",
    openai.APIConnectionError: "network",
    OSError: "network",
}
"""Exceptions after which another attempt may succeed."""

REJECTED: Mapping[type[Exception], str] = {
    httpx2.UnsupportedProtocol: "unsupported_protocol",
    httpx2.LocalProtocolError: "local_protocol",
    httpx2.InvalidURL: "invalid_url",
    httpx2.CookieConflict: "client",
    httpx2.DecodingError: "client",
    httpx2.HTTPStatusError: "client",
    httpx2.TooManyRedirects: "redirect",
    httpx2.StreamError: "client",
    httpx2.StreamConsumed: "client",
    httpx2.StreamClosed: "client",
    httpx2.ResponseNotRead: "client",
    httpx2.RequestNotRead: "client",
    openai.OpenAIError: "client",
    openai.APIError: "client",
    openai.APIResponseValidationError: "client",
    openai.LengthFinishReasonError: "client",
    openai.ContentFilterFinishReasonError: "client",
    openai.InvalidWebhookSignatureError: "client",
    openai.WebSocketConnectionClosedError: "client",
    openai.WebSocketQueueFullError: "client",
    UnicodeEncodeError: "unencodable",
}
"""Exceptions that the same request would meet again."""

BY_STATUS: frozenset[type[Exception]] = frozenset({
    openai.APIStatusError, openai.AuthenticationError, openai.BadRequestError, openai.ConflictError,
    openai.InternalServerError, openai.NotFoundError, openai.OAuthError, openai.PermissionDeniedError,
    openai.RateLimitError, openai.UnprocessableEntityError,
})  # fmt: skip
"""Exceptions that only say which status came; the endpoint reads the reply itself."""

FOREIGN = (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.CookieConflict, httpx2.StreamError,
           OSError, UnicodeEncodeError)  # fmt: skip
"""What an endpoint catches around a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """Turns failures of one endpoint into errors that say what its owner can do.

    Args:
        base_url: As configured.
        model: As configured.
        api_key_env: Name of the key's variable, or None.
        scrubber: Takes keys out of the server's words.
        now: Wall time in UTC, for waits given as a date.
    """

    base_url: str
    model: str
    api_key_env: str | None
    scrubber: Scrubber
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def from_status(self, status: int, headers: Mapping[str, str], words: ServerWords) -> EndpointError:
        """Return the error for a reply with an error status (content filters are no errors, see `is_filtered`)."""
        said = words.quoted
        if status in _ACCOUNT_STATUSES or words.codes & ACCOUNT_CODES:
            message = f"the server refuses key, permission or quota ({status}){said}; {self._advice(status, words)}"
            return AuthenticationFailed(message, kind=f"http_{status}", status=status)
        if status in _TRANSIENT_STATUSES or status >= _FIRST_SERVER_ERROR:
            wait = retry_after_s(headers, now=self.now)
            kind = "rate_limited" if status == _RATE_LIMITED else f"http_{status}"
            return TransientError(f"the server answers {status}{said}", kind=kind, status=status, retry_after_s=wait)
        advice = self._address_advice() if status in (404, 405) else ""
        return RequestRejected(f"the server refuses the request ({status}){said}{advice}", kind=f"http_{status}",
                               status=status)  # fmt: skip

    def from_redirect(self, redirect: RedirectedError) -> EndpointError:
        """Return the error for a 3xx reply."""
        target = f" to {one_line(self.scrubber.text(redirect.location))}" if redirect.location else ""
        message = (
            f"the server redirects ({redirect.status}){target}; redirects are not followed because the key would "
            f"travel along: write the final address into base_url (now {self.base_url})"
        )
        return RequestRejected(message, kind="redirect", status=redirect.status)

    def from_exception(self, problem: BaseException) -> EndpointError:
        """Return the error for an exception of the client library or below."""
        causes = list(_causes(problem))
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return RequestRejected(f"the certificate of {self.base_url} cannot be verified", kind="tls")
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return TransientError(f"the host name in {self.base_url} cannot be resolved", kind="dns")
        if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
            return TransientError(f"nothing listens at {self.base_url}: connection refused", kind="refused")
        cause = next((cause for cause in causes if isinstance(cause, httpx2.RequestError)), problem)
        rejected = _kind(cause, REJECTED)
        if rejected is not None:
            return RequestRejected(f"the request cannot be sent: {rejected}", kind=rejected)
        kind = _kind(cause, TRANSIENT) or "network"
        return TransientError(f"no reply from {self.base_url}: {kind.replace('_', ' ')}", kind=kind)

    def _advice(self, status: int, words: ServerWords) -> str:
        if self.api_key_env is None:
            return "this endpoint is configured without api_key_env: write the name of the key's variable there"
        if status == _PAYMENT_REQUIRED or words.codes & QUOTA_CODES:
            return f"check plan and billing of the account whose key is in {self.api_key_env}"
        if status == _FORBIDDEN and not words.codes & ACCOUNT_CODES:
            return f"check that the key in {self.api_key_env} may use {self.model!r}, and from here"
        return f"check the environment variable {self.api_key_env}"

    def _address_advice(self) -> str:
        return f"; is base_url right ({self.base_url}, it usually ends in /v1) and is {self.model!r} served there?"


def is_filtered(status: int, words: ServerWords) -> bool:
    """Return whether an error reply says that a content filter stopped the call."""
    return status in (400, 403, 422, 451) and (words.moderated or bool(words.codes & FILTER_CODES))


def _kind(problem: BaseException, table: Mapping[type[Exception], str]) -> str | None:
    """Return the entry of the most specific listed class, if the other table has none more specific."""
    listed = next((cls for cls in type(problem).__mro__ if cls in TRANSIENT or cls in REJECTED), None)
    return table.get(listed) if listed is not None else None


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """Yield an exception, those it was raised from, and the members of groups, each once."""
    pending, seen = [problem], set[int]()
    while pending:
        cause = pending.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        members = cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        pending += [link for link in (cause.__cause__, cause.__context__, *members) if link is not None]
