"""The parts of a user's details: kudos, usage, contributions, records, open requests."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.style_parts import ResponseModelStylesUser
from horde_sdk.ai_horde_api.fields import UUID_Identifier
from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, HordeResponseBaseModel
from horde_sdk.generic_api.decoration import Unequatable, Unhashable


@Unhashable
@Unequatable
class ActiveGenerations(HordeAPIObjectBaseModel, api_name="UserActiveGenerations"):
    """The user's own requests that are under way."""

    text: list[UUID_Identifier] | None = None
    """Requests for texts."""
    image: list[UUID_Identifier] | None = None
    """Requests for images."""
    alchemy: list[UUID_Identifier] | None = None
    """Requests for alchemy."""


class ContributionsDetails(HordeAPIObjectBaseModel, api_name="ContributionsDetails"):
    """What the user's workers did."""

    fulfillments: int | None = None
    """How many jobs."""
    megapixelsteps: float | None = None
    """How much of images."""


class UsageDetails(HordeAPIObjectBaseModel, api_name="UsageDetails"):
    """What the user asked for."""

    megapixelsteps: float | None = None
    """How much of images."""
    requests: int | None = None
    """How many images."""


class MonthlyKudos(HordeAPIObjectBaseModel, api_name="MonthlyKudos"):
    """Kudos that the user is given each month."""

    amount: int | None = None
    """How many."""
    last_received: datetime | None = None
    """When last."""


class UserAmountRecords(HordeAPIObjectBaseModel, api_name="UserAmountRecords"):
    """Counts by kind of generation."""

    image: int | None = 0
    """Images."""
    interrogation: int | None = 0
    """Forms of alchemy."""
    text: int | None = 0
    """Texts."""


class UserThingRecords(HordeAPIObjectBaseModel, api_name="UserThingRecords"):
    """Amounts of work."""

    megapixelsteps: float | None = 0
    """Of images."""
    tokens: int | None = 0
    """Of texts."""


class UserRecords(HordeAPIObjectBaseModel, api_name="UserRecords"):
    """What the user did and had done, ever."""

    contribution: UserThingRecords | None = None
    """What the user's workers made."""
    fulfillment: UserAmountRecords | None = None
    """How many jobs the user's workers did."""
    request: UserAmountRecords | None = None
    """How many results the user was given."""
    usage: UserThingRecords | None = None
    """What was made for the user."""
    style: UserAmountRecords | None = None
    """How often the user's styles were used."""


class UserKudosDetails(HordeAPIObjectBaseModel, api_name="UserKudosDetails"):
    """Where the user's kudos came from and went."""

    accumulated: float | None = 0
    """Earned by workers, less what requests cost."""
    admin: float | None = 0
    """Given and taken by admins."""
    awarded: float | None = 0
    """Awarded out of nothing."""
    gifted: float | None = 0
    """Given away, as a negative number."""
    received: float | None = 0
    """Given by others."""
    donated: float | None = 0
    """Given to the horde's education accounts."""
    recurring: float | None = 0
    """Given each month."""
    styled: float | None = 0
    """Earned by the user's styles."""


@Unhashable
@Unequatable
class UserDetailsResponse(HordeResponseBaseModel, api_name="UserDetails"):
    """A user; how much is told depends on who asks.

    200 of GET /v2/find_user, 200 of GET /v2/users/{user_id}.
    """

    active_generations: ActiveGenerations | None = None
    """The user's requests under way; for the user and moderators."""
    admin_comment: str | None = None
    """What admins remember of the user; for moderators."""
    administrator: bool | None = None
    """Whether the user administers the horde; hordes other than OpenHorde do not say."""
    account_age: int | None = None
    """Seconds."""
    concurrency: int | None = None
    """How many results the user may wait for at once."""
    contact: str | None = Field(default=None, repr=False)
    """How to reach the user; for the user and moderators."""
    contributions: ContributionsDetails | None = None
    """What the user's workers did; `records` says it better."""
    customizer: bool | None = None
    """Whether the user may serve and ask for models that the horde does not know, and make styles."""
    evaluating_kudos: float | None = None
    """Earned on trial, paid out when the user becomes trusted."""
    flagged: bool | None = None
    """Whether moderators watch the user."""
    id_: int | None = Field(default=None, alias="id")
    """The number behind `#` in the user's name."""
    kudos: float | None = None
    """What the user has."""
    kudos_details: UserKudosDetails | None = None
    """Where they came from and went."""
    moderator: bool | None = None
    """Whether the user is a moderator."""
    monthly_kudos: MonthlyKudos | None = None
    """What the user is given each month; for moderators."""
    proxy_passkey: str | None = Field(default=None, repr=False)
    """What a service account shows to act for others; for moderators."""
    pseudonymous: bool | None = None
    """Whether the account was made without proof of who the user is."""
    records: UserRecords | None = None
    """What the user did and had done."""
    sharedkey_ids: list[str] | None = Field(default=None, repr=False)
    """The user's shared keys."""
    service: bool | None = None
    """Whether the account stands for a service with users of its own."""
    special: bool | None = None
    """Whether the user may ask for special models."""
    deleted: bool | None = None
    """Whether the account is about to be deleted."""
    suspicious: int | None = None
    """How many suspicions there are; for moderators."""
    trusted: bool | None = None
    """Whether the user is trusted."""
    usage: UsageDetails | None = None
    """What the user asked for; `records` says it better."""
    username: str | None = None
    """`alias#number`."""
    vpn: bool | None = None
    """Whether the user's workers may come through a VPN."""
    education: bool | None = None
    """Whether the account is for education."""
    worker_count: int | None = None
    """How many workers the user has."""
    worker_ids: list[str] | None = None
    """The user's workers."""
    worker_invited: int | None = None
    """How many workers the user may have while the horde is invite-only; for moderators."""
    styles: list[ResponseModelStylesUser] | None = None
    """The user's styles."""

    @classmethod
    def get_sensitive_fields(cls) -> set[str]:
        return super().get_sensitive_fields() | {"sharedkey_ids", "contact", "proxy_passkey"}
