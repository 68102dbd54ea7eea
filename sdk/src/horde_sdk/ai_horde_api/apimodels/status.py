"""/v2/status/…: is the horde alive, in which modes, what does it serve, how busy is it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import ActiveModel, BaseAIHordeRequest
from horde_sdk.ai_horde_api.consts import MODEL_STATE, MODEL_TYPE
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class _StatusRequest(BaseAIHordeRequest):
    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.GET


class AIHordeHeartbeatResponse(HordeResponseBaseModel, ContainsMessageResponseMixin):
    """The horde is alive."""

    version: str

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "_ANONYMOUS_MODEL"


class AIHordeHeartbeatRequest(_StatusRequest):
    """Ask whether the horde is alive."""

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_heartbeat

    @classmethod
    def get_default_success_response_type(cls) -> type[AIHordeHeartbeatResponse]:
        return AIHordeHeartbeatResponse


class HordeModes(HordeAPIObjectBaseModel):
    """Modes that an admin can put the horde into."""

    maintenance_mode: bool = False
    invite_only_mode: bool = False
    raid_mode: bool = False

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "HordeModes"


class HordeModesResponse(HordeResponseBaseModel, HordeModes):
    """The horde's modes. Only moderators are told whether it is in raid mode."""

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "HordeModes"


class HordeModesRequest(_StatusRequest, APIKeyAllowedInRequestMixin):
    """Ask for the horde's modes."""

    @classmethod
    def is_api_key_required(cls) -> bool:
        return False

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_modes

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeModesResponse]:
        return HordeModesResponse


class ModifyHordeModesRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin):
    """Put the horde into modes, or out of them; what is left out stays. For admins and moderators."""

    maintenance_mode: bool | None = None
    """Admins only."""
    invite_only_mode: bool | None = None
    raid_mode: bool | None = None

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.PUT

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_modes

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeModesResponse]:
        return HordeModesResponse


@Unhashable
@Unequatable
class HordeStatusModelsAllResponse(HordeResponseRootModel[list[ActiveModel]]):
    """The models that workers serve."""

    def __iter__(self) -> Iterator[ActiveModel]:  # type: ignore[override]
        return iter(self.root)

    def __getitem__(self, index: int) -> ActiveModel:
        return self.root[index]

    def __len__(self) -> int:
        return len(self.root)


class HordeStatusModelsAllRequest(_StatusRequest):
    """Ask which models workers serve."""

    type_: MODEL_TYPE = Field(default=MODEL_TYPE.image, alias="type")
    min_count: int | None = None
    max_count: int | None = None
    model_state: MODEL_STATE = MODEL_STATE.all

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["type_", "min_count", "max_count", "model_state"]

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_models_all

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeStatusModelsAllResponse]:
        return HordeStatusModelsAllResponse


class HordeStatusModelsSingleResponse(HordeStatusModelsAllResponse):
    """One model, as a list of one."""


class HordeStatusModelsSingleRequest(_StatusRequest):
    """Ask about one model."""

    model_name: str

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_models_single

    @classmethod
    def get_default_success_response_type(cls) -> type[HordeStatusModelsSingleResponse]:
        return HordeStatusModelsSingleResponse


class HordePerformanceResponse(HordeResponseBaseModel):
    """How busy the horde is."""

    interrogator_count: int | None = None
    interrogator_thread_count: int | None = None
    past_minute_megapixelsteps: float | None = None
    past_minute_tokens: float | None = None
    queued_forms: float | None = None
    queued_megapixelsteps: float | None = None
    queued_requests: int | None = None
    queued_text_requests: int | None = None
    queued_tokens: float | None = None
    text_thread_count: int | None = None
    text_worker_count: int | None = None
    thread_count: int | None = None
    worker_count: int | None = None

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "HordePerformance"


class HordePerformanceRequest(_StatusRequest):
    """Ask how busy the horde is."""

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_status_performance

    @classmethod
    def get_default_success_response_type(cls) -> type[HordePerformanceResponse]:
        return HordePerformanceResponse
