"""`/sdapi/v1`: parse, call, answer (gateway-sdapi.md §1.1)."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import ModelNotFound
from horde_server.gateway.common.headers import remark
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.sdapi.calls import Call, Calls, who_calls
from horde_server.gateway.sdapi.choices import Choices
from horde_server.gateway.sdapi.dialect import encode
from horde_server.gateway.sdapi.drawing import Drawing, Drawn
from horde_server.gateway.sdapi.extras import Extras
from horde_server.gateway.sdapi.lists import DEFAULT_CHECKPOINT, FIXED, NOTHING_TO_DO, models, options
from horde_server.gateway.sdapi.wishes import Unprocessable
from horde_server.http.body import json_response
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller

_NULL: Final = b"null"
_EMPTY: Final = b"{}"


def routes(services: Services, drawing: Drawing, extras: Extras, choices: Choices, calls: Calls) -> APIRouter:
    """What asks for pictures, and tells how far they are."""
    router = services.door.router("/sdapi/v1", include_in_schema=False)

    async def drawn(caller: Caller, request: Request, *, is_img2img: bool) -> Response:
        body = await Body.read(request)
        once = Once.of(request, caller, body)

        async def whole() -> Response:
            return _answer(await drawing.draw(caller, body, request.receive, once, is_img2img=is_img2img), body)

        return await patient(whole(), request, services.settings)

    async def worked(work: Awaitable[Any], request: Request) -> Response:
        async def whole() -> Response:
            return _told(await work)

        return await patient(whole(), request, services.settings)

    @router.post("/txt2img", right=Right.ASK, shared_keys=True)
    async def txt2img(caller: Caller, request: Request) -> Response:
        """Pictures from words."""
        return await drawn(caller, request, is_img2img=False)

    @router.post("/img2img", right=Right.ASK, shared_keys=True)
    async def img2img(caller: Caller, request: Request) -> Response:
        """Pictures from words and a picture."""
        return await drawn(caller, request, is_img2img=True)

    @router.post("/extra-single-image", right=Right.ASK, shared_keys=True)
    async def extra_single(caller: Caller, request: Request) -> Response:
        """A picture enlarged or mended."""
        return await worked(extras.single(caller, await Body.read(request), request.receive), request)

    @router.post("/extra-batch-images", right=Right.ASK, shared_keys=True)
    async def extra_batch(caller: Caller, request: Request) -> Response:
        """Several."""
        return await worked(extras.batch(caller, await Body.read(request), request.receive), request)

    @router.post("/interrogate", right=Right.ASK, shared_keys=True)
    async def interrogate(caller: Caller, request: Request) -> Response:
        """What a picture shows."""
        return await worked(extras.caption(caller, await Body.read(request), request.receive), request)

    @router.post("/png-info", right=Right.ANY_KEY, shared_keys=True)
    async def png_info(caller: Caller, request: Request) -> Response:
        """What was written into a picture."""
        return _told(await extras.written(caller, await Body.read(request)))

    @router.get("/progress", right=Right.ANY_KEY, shared_keys=True)
    async def progress(caller: Caller, request: Request) -> Response:
        """How far the caller's newest call is."""
        task_id = request.query_params.get("id_task", "")[:200]
        skips_picture = request.query_params.get("skip_current_image", "").lower() in ("true", "1")
        call = calls.newest(who_calls(caller), task_id)
        return _told(_progress(call, with_picture=not skips_picture))

    @router.post("/interrupt", right=Right.ANY_KEY, shared_keys=True)
    async def interrupt(caller: Caller) -> Response:
        """End the caller's calls; they answer with what is there."""
        calls.interrupt(who_calls(caller))
        return json_response(_EMPTY)

    @router.post("/skip", right=Right.ANY_KEY, shared_keys=True)
    async def skip(caller: Caller) -> Response:
        """The same: a call is one request."""
        calls.interrupt(who_calls(caller))
        return json_response(_EMPTY)

    @router.get("/options", right=Right.ANY_KEY, shared_keys=True)
    async def read_options(caller: Caller) -> Response:
        """With the model that the caller has chosen."""
        served = services.models.served("image")
        chosen = await choices.of(caller) or (served[0].name if served else DEFAULT_CHECKPOINT)
        return _told(options(chosen))

    @router.post("/options", right=Right.ANY_KEY, shared_keys=True)
    async def write_options(caller: Caller, request: Request) -> Response:
        """Choose a model; nothing else can be set here, and programs send all of it."""
        wish = (await Body.read(request)).text("sd_model_checkpoint", most=1000)
        if wish:
            try:
                found = services.models.resolve(wish, "image", caller.user.model_aliases).models
            except ModelNotFound as refusal:
                raise Unprocessable("sd_model_checkpoint", refusal.message) from None
            await choices.choose(caller, found[0] if found else wish)
        return json_response(_NULL)

    return router.api


def list_routes(services: Services) -> APIRouter:
    """What is to be had: programs ask that before they have a key."""
    router = services.door.router("", include_in_schema=False)

    @router.get("/sdapi/v1/sd-models", right=Right.ANYBODY)
    async def sd_models() -> Response:
        """The models of pictures."""
        return _told(models(services.models))

    def fixed(name: str, body: bytes) -> None:
        async def tell() -> Response:
            return json_response(body)

        router.get(f"/sdapi/v1/{name}", right=Right.ANYBODY)(tell)

    for name, told in FIXED.items():
        fixed(name, encode(told))

    def idle(name: str) -> None:
        async def nothing() -> Response:
            return json_response(_NULL)

        router.post(f"/sdapi/v1/{name}", right=Right.ANYBODY)(nothing)

    for name in NOTHING_TO_DO:
        idle(name)

    @router.get("/internal/ping", right=Right.ANYBODY)
    async def ping() -> Response:
        """Somebody is at home."""
        return json_response(_EMPTY)

    return router.api


def _told(answer: Any) -> Response:
    return json_response(encode(answer))


def _answer(drawn: Drawn, body: Body) -> Response:
    """With what was not done as it was asked in its headers."""
    response = _told(drawn.answer)
    response.headers["Horde-Request"] = str(drawn.request_id)
    if body.ignored:
        response.headers["Horde-Ignored"] = remark(body.ignored)
    if body.clamped:
        response.headers["Horde-Clamped"] = remark(f"{name}={value}" for name, value in body.clamped.items())
    return response


def _progress(call: Call | None, *, with_picture: bool) -> dict[str, Any]:
    now_s = asyncio.get_running_loop().time()
    state: dict[str, Any] = {
        "skipped": False,
        "interrupted": call is not None and call.interrupted.is_set(),
        "stopping_generation": False,
        "job": str(call.id) if call is not None and call.id is not None else "",
        "job_count": 0 if call is None else call.jobs,
        "job_timestamp": time.strftime("%Y%m%d%H%M%S", time.gmtime()),
        "job_no": call.progress.finished if call is not None and call.progress is not None else 0,
        "sampling_step": 0 if call is None else call.step,
        "sampling_steps": 0 if call is None else call.steps,
    }
    if call is None:
        return {"progress": 0.0, "eta_relative": 0.0, "state": state, "current_image": None, "textinfo": None}
    share = call.share(now_s)
    if not call.step:
        state["sampling_step"] = round(share * call.steps)
    position = call.progress.queue_position if call.progress is not None else 0
    return {
        "progress": round(share, 3),
        "eta_relative": round(call.left_s(now_s), 1),
        "state": state,
        "current_image": base64.b64encode(call.preview).decode() if with_picture and call.preview else None,
        "textinfo": f"queue position {position}" if call.working_since_s is None and position else None,
    }
