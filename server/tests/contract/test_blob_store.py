"""When the store of images fails: refused for the moment, nothing lost, nothing paid."""

from __future__ import annotations

import pytest
from horde_processes import free_port


async def test_a_store_that_is_away_loses_no_job(start_horde, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that cannot be kept is answered 503; the job stays the worker's, to deliver later."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    endpoint = f"http://127.0.0.1:{free_port()}"
    broken = await start_horde(blobs=f"s3://results?endpoint={endpoint}&region=us-east-1")
    owner = await broken.account("owner")
    request_id = await broken.request(r2=False)
    job = await broken.job(owner.api_key)
    refused = await broken.try_submit(owner.api_key, job["id"])
    assert refused.status_code == 503, refused.text
    assert "message" in refused.json()
    assert (await broken.check(request_id))["processing"] == 1
    mended = await start_horde()
    await mended.submit(owner.api_key, job["id"])
    assert (await mended.status(request_id))["done"]
