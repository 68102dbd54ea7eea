"""The services that are known by name."""

from __future__ import annotations

import pytest

from horde_sdk import consts
from horde_sdk.consts import (
    KNOWN_SERVICE,
    AIHordeServiceInfo,
    CivitAIServiceInfo,
    ServiceInfo,
    get_known_service_info,
    register_known_service_info,
)


def test_four_services_are_known_from_the_start() -> None:
    assert {get_known_service_info(service).known_identifier for service in KNOWN_SERVICE} == set(KNOWN_SERVICE)
    assert get_known_service_info(KNOWN_SERVICE.AI_HORDE) is AIHordeServiceInfo
    assert get_known_service_info(KNOWN_SERVICE.CIVITAI) is CivitAIServiceInfo


def test_a_service_that_nobody_registered_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="nothing is known"):
        get_known_service_info("HUGGINGFACE")  # type: ignore[arg-type]


def test_a_registered_service_replaces_the_one_with_its_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    from horde_sdk import services

    monkeypatch.setattr(services, "_known", dict(services._known))
    mirror = ServiceInfo(known_identifier=KNOWN_SERVICE.CIVITAI, display_name="A mirror")

    register_known_service_info(mirror)

    assert get_known_service_info(KNOWN_SERVICE.CIVITAI) is mirror


def test_a_name_that_consts_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'NO_SUCH_WORD'"):
        _ = consts.NO_SUCH_WORD
