"""`/register`, as forms and as JSON: parse, call, answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.forms import read_form_or_json
from horde_server.http.rights import Right
from horde_server.registration.answers import RegisteredUser, RegistrationTerms
from horde_server.registration.registrar import Newcomer, Registered, Registrar
from horde_server.registration.schemas import Registration

_encode = msgspec.json.Encoder().encode
_read = partial(read_form_or_json, model=Registration)


def routes(registrar: Registrar, providers: Sequence[dict[str, str]]) -> Sequence[APIRouter]:
    """Registration: in the API, and where the original has its page. `providers`: as they are told."""
    router = DeclaredRouter("/api/v2", tags=["v2"])
    page = DeclaredRouter()

    @router.get(
        "/register",
        right=Right.ANYBODY,
        operation_id="get_register",
        response_model=RegistrationTerms,
        responses=refusals(),
    )
    async def terms() -> Response:
        """Which ways to an account are open, and what a name may be."""
        return json_response(_encode({**registrar.terms(), "providers": providers}))

    @router.post(
        "/register",
        right=Right.ANYBODY,
        reads=_read,
        status_code=201,
        operation_id="post_register",
        response_model=RegisteredUser,
        responses=refusals(403, 413),
        openapi_extra=body_documentation(Registration),
    )
    async def register(request: Request, body: Registration) -> Response:
        """Make an account; its key is shown only now, and there is no other way to it."""
        return await _register(registrar, request, body)

    @page.get("/register", right=Right.ANYBODY, include_in_schema=False)
    async def terms_of_page() -> Response:
        """The same for who knows the original's address."""
        return await terms()

    @page.post("/register", right=Right.ANYBODY, reads=_read, include_in_schema=False)
    async def register_by_page(request: Request, body: Registration) -> Response:
        """The same for who knows the original's address."""
        return await _register(registrar, request, body)

    return [router.api, page.api]


async def _register(registrar: Registrar, request: Request, body: Registration) -> Response:
    newcomer = Newcomer(body.username, request.state.client_address, body.invitation.strip() or None)
    answer = json_response(_encode(told(await registrar.register(newcomer))), 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def told(made: Registered) -> dict[str, Any]:
    """What somebody is told of the account just made."""
    return {
        "id": made.id,
        "username": made.username,
        "alias": made.alias,
        "api_key": made.api_key,
        "approved": made.is_approved,
    }
