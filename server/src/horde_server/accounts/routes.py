"""`/find_user`, `/users`, `/users/{id}`: parse, call, answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator

from horde_server.accounts.answers import ModifyUser, UserDetails
from horde_server.accounts.deletion import AccountDeletion
from horde_server.accounts.ranking_store import Order
from horde_server.accounts.schemas import UserChange
from horde_server.accounts.service import Users
from horde_server.errors import InvalidAPIKey, UserNotFound
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.declared_routes import ASKED_LATER
from horde_server.http.parameters import Id, Word
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.directory import AccountDirectory
from horde_server.identity.door import Door

_encode = msgspec.json.Encoder().encode
_INT32_MAX = 2**31 - 1

AccountNumber = Annotated[Id, AfterValidator(lambda text: str(parse_account_id(text)))]
"""A number that somebody may have; what cannot be one is not found, before any key is looked at."""


PageNumber = Annotated[int, Query(ge=-_INT32_MAX, le=_INT32_MAX)]


def routes(users: Users, deletion: AccountDeletion, accounts: AccountDirectory, door: Door) -> APIRouter:
    """Users."""
    router = door.router("/api/v2", tags=["v2"])

    @router.get(
        "/find_user",
        right=Right.ANY_KEY,
        no_key=InvalidAPIKey,
        unknown_key=UserNotFound,
        deleted_user=ASKED_LATER,
        shared_keys=True,
        operation_id="get_find_user",
        response_model=UserDetails,
        responses=refusals(401, 404),
    )
    async def find_user(caller: Caller) -> Response:
        """Whose key this is."""
        shown = await users.show(caller.user.id, 1 if caller.may(Right.READ_OWN) else 0)
        if caller.key is not None and caller.key.shared is not None:
            shown["username"] += f" (Shared Key: {caller.key.name})" if caller.key.name else " (Shared Key)"
        return json_response(_encode(shown))

    @router.get(
        "/users",
        right=Right.ANYBODY,
        operation_id="get_users",
        response_model=list[UserDetails],
        responses=refusals(),
    )
    async def all_users(page: PageNumber = 1, sort: Word = "kudos") -> Response:
        """The users, 25 a page: those with the most kudos first, or the oldest (`age`)."""
        return json_response(_encode(await users.page(page, Order.AGE if sort == "age" else Order.KUDOS)))

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
        return json_response(_encode(await users.show(account_id, privilege)))

    @router.put(
        "/users/{user_id}",
        right=Right.MANAGE_OWN,
        unknown_key=ASKED_LATER,
        deleted_user=ASKED_LATER,
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
        answer = await users.change(account_id, body, caller)
        return json_response(_encode(answer))

    @router.delete(
        "/users/{user_id}",
        right=Right.MANAGE_OWN,
        no_key=InvalidAPIKey,
        deleted_user=ASKED_LATER,
        operation_id="delete_user_single",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def delete(caller: Caller, user_id: Id) -> Response:
        """Mark an account for deletion; again, once it was inactive for 30 days, wipe it."""
        await deletion.delete(parse_account_id(user_id), caller)
        return json_response(b'{"message": "OK"}')

    return router.api


def parse_account_id(text: str) -> int:
    """The number of an account; what cannot be one names nobody."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _INT32_MAX):
        raise UserNotFound
    return int(text)
