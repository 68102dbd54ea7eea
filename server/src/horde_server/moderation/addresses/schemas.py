"""The wire shapes of `/operations` (moderation.md §4.5)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from horde_server.http.wire_types import Text, Whole

AddressText = Annotated[str, Text(40, least=7)]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NewTimeout(_Wire):
    """An address or block, and for how many hours from now on."""

    model_config = ConfigDict(
        title="AddTimeoutIPInput", json_schema_extra={"example": {"ipaddr": "192.0.2.7", "hours": 1}}
    )
    ipaddr: AddressText
    hours: Annotated[int, Whole(1, 720)]


class LiftedTimeout(_Wire):
    """An address or block to let in again."""

    model_config = ConfigDict(title="DeleteTimeoutIPInput", json_schema_extra={"example": {"ipaddr": "192.0.2.7"}})
    ipaddr: AddressText


class NewWorkerTimeout(_Wire):
    """For how many days from now on a worker's address is kept out."""

    model_config = ConfigDict(title="AddWorkerTimeout", json_schema_extra={"example": {"days": 1}})
    days: Annotated[int, Whole(1, 30)]
