"""`/find_user`, `/users/{id}`: parse, call, answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Response
from pydantic import AfterValidator

from horde_server.accounts.answers import ModifyUser, UserDetails
from horde_server.accounts.changes import change_user
from horde_server.accounts.schemas import UserChange
from horde_server.accounts.view import user_body
from horde_server.database.pool import Pool
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.errors import InvalidAPIKey, UserNotFound
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import ASKED_LATER, Right
from horde_server.http.parameters import Id
from horde_server.identity.caller import Caller
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.door import Door
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.workers.directory import WorkerDirectory

_encode = msgspec.json.Encoder().encode
_INT32_MAX = 2**31 - 1

AccountNumber = Annotated[Id, AfterValidator(lambda text: str(parse_account_id(text)))]
"""A number that somebody may have; what cannot be one is not found, before any key is looked at."""


def routes(
    pool: Pool,
    accounts: AccountDirectory,
    publish: Callable[[str, Iterable[str]], None],
    queues: Mapping[str, LiveQueue],
    workers: WorkerDirectory,
    profanity: ProfanityFilter,
    door: Door,
) -> APIRouter:
    """Users."""
    router = door.router("/api/v2", tags=["v2"])

    async def body_of(account_id: int, privilege: int) -> bytes:
        open_requests = {
            kind: [str(request_id) for request_id in queues[kind].requests_of(account_id)] if account_id else []
            for kind in ("image", "text")  # forms are not listed, here as on the original (accounts.md §1.2)
        }
        async with pool.connection() as conn:
            return _encode(await user_body(conn, account_id, privilege, open_requests))

    async def changed(account_id: int) -> None:
        accounts.invalidate(account_id)
        await workers.reload_of([account_id])  # they may be freed, or trusted
        publish("account", [str(account_id)])

    @router.get(
        "/find_user",
        right=Right.ANY_KEY,
        no_key=InvalidAPIKey,
        unknown_key=UserNotFound,
        operation_id="get_find_user",
        response_model=UserDetails,
        responses=refusals(401, 404),
    )
    async def find_user(caller: Caller) -> Response:
        """Whose key this is."""
        return json_response(await body_of(caller.user.id, 1 if caller.may(Right.READ_OWN) else 0))

    @router.get(
        "/users/{user_id}",
        right=Right.ANYBODY_NAMED,
        operation_id="get_user_single",
        response_model=UserDetails,
        responses=refusals(401, 404),
    )
    async def user(caller: Caller, user_id: AccountNumber) -> Response:
        """One user."""
        account_id = int(user_id)
        privilege = 0
        if caller.may(Right.MODERATE):
            privilege = 2
        elif account_id and caller.may(Right.READ_OWN) and caller.user.id == account_id:
            privilege = 1
        return json_response(await body_of(account_id, privilege))

    @router.put(
        "/users/{user_id}",
        right=Right.MANAGE_OWN,
        unknown_key=ASKED_LATER,
        operation_id="put_user_single",
        response_model=ModifyUser,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(UserChange),
    )
    async def change(caller: Caller, body: UserChange, user_id: Id) -> Response:
        """Change a user: roles and limits by moderators, kudos by administrators, names by the user."""
        account_id = parse_account_id(user_id)
        if await accounts.by_id(account_id) is None:
            raise UserNotFound
        caller.check(Right.MANAGE_OWN)
        async with pool.connection() as conn:
            answer = await change_user(conn, account_id, body, caller, profanity)
        await changed(account_id)
        return json_response(_encode(answer))

    return router.api


def parse_account_id(text: str) -> int:
    """The number of an account; what cannot be one names nobody."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _INT32_MAX):
        raise UserNotFound
    return int(text)
