"""Ollama's API: parse, call, answer (gateway-ollama.md)."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, DialectError
from horde_server.gateway.common.model_names import ModelNames, Resolved, ServedModel, read_model
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.told import answer_headers
from horde_server.gateway.ollama.answers import Answer, loaded
from horde_server.gateway.ollama.dialect import encode
from horde_server.gateway.ollama.embeddings import answer_embed, answer_embeddings
from horde_server.gateway.ollama.lines import Lines, Route, created_at
from horde_server.gateway.ollama.models import loaded as loaded_models
from horde_server.gateway.ollama.models import shown, tags
from horde_server.gateway.ollama.orders import Orders, Wish
from horde_server.http.body import json_response
from horde_server.http.etags import tagged_json
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.settings import KeepAlive

VERSION: Final = "0.13.0"
"""Of Ollama, whose behaviour this is: programs compare it."""
_UNPULLED: Final = "this horde cannot {} models; workers decide what they serve"


def routes(services: Services, orders: Orders, horde_version: str) -> APIRouter:
    """What programs that speak Ollama's API ask."""
    router = services.door.router("/api", include_in_schema=False)
    models, clock = services.models, services.core.clock
    keeps_alive = services.settings.sse_keepalive is not KeepAlive.OFF

    @router.get("/version", right=Right.ANYBODY_NAMED, shared_keys=True)
    async def version() -> Response:
        """Which Ollama this is like."""
        return json_response(encode({"version": VERSION, "horde": horde_version}))

    @router.get("/tags", right=Right.ANYBODY_NAMED, shared_keys=True, hot=True)
    async def list_models(request: Request) -> Response:
        """The models of texts and of embeddings that are served now."""
        return tagged_json(request, encode(tags(_served(models))))

    @router.get("/ps", right=Right.ANYBODY_NAMED, shared_keys=True)
    async def list_loaded() -> Response:
        """The same: all of them can be asked at once."""
        return json_response(encode(loaded_models(_served(models), clock())))

    @router.post("/show", right=Right.ANYBODY_NAMED, shared_keys=True, reads=Body.read)
    async def show(caller: Caller, body: Body) -> Response:
        """What is known of a model."""
        name = read_model(body, "model", "name")
        kind, resolved = _resolved(models, name, caller)
        known = next((model for model in models.served(kind) if model.name in resolved.models), None)
        shown_name = known.name if known is not None else (resolved.name or name)
        first_seen_s = known.first_seen_s if known is not None else clock()
        return json_response(encode(shown(shown_name, known, first_seen_s, kind=kind)))

    @router.post("/pull", right=Right.ANYBODY_NAMED, shared_keys=True, reads=Body.read)
    async def pull(caller: Caller, body: Body) -> Response:
        """Programs pull a model before they use it: one that is served is there already."""
        kind, resolved = _resolved(models, read_model(body, "model", "name"), caller)
        if not models.is_served(resolved.models, kind):
            raise BadField("model", _UNPULLED.format("pull"))
        return json_response(encode({"status": "success"}))

    @router.post("/chat", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def chat(caller: Caller, body: Body, request: Request) -> Response:
        """The next message of a chat."""
        return await answer("chat", await orders.chat(body, caller), caller, body, request)

    @router.post("/generate", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def generate(caller: Caller, body: Body, request: Request) -> Response:
        """What comes after a prompt."""
        return await answer("generate", await orders.generate(body, caller), caller, body, request)

    async def answer(route: Route, wish: Wish, caller: Caller, body: Body, request: Request) -> Response:
        lines = Lines(route, wish.model, created_at(clock()))
        if (text := wish.text) is None:
            return loaded(wish, lines)
        running = await services.life.ask_text(caller, text.asked, request.receive, Once.of(request, caller, body))
        headers = answer_headers(running, body, text.resolved, text.template)
        found = Answer(text, lines, running, thinks=wish.thinks, keeps_alive=keeps_alive)
        if wish.streams:
            return found.stream(headers)
        return await patient(found.whole(headers), request, services.settings, headers)

    @router.post("/embed", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def embed(caller: Caller, body: Body, request: Request) -> Response:
        """Texts as vectors."""
        return await answer_embed(services, request, caller, body)

    @router.post("/embeddings", right=Right.ASK, shared_keys=True, reads=Body.read)
    async def embeddings(caller: Caller, body: Body, request: Request) -> Response:
        """A text as a vector, as programs asked before there was `/api/embed`."""
        return await answer_embeddings(services, request, caller, body)

    for name in ("push", "create", "copy"):
        router.post(f"/{name}", right=Right.ANYBODY_NAMED, shared_keys=True)(_refusing(name))
    router.delete("/delete", right=Right.ANYBODY_NAMED, shared_keys=True)(_refusing("delete"))
    router.post("/blobs/{digest}", right=Right.ANYBODY_NAMED, shared_keys=True)(_refusing("create"))
    return router.api


def _served(models: ModelNames) -> tuple[ServedModel, ...]:
    return (*models.served("text"), *models.served("embedding"))


def _resolved(models: ModelNames, name: str, caller: Caller) -> tuple[str, Resolved]:
    """What a name means, and of which kind that is: texts first. Raises `ModelNotFound` of texts."""
    aliases = caller.user.model_aliases
    try:
        return "text", models.resolve(name, "text", aliases)
    except DialectError as refusal:
        try:
            return "embedding", models.resolve(name, "embedding", aliases)
        except DialectError:
            raise refusal from None


def _refusing(verb: str) -> Any:
    async def refuse() -> Response:
        """Models are the workers' business."""
        raise BadField("model", _UNPULLED.format(verb))

    return refuse
