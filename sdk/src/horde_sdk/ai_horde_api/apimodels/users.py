"""GET /v2/users/{user_id}: what is known about a user."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.base import BaseAIHordeRequest
from horde_sdk.ai_horde_api.endpoints import AI_HORDE_API_ENDPOINT_SUBPATH
from horde_sdk.ai_horde_api.fields import UUID_Identifier
from horde_sdk.consts import HTTPMethod
from horde_sdk.generic_api.apimodels import (
    HordeAPIObjectBaseModel,
    HordeResponseBaseModel,
    MessageSpecifiesUserIDMixin,
)
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


@Unhashable
@Unequatable
class ActiveGenerations(HordeAPIObjectBaseModel):
    """The user's own requests that are under way."""

    text: list[UUID_Identifier] | None = None
    image: list[UUID_Identifier] | None = None
    alchemy: list[UUID_Identifier] | None = None


class ContributionsDetails(HordeAPIObjectBaseModel):
    """What the user's workers did."""

    fulfillments: int | None = None
    megapixelsteps: float | None = None


class UsageDetails(HordeAPIObjectBaseModel):
    """What the user asked for."""

    megapixelsteps: float | None = None
    requests: int | None = None


class MonthlyKudos(HordeAPIObjectBaseModel):
    """Kudos that the user is given each month."""

    amount: int | None = None
    last_received: datetime | None = None


class UserAmountRecords(HordeAPIObjectBaseModel):
    """Counts by kind of generation."""

    image: int | None = 0
    interrogation: int | None = 0
    text: int | None = 0


class UserThingRecords(HordeAPIObjectBaseModel):
    """Amounts of work."""

    megapixelsteps: float | None = 0
    tokens: int | None = 0


class UserRecords(HordeAPIObjectBaseModel):
    """What the user did and had done, ever."""

    contribution: UserThingRecords | None = None
    fulfillment: UserAmountRecords | None = None
    request: UserAmountRecords | None = None
    usage: UserThingRecords | None = None
    style: UserAmountRecords | None = None


class UserKudosDetails(HordeAPIObjectBaseModel):
    """Where the user's kudos came from and went."""

    accumulated: float | None = 0
    admin: float | None = 0
    awarded: float | None = 0
    gifted: float | None = 0
    received: float | None = 0
    donated: float | None = 0
    recurring: float | None = 0
    styled: float | None = 0


@Unhashable
@Unequatable
class UserDetailsResponse(HordeResponseBaseModel):
    """A user; how much is told depends on who asks."""

    active_generations: ActiveGenerations | None = None
    admin_comment: str | None = None
    account_age: int | None = None
    """Seconds."""
    concurrency: int | None = None
    contact: str | None = None
    contributions: ContributionsDetails | None = None
    customizer: bool | None = None
    evaluating_kudos: float | None = None
    flagged: bool | None = None
    id_: int | None = Field(default=None, alias="id")
    kudos: float | None = None
    kudos_details: UserKudosDetails | None = None
    moderator: bool | None = None
    monthly_kudos: MonthlyKudos | None = None
    pseudonymous: bool | None = None
    records: UserRecords | None = None
    sharedkey_ids: list[str] | None = None
    service: bool | None = None
    special: bool | None = None
    deleted: bool | None = None
    suspicious: int | None = None
    trusted: bool | None = None
    usage: UsageDetails | None = None
    username: str | None = None
    vpn: bool | None = None
    education: bool | None = None
    worker_count: int | None = None
    worker_ids: list[str] | None = None
    worker_invited: int | None = None
    styles: list[dict[str, Any]] | None = None

    @classmethod
    def get_api_model_name(cls) -> str | None:
        return "UserDetails"

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return super().get_sensitive_fields() | {"sharedkey_ids", "contact"}


class SingleUserDetailsRequest(BaseAIHordeRequest, MessageSpecifiesUserIDMixin):
    """Ask about a user."""

    @classmethod
    def get_http_method(cls) -> HTTPMethod:
        return HTTPMethod.GET

    @classmethod
    def get_api_endpoint_subpath(cls) -> AI_HORDE_API_ENDPOINT_SUBPATH:
        return AI_HORDE_API_ENDPOINT_SUBPATH.v2_users_single

    @classmethod
    def get_default_success_response_type(cls) -> type[UserDetailsResponse]:
        return UserDetailsResponse
