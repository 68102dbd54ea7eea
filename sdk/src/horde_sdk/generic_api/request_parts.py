"""Parts that requests of any horde API may have: a key, a user, choices about workers."""

from __future__ import annotations

from uuid import UUID

from pydantic import ConfigDict, Field, field_validator

from horde_sdk.consts import ANON_API_KEY, API_KEY_LENGTH, SHARED_KEY_LENGTH
from horde_sdk.generic_api.api_objects import HordeAPIData, HordeAPIObjectBaseModel


class APIKeyAllowedInRequestMixin(HordeAPIObjectBaseModel):
    """A request that may carry a key; without one, the client's key is used."""

    # A mistyped key, or a megabyte of picture, is not for logs.
    model_config = ConfigDict(hide_input_in_errors=True)

    apikey: str | None = Field(default=None, repr=False)
    """Who asks; an explicit `None` is the anonymous key."""

    @classmethod
    def is_api_key_required(cls) -> bool:
        """Tell whether the endpoint refuses requests without a key."""
        return True

    @field_validator("apikey", mode="before")
    @classmethod
    def _key_looks_like_one(cls, key: object) -> object:
        if key is None:
            return ANON_API_KEY
        if not isinstance(key, str):
            return key
        key = key.strip()  # as pasted, or read from a file
        if key == ANON_API_KEY:
            return key
        if len(key) == SHARED_KEY_LENGTH:
            try:
                UUID(key)
            except ValueError:
                raise ValueError("a key of 36 characters must be a shared key, which is a UUID") from None
        elif len(key) != API_KEY_LENGTH:
            raise ValueError("an API key has 22 characters, a shared key 36")
        return key


class AuditReasonMixin(HordeAPIObjectBaseModel):
    """A request for a change that OpenHorde records; other hordes take no notice of the reason."""

    audit_reason: str | None = Field(default=None, max_length=500, pattern="^[ -~]*$")
    """Why: recorded, and told to whom it concerns. In ASCII, as a header carries it."""


class MessageSpecifiesUserIDMixin(HordeAPIData):
    """A message about one user."""

    user_id: str
    """The number behind `#` in the user's name."""

    @field_validator("user_id")
    @classmethod
    def _user_id_is_numeric(cls, user_id: str) -> str:
        if not user_id.isdigit():
            raise ValueError("a user's id consists of digits only; it is the number behind # in the user's alias")
        return user_id


RequestSpecifiesUserIDMixin = MessageSpecifiesUserIDMixin
"""The name that releases 0.17 and 0.18 used."""


class RequestUsesWorkerMixin(HordeAPIData):
    """Choices about the workers that may serve a request."""

    trusted_workers: bool = False
    """Trusted workers only."""
    slow_workers: bool = True
    """Slow workers too; refusing them costs more."""
    extra_slow_workers: bool = False
    """Very slow workers too."""
    workers: list[str] = Field(default_factory=list)
    """Ids of the workers that may serve the request; empty: any."""
    worker_blacklist: bool = False
    """Read `workers` as those to avoid."""
    models: list[str]
    """Models to choose from; an empty list allows any."""
    validated_backends: bool | None = None
    """Workers with a known program only."""
    style: str | None = None
    """Name or id of a style to apply."""
    dry_run: bool = False
    """Ask for the price only."""
    webhook: str | None = Field(default=None, repr=False)
    """A URL that each result is posted to."""
    allow_downgrade: bool = False
    """Rather reduce size or steps than refuse for want of kudos."""
    proxied_account: str | None = None
    """For which of its users a service asks."""
    disable_batching: bool | None = False
    """Make each result on its own, so that it can be made again exactly."""
