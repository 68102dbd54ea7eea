"""A store that is away: 503, nothing half done, nothing lost (storage.md §3.3)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from horde_processes import free_port
from hordes import StartHorde
from s3_server import CREDENTIALS


@pytest.fixture(params=["folder", "s3"])
def away(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place where nothing can be kept: no folder, or nobody listening."""
    if request.param == "folder":
        (tmp_path / "no folder").touch()
        return str(tmp_path / "no folder")
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return f"s3://bucket?endpoint=http://127.0.0.1:{free_port()}"


@pytest.fixture
def outage() -> Callable[..., None]:
    """Answers what everything is answered that needs the store."""

    def check(answer: Any) -> None:
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"] == "5"
        assert "again" in answer.json()["message"]
        assert "rc" not in answer.json()

    return check


async def test_a_request_whose_picture_cannot_be_kept_is_none(
    start_horde: StartHorde, away: str, outage: Callable[..., None], picture: bytes
) -> None:
    """§3.3: the original goes on without the picture; here there is no request, and no kudos are taken or held."""
    horde = await start_horde(source_blobs=away)
    ada = await horde.account("ada", kudos=1000)
    source = base64.b64encode(picture).decode()
    outage(await horde.ask(ada.api_key, source_image=source, params={"width": 2048, "height": 2048}))
    assert await horde.sql("SELECT count(*) FROM request") == [(0,)]
    assert await horde.sql("SELECT count(*) FROM ledger WHERE kind = 'request_tax'") == [(0,)]
    assert (await horde.user(ada))["kudos"] == 1000
    assert (await horde.ask(ada.api_key)).status_code == 202, "what needs no picture is served"


async def test_a_result_that_cannot_be_kept_stays_the_workers(
    start_horde: StartHorde, away: str, outage: Callable[..., None]
) -> None:
    """The job is delivered later, once the store is back; it is paid once."""
    broken = await start_horde(blobs=away)
    owner = await broken.account("owner")
    request_id = await broken.request()
    job = await broken.job(owner.api_key)
    outage(await broken.try_submit(owner.api_key, job["id"]))
    outage(await broken.try_submit(owner.api_key, job["id"], generation="R2"))
    assert (await broken.check(request_id))["processing"] == 1
    mended = await start_horde()
    await mended.submit(owner.api_key, job["id"])
    assert (await mended.check(request_id))["done"]


async def test_an_image_that_cannot_be_read_is_not_said_to_be_missing(
    start_horde: StartHorde, away: str, outage: Callable[..., None]
) -> None:
    """§4.3: `N/A` is for what is gone; what is there is given later."""
    mended = await start_horde()
    owner = await mended.account("owner")
    request_id = await mended.request(r2=False)
    await mended.submit(owner.api_key, (await mended.job(owner.api_key))["id"])
    broken = await start_horde(blobs=away)
    outage(await broken.client.get(f"/api/v2/generate/status/{request_id}"))
    assert (await mended.status(request_id))["generations"][0]["img"] != "N/A"


async def test_a_worker_is_told_that_a_picture_cannot_be_read(
    start_horde: StartHorde, away: str, outage: Callable[..., None], picture: bytes
) -> None:
    """Bridges that get pictures inline; the lease is over as every other, and the job goes to somebody else."""
    mended = await start_horde()
    await mended.request(source_image=base64.b64encode(picture).decode())
    owner = await mended.account("owner")
    broken = await start_horde(blobs=away)
    outage(await broken.try_pop(owner.api_key, bridge_agent="AI Horde Worker:13:x"))
