"""/v2/workers…: who serves this horde, and what their owners change."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import AliasChoices, Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest, WorkerRequestMixin, WorkerRequestNameMixin
from horde_sdk.ai_horde_api.apimodels.workers.message_parts import ResponseModelMessage
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
from horde_sdk.generic_api.request_parts import AuditReasonMixin


class TeamDetailsLite(HordeAPIObjectBaseModel, api_name="TeamDetailsLite"):
    """A worker's team."""

    name: str | None = None
    """Its name."""
    id_: str | TeamID | None = Field(default=None, alias="id")
    """The team's id."""


class WorkerKudosDetails(HordeAPIObjectBaseModel, api_name="WorkerKudosDetails"):
    """Where a worker's kudos came from."""

    generated: float | None = None
    """For jobs."""
    uptime: int | None = None
    """For being there."""


class WorkerDetailLite(HordeAPIObjectBaseModel, api_name="WorkerDetailsLite"):
    """A worker in one line."""

    type_: AI_HORDE_WORKER_TYPES | str = Field(alias="type", union_mode="left_to_right")
    """What it makes."""
    name: str
    """Its name."""
    id_: str | WorkerID = Field(alias="id")
    """The worker's id."""
    online: bool | None = None
    """Whether it was seen in the last minutes."""


@Unhashable
class WorkerDetailItem(WorkerDetailLite, api_name="WorkerDetails"):
    """A worker; how much is told depends on who asks."""

    requests_fulfilled: int | None = None
    """How many jobs it did."""
    kudos_rewards: float | None = None
    """What it earned."""
    kudos_details: WorkerKudosDetails | None = None
    """What for."""
    performance: str | None = None
    """How fast it is, in words."""
    threads: int | None = None
    """How many jobs it works on at once."""
    uptime: int | None = None
    """Seconds."""
    maintenance_mode: bool
    """Whether it gets no new jobs but its owner's."""
    paused: bool | None = None
    """Whether it gets no jobs at all; for moderators."""
    info: str | None = None
    """What its owner says about it."""
    nsfw: bool | None = None
    """Whether it makes what is not safe for work."""
    owner: str | None = None
    """Whose it is."""
    ipaddr: str | None = None
    """Its address; for moderators."""
    paused_reason: str | None = None
    """Why it is paused; for its owner and for moderators. Of OpenHorde."""
    suspicions: list[str] | None = None
    """What is noted against it; for its owner and for moderators. Of OpenHorde."""
    moderators_note: str | None = None
    """What moderators remember of it; for moderators. Of OpenHorde."""
    trusted: bool | None = None
    """Whether its owner is trusted."""
    flagged: bool | None = None
    """Whether its owner is watched."""
    suspicious: int | None = None
    """How many suspicions there are; for moderators."""
    uncompleted_jobs: int | None = None
    """How many jobs it took and did not do."""
    models: list[str] | None = None
    """Models that it serves."""
    forms: list[str] | None = None
    """Forms of alchemy that it does."""
    team: TeamDetailsLite | None = None
    """Its team."""
    contact: str | None = Field(default=None, min_length=4, max_length=500)
    """How to reach its owner."""
    bridge_agent: str = Field(max_length=1000)
    """Its program, as `name:version:contact`."""
    max_pixels: int | None = None
    """How large images it makes."""
    megapixelsteps_generated: int | float | None = None
    """How much of images it made."""
    img2img: bool | None = None
    """Whether it can start from images."""
    painting: bool | None = None
    """Whether it can fill masks."""
    post_processing: bool | None = Field(
        default=None,
        validation_alias=AliasChoices("post_processing", "post-processing"),
        serialization_alias="post-processing",
    )
    """Whether it can post-process."""
    lora: bool | None = None
    """Whether it can fetch LoRAs."""
    max_length: int | None = None
    """How many tokens it writes at most."""
    max_context_length: int | None = None
    """How many tokens it looks at."""
    tokens_generated: int | float | None = None
    """How many tokens it wrote."""
    controlnet: bool | None = None
    """Whether it knows control types."""
    sdxl_controlnet: bool | None = None
    """Whether it knows control types for SDXL models."""
    messages: list[ResponseModelMessage] | None = None
    """Messages to it; for its owner."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return super().get_sensitive_fields() | {"ipaddr", "contact"}


@Unhashable
@Unequatable
class SingleWorkerDetailsResponse(HordeResponseBaseModel, WorkerDetailItem, api_name="WorkerDetails"):
    """A worker.

    200 of GET /v2/workers/{worker_id}, 200 of GET /v2/workers/name/{worker_name}.
    """


@Unhashable
@Unequatable
class AllWorkersDetailsResponse(HordeResponseRootModel[list[WorkerDetailItem]], api_name="WorkerDetails"):
    """The workers that were seen lately: 200 of GET /v2/workers."""

    def __iter__(self) -> Iterator[WorkerDetailItem]:  # type: ignore[override]
        return iter(self.root)

    def __getitem__(self, item: int) -> WorkerDetailItem:
        return self.root[item]

    def __len__(self) -> int:
        return len(self.root)


class _WorkersRequest(BaseAIHordeRequest, APIKeyAllowedInRequestMixin, method=HTTPMethod.GET):
    """A question about workers, which may be asked without a key."""

    @classmethod
    def is_api_key_required(cls) -> bool:
        return False


class AllWorkersDetailsRequest(_WorkersRequest, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_all):
    """Ask for the workers that were seen lately: GET /v2/workers."""

    type_: AI_HORDE_WORKER_TYPES = Field(default=AI_HORDE_WORKER_TYPES.all, alias="type")
    """What they make."""
    name: str | None = None
    """The one with this name only."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["type_", "name"]

    @classmethod
    def get_default_success_response_type(cls) -> type[AllWorkersDetailsResponse]:
        return AllWorkersDetailsResponse


