"""`…/events/{id}` and `/events`: parse, find, and tell (events.md §2, §3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from horde_server.errors import HordeError, InvalidPayload, RequestNotFound
from horde_server.http.answers import refusals
from horde_server.http.client_agent import names_no_program
from horde_server.http.event_stream import EventStream
from horde_server.http.public_address import PublicAddress
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.moderation.addresses.timeouts import AddressTimeouts
from horde_server.requests.events.begun import begun
from horde_server.requests.events.of_accounts import AccountEvents
from horde_server.requests.events.of_interrogations import InterrogationEvents
from horde_server.requests.events.of_requests import RequestEvents
from horde_server.requests.events.seen import Seen, seen_of
from horde_server.requests.following import StreamPlaces, Wants
from horde_server.requests.progress import parse_request_id
from horde_server.requests.things import Thing, Things
from horde_server.requests.waiting import Receive

MOST_S: Final = 3600
_LAST: Final = "The id of the last event that was heard: what came before is not told again"
_TYPE: Final = "text/event-stream"
_OF_A_REQUEST: Final = {
    "image": "/generate/events/{id}",
    "text": "/generate/text/events/{id}",
    "interrogation": "/interrogate/events/{id}",
}
"""Beside the other addresses of each kind; each serves requests of any."""


class AnonForbiddenEvents(HordeError):
    """Everybody is Anonymous: use a key of your own."""

    status, rc = 403, "AnonForbidden"


def routes(
    things: Things,
    of_requests: RequestEvents,
    of_interrogations: InterrogationEvents,
    of_accounts: AccountEvents,
    places: StreamPlaces,
    public_address: PublicAddress,
    addresses: AddressTimeouts,
    door: Door,
) -> APIRouter:
    """Server-sent events of one request, by whichever of three paths, and of an account."""
    router = door.router("/api/v2", tags=["v2"])

    def stream(request: Request, pieces: AsyncGenerator[bytes, None]) -> EventStream:
        stack = ExitStack()
        stack.enter_context(places.place(request.scope["state"]["client_address"]))
        return EventStream(begun(pieces), stack.close)

    def pieces_of(thing: Thing, request: Request, seen: Seen) -> AsyncGenerator[bytes, None]:
        receive, base_url = _for_a_while(request), public_address(request)
        kind = thing.dispatcher.kind.name
        if kind == "interrogation":
            return of_interrogations.tell(thing, receive, seen, base_url)
        previews = kind == "image" and request.query_params.get("previews") in ("1", "true")
        wants = Wants(text=kind == "text", steps=kind == "image", previews=previews)
        return of_requests.tell(thing, receive, seen, wants, base_url)

    async def of_request(request: Request) -> Response:
        """What happens to a request, as it happens: server-sent events, from its present state to its end."""
        if names_no_program(request.scope):
            addresses.refuse_nameless(request.state.client_address)
        request_id = parse_request_id(request.path_params["id"])
        last = request.headers.get("last-event-id") or request.query_params.get("last", "")
        seen = seen_of(request_id, last)
        thing = (await things.find([request_id])).get(request_id)
        if thing is None:
            raise RequestNotFound
        if seen.is_over and thing.is_over:
            return Response(status_code=204)  # a browser connects no more
        seen.is_over = False
        return stream(request, pieces_of(thing, request, seen))

    for kind, path in _OF_A_REQUEST.items():
        router.get(
            path,
            operation_id=f"get_{kind}_events",
            right=Right.ANYBODY,
            hot=True,
            responses=_answers(403, 404),
            openapi_extra=_parameters(id_="Of the request, of whatever kind"),
        )(of_request)

    @router.get(
        "/events",
        operation_id="get_account_events",
        right=Right.READ_OWN,
        hot=True,
        responses=_answers(401, 403),
        openapi_extra=_parameters(),
    )
    async def of_account(request: Request, caller: Caller) -> Response:
        """The state of each of your requests, as it changes: server-sent events, for an hour at most."""
        if caller.user.id == 0:
            raise AnonForbiddenEvents
        return stream(request, of_accounts.tell(caller.user.id, _for_a_while(request, MOST_S)))

    return router.api


def _for_a_while(request: Request, most_s: int | None = None) -> Receive:
    """The connection, which is as good as gone after the seconds that the client asks for."""
    text = request.query_params.get("seconds")
    seconds = most_s
    if text is not None:
        if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= MOST_S):
            raise InvalidPayload({"seconds": f"must be a whole number from 0 to {MOST_S}"})
        seconds = int(text)
    if seconds is None:
        return request.receive
    until = asyncio.get_running_loop().time() + seconds

    async def receive() -> Mapping[str, Any]:
        try:
            async with asyncio.timeout_at(until):
                return await request.receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    return receive


def _answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    stream = {
        "description": "Events, as the HTML standard has them",
        "content": {_TYPE: {"schema": {}}},
    }
    return {200: stream, **refusals(*statuses)}


def _parameters(id_: str = "") -> dict[str, Any]:
    """Documents what is read by hand."""
    told: list[tuple[str, str, str, dict[str, Any]]] = [
        (
            "seconds",
            "query",
            "End after so many; 0: tell how it is now",
            {"type": "integer", "minimum": 0, "maximum": MOST_S},
        )
    ]
    if id_:
        told = [
            ("id", "path", id_, {"type": "string", "maxLength": 1000}),
            ("previews", "query", "1: pictures as they come to be, too", {"type": "string", "maxLength": 30}),
            ("last", "query", _LAST, {"type": "string", "maxLength": 1000}),
            ("Last-Event-ID", "header", _LAST, {"type": "string", "maxLength": 1000}),
            *told,
        ]
    else:
        told.append(("apikey", "header", "Whose requests", {"type": "string", "maxLength": 255}))
    return {
        "parameters": [
            {"name": name, "in": place, "required": place == "path", "description": text, "schema": schema}
            for name, place, text, schema in told
        ]
    }
