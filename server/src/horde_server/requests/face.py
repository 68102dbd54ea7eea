"""What the routes of all kinds answer alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request, Response

from horde_server.http.answers import add_warnings
from horde_server.http.body import json_response
from horde_server.http.preferences import wait_asked_s
from horde_server.identity.caller import Caller
from horde_server.identity.rate_limits import RateLimits
from horde_server.requests.asked import Ticket
from horde_server.requests.prospects import NO_WORKER_CODE
from horde_server.requests.waiting import MAX_WAIT_S, Patience

encode = msgspec.json.Encoder().encode


def patience_of(request: Request) -> Patience:
    """Whether, and how long, the client would have its answer held back until there is news."""
    return Patience(wait_asked_s(request.scope, MAX_WAIT_S), request.receive)


def answered(body: bytes, patience: Patience) -> Response:
    """A ready JSON body that was, or might have been, held back."""
    response = json_response(body)
    if patience:
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
    if NO_WORKER_CODE in ticket.warnings:
        answer["message"] = ticket.warnings[NO_WORKER_CODE]
    add_warnings(answer, ticket.warnings)
    add_warnings(answer, remarks)
    return json_response(encode(answer), 202)
