"""Failures become our own errors, which say what to do and carry nothing of the request."""

from __future__ import annotations

import inspect
import json
import socket
import ssl
from datetime import UTC, datetime
from typing import Any

import httpx2
import openai
import pytest
from support.chat_servers import KEY, asked

from blackbox.core import Outcome
from blackbox.endpoints import _errors
from blackbox.endpoints._retry_after import retry_after_s
from blackbox.endpoints._secrets import Scrubber
from blackbox.endpoints._server_words import MAX_MESSAGE_CHARS, one_line
from blackbox.errors import AuthenticationFailed, EndpointError, RequestRejected, TransientError


def answering(status: int, document: Any = None, **headers: str) -> Any:
    """Return a handler that always gives this error."""
    body = document if isinstance(document, bytes) else json.dumps(document or {}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx2.Response(status, content=body, headers=named)


def classifier() -> _errors.Classifier:
    """Return a classifier for one made-up endpoint."""
    return _errors.Classifier(base_url="https://a.example/v1", model="m", api_key_env="A", scrubber=Scrubber([KEY]))


def foreign_classes() -> list[type[Exception]]:
    """Return every exception class that openai and httpx2 export."""
    members = [getattr(module, name) for module in (openai, httpx2) for name in module.__all__]
    classes = {cls for cls in members if inspect.isclass(cls) and issubclass(cls, Exception)}
    return sorted(filter(lambda cls: not issubclass(cls, Warning), classes), key=_name)


def _name(cls: Any) -> str:
    return str(cls.__name__)


def test_every_exception_class_of_the_client_libraries_is_mapped() -> None:
    """A class that a new version adds must be given a place before it can happen."""
    mapped = {*_errors.TRANSIENT, *_errors.REJECTED, *_errors.BY_STATUS}
    assert [] == [cls.__name__ for cls in foreign_classes() if cls not in mapped]
    assert len(foreign_classes()) > 40


def test_no_class_is_mapped_twice_and_each_is_caught() -> None:
    """Each class has one meaning, and is among those an endpoint catches."""
    tables = [set(_errors.TRANSIENT), set(_errors.REJECTED), set(_errors.BY_STATUS)]
    assert sum(map(len, tables)) == len(set.union(*tables))
    uncaught = [cls.__name__ for cls in set.union(*tables) if not issubclass(cls, _errors.FOREIGN)]
    assert ["InvalidWebhookSignatureError"] == uncaught  # raised by the reading of webhooks only


@pytest.mark.parametrize("cls", sorted({*_errors.TRANSIENT, *_errors.REJECTED}, key=_name))
def test_an_exception_means_what_its_table_says(cls: type[Exception]) -> None:
    """Transient ones may be tried again, rejected ones not, and an unknown subclass means what its parent means."""
    subclass = type("Newer", (cls,), {"__init__": lambda _: None, "__str__": lambda _: KEY})
    error = classifier().from_exception(subclass())
    expected = TransientError if cls in _errors.TRANSIENT else RequestRejected
    assert (expected, False) == (type(error), KEY in str(error))


@pytest.mark.parametrize(
    ("cause", "expected", "kind"),
    [
        (socket.gaierror(-2, "Name or service not known"), TransientError, "dns"),
        (ConnectionRefusedError(111, "refused"), TransientError, "refused"),
        (ssl.SSLCertVerificationError(1, "self-signed"), RequestRejected, "tls"),
        (httpx2.ReadTimeout("slow"), TransientError, "timeout"),
        (httpx2.UnsupportedProtocol("ftp"), RequestRejected, "unsupported_protocol"),
    ],
)
def test_the_cause_decides_over_what_the_client_made_of_it(
    cause: Exception, expected: type[EndpointError], kind: str
) -> None:
    """The client's own class hides whether a name, a certificate or a port was wrong."""
    wrapped = openai.APIConnectionError(request=httpx2.Request("POST", "https://a.example"))
    wrapped.__cause__ = httpx2.ConnectError("x") if not isinstance(cause, httpx2.RequestError) else cause
    wrapped.__cause__.__cause__ = cause if wrapped.__cause__ is not cause else None
    error = classifier().from_exception(wrapped)
    assert (expected, kind) == (type(error), error.kind)


@pytest.mark.parametrize(
    ("status", "document", "expected", "kind"),
    [
        (400, {"error": {"message": "no temperature", "code": "unsupported_value"}}, RequestRejected, "http_400"),
        (401, {"error": {"message": "bad key"}}, AuthenticationFailed, "http_401"),
        (402, {}, AuthenticationFailed, "http_402"),
        (403, {}, AuthenticationFailed, "http_403"),
        (404, {"error": {"message": "no such model"}}, RequestRejected, "http_404"),
        (405, {}, RequestRejected, "http_405"),
        (408, {}, TransientError, "http_408"),
        (409, {}, TransientError, "http_409"),
        (413, {}, RequestRejected, "http_413"),
        (418, {}, RequestRejected, "http_418"),
        (422, {}, RequestRejected, "http_422"),
        (425, {}, TransientError, "http_425"),
        (429, {}, TransientError, "rate_limited"),
        (429, {"error": {"code": "insufficient_quota"}}, AuthenticationFailed, "http_429"),
        (429, {"error": {"type": "insufficient_quota"}}, AuthenticationFailed, "http_429"),
        (400, {"error": {"code": "Arrearage"}}, AuthenticationFailed, "http_400"),
        (400, {"error_code": "ModelArts.81002"}, AuthenticationFailed, "http_400"),
        (500, b"<html>", TransientError, "http_500"),
        (502, b"", TransientError, "http_502"),
        (503, b"[" * 50_000, TransientError, "http_503"),
        (504, b"\xff", TransientError, "http_504"),
        (529, {}, TransientError, "http_529"),
        (599, {}, TransientError, "http_599"),
    ],
)  # fmt: skip
async def test_a_status_becomes_what_the_caller_can_act_on(
    status: int, document: Any, expected: type[EndpointError], kind: str
) -> None:
    """Wait, fix the request, or fix the key; never a foreign exception, and nothing chained to ours."""
    with pytest.raises(EndpointError) as caught:
        await asked(answering(status, document))
    error = caught.value
    assert (expected, kind, status) == (type(error), error.kind, error.status)
    assert (None, None) == (error.__cause__, error.__context__)


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (400, {"error": {"code": "content_filter", "message": "policy"}}),
        (400, {"error": {"code": "data_inspection_failed"}}),
        (400, {"error": {"type": "invalid_request_error", "code": "invalid_prompt"}}),
        (403, {"error_code": "ModelArts.81011", "error_msg": "May contain sensitive information"}),
        (403, {"error": {"code": 403, "metadata": {"reasons": ["violence"], "flagged_input": "…"}}}),
    ],
)
async def test_a_content_filter_is_an_outcome_and_not_an_error(status: int, document: Any) -> None:
    """A serving outcome: it stops no endpoint and is not missing."""
    completion = await asked(answering(status, document))
    assert (Outcome.FILTERED, "content_filter", None) == (
        completion.outcome, completion.finish_reason, completion.text,
    )  # fmt: skip
    assert completion.latency_s is not None


