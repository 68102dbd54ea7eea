"""`/operations/suspicions`: who is suspected (moderation.md §3.5): parse, call, answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.rights import Right
from horde_server.identity.door import Door
from horde_server.moderation.suspicion import MOST_NOTED
from horde_server.moderation.suspicions.answers import Suspected
from horde_server.moderation.suspicions.service import SuspectList


def routes(suspects: SuspectList, door: Door) -> APIRouter:
    """Suspicions; for moderators."""
    router = door.router("/api/v2/operations", tags=["v2"])

    @router.get(
        "/suspicions",
        right=Right.MODERATE,
        operation_id="get_operations_suspicions",
        response_model=list[Suspected],
        responses=refusals(401, 403),
    )
    async def listed(
        of: Annotated[str, Query(max_length=8, pattern="^(accounts|workers)$")] = "accounts",
        at_least: Annotated[int, Query(ge=1, le=MOST_NOTED)] = 1,
        after: Annotated[str | None, Query(max_length=36)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> Response:
        """Accounts or workers against which something is noted; the next page is `after` the last one's id."""
        page = suspects.workers if of == "workers" else suspects.accounts
        return json_response(msgspec.json.encode(await page(after=after, at_least=at_least, limit=limit)))

    return router.api
