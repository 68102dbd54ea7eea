"""Answers without streaming through proxies that give up: line feeds until the JSON is there (gateway.md §1.10)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from horde_server.gateway.common.streaming import Failing, StreamAnswer
from horde_server.http.body import JSON_TYPE
from horde_server.http.dialects import visit_of
from horde_server.requests.following import ClientGone
from horde_server.settings import Settings

_LINE_FEED: Final = b"\n"


async def patient(
    answer: Awaitable[Response], request: Request, settings: Settings, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer; where it takes longer than the operator allows for silence, one that begins before it is there.

    A failure is then told in the dialect's words, as status 200 is sent by then. `headers`: what is known before.
    """
    if not settings.gateway_whitespace_s:
        return await answer
    making = asyncio.ensure_future(answer)
    try:
        await asyncio.wait((making,), timeout=settings.gateway_whitespace_s)
    except asyncio.CancelledError:
        making.cancel()
        raise
    if making.done():
        return making.result()
    pieces = _pieces(making, settings.gateway_whitespace_s)
    return StreamAnswer(pieces, running=None, failed=_failing(request), media_type=JSON_TYPE, headers=headers)


def _failing(request: Request) -> Failing:
    visit = visit_of(request.scope)
    assert visit is not None  # only dialects are patient
    return lambda refusal: bytes(visit.refused(refusal).body)


async def _pieces(making: asyncio.Future[Response], every_s: float) -> AsyncGenerator[bytes, None]:
    try:
        while not making.done():
            yield _LINE_FEED
            await asyncio.wait((making,), timeout=every_s)
        yield bytes(making.result().body)
    except ClientDisconnect:
        raise ClientGone from None
    finally:
        making.cancel()
