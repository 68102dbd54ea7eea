"""A server whose webhooks may lead to loopback, and a receiver there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hordes import Horde, StartHorde
from webhook_receivers import Authority, Receiver, make_authority, receiving


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who vouches for the receivers."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver(authority: Authority) -> Iterator[Receiver]:
    """Takes everything, unless told otherwise."""
    with receiving(authority) as started:
        yield started


@pytest_asyncio.fixture
async def horde(start_horde: StartHorde, authority: Authority) -> Horde:
    """One server that delivers to loopback, and looks often for what is due."""
    return await start_horde(
        webhook_private_networks=["127.0.0.0/8"],
        webhook_ca_file=Path(authority.ca_file),
        task_poll_interval_s=0.05,
    )
