"""What programs ask before they write: model, versions, limits, figures (gateway-kobold.md §1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Response

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.callers_requests import CallersRequests
from horde_server.gateway.common.errors import NothingHere
from horde_server.gateway.common.services import Services
from horde_server.gateway.kobold import told
from horde_server.gateway.kobold.dialect import encode
from horde_server.gateway.kobold.runs import Runs
from horde_server.http.body import json_response
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller

_BASES = ("/api/v1", "/api/latest")
_NOT_HERE = ("last_logprobs", "detokenize", "json_to_grammar", "embeddings", "transcribe", "tts", "websearch")


def routes(services: Services, runs: Runs, mine: CallersRequests) -> APIRouter:
    """What nobody pays for."""
    router = services.door.router(include_in_schema=False)
    models = services.models

    for base in _BASES:
        _tell(router, f"{base}/info/version", lambda: {"result": told.API_VERSION})
        _tell(router, f"{base}/config/max_length", lambda: {"value": told.most_length(models)})
        _tell(router, f"{base}/config/max_context_length", lambda: {"value": told.most_context_length(models)})
        _tell(router, f"{base}/config/soft_prompts_list", lambda: {"values": []})
        _tell(router, f"{base}/config/soft_prompt", lambda: {"value": ""})
        for setting in ("max_length", "max_context_length"):
            router.put(f"{base}/config/{setting}", right=Right.ANYBODY_NAMED, shared_keys=True)(_nothing_changes)
        router.get(f"{base}/model", right=Right.ANYBODY_NAMED, shared_keys=True)(_model(services))
        router.put(f"{base}/model", right=Right.ANYBODY_NAMED, shared_keys=True)(_not_here)
    _tell(router, "/api/extra/true_max_context_length", lambda: {"value": told.most_context_length(models)})
    _tell(router, "/api/extra/version", lambda: told.version(makes_images=bool(models.served("image"))))
    _tell(router, "/api/extra/preloadstory", dict)
    for name in _NOT_HERE:
        router.post(f"/api/extra/{name}", right=Right.ANYBODY_NAMED, shared_keys=True)(_not_here)

    @router.get("/api/extra/perf", right=Right.ANYBODY_NAMED, shared_keys=True)
    async def performance(caller: Caller) -> Response:
        """How busy it is here."""
        is_idle = next(mine.open_of(caller), None) is None
        return json_response(encode(told.performance(runs, services.text_queue, is_idle=is_idle)))

    @router.post("/api/extra/tokencount", right=Right.ANYBODY_NAMED, shared_keys=True, reads=Body.read)
    async def count_tokens(body: Body) -> Response:
        """How long a prompt is."""
        return json_response(encode(told.counted(body.text("prompt"))))

    return router.api


def _tell(router: DeclaredRouter, path: str, what: Callable[[], Mapping[str, Any]]) -> None:
    async def tell() -> Response:
        return json_response(encode(what()))

    router.get(path, right=Right.ANYBODY_NAMED, shared_keys=True)(tell)


def _model(services: Services) -> Any:
    async def model(caller: Caller) -> Response:
        """The model that writes for the caller."""
        return json_response(encode({"result": told.model_name(services.models, caller)}))

    return model


async def _nothing_changes() -> Response:
    """Programs set the lengths that they use; they send them with each prompt too."""
    return json_response(b"{}")


async def _not_here() -> Response:
    """What KoboldCpp has, and no horde."""
    raise NothingHere("Not Found")
