"""`/v1/responses`: parse, call, answer (gateway-responses.md)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import NothingHere
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.tokens import tokens
from horde_server.gateway.common.told import answer_headers
from horde_server.gateway.openai.dialect import encode
from horde_server.gateway.openai.responses.answers import ResponseAnswer, echo
from horde_server.gateway.openai.responses.wish import read_wish
from horde_server.http.body import json_response
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.settings import KeepAlive


def response_routes(services: Services, chats: Chats) -> APIRouter:
    """What the newest programs that speak OpenAI's API ask first."""
    router = services.door.router("/v1/responses", include_in_schema=False)
    keeps_alive = services.settings.sse_keepalive is not KeepAlive.OFF

    @router.post("", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def respond(caller: Caller, body: Body, request: Request) -> Response:
        """An answer to all of the input."""
        wish, echoed = read_wish(body), echo(body)
        chat = await chats.ordered(wish, body, caller)
        running = await services.life.ask_text(caller, chat.asked, request.receive, Once.of(request, caller, body))
        headers = answer_headers(running, body, chat.resolved, chat.template)
        answer = ResponseAnswer(chat, running, echoed, keeps_alive=keeps_alive)
        if body.flag("stream"):
            return answer.stream(headers)
        return await patient(answer.whole(headers), request, services.settings, headers)

    @router.post("/input_tokens", right=Right.ANYBODY_NAMED, shared_keys=True, reads=Body.read)
    async def count(caller: Caller, body: Body) -> Response:
        """How long the prompt of such a response would be: an estimate, and free."""
        rendered = await chats.counted(read_wish(body), caller)
        return json_response(encode({"object": "response.input_tokens", "input_tokens": tokens(rendered.prompt)}))

    async def not_kept() -> Response:
        """Responses are told once."""
        raise NothingHere("This server keeps no responses: what was answered is with whoever asked.")

    for path in ("/{response_id}", "/{response_id}/{rest:path}"):
        for add in (router.get, router.post, router.delete):
            add(path, right=Right.ANYBODY_NAMED, shared_keys=True)(not_kept)
    return router.api
