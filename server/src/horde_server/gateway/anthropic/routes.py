"""`/v1/messages`: parse, call, answer (gateway-anthropic.md)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.gateway.anthropic.answers import Answer
from horde_server.gateway.anthropic.dialect import encode
from horde_server.gateway.anthropic.models import one, page
from horde_server.gateway.anthropic.wishes import read_wish
from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import NotSupported
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.tokens import tokens
from horde_server.gateway.common.told import answer_headers
from horde_server.http.body import json_response
from horde_server.http.parameters import Name
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.settings import KeepAlive


def routes(services: Services, chats: Chats) -> APIRouter:
    """What programs that speak Anthropic's API ask."""
    router = services.door.router("/v1", include_in_schema=False)
    keeps_alive = services.settings.sse_keepalive is not KeepAlive.OFF
    started_s = services.core.clock()

    @router.post("/messages", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def message(caller: Caller, body: Body, request: Request) -> Response:
        """The next message of a chat."""
        chat = await chats.ordered(read_wish(body), body, caller)
        running = await services.life.ask_text(caller, chat.asked, request.receive, Once.of(request, caller, body))
        headers = answer_headers(running, body, chat.resolved, chat.template)
        answer = Answer(chat, running, keeps_alive=keeps_alive)
        if body.flag("stream"):
            return answer.stream(headers)
        return await patient(answer.whole(headers), request, services.settings, headers)

    @router.post("/messages/count_tokens", right=Right.ANYBODY_NAMED, shared_keys=True, reads=Body.read)
    async def count_tokens(caller: Caller, body: Body) -> Response:
        """How long the prompt of such a message would be: an estimate, and free."""
        rendered = await chats.counted(read_wish(body, needs_length=False), caller)
        return json_response(encode({"input_tokens": tokens(rendered.prompt)}))

    # The gate leads who asks for /v1/models with `anthropic-version` to here.
    @router.get("/messages/models", right=Right.ANYBODY_NAMED, shared_keys=True)
    async def list_models(request: Request) -> Response:
        """The text models that are served now."""
        asked = request.query_params
        found = page(
            services.models,
            started_s=started_s,
            limit=asked.get("limit", ""),
            before=asked.get("before_id", ""),
            after=asked.get("after_id", ""),
        )
        return json_response(encode(found))

    @router.get("/messages/models/{model_name:path}", right=Right.ANYBODY_NAMED, shared_keys=True)
    async def model(model_name: Name) -> Response:
        """One of them."""
        return json_response(encode(one(services.models, model_name, started_s=started_s)))

    async def not_here() -> Response:
        """What Anthropic has and this horde has not."""
        raise NotSupported("This horde answers messages; it has no batches, and no completions of old.")

    for path in ("/complete", "/messages/batches", "/messages/batches/{rest:path}"):
        for add in (router.get, router.post):
            add(path, right=Right.ANYBODY_NAMED, shared_keys=True)(not_here)
    return router.api
