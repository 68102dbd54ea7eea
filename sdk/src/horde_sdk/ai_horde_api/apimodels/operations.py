"""/v2/operations/…: addresses that a horde does not listen to for a while. For moderators."""

from __future__ import annotations

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
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


class IPTimeout(HordeAPIObjectBaseModel, api_name="IPTimeout"):
    """An address in time-out."""

    ipaddr: str
    """The address or network."""
    seconds: int
    """How long the time-out still lasts."""


@Unhashable
@Unequatable
class IPTimeoutListResponse(HordeResponseRootModel[list[IPTimeout]], api_name=_ANONYMOUS_MODEL):
    """Addresses in time-out.

    200 of GET /v2/operations/ipaddr, 200 of GET /v2/operations/ipaddr/{ipaddr}.
    """


class AllIPTimeoutsRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_operations_ipaddr,
):
    """Ask for all addresses in time-out: GET /v2/operations/ipaddr."""

    @classmethod
    def get_default_success_response_type(cls) -> type[IPTimeoutListResponse]:
        return IPTimeoutListResponse


class SingleIPTimeoutsRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    method=HTTPMethod.GET,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_operations_ipaddr_single,
):
    """Ask for the time-outs of one address: GET /v2/operations/ipaddr/{ipaddr}."""

    ipaddr: str
    """The address."""

    @classmethod
    def get_default_success_response_type(cls) -> type[IPTimeoutListResponse]:
        return IPTimeoutListResponse


class BlockIPAddressResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """An address was put into time-out: 200 of POST /v2/operations/ipaddr."""


class BlockIPAddressRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.POST,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_operations_ipaddr,
    api_name="AddTimeoutIPInput",
):
    """Put an address into time-out: POST /v2/operations/ipaddr."""

    ipaddr: str
    """The address or network, such as `192.0.2.0/24`."""
    hours: int
    """For how long, 1 to 720."""

    @classmethod
    def get_default_success_response_type(cls) -> type[BlockIPAddressResponse]:
        return BlockIPAddressResponse


class DeleteIPAddressResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """An address is out of time-out: 200 of DELETE /v2/operations/ipaddr."""


class DeleteIPAddressRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_operations_ipaddr,
    api_name="DeleteTimeoutIPInput",
):
    """End an address's time-out: DELETE /v2/operations/ipaddr."""

    ipaddr: str
    """The address or network."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteIPAddressResponse]:
        return DeleteIPAddressResponse


class BlockWorkerIPAddressResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A worker's address was put into time-out: 200 of PUT /v2/operations/block_worker_ipaddr/{worker_id}."""


class BlockWorkerIPAddressRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.PUT,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_operations_block_worker_ipaddr_single,
    api_name="AddWorkerTimeout",
):
    """Put a worker's address into time-out: PUT /v2/operations/block_worker_ipaddr/{worker_id}."""

    worker_id: str
    """The worker."""
    days: int
    """For how long, 1 to 30."""

    @classmethod
    def get_default_success_response_type(cls) -> type[BlockWorkerIPAddressResponse]:
        return BlockWorkerIPAddressResponse


class DeleteWorkerIPAddressResponse(HordeResponseBaseModel, ContainsMessageResponseMixin, api_name="SimpleResponse"):
    """A worker's address is out of time-out: 200 of DELETE /v2/operations/block_worker_ipaddr/{worker_id}."""


class DeleteWorkerIPAddressRequest(
    BaseAIHordeRequest,
    APIKeyAllowedInRequestMixin,
    AuditReasonMixin,
    method=HTTPMethod.DELETE,
    endpoint=AI_HORDE_API_ENDPOINT_SUBPATH.v2_operations_block_worker_ipaddr_single,
):
    """End the time-out of a worker's address: DELETE /v2/operations/block_worker_ipaddr/{worker_id}."""

    worker_id: str
    """The worker."""

    @classmethod
    def get_default_success_response_type(cls) -> type[DeleteWorkerIPAddressResponse]:
        return DeleteWorkerIPAddressResponse
