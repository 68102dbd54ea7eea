"""`/interrogate/async` and `/interrogate/status/{id}`: parse, call, answer. Clients poll the status itself."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.http.answers import add_warnings, refusals
from horde_server.http.body import (
    body_documentation,
    json_response,
    parameter_documentation,
    read_body,
    required_apikey,
)
from horde_server.http.client_agent import client_agent_of
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.parameters import RequestId
from horde_server.http.unknown_fields import told
from horde_server.identity.directory import AccountDirectory
from horde_server.requests.admission import Caller
from horde_server.requests.alchemy.answers import InterrogationStatus, RequestInterrogationResponse
from horde_server.requests.alchemy.intake import AlchemyIntake
from horde_server.requests.alchemy.interrogations import Interrogations
from horde_server.requests.alchemy.schemas import InterrogationRequest
from horde_server.requests.pictures.result_links import ResultLinks
from horde_server.requests.progress import parse_request_id
from horde_server.requests.prospects import NO_WORKER_CODE

_encode = msgspec.json.Encoder().encode


def routes(
    intake: AlchemyIntake,
    interrogations: Interrogations,
    accounts: AccountDirectory,
    links: ResultLinks,
    hot: HotRoutes,
) -> APIRouter:
    """The requester's side of alchemy."""
    router = APIRouter(prefix="/api/v2/interrogate", tags=["v2"])

    @router.post(
        "/async",
        status_code=202,
        operation_id="post_interrogate",
        response_model=RequestInterrogationResponse,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(
            InterrogationRequest,
            apikey="Whose request it is",
            Client_Agent="The program that asks: name:version:contact",
        ),
    )
    @hot.add("POST", "/api/v2/interrogate/async")
    async def submit_request(request: Request) -> Response:
        """Ask alchemists to tell something of a picture, or to make another one of it."""
        body = await read_body(request, InterrogationRequest)
        account = await accounts.by_key(required_apikey(request.headers.get("apikey")))
        caller = Caller(account, request.state.client_address, client_agent_of(request))
        ticket = await intake.submit(body, caller, links.base_url(request) if body.webhook else "")
        answer: dict[str, Any] = {"id": str(ticket.id)}
        if ticket.message:
            answer["message"] = ticket.message
            add_warnings(answer, {NO_WORKER_CODE: ticket.message})
        return json_response(told(_encode(answer), body), 202)

    @router.get(
        "/status/{id}",
        operation_id="get_interrogation_status",
        response_model=InterrogationStatus,
        responses=refusals(404),
        openapi_extra=parameter_documentation("path", id="Of the request"),
    )
    @hot.add("GET", "/api/v2/interrogate/status/{id}")
    async def status(request: Request) -> Response:
        """How far each form is, with the results so far."""
        found = parse_request_id(request.path_params["id"])
        return json_response(_encode(await interrogations.status(found, partial(links.download, request=request))))

    @router.delete(
        "/status/{id}",
        operation_id="delete_interrogation_status",
        response_model=InterrogationStatus,
        responses=refusals(404),
    )
    async def cancel(request: Request, request_id: RequestId) -> Response:
        """Cancel what is not done; what alchemists work on is paid. Answers the status after that."""
        found = parse_request_id(request_id)
        return json_response(_encode(await interrogations.cancel(found, partial(links.download, request=request))))

    return router
