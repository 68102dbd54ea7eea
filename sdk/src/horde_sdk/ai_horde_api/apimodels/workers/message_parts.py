"""A message to a worker, as several answers tell it."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.generic_api.apimodels import HordeAPIObjectBaseModel, HordeResponseBaseModel


class _ResponseModelMessageData(HordeAPIObjectBaseModel):
    """A message to workers."""

    worker_id: str | None = None
    """The worker; left out: all workers."""
    message: str
    """What it says."""
    origin: str | None = None
    """Who says it."""


class ResponseModelMessage(HordeResponseBaseModel, _ResponseModelMessageData, api_name="ResponseModelMessage"):
    """A message to workers.

    200 of GET /v2/workers/messages/{message_id}, 200 of POST /v2/workers/messages.
    """

    id_: str | None = Field(default=None, alias="id")
    """Its id, where the horde tells it."""
    expiry: int | str | None = None
    """When it ends; in answers to its making, in how many hours."""
    created: str | None = None
    """When it was written, where the horde tells it."""
    user_id: str | None = None
    """Whose it is, where the horde tells it."""
    worker_ids: list[str] | None = None
    """The workers, where there are several."""
    worker_type: str | None = None
    """The kind of workers, where it is to all of one kind."""


class PopResponseModelMessage(_ResponseModelMessageData, api_name="ResponseModelMessagePop"):
    """A message to the worker."""

    id_: str | None = Field(default=None, alias="id")
    """The message's id."""
    expiry: str | None = None
    """When the message expires."""
