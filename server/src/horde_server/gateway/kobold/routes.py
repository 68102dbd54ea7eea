"""Writing: `generate`, its stream, and what is asked of it meanwhile (gateway-kobold.md §2, §3)."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.errors import RequestNotFound
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.callers_requests import CallersRequests
from horde_server.gateway.common.errors import UnsupportedValue
from horde_server.gateway.common.lengths import text_models
from horde_server.gateway.common.model_names import read_model
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.told import answer_headers
from horde_server.gateway.kobold.answers import Answer
from horde_server.gateway.kobold.dialect import encode
from horde_server.gateway.kobold.runs import Runs
from horde_server.gateway.kobold.wishes import read_genkey, read_wish
from horde_server.http.body import json_response
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.requests.asked import Asked
from horde_server.requests.text.order import TextOrder
from horde_server.settings import KeepAlive


def routes(services: Services, runs: Runs, mine: CallersRequests) -> APIRouter:
    """What programs write with."""
    router = services.door.router(include_in_schema=False)
    keeps_alive = services.settings.sse_keepalive is not KeepAlive.OFF

    async def asked(caller: Caller, body: Body, request: Request, *, streams: bool) -> tuple[Answer, dict[str, str]]:
        resolved, offered = text_models(services.models, read_model(body), caller)
        wish = read_wish(body, offered, streams=streams)
        order = msgspec.structs.replace(wish.order, models=resolved.models, tag=mine.tag(caller, wish.genkey))
        _refuse_what_nobody_can(services, order, caller)
        once = Once.of(request, caller, body)
        running = await services.life.ask_text(caller, Asked(order=order), request.receive, once)
        wish = replace(wish, order=order)
        answer = Answer(wish, running, runs, keeps_alive=keeps_alive)
        return answer, answer_headers(running, body, resolved)

    async def generate(caller: Caller, body: Body, request: Request) -> Response:
        """What comes after a prompt."""
        answer, headers = await asked(caller, body, request, streams=False)
        return await patient(answer.whole(headers), request, services.settings, headers)

    for base in ("/api/v1", "/api/latest"):
        router.post(f"{base}/generate", right=Right.ASK, shared_keys=True, reads=Body.read)(generate)

    @router.post("/api/extra/generate/stream", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def stream(caller: Caller, body: Body, request: Request) -> Response:
        """The same, as it is written."""
        answer, headers = await asked(caller, body, request, streams=True)
        return answer.stream(headers)

    def check(caller: Caller, genkey: str) -> Response:
        """What is written so far, where one request of the caller's is meant; nothing where none is, or two."""
        meant = list(mine.open_of(caller, genkey or None))
        run = runs.find(meant[0].id) if len(meant) == 1 else None
        return json_response(encode({"results": [{"text": run.text if run is not None else ""}]}))

    @router.get("/api/extra/generate/check", right=Right.ASK, shared_keys=True)
    async def check_mine(caller: Caller) -> Response:
        """Of the one that is being written."""
        return check(caller, "")

    @router.post("/api/extra/generate/check", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def check_named(caller: Caller, body: Body) -> Response:
        """Of the one that is named so."""
        return check(caller, read_genkey(body))

    @router.post("/api/extra/abort", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def abort(caller: Caller, body: Body) -> Response:
        """End what the caller has named so, or all of its requests: whoever waits for one gets what there is."""
        genkey = read_genkey(body)
        meant = list(mine.open_of(caller, genkey or None))
        for entry in meant:
            if (run := runs.find(entry.id)) is not None:
                run.stop()
            try:
                await services.life.cancel_text(entry.id)
            except RequestNotFound:
                continue
        said = "true" if meant else "false"
        return json_response(encode({"success": said, "done": said}))

    return router.api


def _refuse_what_nobody_can(services: Services, order: TextOrder, caller: Caller) -> None:
    """While no worker online sees pictures. Raises `UnsupportedValue`."""
    if order.chat is None:
        return
    unserved = services.texts.nobody_can(order.models, order.chat, caller.user.id)
    if unserved is not None:
        raise UnsupportedValue("images", unserved.message)
