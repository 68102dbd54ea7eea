"""The wire shapes of `/operations` (accounts.md §8)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from horde_server.http.wire_types import WireInt, WireStr

AddressText = Annotated[WireStr, Field(min_length=7, max_length=40)]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NewTimeout(_Wire):
    """An address or block, and for how many hours from now on."""

    model_config = ConfigDict(title="AddTimeoutIPInput")
    ipaddr: AddressText
    hours: Annotated[WireInt, Field(ge=1, le=720)]


class LiftedTimeout(_Wire):
    """An address or block to let in again."""

    model_config = ConfigDict(title="DeleteTimeoutIPInput")
    ipaddr: AddressText


class NewWorkerTimeout(_Wire):
    """For how many days from now on a worker's address is kept out."""

    model_config = ConfigDict(title="AddWorkerTimeout")
    days: Annotated[WireInt, Field(ge=1, le=30)]
