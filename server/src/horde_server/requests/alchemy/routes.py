"""`/interrogate/async` and `/interrogate/status/{id}`: parse, call, answer. Clients poll the status itself."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request, Response

from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, parameter_documentation
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.etags import known_tags
from horde_server.http.parameters import RequestId
from horde_server.http.public_address import PublicAddress
from horde_server.http.rights import Right
from horde_server.http.unknown_fields import slips
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.requests.alchemy.answers import InterrogationStatus, RequestInterrogationResponse
from horde_server.requests.alchemy.desk import AlchemyDesk
from horde_server.requests.alchemy.schemas import InterrogationRequest
from horde_server.requests.alchemy.status import InterrogationStatuses, status_tag
from horde_server.requests.alchemy.wire import asked
from horde_server.requests.face import accepted, answered, encode, made_in_time, patience_of, patience_with
from horde_server.requests.progress import parse_request_id


def routes(
    desk: AlchemyDesk,
    statuses: InterrogationStatuses,
    public_address: PublicAddress,
    door: Door,
) -> APIRouter:
    """The requester's side of alchemy."""
    router = door.router("/api/v2/interrogate", tags=["v2"])

    @router.post(
        "/async",
        right=Right.ASK,
        unknown_key=ASKED_LATER,
        deleted_user=ASKED_LATER,  # refused in its turn (alchemy.md §2.2)
        hot=True,
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
    async def submit_request(request: Request, caller: Caller, body: InterrogationRequest) -> Response:
        """Ask alchemists to tell something of a picture, or to make another one of it."""
        ticket = await desk.submit(asked(body, public_address(request) if body.webhook else ""), caller)
        remarks = slips(body)
        if not (patience := patience_with(request)):
            return accepted(ticket, remarks)
        status = partial(statuses.of, base_url=public_address(request))
        return await made_in_time(ticket, remarks, desk, status, patience, otherwise=accepted(ticket, remarks))

    @router.get(
        "/status/{id}",
        right=Right.ANYBODY,
        hot=True,
        operation_id="get_interrogation_status",
        response_model=InterrogationStatus,
        responses=refusals(404),
        openapi_extra=parameter_documentation("path", id="Of the request"),
    )
    async def status(request: Request) -> Response:
        """How far each form is, with the results so far."""
        found, patience, known = (
            parse_request_id(request.path_params["id"]),
            patience_of(request),
            known_tags(request.scope),
        )
        if patience:
            await desk.follow(found, patience, known)
        told = await statuses.of(found, public_address(request))
        return answered(encode(told), patience, status_tag(form.state for form in told.forms), known)

    @router.delete(
        "/status/{id}",
        right=Right.ANYBODY,
        operation_id="delete_interrogation_status",
        response_model=InterrogationStatus,
        responses=refusals(404),
    )
    async def cancel(request: Request, request_id: RequestId) -> Response:
        """Cancel what is not done; what alchemists work on is paid. Answers the status after that."""
        found = parse_request_id(request_id)
        await desk.cancel(found)
        return json_response(encode(await statuses.of(found, public_address(request))))

    return router.api
