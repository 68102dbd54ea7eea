"""`/workers/messages`: parse, call, answer (workers.md §12). These routes stand before `/workers/{id}`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.errors import InvalidPayload
from horde_server.http.answers import SimpleResponse, refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import Id, Word
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.workers.check_in import parse_worker_id as parse_id
from horde_server.workers.messages.answers import ResponseModelMessage
from horde_server.workers.messages.schemas import NewMessage
from horde_server.workers.messages.service import VALIDITIES, MessageService

_encode = msgspec.json.Encoder().encode


def routes(messages: MessageService, door: Door) -> APIRouter:
    """What workers are told."""
    router = door.router("/api/v2/workers/messages", tags=["v2"])

    @router.get(
        "",
        right=Right.READ_OWN,
        operation_id="get_worker_messages",
        response_model=list[ResponseModelMessage],
        responses=refusals(401, 403, 404),
    )
    async def find(
        caller: Caller,
        user_id: Annotated[str | None, Query(max_length=100)] = None,
        worker_id: Annotated[str | None, Query(max_length=100)] = None,
        validity: Word = "active",
        page: Annotated[int, Query(ge=1, le=2**31 - 1)] = 1,
    ) -> Response:
        """Messages that you wrote, that your workers are told, and those to many; fifty a page, the newest first."""
        if validity not in VALIDITIES:
            raise InvalidPayload({"validity": f"one of {', '.join(VALIDITIES)}"})
        found = await messages.page(caller, user_id=user_id, worker_id=worker_id, validity=validity, number=page)
        return json_response(_encode(found))

    @router.post(
        "",
        right=Right.MANAGE_WORKERS,
        operation_id="post_worker_messages",
        response_model=ResponseModelMessage,
        responses=refusals(401, 403, 404, 413),
        openapi_extra=body_documentation(NewMessage),
    )
    async def write(caller: Caller, body: NewMessage) -> Response:
        """Tell your workers something; as a moderator anybody's, all of a kind, or all."""
        return json_response(_encode(await messages.write(body, caller)))

    @router.get(
        "/{message_id}",
        right=Right.ANYBODY_NAMED,
        operation_id="get_single_worker_message",
        response_model=ResponseModelMessage,
        responses=refusals(401, 403, 404),
    )
    async def show(caller: Caller, message_id: Id) -> Response:
        """One message. One that is not to many is shown to its author, its addressees' owner and moderators."""
        return json_response(_encode(await messages.show(parse_id(message_id), caller)))

    @router.delete(
        "/{message_id}",
        right=Right.MANAGE_WORKERS,
        operation_id="delete_single_worker_message",
        response_model=SimpleResponse,
        responses=refusals(401, 403, 404),
    )
    async def delete(caller: Caller, message_id: Id) -> Response:
        """Remove a message, as its author or as a moderator."""
        await messages.delete(parse_id(message_id), caller)
        return json_response(b'{"message":"OK"}')

    return router.api
