"""Hordes whose workers stream, spoken to as such a worker would."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hordes import Horde
from streaming_worker import StreamingWorker

from horde_server.http.client_address import ClientAddresses
from horde_server.node import Node
from horde_server.running import running_node


@pytest.fixture
async def worker(horde: Horde) -> StreamingWorker:
    """A worker whose owner may have many."""
    return StreamingWorker(horde, (await horde.account("owner", trusted=True, columns={"worker_invited": 100})).api_key)


@pytest.fixture
def node(horde: Horde) -> Node:
    """The horde's own node."""
    found: Node = horde.app._app.state.node
    return found


@pytest.fixture
async def other(horde: Horde) -> AsyncIterator[Node]:
    """Another node of the horde, with the mirrors that it has."""
    async with running_node(horde.settings, horde.dsn, ClientAddresses(()), None) as found:
        yield found


@pytest.fixture
async def third(horde: Horde) -> AsyncIterator[Node]:
    """One more."""
    async with running_node(horde.settings, horde.dsn, ClientAddresses(()), None) as found:
        yield found
