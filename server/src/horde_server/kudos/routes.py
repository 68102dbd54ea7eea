"""`/kudos/transfer`, `/kudos/award`, `/kudos/statement`: parse, call, answer (kudos.md §7, §10)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from horde_server.errors import InvalidPayload
from horde_server.http.answers import refusals
from horde_server.http.body import body_documentation, json_response
from horde_server.http.parameters import IdempotencyKey, Word
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.identity.door import Door
from horde_server.kudos.answers import KudosAwarded, KudosStatement, KudosTransferred
from horde_server.kudos.schemas import KudosGift
from horde_server.kudos.service import KudosGifts
from horde_server.kudos.statement_wire import as_csv, as_json
from horde_server.kudos.statements import MOST_LINES, Statements
from horde_server.kudos.transfers import DeletedParty

_FORMATS = ("json", "csv")
Moment = Annotated[str | None, Query(max_length=40)]
"""A time as ISO 8601 has it; a date alone is its beginning, and without a zone it is UTC."""


def routes(gifts: KudosGifts, statements: Statements, door: Door) -> APIRouter:
    """Giving kudos, and what became of one's own."""
    router = door.router("/api/v2/kudos", tags=["v2"])

    @router.post(
        "/transfer",
        right=Right.MANAGE_OWN,
        deleted_user=DeletedParty,
        operation_id="post_transfer_kudos",
        response_model=KudosTransferred,
        responses=refusals(401, 413),
        openapi_extra=body_documentation(KudosGift),
    )
    async def give(caller: Caller, body: KudosGift, idempotency_key: IdempotencyKey = None) -> Response:
        """Give some of your kudos to somebody; sent again with the same Idempotency-Key, nothing moves twice."""
        await gifts.transfer(caller.user, body.username, body.amount, idempotency_key=idempotency_key or None)
        return json_response(msgspec.json.encode({"transferred": float(body.amount)}))

    @router.post(
        "/award",
        right=Right.MANAGE_OWN,
        operation_id="post_award_kudos",
        response_model=KudosAwarded,
        responses=refusals(401, 403, 413),
        openapi_extra=body_documentation(KudosGift),
    )
    async def give_new(caller: Caller, body: KudosGift) -> Response:
        """Award kudos that did not exist before; the first user only."""
        await gifts.award(caller.user, body.username, body.amount)
        return json_response(msgspec.json.encode({"awarded": float(body.amount)}))

    @router.get(
        "/statement",
        right=Right.READ_OWN,
        operation_id="get_kudos_statement",
        response_model=KudosStatement,
        responses=refusals(401, 403),
    )
    async def statement(
        caller: Caller,
        request: Request,
        since: Annotated[Moment, Query(alias="from")] = None,
        until: Annotated[Moment, Query(alias="to")] = None,
        before: Annotated[str | None, Query(max_length=300)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100,
        format: Word = "",  # noqa: A002 - the name that clients send
    ) -> Response:
        """What your kudos came from and went to, newest first; `before` takes the `next` of the page before."""
        if format not in ("", *_FORMATS):
            raise InvalidPayload({"format": f"one of {', '.join(_FORMATS)}"})
        page = await statements.page(
            caller.user.id,
            before=before,
            since=_moment("from", since),
            until=_moment("to", until),
            most=limit,
        )
        if format == "csv" or (not format and "text/csv" in request.headers.get("accept", "")):
            answer = Response(as_csv(page), media_type="text/csv")
            if page.next is not None:
                following = request.url.include_query_params(before=page.next)
                answer.headers["Link"] = f'<?{following.query}>; rel="next"'
            return answer
        return json_response(as_json(page))

    return router.api


def _moment(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        raise InvalidPayload({name: "a time such as 2026-07-14T12:00:00Z, or a date"}) from None
