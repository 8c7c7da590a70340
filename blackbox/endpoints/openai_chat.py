"""Chat completions of every OpenAI-compatible server, through the openai client in raw-response mode.

The client builds the request; we read the reply ourselves, strictly. Its retries are off, it never holds the key
(`_transport` puts that on below it), and nothing it reads from its own environment variables reaches a server.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx2
import openai

from blackbox.core import Completion, Outcome, Wire
from blackbox.endpoints._body import ReplyUnreadableError
from blackbox.endpoints._errors import FOREIGN, Classifier, is_filtered
from blackbox.endpoints._json import NotJsonError
from blackbox.endpoints._masking import without_keys
from blackbox.endpoints._reply import malformed, read_reply
from blackbox.endpoints._request import check_spec, read_credentials, request_body
from blackbox.endpoints._secrets import Scrubber
from blackbox.endpoints._sending import open_connections
from blackbox.endpoints._server_words import read_body
from blackbox.endpoints._stream import is_stream, whole
from blackbox.endpoints._transport import CACHE_HEADERS, KEY_REMOVED, TIMING, Guard, GuardedTransport, RedirectedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from blackbox.core import Call, EndpointSpec
    from blackbox.errors import EndpointError

_CONNECT_TIMEOUT_S = 20.0
_NO_KEY = "none"
"""What the client is told; the transport sends the real key, or no Authorization header at all."""


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """The endpoint kind.

    Args:
        connect: Opens the transport below the guard; tests pass their own.
    """

    connect: Callable[[EndpointSpec, Mapping[str, str]], httpx2.AsyncBaseTransport] = field(default=open_connections)

    @asynccontextmanager
    async def open(self, spec: EndpointSpec, environ: Mapping[str, str]) -> AsyncIterator[ChatEndpoint]:
        """Yield an endpoint that sends calls as `spec` says; every connection is closed afterwards.

        Raises:
            ConfigError: A named environment variable is not set, or the spec contradicts itself.
        """
        check_spec(spec)
        credentials = read_credentials(spec, environ)
        scrubber = Scrubber(credentials.secrets)
        guard = Guard(
            base_url=spec.base_url,
            headers={**_FIXED_HEADERS, **credentials.headers},
            scrubber=scrubber,
            deadline_s=spec.timeout_s,
        )
        async with _client(spec, GuardedTransport(self.connect(spec, environ), guard)) as client:
            classifier = Classifier(
                base_url=spec.base_url, model=spec.model, api_key_env=spec.api_key_env, scrubber=scrubber
            )
            yield ChatEndpoint(spec, client, classifier)


class ChatEndpoint:
    """One opened endpoint."""

    def __init__(self, spec: EndpointSpec, client: openai.AsyncOpenAI, classifier: Classifier) -> None:
        self._spec = spec
        self._create: Any = client.chat.completions.with_raw_response.create
        self._classifier = classifier

    async def complete(self, call: Call) -> Completion:
        """Send one call and return its reply as one typed outcome.

        Raises:
            TransientError: No reply; another attempt may bring one.
            RequestRejected: The server refuses this request as it is.
            AuthenticationFailed: Key, permission or quota.
        """
        failure: EndpointError
        try:
            # Everything goes into extra_body, which the client sends as it is; its own arguments it would rewrite
            # field by field, at a fifth of the time of a request.
            reply = await self._create(model=self._spec.model, messages=(), extra_body=request_body(self._spec, call))
            return self._read(reply.http_response, call)
        except ReplyUnreadableError as problem:
            return malformed(str(problem), kind=problem.kind)
        except RedirectedError as redirect:
            failure = self._classifier.from_redirect(redirect)
        except openai.APIStatusError as refusal:
            words = read_body(refusal.response.content, self._classifier.scrubber)
            if is_filtered(refusal.status_code, words):
                return _filtered(refusal.response, sorted(words.codes))
            failure = self._classifier.from_status(refusal.status_code, refusal.response.headers, words)
        except FOREIGN as problem:
            failure = self._classifier.from_exception(problem)
        raise failure  # outside of the handlers, so that the client's exception is not chained to ours

    def _read(self, response: httpx2.Response, call: Call) -> Completion:
        body, n_events = response.content, None
        if call.body.get("stream") and is_stream(response.headers.get("content-type", "")):
            try:
                body, n_events = whole(body)
            except NotJsonError as problem:
                return _with_circumstances(malformed(str(problem), kind="not_json"), response)
        scrubber = self._classifier.scrubber
        completion = read_reply(body, scrubber, n_asked=call.body.get("n", 1))
        completion = without_keys(completion, scrubber, removed=response.extensions[KEY_REMOVED])
        wire = replace(completion.wire or Wire(), n_events=n_events, server_date=response.headers.get("date"))
        return _with_circumstances(replace(completion, wire=wire), response)


def _filtered(response: httpx2.Response, codes: list[str]) -> Completion:
    raw = ",".join(codes) or f"http_{response.status_code}"
    completion = Completion(outcome=Outcome.FILTERED, finish_reason_raw=raw, finish_reason="content_filter")
    return _with_circumstances(completion, response)


def _with_circumstances(completion: Completion, response: httpx2.Response) -> Completion:
    timing = response.extensions[TIMING]
    return replace(
        completion,
        latency_s=timing.latency_s,
        first_byte_s=timing.first_byte_s,
        cache_headers={name: value for name, value in response.headers.items() if name in CACHE_HEADERS},
    )


def _client(spec: EndpointSpec, transport: GuardedTransport) -> openai.AsyncOpenAI:
    """Return a client for which no argument is left to the environment variables it would otherwise read."""
    timeout = httpx2.Timeout(spec.timeout_s, connect=min(_CONNECT_TIMEOUT_S, spec.timeout_s))
    return openai.AsyncOpenAI(
        api_key=_NO_KEY,
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        base_url=spec.base_url,
        timeout=timeout,
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False),
    )


_FIXED_HEADERS = {
    "accept": "application/json",
    "content-type": "application/json",
    "user-agent": f"AsyncOpenAI/Python {openai.__version__}",
}
"""An ordinary client's headers: an endpoint that treats auditors better than customers should not see one."""

ENDPOINT = OpenAIChat()
