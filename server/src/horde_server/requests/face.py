"""What the routes of all kinds answer alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec
from fastapi import Request, Response
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from horde_server.dispatch.ids import RequestId
from horde_server.errors import HordeError
from horde_server.http.answers import add_warnings
from horde_server.http.body import json_response
from horde_server.http.etags import NOTHING_KNOWN, KnownTags, tagged
from horde_server.http.incoming_body import LargeRequest
from horde_server.http.networks import household
from horde_server.http.preferences import wait_asked_s, wait_preferred_s
from horde_server.identity.caller import Caller
from horde_server.identity.rate_limits import RateLimits
from horde_server.requests.asked import Ticket
from horde_server.requests.prospects import NO_WORKER_CODE
from horde_server.requests.waiting import MAX_WAIT_S, Patience

encode = msgspec.json.Encoder().encode


def patience_of(request: Request) -> Patience:
    """Whether, and how long, the client would have its answer held back until there is news."""
    return _patience(request, wait_asked_s(request.scope, MAX_WAIT_S))


def patience_of_pop(request: Request) -> Patience:
    """The same of a worker, of whose pops as many wait as it has threads: one address may have many workers."""
    return Patience(wait_asked_s(request.scope, MAX_WAIT_S), request.receive)


def patience_with(request: Request) -> Patience:
    """The same of who asks for work. Only a header counts, as an answer of another kind comes of it; nobody waits with
    a large body, which would stay in memory as long."""
    if isinstance(request, LargeRequest):
        return Patience(0, request.receive)
    return _patience(request, wait_preferred_s(request.scope, MAX_WAIT_S))


def _patience(request: Request, wait_s: int) -> Patience:
    return Patience(wait_s, request.receive, household(request.scope["state"]["client_address"]) if wait_s else "")


def answered(body: bytes, patience: Patience, tag: bytes = b"", known: KnownTags = NOTHING_KNOWN) -> Response:
    """A ready JSON body, or that the client has it, which was, or might have been, held back."""
    response = _applied(json_response(body), patience)
    return tagged(response, tag, known) if tag else response


def _applied(response: Response, patience: Patience) -> Response:
    if patience and not patience.is_refused:
        response.headers["Preference-Applied"] = f"wait={patience.wait_s:.0f}"
    return response


def raise_limits(limits: RateLimits | None, caller: Caller) -> None:
    """Where somebody asks whom the horde knows, many may ask: a club's bot, a school, a service."""
    account = caller.account
    if limits is None or caller.is_proxied:  # those it asks for are known to nobody
        return
    if caller.key is not None and caller.key.shared is not None:
        return  # anybody may have it
    if account is not None and (account.trusted or account.education or account.service):
        limits.trust(caller.address)


def quoted(kudos: float, remarks: Mapping[str, str]) -> Response:
    """A dry run: the price. `remarks`: sentences by code about the body."""
    answer: dict[str, Any] = {"kudos": kudos}
    add_warnings(answer, remarks)
    return json_response(encode(answer))


def accepted(ticket: Ticket, remarks: Mapping[str, str], kudos: float | None = None) -> Response:
    """The 202: the id, the price where the kind tells one, and all that is to be said of the request."""
    answer: dict[str, Any] = {"id": str(ticket.id)}
    if kudos is not None:
        answer["kudos"] = kudos
    _add_remarks(answer, ticket, remarks)
    return json_response(encode(answer), 202)


class Watched(Protocol):
    """The desk of a kind, where somebody waits for what was just asked for."""

    async def follow(self, request_id: RequestId, patience: Patience) -> None:
        """Return when it is done, faulted or gone, or the client's patience at an end."""

    async def is_over(self, request_id: RequestId) -> bool:
        """Whether it is done or faulted."""


async def made_in_time(
    ticket: Ticket,
    remarks: Mapping[str, str],
    desk: Watched,
    status: Callable[[RequestId], Awaitable[msgspec.Struct]],
    patience: Patience,
    otherwise: Response,
) -> Response:
    """The 200 of a request that was done, or given up, while its sender waited: its status, id and price. Else the 202.

    The request is stored: whatever fails from here on, its sender is told its id.
    """
    try:
        await desk.follow(ticket.id, patience)
        if not await desk.is_over(ticket.id):
            return _applied(otherwise, patience)
        told = await status(ticket.id)
    except (HordeError, OperationalError, PoolTimeout):
        return otherwise
    answer: dict[str, Any] = {"id": str(ticket.id), "kudos": round(ticket.price.total_hundredths / 100)}
    answer |= msgspec.structs.asdict(told)
    _add_remarks(answer, ticket, remarks)
    return _applied(json_response(encode(answer)), patience)


def _add_remarks(answer: dict[str, Any], ticket: Ticket, remarks: Mapping[str, str]) -> None:
    if NO_WORKER_CODE in ticket.warnings:
        answer["message"] = ticket.warnings[NO_WORKER_CODE]
    add_warnings(answer, ticket.warnings)
    add_warnings(answer, remarks)
