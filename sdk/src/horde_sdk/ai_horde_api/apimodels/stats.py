"""GET /v2/stats/…: what the horde made, and with which models."""

from __future__ import annotations

from enum import auto
from typing import Any

from pydantic import Field, field_validator

from horde_sdk._text_enum import TextEnum
from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.consts import MODEL_STATE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, HordeResponseBaseModel
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class StatsModelsTimeframe(TextEnum):
    """How far back a statistic goes."""

    day = auto()
    month = auto()
    total = auto()


class _CountsByModel(HordeResponseBaseModel):
    """How often each model was used."""

    day: dict[str, int]
    """Since yesterday."""
    month: dict[str, int]
    """In the last 30 days."""
    total: dict[str, int]
    """Ever."""

    @field_validator("day", "month", "total", mode="before")
    @classmethod
    def _nothing_counts_as_zero(cls, counts: Any) -> Any:
        if counts is None:
            return {}
        if isinstance(counts, dict):
            # A document of the API shows `additionalProp1` where a model's name would stand.
            return {model: count or 0 for model, count in counts.items() if model != "additionalProp1"}
        return counts


@Unhashable
@Unequatable
class ImageStatsModelsResponse(_CountsByModel, api_name="ImgModelStats"):
    """How many images were made with each model: 200 of GET /v2/stats/img/models."""

    def get_timeframe(self, timeframe: StatsModelsTimeframe) -> dict[str, int]:
        """Return the counts of one time frame."""
        counts: dict[str, int] = getattr(self, timeframe)
        return counts


class ImageStatsModelsRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_stats_img_models,
):
    """Ask how many images were made with each model: GET /v2/stats/img/models."""

    api_model_state: MODEL_STATE = Field(default=MODEL_STATE.all, alias="model_state")
    """Which models: those that the horde's reference knows, the others, or all."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageStatsModelsResponse]:
        return ImageStatsModelsResponse


class SinglePeriodImgStat(HordeAPIObjectBaseModel, api_name="SinglePeriodImgStat"):
    """What was made in a time."""

    images: int | None = None
    """How many images."""
    ps: int | None = None
    """Pixelsteps: pixels times steps, of all images."""

    @property
    def mps(self) -> int | None:
        """Whole megapixelsteps."""
        return None if self.ps is None else self.ps // 1_000_000


class ImageStatsModelsTotalResponse(HordeResponseBaseModel, api_name="StatsImgTotals"):
    """How many images were made: 200 of GET /v2/stats/img/totals."""

    day: SinglePeriodImgStat | None = None
    """In the last 24 hours."""
    hour: SinglePeriodImgStat | None = None
    """In the last hour."""
    minute: SinglePeriodImgStat | None = None
    """In the last minute."""
    month: SinglePeriodImgStat | None = None
    """In the last 30 days."""
    total: SinglePeriodImgStat | None = None
    """Ever."""


class ImageStatsModelsTotalRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_stats_img_totals,
):
    """Ask how many images were made: GET /v2/stats/img/totals."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ImageStatsModelsTotalResponse]:
        return ImageStatsModelsTotalResponse


@Unhashable
class TextStatsModelResponse(_CountsByModel, api_name="TxtModelStats"):
    """How many texts were written with each model: 200 of GET /v2/stats/text/models."""


class TextStatsModelsRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_stats_text_models,
):
    """Ask how many texts were written with each model: GET /v2/stats/text/models."""

    @classmethod
    def get_default_success_response_type(cls) -> type[TextStatsModelResponse]:
        return TextStatsModelResponse


class SinglePeriodTxtStat(HordeAPIObjectBaseModel, api_name="SinglePeriodTxtStat"):
    """What was written in a time."""

    requests: int | None = None
    """How many texts."""
    tokens: int | None = None
    """How many tokens."""


@Unhashable
class TextStatsModelsTotalResponse(HordeResponseBaseModel, api_name="StatsTxtTotals"):
    """How much was written: `requests` and `tokens` by time: 200 of GET /v2/stats/text/totals."""

    minute: dict[str, int]
    """In the last minute."""
    hour: dict[str, int]
    """In the last hour."""
    day: dict[str, int]
    """In the last 24 hours."""
    month: dict[str, int]
    """In the last 30 days."""
    total: dict[str, int]
    """Ever."""


class TextStatsModelsTotalRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_stats_text_totals,
):
    """Ask how much was written: GET /v2/stats/text/totals."""

    @classmethod
    def get_default_success_response_type(cls) -> type[TextStatsModelsTotalResponse]:
        return TextStatsModelsTotalResponse