async def test_refused_keys_name_the_variable_to_check() -> None:
    """The line says which variable, never its value."""
    with pytest.raises(AuthenticationFailed, match="check the environment variable SHOP_KEY") as caught:
        await asked(answering(401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}))
    assert KEY not in str(caught.value)


async def test_a_wrong_address_is_said_to_be_one() -> None:
    """404 names base_url and what it usually ends in."""
    with pytest.raises(RequestRejected, match=r"http://127\.0\.0\.1:1/v1, it usually ends in /v1.*'m-1'"):
        await asked(answering(404, b"<html>not found</html>"))


async def test_the_servers_words_are_one_short_clean_line() -> None:
    """Long, hostile or key-bearing explanations are cut, cleaned and scrubbed before they are cut."""
    hostile = f"\x1b]8;;x\x07\u202e{'A' * 180}{KEY}{'B' * 5000}\r\n"
    escaped = json.dumps({"error": {"message": hostile}}).replace(KEY, "".join(f"\\u{ord(c):04x}" for c in KEY))
    for body in (json.dumps({"error": {"message": hostile}}).encode(), escaped.encode(), hostile.encode()):
        with pytest.raises(RequestRejected) as caught:
            await asked(answering(400, body))
        message = str(caught.value)
        assert message.isprintable()
        assert len(message) < MAX_MESSAGE_CHARS + 60
        assert KEY[:8] not in message


def test_one_line_keeps_ordinary_words() -> None:
    """Letters of any script and single spaces pass."""
    assert "模型 not found: é" == one_line("模型\tnot\n\nfound:\u200b é ")


NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "20"}, 1.5),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:00:30 GMT", "date": "Mon, 23 Nov 2026 12:00:10 GMT"}, 20.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-requests": "20ms"}, 0.02),
        ({"x-ratelimit-reset-requests": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-after": "2.25"}, 2.25),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 7)}, 7.0),
        ({"x-ratelimit-reset": str((int(NOW.timestamp()) + 7) * 1000)}, 7.0),
        ({"x-ratelimit-reset": "12"}, 12.0),
        ({"x-ratelimit-reset": "tomorrow"}, None),
        ({"retry-after": "3", "x-ratelimit-reset": "12"}, 3.0),
    ],
)
def test_the_wait_a_server_asks_for_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, dates, durations and epochs; anything else is no wait."""
    assert seconds == retry_after_s(headers, now=lambda: NOW)


async def test_the_wait_travels_with_the_error() -> None:
    """Collection gets the seconds, whatever the status."""
    for status in (429, 503):
        with pytest.raises(TransientError) as caught:
            await asked(answering(status, retry_after="7"))
        assert 7.0 == caught.value.retry_after_s
