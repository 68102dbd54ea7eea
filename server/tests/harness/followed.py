"""Whoever follows a request, as faces do: all that is told, heard in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any
from uuid import UUID

from horde_server.dispatch.ids import RequestId
from horde_server.requests.following import End, Following, Happening, Text

SOON_S = 20.0


class Client:
    """A client's connection, which may go."""

    def __init__(self) -> None:
        self._gone = asyncio.Event()

    async def receive(self) -> Mapping[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    def go(self) -> None:
        self._gone.set()


class Heard:
    """All that is told of a request, in the background."""

    def __init__(self, following: Following, request_id: str, client: Client | None = None, **options: Any) -> None:
        self.told: list[Happening] = []
        self.client = client or Client()
        self._more = asyncio.Event()
        self.task = asyncio.create_task(self._listen(following, RequestId(UUID(request_id)), options))

    async def _listen(self, following: Following, request_id: RequestId, options: dict[str, Any]) -> None:
        async with aclosing(following.follow(request_id, self.client.receive, **options)) as happenings:
            async for happening in happenings:
                self.told.append(happening)
                self._more.set()

    async def until(self, kind: type[Happening], what: Any = lambda happening: True) -> Any:
        """The first of this kind for which that holds."""
        while True:
            self._more.clear()
            for happening in self.told:
                if isinstance(happening, kind) and what(happening):
                    return happening
            assert not self.task.done(), self.told
            await asyncio.wait_for(self._more.wait(), SOON_S)

    async def end(self) -> End:
        await asyncio.wait_for(self.task, SOON_S)
        assert isinstance(self.told[-1], End), self.told
        assert [type(each) for each in self.told].count(End) == 1
        return self.told[-1]

    def text(self, slot: int = 0) -> str:
        """What was told of a text, which must be without holes."""
        told = b""
        for happening in self.told:
            if isinstance(happening, Text) and happening.slot == slot:
                assert happening.at == len(told), self.told
                told += happening.text.encode()
        return told.decode()
