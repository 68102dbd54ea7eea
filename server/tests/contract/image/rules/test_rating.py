"""Ratings of images: POST /generate/rate/{id} (requests.md §13)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from hordes import Horde

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = "5f0a4c6e-0000-4000-8000-000000000001"


async def rate(horde: Horde, request_id: str, body: Any = None) -> httpx.Response:
    """POST /generate/rate/{id}; no key is needed."""
    return await horde.client.post(f"/api/v2/generate/rate/{request_id}", json=body or {"best": IMAGE})


async def test_only_shared_requests_are_rated_and_none_is(horde: Horde, asker: str, module_horde: Horde) -> None:
    """§13: not done → 400 `AestheticsNotCompleted`, then not shared → 400 `AestheticsNotPublic`: always."""
    owner = await module_horde.account("rated")
    request_id = await horde.request(asker, shared=True)
    assert horde.outcome(await rate(horde, request_id)) == (400, "AestheticsNotCompleted")
    job = await horde.job(owner.api_key, "rated worker")
    assert horde.outcome(await rate(horde, request_id)) == (400, "AestheticsNotCompleted")
    await horde.submit(owner.api_key, job["id"])
    assert horde.outcome(await rate(horde, request_id)) == (400, "AestheticsNotPublic")
    image = {"id": job["id"], "rating": 10, "artifacts": 0}
    assert horde.outcome(await rate(horde, request_id, {"best": job["id"], "ratings": [image]})) == (
        400, "AestheticsNotPublic",
    )  # fmt: skip


@pytest.mark.parametrize("request_id", ["5f0a4c6e-0000-4000-8000-000000000002", "not-a-uuid"])
async def test_what_does_not_exist_is_not_rated(horde: Horde, request_id: str) -> None:
    """§13.1: → 404 `RequestNotFound`, the first check."""
    assert horde.outcome(await rate(horde, request_id)) == (404, "RequestNotFound")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"best": "short"}, "best"),
        ({"best": "x" * 37}, "best"),
        ({"ratings": [{"rating": 5}]}, "ratings.0.id"),
        ({"ratings": [{"id": IMAGE}]}, "ratings.0.rating"),
        ({"ratings": [{"id": IMAGE, "rating": 0}]}, "ratings.0.rating"),
        ({"ratings": [{"id": IMAGE, "rating": 11}]}, "ratings.0.rating"),
        ({"ratings": [{"id": IMAGE, "rating": 5, "artifacts": 6}]}, "ratings.0.artifacts"),
        ({"ratings": [{"id": IMAGE, "rating": 5, "artifacts": -1}]}, "ratings.0.artifacts"),
    ],
    ids=str,
)
async def test_ratings_are_checked_against_the_schema_first(horde: Horde, body: dict[str, Any], path: str) -> None:
    """§13, basics.md §3: lengths and ranges, before the request is looked up."""
    answer = await rate(horde, str(uuid4()), body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {path})