class SingleWorkerDetailsRequest(
    _WorkersRequest, WorkerRequestMixin, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_single
):
    """Ask about one worker: GET /v2/workers/{worker_id}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[SingleWorkerDetailsResponse]:
        return SingleWorkerDetailsResponse


class SingleWorkerNameDetailsRequest(
    _WorkersRequest, WorkerRequestNameMixin, endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_single_name
):
    """Ask about one worker, by name: GET /v2/workers/name/{worker_name}."""

    @classmethod
    def get_default_success_response_type(cls) -> type[SingleWorkerDetailsResponse]:
        return SingleWorkerDetailsResponse


class ModifyWorkerResponse(HordeResponseBaseModel, api_name="ModifyWorker"):
    """What was changed about a worker: 200 of PUT /v2/workers/{worker_id}."""

    info: str | None = None
    """What its owner says about it."""
    maintenance: bool | None = None
    """Whether it gets no new jobs but its owner's."""
    name: str | None = None
    """Its name."""
    paused: bool | None = None
    """Whether it gets no jobs at all."""
    team: str | None = None
    """The team's name."""


class ModifyWorkerRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    WorkerRequestMixin,
    method=HTTPMethod.PUT,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_single,
    api_name="ModifyWorkerInput",
):
    """Change a worker; what is left out stays as it is. For its owner, and for moderators.

    PUT /v2/workers/{worker_id}.
    """

    info: str | None = Field(default=None, max_length=1000)
    """What its owner says about it."""
    maintenance: bool | None = None
    """Give it no new jobs but its owner's."""
    maintenance_msg: str | None = None
    """What a worker in maintenance is told."""
    name: str | None = Field(default=None, min_length=5, max_length=100)
    """Its name."""
    paused: bool | None = None
    """Moderators only."""
    team: str | None = Field(default=None, max_length=36)
    """Id of a team; empty: leave the team."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ModifyWorkerResponse]:
        return ModifyWorkerResponse


class DeleteWorkerResponse(HordeResponseBaseModel, api_name="DeletedWorker"):
    """A worker was deleted: 200 of DELETE /v2/workers/{worker_id}."""

    deleted_id: str | None = None
    """The worker's id."""
    deleted_name: str | None = None
    """Its name."""


class DeleteWorkerRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    WorkerRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_single,
):
    """Delete a worker: DELETE /v2/workers/{worker_id}. For its owner, and for moderators."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteWorkerResponse]:
        return DeleteWorkerResponse
