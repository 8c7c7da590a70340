"""The HTTP side: routes of the OpenAI protocol over what is served."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from blackbox.serve.chat_reply import chat_reply
from blackbox.serve.chat_request import ChatRequest, RefusedRequest, read_chat_request
from blackbox.serve.generation import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from blackbox.serve.generation import Answerer
    from blackbox.serve.requestlog import RequestLog

_DEFAULT_TOKENS = 256
"""Most tokens of an answer where the caller states no limit."""


def build_app(served: Mapping[str, Answerer], log: RequestLog) -> Starlette:
    """Return the application that serves each answerer under its name, and records requests in `log`."""
    site = _Site(served, log)
    routes = [
        Route("/v1/models", site.models, methods=["GET"]),
        Route("/v1/models/{name:path}", site.model, methods=["GET"]),
        Route("/v1/chat/completions", site.chat, methods=["POST"]),
    ]
    return Starlette(routes=routes)


class _Site:
    def __init__(self, served: Mapping[str, Answerer], log: RequestLog) -> None:
        self._served = served
        self._log = log

    async def models(self, request: Request) -> JSONResponse:
        self._log.add(request.url.path, 200, body=None, response_id=None)
        return JSONResponse({"object": "list", "data": [_model(name) for name in self._served]})

    async def model(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        known = name in self._served
        self._log.add(request.url.path, 200 if known else 404, body=None, response_id=None)
        return JSONResponse(_model(name)) if known else _refusal(_unknown(name))

    async def chat(self, request: Request) -> JSONResponse:
        body: object = None
        try:
            body = _parsed(await request.body())
            reply = await self._answered(read_chat_request(body))
        except RefusedRequest as refused:
            answer, response_id = _refusal(refused), None
        else:
            answer, response_id = JSONResponse(reply), reply["id"]
        stated = body if isinstance(body, dict) else None
        self._log.add(request.url.path, answer.status_code, body=stated, response_id=response_id)
        return answer

    async def _answered(self, asked: ChatRequest) -> dict[str, Any]:
        answerer = self._served.get(asked.model)
        if answerer is None:
            raise _unknown(asked.model)
        prompt = answerer.prompt_ids(asked.messages)
        jobs = _jobs(asked, prompt, answerer.context)
        try:
            answers = await asyncio.gather(*(asyncio.wrap_future(answerer.submit(job)) for job in jobs))
        except ConnectionAbortedError as gone:
            raise RefusedRequest(str(gone), status=503, code="unavailable") from gone
        return chat_reply(asked.model, answerer, len(prompt), answers)


def _jobs(asked: ChatRequest, prompt: tuple[int, ...], context: int) -> list[Job]:
    room = context - len(prompt)
    if room < 1 or (asked.max_tokens is not None and asked.max_tokens > room):
        limit = f"this model's context is {context} tokens; the messages are {len(prompt)} of them"
        raise RefusedRequest(limit, param="messages", code="context_length_exceeded")
    seed = secrets.randbits(63) if asked.seed is None else asked.seed
    return [
        Job(
            prompt=prompt,
            max_tokens=asked.max_tokens or min(_DEFAULT_TOKENS, room),
            temperature=asked.temperature,
            top_p=asked.top_p,
            seed=(seed % 2**64, choice),
            stop=asked.stop,
            top_logprobs=asked.top_logprobs,
        )
        for choice in range(asked.n)
    ]


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RefusedRequest("the body is not valid JSON") from error


def _unknown(name: str) -> RefusedRequest:
    return RefusedRequest(f"the model {name!r} does not exist", status=404, param="model", code="model_not_found")


def _refusal(refused: RefusedRequest) -> JSONResponse:
    return JSONResponse(refused.body, status_code=refused.status)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "blackbox-zoo"}
