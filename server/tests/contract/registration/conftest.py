"""Hordes whose users sign in by a provider on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    """An OpenID Connect provider."""
    async with running_provider() as running:
        yield running


@pytest.fixture
def settings(provider: Provider) -> dict[str, Any]:
    """A horde that knows it as `acme`."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "private_network": True}
    return {
        "url": "http://horde.test",
        "admins": ["root#1"],
        "sign_in_providers": [{"name": "acme", "title": "Acme", "issuer": provider.issuer, **client}],
    }
