"""`/stats/img/…` and `/stats/text/…`: parse, call, answer (statistics.md §1, §2)."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from horde_server.errors import InvalidPayload
from horde_server.http.answers import refusals
from horde_server.http.body import json_response
from horde_server.http.declared_routes import DeclaredRouter
from horde_server.http.parameters import Word
from horde_server.http.rights import Right
from horde_server.statistics.answers import ImgModelStats, StatsImgTotals, StatsTxtTotals, TxtModelStats
from horde_server.statistics.service import MODEL_STATES, Statistics
from horde_server.statistics.store import Work

_encode = msgspec.json.Encoder().encode


def routes(statistics: Statistics) -> APIRouter:
    """What the horde made."""
    router = DeclaredRouter("/api/v2/stats", tags=["v2"])

    @router.get(
        "/img/totals",
        right=Right.ANYBODY,
        operation_id="get_image_horde_stats_totals",
        response_model=StatsImgTotals,
        responses=refusals(),
    )
    async def image_totals() -> Response:
        """Images and pixelsteps of the past minute, hour, day, 30 days, and ever."""
        return json_response(_encode(_totals(await statistics.totals("image"), "images", "ps")))

    @router.get(
        "/img/models",
        right=Right.ANYBODY,
        operation_id="get_image_horde_stats_models",
        response_model=ImgModelStats,
        responses=refusals(),
    )
    async def image_models(model_state: Word = "known") -> Response:
        """Images by model, the most used first, of the past day, 30 days, and ever."""
        if model_state not in MODEL_STATES:
            raise InvalidPayload({"model_state": f"one of {', '.join(MODEL_STATES)}"})
        return json_response(_encode(await statistics.models("image", model_state)))

    @router.get(
        "/text/totals",
        right=Right.ANYBODY,
        operation_id="get_text_horde_stats_totals",
        response_model=StatsTxtTotals,
        responses=refusals(),
    )
    async def text_totals() -> Response:
        """Texts and tokens of the past minute, hour, day, 30 days, and ever."""
        return json_response(_encode(_totals(await statistics.totals("text"), "requests", "tokens")))

    @router.get(
        "/text/models",
        right=Right.ANYBODY,
        operation_id="get_text_horde_stats_models",
        response_model=TxtModelStats,
        responses=refusals(),
    )
    async def text_models() -> Response:
        """Texts by model, the most used first, of the past day, 30 days, and ever."""
        return json_response(_encode(await statistics.models("text", "all")))

    return router.api


def _totals(windows: dict[str, Work], jobs: str, things: str) -> dict[str, dict[str, int]]:
    return {name: {jobs: done.jobs, things: round(done.things)} for name, done in windows.items()}
