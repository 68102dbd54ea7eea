"""What becomes of kept source images, and bodies that are too large for any (requests.md §5)."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
from hordes import Horde
from PIL import Image

from horde_server.dispatch.store import requests_older_than

PIECE = b"A" * 2**20


def a_picture(width: int, height: int) -> bytes:
    """A WebP of that size."""
    target = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, "WEBP")
    return target.getvalue()


def keep(horde: Horde, key: str) -> Path:
    """A blob in the store of a horde, as if it had been taken in."""
    path = horde.settings.data / "blobs" / key[:2] / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"picture")
    return path


async def test_source_images_go_when_their_request_expires(horde: Horde) -> None:
    """storage.md §6: nothing is kept for ever; what another request needs stays."""
    gone, stays = [await horde.request() for _ in range(2)]
    paths = {}
    for request_id in (gone, stays):
        keys = [f"{request_id}{tail}.webp" for tail in ("_src", "_msk", "_exra_src_0")]
        paths[request_id] = [keep(horde, key) for key in keys]
        sources = {"image": keys[0], "mask": keys[1], "extra": [{"key": keys[2], "strength": 0.5}]}
        await horde.sql(
            "UPDATE request SET request_order = jsonb_set(request_order::jsonb, '{sources}', %s::jsonb)::json"
            " WHERE id = %s",
            json.dumps(sources),
            request_id,
        )
    await horde.sql("UPDATE request SET expires_at = now() - interval '1 s' WHERE id = %s", gone)

    async def deleted() -> bool:
        return not any(path.exists() for path in paths[gone])

    await horde.until(deleted, "the expired request's pictures are deleted")
    assert all(path.exists() for path in paths[stays])


async def test_a_result_is_held_against_the_size_of_its_source(horde: Horde) -> None:
    """docs/storage.md: one pixel for 256 of the smaller of request and source, or nobody pays."""
    worker = await horde.account("eve", columns={"trusted": True})
    source = base64.b64encode(a_picture(600, 500)).decode()
    request_id = await horde.request(source_image=source)
    [(pixels,)] = await horde.sql(
        "SELECT (request_order #>> '{sources,pixels}')::int FROM request WHERE id = %s", request_id
    )
    assert pixels == 600 * 500
    job = await horde.job(worker.api_key)
    tiny = base64.b64encode(a_picture(8, 8)).decode()
    delivered = await horde.submit(worker.api_key, job["id"], generation=tiny)
    assert delivered["reward"] == 0
    assert "earns nothing" in delivered["message"]


async def test_requests_that_live_long_are_known_to_the_sweep_of_old_pictures(horde: Horde) -> None:
    """A picture is there as long as its request may be handed out."""
    old, _ = [await horde.request() for _ in range(2)]
    await horde.sql("UPDATE request SET created_at = now() - interval '2 h' WHERE id = %s", old)
    async with await psycopg.AsyncConnection.connect(horde.dsn) as conn:
        assert [str(found) for found in await requests_older_than(conn, 3600)] == [old]


async def test_a_body_of_a_hundred_megabytes_is_refused_before_it_has_arrived(horde: Horde) -> None:
    """basics.md §3.6: bodies are capped, also when their length is not announced."""
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"prompt": "a lighthouse", "source_image": "'
        for _ in range(100):
            sent += len(PIECE)
            yield PIECE
        yield b'"}'

    answer = await horde.client.post(
        "/api/v2/generate/async",
        content=body(),
        headers={"apikey": "0000000000", "content-type": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json()["message"]
    assert sent <= horde.settings.max_body_bytes + len(PIECE)
