"""The HTTP side: routes of the OpenAI protocol over what is served, with what the script does to it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from blackbox.serve.answering import answer_chat, answer_text
from blackbox.serve.chat_request import read_chat_request
from blackbox.serve.exchange import Exchange
from blackbox.serve.faults import Fault, OnWire, Sent, Struck
from blackbox.serve.fields import RefusedRequest
from blackbox.serve.quirks import Quirk
from blackbox.serve.requestlog import Handling
from blackbox.serve.sending import fault_response, reply_response
from blackbox.serve.strict_json import read_body
from blackbox.serve.text_request import read_text_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from blackbox.serve.generation import Answerer
    from blackbox.serve.requestlog import RequestLog
    from blackbox.serve.rules import Script

_CHAT, _TEXT = "/v1/chat/completions", "/v1/completions"


class Site:
    """Everything that is served, and the state it has while it is.

    Args:
        served: Served name → member that answers it.
        answerers: Member → what samples its answers; those that only quirks need are among them.
        script: What is done to which requests.
        log: Where requests are recorded.
    """

    def __init__(
        self,
        served: Mapping[str, str],
        answerers: Mapping[str, Answerer],
        *,
        script: Script,
        log: RequestLog,
    ) -> None:
        self._served = served
        self._answerers = answerers
        self._script = script
        self._log = log
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._open_to_all = next(
            (name for name in served if any(quirk.takes_any_model for quirk in script.quirks_of(name))), None
        )

    def app(self) -> Starlette:
        """Return the application."""
        routes = [
            Route("/v1/models", self._models, methods=["GET"]),
            Route("/v1/models/{name:path}", self._model, methods=["GET"]),
            Route(_CHAT, self._completion, methods=["POST"]),
            Route(_TEXT, self._completion, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def _models(self, request: Request) -> Response:
        self._log.add(request.url.path, 200, body=None, response_id=None)
        return JSONResponse({"object": "list", "data": [_model(name) for name in self._served]})

    async def _model(self, request: Request) -> Response:
        name = request.path_params["name"]
        known = name in self._served
        self._log.add(request.url.path, 200 if known else 404, body=None, response_id=None)
        return JSONResponse(_model(name)) if known else _refusal(_unknown(name))

    async def _completion(self, request: Request) -> Response:
        arrived = datetime.now(UTC)
        try:
            raw = await request.body()
        except ClientDisconnect:  # nobody is left to answer
            handling = Handling(at=arrived, done=("the client left before its request was complete",))
            self._log.add(request.url.path, None, body=None, response_id=None, handling=handling)
            return Response(status_code=400)
        body, exchange, answered = None, None, None
        try:
            body = read_body(raw)
            exchange = self._begun(request.url.path, body)
            answered = await self._answered(exchange, request)
            response = answered.response
        except RefusedRequest as refused:
            response = _refusal(refused)
        self._log.add(
            request.url.path,
            response.status_code or None,
            body=body,
            response_id=None if answered is None else answered.response_id,
            handling=Handling(
                at=arrived,
                body_sha256=hashlib.sha256(raw).hexdigest(),
                number=None if exchange is None else exchange.number,
                done=() if exchange is None else tuple(exchange.done),
            ),
        )
        return response

    def _begun(self, path: str, body: Mapping[str, Any]) -> Exchange:
        asked = body.get("model")
        served = asked if isinstance(asked, str) and asked in self._served else self._open_to_all
        if served is None:
            raise _unknown(asked) if isinstance(asked, str) else RefusedRequest("model must be a string", param="model")
        with self._lock:
            self._counts[served] += 1
            number = self._counts[served]
        return Exchange(
            path=path,
            asked=body,
            body={**body},
            served=served,
            home=self._served[served],
            member=self._served[served],
            number=number,
            elapsed_s=time.monotonic() - self._started,
            seed=self._script.seed,
        )

    async def _answered(self, exchange: Exchange, request: Request) -> _Answered:
        """Return the first fault that strikes, else the reply."""
        wire = request.scope["state"]["wire"]
        n_before, wire.n_requests = wire.n_requests, wire.n_requests + 1
        held = list(self._script.holding(exchange))
        quirks = [rule.does for rule in held if isinstance(rule.does, Quirk)]
        exchange.done += [rule.name for rule in held if isinstance(rule.does, Quirk)]
        document: dict[str, Any] | None = None
        for rule in held:
            if not isinstance(rule.does, Fault):
                continue
            if rule.does.kind.of_reply and document is None:
                document = await self._replied(exchange, quirks)
            struck = Struck(exchange=exchange, key=_key(request), document=document or {}, n_before=n_before)
            sent = rule.does.strike(struck)
            if sent is not None:
                exchange.done.append(rule.name)
                return _Answered(response=fault_response(sent), response_id=_response_id(sent, document))
        document = document or await self._replied(exchange, quirks)
        return _Answered(response=reply_response(document, exchange.body), response_id=document["id"])

    async def _replied(self, exchange: Exchange, quirks: Sequence[Quirk]) -> dict[str, Any]:
        """Return the reply, a whole chat or text completion, as the quirks that hold leave it."""
        for quirk in quirks:
            quirk.ask(exchange)
        if exchange.recalled is not None:
            return exchange.recalled
        document = await self._sampled(exchange)
        for quirk in quirks:
            quirk.reply(exchange, document)
        for quirk in quirks:
            quirk.keep(exchange, document)
        return document

    async def _sampled(self, exchange: Exchange) -> dict[str, Any]:
        answerer = self._answerers[exchange.member]
        if exchange.path == _TEXT:
            return await answer_text(read_text_request(exchange.body), answerer)
        asked = read_chat_request(exchange.body)
        return await answer_chat(asked, answerer, reasoning=exchange.served in self._script.reasoning)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    response: Response
    response_id: str | None


def _key(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ").strip()


def _response_id(sent: Sent | OnWire, document: Mapping[str, Any] | None) -> str | None:
    """Return the id that a client can have read in what was sent."""
    if document is not None and isinstance(sent, Sent) and document["id"].encode() in sent.body:
        return str(document["id"])
    return sent.response_id if isinstance(sent, Sent) else None


def _unknown(name: str) -> RefusedRequest:
    return RefusedRequest(f"the model {name!r} does not exist", status=404, param="model", code="model_not_found")


def _refusal(refused: RefusedRequest) -> JSONResponse:
    return JSONResponse(refused.body, status_code=refused.status)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "blackbox-zoo"}
