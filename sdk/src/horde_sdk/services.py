"""The services that results and models come from, and where to read about them. `horde_sdk.consts` re-exports all."""

from __future__ import annotations

from pydantic import BaseModel, Field

from horde_sdk.service_names import KNOWN_SERVICE


class ServiceInfo(BaseModel):
    """A service."""

    known_identifier: KNOWN_SERVICE = KNOWN_SERVICE.UNKNOWN
    display_name: str = Field(min_length=1)
    description: str | None = None
    url: str | None = None


UnknownServiceInfo = ServiceInfo(display_name="Unknown", description="Nobody knows where it comes from.")
CustomUnpublishedServiceInfo = ServiceInfo(
    known_identifier=KNOWN_SERVICE.CUSTOM_UNPUBLISHED,
    display_name="Custom",
    description="Made by its owner, for nobody else.",
)
AIHordeServiceInfo = ServiceInfo(
    known_identifier=KNOWN_SERVICE.AI_HORDE,
    display_name="AI Horde",
    description="Volunteers who generate images and texts for each other.",
    url="https://aihorde.net",
)
CivitAIServiceInfo = ServiceInfo(
    known_identifier=KNOWN_SERVICE.CIVITAI,
    display_name="CivitAI",
    description="A library of image models.",
    url="https://civitai.com",
)

_known = {
    service.known_identifier: service
    for service in (UnknownServiceInfo, CustomUnpublishedServiceInfo, AIHordeServiceInfo, CivitAIServiceInfo)
}


def register_known_service_info(service_info: ServiceInfo) -> None:
    """Make a service known; it replaces the one with its identifier."""
    _known[service_info.known_identifier] = service_info


def get_known_service_info(service: KNOWN_SERVICE) -> ServiceInfo:
    """Return what is known about a service.

    Raises:
        ValueError: Nothing.
    """
    try:
        return _known[service]
    except KeyError:
        raise ValueError(f"nothing is known about the service {service!r}") from None
