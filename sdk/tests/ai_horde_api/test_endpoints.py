"""Which horde is asked."""

from __future__ import annotations

import pytest

from horde_sdk.ai_horde_api import endpoints
from horde_sdk.ai_horde_api.ai_horde_clients import AIHordeAPIManualClient


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("http://localhost:7001", "http://localhost:7001/api/"),
        ("http://localhost:7001/", "http://localhost:7001/api/"),
        ("http://localhost:7001/api", "http://localhost:7001/api/"),
        ("http://localhost:7001/api/", "http://localhost:7001/api/"),
        ("https://example.org/horde/api/", "https://example.org/horde/api/"),
        ("http://localhost:7001/api/v2", "http://localhost:7001/api/"),
        ("http://localhost:7001/api/v2/", "http://localhost:7001/api/"),
        ("http://localhost:7001/api/v2/generate/async", "http://localhost:7001/api/"),
        ("http://localhost:7001/v2", "http://localhost:7001/api/"),
        ("http://localhost:7001/api/swagger.json", "http://localhost:7001/api/"),
        ("http://localhost:7001/api/#/v2/post_async", "http://localhost:7001/api/"),
        ("http://localhost:7001/?from=mail", "http://localhost:7001/api/"),
        (" http://localhost:7001\n", "http://localhost:7001/api/"),
        ("http://v2", "http://v2/api/"),
        ("http://localhost:7001/v2ray/api", "http://localhost:7001/v2ray/api/"),
    ],
)
def test_base_url_is_what_the_user_means(said: str, meant: str) -> None:
    assert endpoints.base_url_of(said) == meant


@pytest.mark.parametrize("said", ["localhost:7001", "ftp://example.org", "/api"])
def test_url_without_scheme_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="must start with http"):
        endpoints.base_url_of(said)


@pytest.mark.parametrize("said", ["localhost:7001", "127.0.0.1:7001", "example.org/api"])
def test_url_without_scheme_is_refused_with_the_one_that_may_be_meant(said: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean http://{said}"):
        endpoints.base_url_of(said)


def test_environment_is_read_when_a_client_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_HORDE_URL", "http://one:1/api/")
    assert AIHordeAPIManualClient().base_url == "http://one:1/api/"
    monkeypatch.setenv("AI_HORDE_DEV_URL", "http://two:2/api/")
    assert AIHordeAPIManualClient().base_url == "http://two:2/api/"
    assert endpoints.AI_HORDE_BASE_URL == "http://two:2/api/"
    assert AIHordeAPIManualClient(base_url="http://three:3").base_url == "http://three:3/api/"


def test_public_horde_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AI_HORDE_URL")

    assert AIHordeAPIManualClient().base_url == "https://aihorde.net/api/"
