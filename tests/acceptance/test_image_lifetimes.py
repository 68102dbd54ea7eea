"""Images go when their requests go, and stay when they are shared, though the server is killed in between."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import psycopg
import pytest
from acceptance.kinds_on_the_wire import IMAGE
from horde_processes import RunningHorde, start_horde, wait_until
from PIL import Image

from horde_server.database.embedded import running_dsn

pytestmark = pytest.mark.acceptance

REQUESTS = 40


def picture() -> str:
    """A small picture as base64."""
    target = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(target, "WEBP")
    return base64.b64encode(target.getvalue()).decode()


def sql(horde: RunningHorde, query: str) -> int:
    """Change what the API cannot change, or count; the number of rows."""
    with psycopg.connect(running_dsn(horde.data) or "", autocommit=True) as conn:
        return conn.execute(query.encode()).rowcount


def kept(folder: Path) -> set[str]:
    """The keys of a store."""
    return {path.name for path in folder.rglob("*") if path.is_file()}


def serve_all(horde: RunningHorde, key: str) -> set[str]:
    """Ask for images, from pictures and shared ones in turn, and deliver all; the jobs of the shared ones."""
    shared = set()
    for number in range(REQUESTS):
        is_shared = number % 2 == 0
        wish = {"shared": True} if is_shared else {"source_image": picture()}
        assert horde.api("generate/async", {**IMAGE.request(1), **wish}, key=key)[0] == 202
        _, job = horde.api("generate/pop", IMAGE.offer("keeper"), key=key)
        assert horde.api("generate/submit", IMAGE.result(job["id"]), key=key)[0] == 200
        if is_shared:
            shared.add(job["id"])
    return shared


def test_no_image_is_forgotten_and_none_is_lost(tmp_path: Path) -> None:
    images, shared_images = tmp_path / "images", tmp_path / "shared"
    settings: dict[str, Any] = {
        "HORDE_RATE_LIMITS": "0",
        "HORDE_BLOBS": str(images),
        "HORDE_SHARED_BLOBS": str(shared_images),
        "HORDE_TASK_POLL_INTERVAL_S": "0.2",
        "HORDE_SWEEP_INTERVAL_S": "0.05",
    }
    horde = start_horde("serve", tmp_path, **settings)
    try:
        key = horde.create_user("keeper", trusted=True)["api_key"]
        shared = serve_all(horde, key)
        assert len(kept(images)) == REQUESTS * 3 // 2
        sql(horde, "UPDATE request SET expires_at = now()")
        wait_until(lambda: sql(horde, "SELECT 1 FROM request") == 0, 30, "the requests have gone")
        sql(horde, "UPDATE procrastinate_jobs SET scheduled_at = now()")
        horde.kill()  # somewhere in the middle of what it does about them
        horde = start_horde("serve", tmp_path, port=int(horde.url.rpartition(":")[2]), **settings)
        # what the dead server was doing is done anew half a minute after its last sign of life
        sql(horde, "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 min'")
        wait_until(lambda: kept(images) == set(), 60, "every image of the requests is deleted")
        wanted = {f"{job_id}.{ending}" for job_id in shared for ending in ("webp", "json")}
        wait_until(lambda: kept(shared_images) == wanted, 60, "every shared image is kept")
        assert "Traceback" not in horde.log()
    finally:
        horde.stop()
