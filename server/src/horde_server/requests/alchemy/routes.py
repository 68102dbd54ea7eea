"""`/interrogate/async` and `/interrogate/status/{id}`: parse, call, answer. Clients poll the status itself."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from horde_server.http.answers import refusals
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
from horde_server.http.public_address import PublicAddress
from horde_server.http.unknown_fields import slips
from horde_server.identity.directory import AccountDirectory
from horde_server.requests.admission import Caller
from horde_server.requests.alchemy.answers import InterrogationStatus, RequestInterrogationResponse
from horde_server.requests.alchemy.desk import AlchemyDesk
from horde_server.requests.alchemy.schemas import InterrogationRequest
from horde_server.requests.alchemy.status import InterrogationStatuses
from horde_server.requests.alchemy.wire import asked
from horde_server.requests.face import accepted, answered, encode, patience_of
from horde_server.requests.progress import parse_request_id


def routes(
    desk: AlchemyDesk,
    statuses: InterrogationStatuses,
    accounts: AccountDirectory,
    public_address: PublicAddress,
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
        ticket = await desk.submit(asked(body, public_address(request) if body.webhook else ""), caller)
        return accepted(ticket, slips(body))

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
        found, patience = parse_request_id(request.path_params["id"]), patience_of(request)
        if patience:
            await desk.follow(found, patience)
        return answered(encode(await statuses.of(found, public_address(request))), patience)

    @router.delete(
        "/status/{id}",
        operation_id="delete_interrogation_status",
        response_model=InterrogationStatus,
        responses=refusals(404),
    )
    async def cancel(request: Request, request_id: RequestId) -> Response:
        """Cancel what is not done; what alchemists work on is paid. Answers the status after that."""
        found = parse_request_id(request_id)
        await desk.cancel(found)
        return json_response(encode(await statuses.of(found, public_address(request))))

    return router
