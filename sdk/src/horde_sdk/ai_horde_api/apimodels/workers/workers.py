"""/v2/workers…: who serves this horde, and what their owners change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import AliasChoices, Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, WorkerRequestMixin, WorkerRequestNameMixin
from horde_sdk.ai_horde_api.consts import AI_HORDE_WORKER_TYPES
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.ai_horde_api.fields import TeamID, WorkerID
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


class TeamDetailsLite(HordeAPIObjectBaseModel):
    """A worker's team."""

    name: str | None = None
    id_: str | TeamID | None = Field(default=None, alias="id")

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "TeamDetailsLite"


class WorkerKudosDetails(HordeAPIObjectBaseModel):
    """Where a worker's kudos came from."""

    generated: float | None = None
    uptime: int | None = None

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "WorkerKudosDetails"


class WorkerDetailLite(HordeAPIObjectBaseModel):
    """A worker in one line."""

    type_: AI_HORDE_WORKER_TYPES | str = Field(alias="type", union_mode="left_to_right")
    name: str
    id_: str | WorkerID = Field(alias="id")
    online: bool | None = None

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "WorkerDetailsLite"


@Unhashable
class WorkerDetailItem(WorkerDetailLite):
    """A worker; how much is told depends on who asks."""

    requests_fulfilled: int | None = None
    kudos_rewards: float | None = None
    kudos_details: WorkerKudosDetails | None = None
    performance: str | None = None
    threads: int | None = None
    uptime: int | None = None
    """Seconds."""
    maintenance_mode: bool
    paused: bool | None = None
    info: str | None = None
    nsfw: bool | None = None
    owner: str | None = None
    ipaddr: str | None = None
    trusted: bool | None = None
    flagged: bool | None = None
    suspicious: int | None = None
    uncompleted_jobs: int | None = None
    models: list[str] | None = None
    forms: list[str] | None = None
    team: TeamDetailsLite | None = None
    contact: str | None = Field(default=None, min_length=4, max_length=500)
    bridge_agent: str = Field(max_length=1000)
    max_pixels: int | None = None
    megapixelsteps_generated: int | None = None
    img2img: bool | None = None
    painting: bool | None = None
    post_processing: bool | None = Field(
        default=None,
        validation_alias=AliasChoices("post_processing", "post-processing"),
        serialization_alias="post-processing",
    )
    lora: bool | None = None
    max_length: int | None = None
    max_context_length: int | None = None
    tokens_generated: int | None = None
    controlnet: bool | None = None
    sdxl_controlnet: bool | None = None
    messages: list[dict[str, Any]] | None = None

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "WorkerDetails"

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return super().get_sensitive_fields() | {"ipaddr", "contact"}


@Unhashable
@Unequatable
class SingleWorkerDetailsResponse(HordeResponseBaseModel, WorkerDetailItem):
    """A worker."""

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "WorkerDetails"


@Unhashable
@Unequatable
class AllWorkersDetailsResponse(HordeResponseRootModel[list[WorkerDetailItem]]):
    """The workers that were seen lately."""

    def __iter__(self) -> Iterator[WorkerDetailItem]:  # type: ignore[override]
        return iter(self.root)

    def __getitem__(self, item: int) -> WorkerDetailItem:
        return self.root[item]

    def __len__(self) -> int:
        return len(self.root)


class _WorkersRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin):
    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.GET

    @classmethod
    def is_api_key_required(cls) -> bool:
        return False


class AllWorkersDetailsRequest(_WorkersRequest):
    """Ask for the workers that were seen lately."""

    type_: AI_HORDE_WORKER_TYPES = Field(default=AI_HORDE_WORKER_TYPES.all, alias="type")
    name: str | None = None

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["type_", "name"]

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_all

    @classmethod
    def get_default_success_response_type(cls) -> type[AllWorkersDetailsResponse]:
        return AllWorkersDetailsResponse


class SingleWorkerDetailsRequest(_WorkersRequest, WorkerRequestMixin):
    """Ask about one worker."""

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_single

    @classmethod
    def get_default_success_response_type(cls) -> type[SingleWorkerDetailsResponse]:
        return SingleWorkerDetailsResponse


class SingleWorkerNameDetailsRequest(_WorkersRequest, WorkerRequestNameMixin):
    """Ask about one worker, by name."""

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_single_name

    @classmethod
    def get_default_success_response_type(cls) -> type[SingleWorkerDetailsResponse]:
        return SingleWorkerDetailsResponse


class ModifyWorkerResponse(HordeResponseBaseModel):
    """What was changed about a worker."""

    info: str | None = None
    maintenance: bool | None = None
    name: str | None = None
    paused: bool | None = None
    team: str | None = None
    """The team's name."""

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ModifyWorker"


class ModifyWorkerRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin, WorkerRequestMixin):
    """Change a worker; what is left out stays as it is. For its owner, and for moderators."""

    info: str | None = Field(default=None, max_length=1000)
    maintenance: bool | None = None
    """Give it no new jobs but its owner's."""
    maintenance_msg: str | None = None
    name: str | None = Field(default=None, min_length=5, max_length=100)
    paused: bool | None = None
    """Moderators only."""
    team: str | None = Field(default=None, max_length=36)
    """Id of a team; empty: leave the team."""

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.PUT

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_single

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyWorkerResponse]:
        return ModifyWorkerResponse

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "ModifyWorkerInput"


class DeleteWorkerResponse(HordeResponseBaseModel):
    """A worker was deleted."""

    deleted_id: str | None = None
    deleted_name: str | None = None

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "DeletedWorker"


class DeleteWorkerRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin, WorkerRequestMixin):
    """Delete a worker. For its owner, and for moderators."""

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.DELETE

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_single

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteWorkerResponse]:
        return DeleteWorkerResponse
