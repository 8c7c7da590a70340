"""Error statuses, refusals of key and quota, redirects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.errors import UsageError
from blackbox.serve import settings
from blackbox.serve.faults.registry import Sent, Struck, fault, valued_fault
from blackbox.serve.faults.responses import page, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAID: Mapping[int, str] = {
    500: "The server had an error while processing your request",
    502: "Bad gateway",
    503: "The engine is currently overloaded",
    529: "Overloaded",
}


@valued_fault("status", "this error status with an error object (500, 502, 503, 529 …)", "error", value="status",
              default="500", read=settings.status)  # fmt: skip
def _status(_: Struck, status: int) -> Sent:
    return refusal(status, _SAID.get(status, "No"))


@valued_fault("html-error", "this error status with a web page", "error", value="status", default="502",
              read=settings.status)  # fmt: skip
def _html_error(_: Struck, status: int) -> Sent:
    return page(status)


@fault("unauthorized", "401 that quotes the key", "stopped")
def _unauthorized(struck: Struck, _: object) -> Sent:
    said = f"Incorrect API key provided: {struck.key}. You can find your API key at your account page."
    return refusal(401, said, code="invalid_api_key", headers={"www-authenticate": f'Bearer error="{struck.key}"'})


@fault("quota", "402: the account is empty", "stopped")
def _quota(*_: object) -> Sent:
    return refusal(402, "Insufficient balance", code="insufficient_balance")


@fault("quota-429", "429 that no waiting helps: the quota is used up", "stopped")
def _quota_429(*_: object) -> Sent:
    said = "You exceeded your current quota, please check your plan and billing details."
    return refusal(429, said, code="insufficient_quota", headers={"retry-after": "1"})


@fault("content-filter", "400: a filter stopped the prompt", "filtered")
def _content_filter(*_: object) -> Sent:
    return refusal(400, "The prompt was flagged", code="content_filter")


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")) or not text.isascii() or not text.isprintable():
        raise UsageError(f"{text!r} is no http address")
    return text


@valued_fault("redirect", "307 to another origin, where the key would travel along", "error", value="address",
              default="http://127.0.0.1:9/v1/chat/completions", read=_address)  # fmt: skip
def _redirect(_: Struck, address: str) -> Sent:
    return Sent(status=307, headers={"location": address}, body=b"")
