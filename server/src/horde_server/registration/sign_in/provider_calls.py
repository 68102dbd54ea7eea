"""Calls of a provider's addresses: guarded, bounded in time, size and number, never redirected."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog

from horde_sdk.reach import Reach
from horde_server.blobs.guard import FetchFailed, Guard
from horde_server.registration.sign_in.refusals import SignInProviderAway

if TYPE_CHECKING:
    import aiohttp

log = structlog.get_logger(__name__)

MOST_BYTES: Final = 256 * 1024
TIME_LIMIT_S: Final = 8.0
AT_A_TIME: Final = 16
"""Calls of one provider under way: one that hangs must not keep everybody's connections."""
_FORM: Final = "application/x-www-form-urlencoded"


class ProviderCalls:
    """Asks one provider. Whatever goes wrong on the way is `SignInProviderAway`."""

    def __init__(self, provider: str, reach: Reach) -> None:
        self._provider = provider
        self._guard = Guard(reach)
        self._under_way = 0

    async def get(self, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object that is there. Raises `SignInProviderAway` for anything else."""
        async with (
            self._session() as session,
            session.get(self._guard.checked(url), headers=_json(headers), allow_redirects=False) as answer,
        ):
            return await _object(answer, {200})

    async def post(self, url: str, form: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """What is answered to a form, a refusal (400, 401) included. Raises `SignInProviderAway` for anything else."""
        async with self._session() as session:
            sent = {**_json(headers), "Content-Type": _FORM}
            async with session.post(
                self._guard.checked(url), data=io.BytesIO(form.encode()), headers=sent, allow_redirects=False
            ) as answer:
                return await _object(answer, {200, 400, 401})

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[aiohttp.ClientSession]:
        if self._under_way >= AT_A_TIME:
            raise SignInProviderAway
        self._under_way += 1
        try:
            async with self._guard.session(TIME_LIMIT_S) as session:
                yield session
        except FetchFailed as error:
            log.warning("sign_in.provider_away", provider=self._provider, reason=str(error))
            raise SignInProviderAway from None
        finally:
            self._under_way -= 1


def _json(headers: Mapping[str, str]) -> dict[str, str]:
    return {**headers, "Accept": "application/json"}


async def _object(answer: aiohttp.ClientResponse, statuses: set[int]) -> dict[str, Any]:
    if answer.status not in statuses:
        raise FetchFailed(f"it answers {answer.status}")
    if (answer.content_length or 0) > MOST_BYTES:
        raise FetchFailed(f"more than {MOST_BYTES} bytes announced")
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            raise FetchFailed(f"more than {MOST_BYTES} bytes")
    try:
        found = json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise FetchFailed("it answers no JSON") from None
    if not isinstance(found, dict):
        raise FetchFailed("it answers no JSON object")
    return found
