"""`/find_user`, `/users/{id}`: parse, call, answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec
from fastapi import APIRouter, Request, Response

from horde_server.accounts.answers import ModifyUser, UserDetails
from horde_server.accounts.changes import change_user
from horde_server.accounts.schemas import UserChange
from horde_server.accounts.view import user_body
from horde_server.database.pool import Pool
from horde_server.dispatch.live_queue import LiveQueue
from horde_server.errors import InvalidAPIKey, UserNotFound
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response, read_body, required_apikey
from horde_server.http.parameters import ApiKey, Id
from horde_server.identity.directory import Account, AccountDirectory
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.settings import Settings
from horde_server.workers.directory import WorkerDirectory

_encode = msgspec.json.Encoder().encode
_INT32_MAX = 2**31 - 1


def routes(
    settings: Settings,
    pool: Pool,
    accounts: AccountDirectory,
    publish: Callable[[str, Iterable[str]], None],
    queues: Mapping[str, LiveQueue],
    workers: WorkerDirectory,
    profanity: ProfanityFilter,
) -> APIRouter:
    """Users."""
    router = APIRouter(prefix="/api/v2", tags=["v2"])

    async def body_of(account_id: int, privilege: int) -> bytes:
        open_requests = {
            kind: [str(request_id) for request_id in queues[kind].requests_of(account_id)] if account_id else []
            for kind in ("image", "text")  # forms are not listed, here as on the original (accounts.md §3.3)
        }
        async with pool.connection() as conn:
            return _encode(await user_body(conn, account_id, privilege, open_requests))

    async def changed(account_id: int) -> None:
        accounts.invalidate(account_id)
        await workers.reload_of([account_id])  # they may be freed, or trusted
        publish("account", [str(account_id)])

    @router.get("/find_user", operation_id="get_find_user", response_model=UserDetails, responses=refusals(401, 404))
    async def find_user(apikey: ApiKey = None) -> Response:
        """Whose key this is."""
        if not apikey:
            raise InvalidAPIKey
        account = await accounts.by_key(apikey)
        if account is None:
            raise UserNotFound
        return json_response(await body_of(account.id, 1))

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
        return json_response(await body_of(account_id, privilege))

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
        async with pool.connection() as conn:
            answer = await change_user(
                conn, account_id, wanted, caller, profanity, is_admin=caller.id in settings.admin_ids
            )
        await changed(account_id)
        return json_response(_encode(answer))

    return router


def parse_account_id(text: str) -> int:
    """The number of an account; what cannot be one names nobody."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _INT32_MAX):
        raise UserNotFound
    return int(text)
