"""/v2/workers/messages…: what moderators and owners tell workers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.apimodels.workers.message_parts import ResponseModelMessage, _ResponseModelMessageData
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import (
    APIKeyAllowedInRequestMixin,
    ContainsMessageResponseMixin,
    HordeResponseBaseModel,
    HordeResponseRootModel,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable

__all__ = [
    "AllWorkerMessagesRequest",
    "CreateWorkerMessageRequest",
    "DeleteWorkerMessageRequest",
    "DeleteWorkerMessageResponse",
    "ResponseModelMessage",
    "ResponseModelMessages",
    "SingleWorkerMessageRequest",
]


@Unhashable
@Unequatable
class ResponseModelMessages(HordeResponseRootModel[list[ResponseModelMessage]], api_name="SimpleResponse"):
    """A page of messages to workers: 200 of GET /v2/workers/messages."""


class AllWorkerMessagesRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_messages,
):
    """Ask for messages to workers: GET /v2/workers/messages."""

    user_id: str | None = None
    """Those by this user only."""
    worker_id: str | None = None
    """Those to this worker only."""
    validity: Literal["active", "expired", "all"] = "active"
    """Whether they may be over."""
    page: int = 1
    """Which page, from 1."""

    @classmethod
    def get_query_fields(cls) -> list[str]:
        return ["user_id", "worker_id", "validity", "page"]

    @classmethod
    def get_default_success_response_type(cls) -> type[ResponseModelMessages]:
        return ResponseModelMessages


class SingleWorkerMessageRequest(
    BaseAIHordeRequest,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_messages_single,
):
    """Ask for a message to workers: GET /v2/workers/messages/{message_id}."""

    message_id: str = Field(alias="id")
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ResponseModelMessage]:
        return ResponseModelMessage


class CreateWorkerMessageRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    _ResponseModelMessageData,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_messages,
    api_name="ResponseModelMessage",
):
    """Tell a worker, or all, something: POST /v2/workers/messages. For its owner and moderators."""

    expiry: int
    """For how many hours."""
    worker_ids: list[str] | None = None
    """Several workers, where the horde takes them."""
    worker_type: str | None = None
    """All workers of a kind, where the horde takes that."""

    @classmethod
    def get_default_success_response_type(cls) -> type[ResponseModelMessage]:
        return ResponseModelMessage


class DeleteWorkerMessageResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A message to workers was deleted: 200 of DELETE /v2/workers/messages/{message_id}."""


class DeleteWorkerMessageRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_workers_messages_single,
):
    """Delete a message to workers: DELETE /v2/workers/messages/{message_id}. For who made it and moderators."""

    message_id: str = Field(alias="id")
    """Which one."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteWorkerMessageResponse]:
        return DeleteWorkerMessageResponse
