"""A server of texts that is played, and strict: it refuses whatever its program's documentation does not have."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

STORY = ("Once", " there", " was", " a", " cat", ".\n", " It", " went", " home", ".")
LIMIT_S = 20.0


class Body(BaseModel):
    """What may be sent to one address: these keys, of these types, within these bounds, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ContractServer:
    """Listens on a free port. `violations` are the requests that its program would not understand."""

    bodies: ClassVar[Mapping[str, type[Body]]] = {}
    key: str = ""
    """Asked for as a bearer, where there is one."""

    def __init__(self) -> None:
        self.story: Sequence[str] = STORY
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.violations: list[str] = []
        self.refusals: list[tuple[int, dict[str, Any]]] = []
        """Answers to the next texts that are asked for, instead of texts."""
        self.breaks_after: int | None = None
        self.holds_after: int | None = None
        self.rest_s = 0.0
        """Between two lines of a stream."""
        self.has_begun = asyncio.Event()
        self.hung_up = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def open(self) -> None:
        """Listen; later on the same port again."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._any)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def close(self) -> None:
        """Refuse connections from now on, and break those there are."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def texts(self) -> list[dict[str, Any]]:
        """The bodies by which texts were asked for."""
        return [body for path, body in self.sent if path in self.generating]

    generating: ClassVar[frozenset[str]] = frozenset()
    """The addresses that write texts."""

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        """What a GET answers; None where there is nothing."""
        return None

    def told(self, path: str, body: dict[str, Any]) -> Any:
        """What a POST answers that asks for no text; None where there is nothing."""
        return None

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        """The lines of a stream with the story."""
        raise NotImplementedError

    def refused(self, status: int, message: str) -> web.Response:
        """How the program says no."""
        return web.json_response({"error": {"message": message, "code": status}}, status=status)

    def problem_in(self, path: str, body: object) -> str:
        """Why the program would not understand a body; empty where it does."""
        try:
            self.bodies[path].model_validate(body)
        except ValidationError as wrong:
            return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors())
        return ""

    async def _any(self, request: web.Request) -> web.StreamResponse:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return self.refused(401, "who are you?")
        path = request.path
        if request.method == "GET":
            found = self.got(path, request.query)
            return self.refused(404, "not found") if found is None else web.json_response(found)
        if path not in self.bodies:
            return self.refused(404, "not found")
        body = json.loads(await request.read())
        if problem := self.problem_in(path, body):
            self.violations.append(f"{path}: {problem}")
            return self.refused(400, problem)
        self.sent.append((path, body))
        if path not in self.generating:
            return web.json_response(self.told(path, body))
        if self.refusals:
            status, answer = self.refusals.pop(0)
            return web.json_response(answer, status=status)
        return await self._stream(request, path, body)

    async def _stream(self, request: web.Request, path: str, body: dict[str, Any]) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            async for line in self._paced(request, self.lines(path, body)):
                await answer.write(line.encode() + b"\n")
        except asyncio.CancelledError:
            self.hung_up.set()
            raise
        except ConnectionResetError:
            self.hung_up.set()
        finally:
            self.at_once -= 1
        return answer

    async def _paced(self, request: web.Request, lines: list[str]) -> AsyncIterator[str]:
        for place, line in enumerate(lines):
            if place == self.breaks_after and request.transport is not None:
                request.transport.abort()
            if place == self.holds_after:
                self.has_begun.set()
                async with asyncio.timeout(LIMIT_S):
                    await asyncio.Event().wait()
            await asyncio.sleep(self.rest_s)  # two streams at once take turns
            yield line


def events(objects: Sequence[Mapping[str, Any]], *, name: str = "") -> list[str]:
    """Server-sent events, one an object, each sent as a whole."""
    return [(f"event: {name}\n" if name else "") + f"data: {json.dumps(one)}\n" for one in objects]
