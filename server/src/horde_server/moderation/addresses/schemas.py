"""The wire shapes of `/operations` (moderation.md §4.5)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, model_validator

from horde_server.errors import BadRequest
from horde_server.http.networks import Network, parse_network
from horde_server.http.wire_types import Text, Whole

AddressText = Annotated[str, Text(40, least=7)]


class _Wire(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


def network_of(text: str) -> Network:
    """The network that a text names. Raises `BadRequest`."""
    network = parse_network(text)
    if network is None:
        raise BadRequest(
            f"{text[:60]!r} is neither an address nor a block: send something like 192.0.2.7, 192.0.2.0/24 or "
            "2001:db8::/48, without bits beyond the mask."
        )
    return network


class _OfNetwork(_Wire):
    ipaddr: AddressText

    @property
    def network(self) -> Network:
        """What `ipaddr` names."""
        return network_of(self.ipaddr)

    @model_validator(mode="after")
    def _names_a_network(self) -> Self:
        network_of(self.ipaddr)  # part of reading the body, so that it is refused before any key is looked at
        return self


class NewTimeout(_OfNetwork):
    """An address or block, and for how many hours from now on."""

    model_config = ConfigDict(
        title="AddTimeoutIPInput", json_schema_extra={"example": {"ipaddr": "192.0.2.7", "hours": 1}}
    )
    hours: Annotated[int, Whole(1, 720)]


class LiftedTimeout(_OfNetwork):
    """An address or block to let in again."""

    model_config = ConfigDict(title="DeleteTimeoutIPInput", json_schema_extra={"example": {"ipaddr": "192.0.2.7"}})


class NewWorkerTimeout(_Wire):
    """For how many days from now on a worker's address is kept out."""

    model_config = ConfigDict(title="AddWorkerTimeout", json_schema_extra={"example": {"days": 1}})
    days: Annotated[int, Whole(1, 30)]
