"""The routes of keys, in the words of the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from hordes import Horde


async def call(
    horde: Horde, method: str, path: str, key: str | None, body: Any = None, more: Mapping[str, str] | None = None
) -> httpx.Response:
    """An answer of the API; `more` headers beside the key."""
    headers = {**({"apikey": key} if key is not None else {}), **(more or {})}
    return await horde.client.request(method, f"/api/v2/{path}", headers=headers, json=body)


async def make_key(horde: Horde, by: str, **wish: Any) -> dict[str, Any]:
    """A key that was made by the API, to ask with unless told otherwise."""
    answer = await call(horde, "POST", "keys", by, {"name": "bot", "scopes": ["ask"], **wish})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def share_key(horde: Horde, by: str, **wish: Any) -> dict[str, Any]:
    """A shared key that was made by the API."""
    answer = await call(horde, "PUT", "sharedkeys", by, {"name": "for friends", **wish})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def shown(horde: Horde, shared_id: str) -> dict[str, Any]:
    """What anybody is told of a shared key."""
    answer = await call(horde, "GET", f"sharedkeys/{shared_id}", None)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def listed(horde: Horde, by: str) -> dict[str, dict[str, Any]]:
    """One's own keys, by their names."""
    answer = await call(horde, "GET", "keys", by)
    assert answer.status_code == 200, answer.text
    return {key["name"]: key for key in answer.json()["keys"]}


async def give(
    horde: Horde, by: str, to: str, amount: int, idempotency_key: str | None = None
) -> tuple[int, str | None]:
    """What giving kudos comes to."""
    more = {"Idempotency-Key": idempotency_key} if idempotency_key is not None else None
    return horde.outcome(await call(horde, "POST", "kudos/transfer", by, {"username": to, "amount": amount}, more))
