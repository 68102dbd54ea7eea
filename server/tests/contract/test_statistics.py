"""What the horde made, as anybody may read it (statistics.md §1, §2)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde

from horde_server.statistics.answers import ImgModelStats, StatsImgTotals, StatsTxtTotals, TxtModelStats

WINDOWS = ("minute", "hour", "day", "month", "total")


async def get(horde: Horde, path: str, **query: str) -> Any:
    """A GET below /api/v2/stats; the JSON of a 200."""
    answer = await horde.client.get(f"/api/v2/stats/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_empty_horde_made_nothing(horde: Horde) -> None:
    """§1.1, §2.1: zeros and empty maps."""
    assert await get(horde, "img/totals") == {window: {"images": 0, "ps": 0} for window in WINDOWS}
    assert await get(horde, "text/totals") == {window: {"requests": 0, "tokens": 0} for window in WINDOWS}
    assert await get(horde, "img/models") == {"day": {}, "month": {}, "total": {}}


async def test_delivered_jobs_are_counted_at_once_and_exactly(horde: Horde) -> None:
    """§1.1, §1.3, §2.1: from the first one on; what is cancelled or failed made nothing."""
    ada = await horde.account("ada", kudos=10_000)
    ben = await horde.account("ben", trusted=True)
    await horde.request(ada.api_key, params={"width": 64, "height": 128, "steps": 5, "n": 3})
    for state in ("ok", "censored", "faulted"):
        await horde.submit(ben.api_key, (await horde.job(ben.api_key))["id"], state=state)
    await horde.texts.request(ada.api_key)
    await horde.texts.submit(ben.api_key, (await horde.texts.job(ben.api_key))["id"])
    await horde.folded()

    images = await get(horde, "img/totals")
    StatsImgTotals.model_validate(images, strict=True)
    assert images == {window: {"images": 2, "ps": 2 * 64 * 128 * 5} for window in WINDOWS}
    texts = await get(horde, "text/totals")
    StatsTxtTotals.model_validate(texts, strict=True)
    assert [texts[window]["requests"] for window in WINDOWS] == [1] * 5
    assert texts["total"]["tokens"] == texts["minute"]["tokens"] > 0
    models = await get(horde, "img/models")
    ImgModelStats.model_validate(models, strict=True)
    assert models == {window: {"stable_diffusion": 2} for window in ("day", "month", "total")}
    texted = await get(horde, "text/models")
    TxtModelStats.model_validate(texted, strict=True)
    assert [sum(counts.values()) for counts in texted.values()] == [1, 1, 1]


async def test_models_are_told_by_what_the_reference_knows(horde: Horde) -> None:
    """§2.2: known unless asked otherwise; the most used first."""
    await horde.sql(
        "INSERT INTO work_by_model SELECT 'image', 'total', 'epoch', model, jobs FROM (VALUES"
        " ('stable_diffusion', 3), ('my own', 9), ('Deliberate', 5)) AS done (model, jobs)"
    )
    assert list((await get(horde, "img/models"))["total"].items()) == [("Deliberate", 5), ("stable_diffusion", 3)]
    assert (await get(horde, "img/models", model_state="custom"))["total"] == {"my own": 9}
    assert list((await get(horde, "img/models", model_state="all"))["total"]) == [
        "my own", "Deliberate", "stable_diffusion",
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["", "KNOWN", "x" * 31])
async def test_another_state_is_refused(horde: Horde, state: str) -> None:
    """§2.2: before anything is looked up."""
    answer = await horde.client.get("/api/v2/stats/img/models", params={"model_state": state})
    assert answer.status_code == 400
    assert "model_state" in answer.text
