"""/v2/status/…: is the horde alive, in which modes, what does it serve, how busy is it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import ActiveModel, BaseAIHordeRequest
from horde_sdk.ai_horde_api.consts import MODEL_STATE, MODEL_TYPE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import _ANONYMOUS_MODEL, HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable
from horde_sdk.generic_api.request_parts import AuditReasonMixin


class AIHordeHeartbeatResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name=_ANONYMOUS_MODEL):
    """The horde is alive: 200 of GET /v2/status/heartbeat."""

    version: str
    """Of the horde's program."""
    queue: int | None = None
    """How many calls wait to be answered."""
    threads: int | None = None
    """How many can be answered at once."""
    active_count: int | None = None
    """How many are being answered."""
    db_connection: bool | None = None
    """Whether the horde reaches its database."""


class AIHordeHeartbeatRequest(
    BaseAIHordeRequest, method=HTTPMethod.GET, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_heartbeat
):
    """Ask whether the horde is alive: GET /v2/status/heartbeat."""

    @classmethod
    def get_default_success_response_type(cls) -> type[AIHordeHeartbeatResponse]:
        return AIHordeHeartbeatResponse


class HordeModes(HordeAPIObjectBaseModel, api_name="HordeModes"):
    """Modes that an admin can put the horde into."""

    maintenance_mode: bool = False
    """No new requests are taken."""
    invite_only_mode: bool = False
    """No new workers are taken, but of invited users."""
    raid_mode: bool = False
    """Newcomers are watched more closely."""


class HordeModesResponse(HordeResponseBaseModel, HordeModes, api_name="HordeModes"):
    """The horde's modes. Only moderators are told whether it is in raid mode.

    200 of GET /v2/status/modes, 200 of PUT /v2/status/modes.
    """


class HordeModesRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_modes,
):
    """Ask for the horde's modes: GET /v2/status/modes."""

    @classmethod
    def is_api_key_required(cls) -> bool:
        return False

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeModesResponse]:
        return HordeModesResponse


class ModifyHordeModesRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.PUT,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_modes,
):
    """Put the horde into modes, or out of them; what is left out stays. For admins and moderators.

    PUT /v2/status/modes.
    """

    maintenance_mode: bool | None = None
    """Admins only."""
    invite_only_mode: bool | None = None
    """Take no new workers, but of invited users."""
    raid_mode: bool | None = None
    """Watch newcomers more closely."""

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeModesResponse]:
        return HordeModesResponse


@Unhashable
@Unequatable
class HordeStatusModelsAllResponse(HordeResponseRootModel[list[ActiveModel]]):
    """The models that workers serve: 200 of GET /v2/status/models."""

    def __iter__(self) -> Iterator[ActiveModel]:  # type: ignore[override]
        return iter(self.root)

    def __getitem__(self, index: int) -> ActiveModel:
        return self.root[index]

    def __len__(self) -> int:
        return len(self.root)


class HordeStatusModelsAllRequest(
    BaseAIHordeRequest, method=HTTPMethod.GET, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_models_all
):
    """Ask which models workers serve: GET /v2/status/models."""

    type_: MODEL_TYPE = Field(default=MODEL_TYPE.image, alias="type")
    """What they make."""
    min_count: int | None = None
    """Only with at least so many threads."""
    max_count: int | None = None
    """Only with at most so many threads."""
    model_state: MODEL_STATE = MODEL_STATE.all
    """Those that the horde's reference knows, the others, or all."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["type_", "min_count", "max_count", "model_state"]

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeStatusModelsAllResponse]:
        return HordeStatusModelsAllResponse


@Unhashable
@Unequatable
class HordeStatusModelsSingleResponse(HordeStatusModelsAllResponse):
    """One model, as a list of one: 200 of GET /v2/status/models/{model_name}."""


class HordeStatusModelsSingleRequest(
    BaseAIHordeRequest, method=HTTPMethod.GET, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_models_single
):
    """Ask about one model: GET /v2/status/models/{model_name}."""

    model_name: str
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeStatusModelsSingleResponse]:
        return HordeStatusModelsSingleResponse


class Newspiece(HordeAPIObjectBaseModel, api_name="Newspiece"):
    """A piece of news."""

    date_published: str | None = None
    """When it was published."""
    importance: str | None = None
    """How important it is."""
    newspiece: str | None = None
    """The news, as Markdown."""
    tags: list[str] | None = None
    """Words that it is found by."""
    title: str | None = None
    """What it is called."""
    more_info_urls: list[str] | None = None
    """Where there is more."""


@Unhashable
@Unequatable
class NewsResponse(HordeResponseRootModel[list[Newspiece]]):
    """The news, newest first: 200 of GET /v2/status/news."""

    def __iter__(self) -> Iterator[Newspiece]:  # type: ignore[override]
        return iter(self.root)

    def __getitem__(self, index: int) -> Newspiece:
        return self.root[index]


class NewsRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_news,
):
    """Ask for the news: GET /v2/status/news."""

    @classmethod
    def get_default_success_response_type(cls) -> type[NewsResponse]:
        return NewsResponse


class HordePerformanceResponse(HordeResponseBaseModel, api_name="HordePerformance"):
    """How busy the horde is: 200 of GET /v2/status/performance."""

    interrogator_count: int | None = None
    """Workers that do alchemy."""
    interrogator_thread_count: int | None = None
    """Their threads."""
    past_minute_megapixelsteps: float | None = None
    """Images made in the last minute."""
    past_minute_tokens: float | None = None
    """Texts written in the last minute."""
    queued_forms: float | None = None
    """Forms of alchemy that wait."""
    queued_megapixelsteps: float | None = None
    """Images that wait."""
    queued_requests: int | None = None
    """Requests for images that wait."""
    queued_text_requests: int | None = None
    """Requests for texts that wait."""
    queued_tokens: float | None = None
    """Texts that wait."""
    text_thread_count: int | None = None
    """Threads of the workers that write texts."""
    text_worker_count: int | None = None
    """Workers that write texts."""
    thread_count: int | None = None
    """Threads of the workers that make images."""
    worker_count: int | None = None
    """Workers that make images."""


class HordePerformanceRequest(
    BaseAIHordeRequest, method=HTTPMethod.GET, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_performance
):
    """Ask how busy the horde is: GET /v2/status/performance."""

    @classmethod
    def get_default_success_response_type(cls) -> type[HordePerformanceResponse]:
        return HordePerformanceResponse
