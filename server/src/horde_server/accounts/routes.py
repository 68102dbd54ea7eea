"""`/find_user`, `/users/{id}`: parse, call, answer."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.accounts.answers import ModifyUser, UserDetails
from horde_server.accounts.schemas import UserChange
from horde_server.accounts.service import Users
from horde_server.errors import InvalidAPIKey, UserNotFound
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, read_body, required_apikey
from horde_server.http.parameters import ApiKey, Id
from horde_server.identity.directory import Account, AccountDirectory

_encode = msgspec.json.Encoder().encode
_INT32_MAX = 2**31 - 1


def routes(users: Users, accounts: AccountDirectory, admin_ids: Collection[int]) -> APIRouter:
    """Users."""
    router = APIRouter(prefix="/api/v2", tags=["v2"])

    @router.get("/find_user", operation_id="get_find_user", response_model=UserDetails, responses=refusals(401, 404))
    async def find_user(apikey: ApiKey = None) -> Response:
        """Whose key this is."""
        if not apikey:
            raise InvalidAPIKey
        account = await accounts.by_key(apikey)
        if account is None:
            raise UserNotFound
        return json_response(_encode(await users.show(account.id, 1)))

    @router.get(
        "/users/{user_id}",
        operation_id="get_user_single",
        response_model=UserDetails,
        responses=refusals(401, 404),
    )
    async def user(user_id: Id, apikey: ApiKey = None) -> Response:
        """One user."""
        account_id = parse_account_id(user_id)
        caller: Account | None = None
        if apikey:
            caller = await accounts.by_key(apikey)
            if caller is None:
                raise InvalidAPIKey
        privilege = 0
        if caller is not None:
            privilege = 2 if caller.moderator else 1 if caller.id == account_id and account_id else 0
        return json_response(_encode(await users.show(account_id, privilege)))

    @router.put(
        "/users/{user_id}",
        operation_id="put_user_single",
        response_model=ModifyUser,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(UserChange),
    )
    async def change(request: Request, user_id: Id, apikey: ApiKey = None) -> Response:
        """Change a user: roles and limits by moderators, kudos by administrators, names by the user."""
        wanted = await read_body(request, UserChange)
        key = required_apikey(apikey)
        account_id = parse_account_id(user_id)
        if await accounts.by_id(account_id) is None:
            raise UserNotFound
        caller = await accounts.by_key(key)
        if caller is None:
            raise InvalidAPIKey
        answer = await users.change(account_id, wanted, caller, is_admin=caller.id in admin_ids)
        return json_response(_encode(answer))

    return router


def parse_account_id(text: str) -> int:
    """The number of an account; what cannot be one names nobody."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _INT32_MAX):
        raise UserNotFound
    return int(text)
