"""The desks of a server that is spoken to over HTTP: for what no route of the API takes, but dialects do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hordes import Horde, StartHorde

from horde_server.dispatch.ids import RequestId
from horde_server.identity.caller import Caller
from horde_server.node import Node
from horde_server.requests.asked import Asked
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.slice import Texts
from horde_server.running import running_node

PROGRAM = "tests:1:nobody"


class Desk:
    """The texts of a server, behind its routes."""

    def __init__(self, horde: Horde, node: Node) -> None:
        self.horde = horde
        self.node = node
        self.texts = next(each for each in node.slices if isinstance(each, Texts))

    async def anonymous(self) -> Caller:
        """Everybody, from one address."""
        account = await self.node.identity.accounts.by_id(0)
        assert account is not None
        return Caller(account, "203.0.113.7", PROGRAM)

    async def ask(self, prompt: str = "Once upon a time", **order: Any) -> RequestId:
        """An accepted request of Anonymous; its id."""
        ticket = await self.texts.desk.submit(Asked(order=TextOrder(prompt, **order)), await self.anonymous())
        return ticket.id


async def horde_with_desk(start_horde: StartHorde, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Desk:
    """A server whose node is remembered as it starts."""
    started: list[Node] = []

    @asynccontextmanager
    async def remembered(*given: Any) -> AsyncIterator[Node]:
        async with running_node(*given) as node:
            started.append(node)
            yield node

    monkeypatch.setattr("horde_server.app.running_node", remembered)
    horde = await start_horde(**settings)
    return Desk(horde, started[0])
