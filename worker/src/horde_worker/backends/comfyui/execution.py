"""One graph, from `POST /prompt` to its picture: told over the websocket, by `/history` when that is cut.

Whatever way it ends, nothing of it stays at the server: not in its queue, not in its history, no picture in its
temporary folder.
"""

from __future__ import annotations

import asyncio
import io
import json
import random
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final, TypeAlias

import aiohttp
from PIL import Image

from horde_worker.backends.comfyui.graph import MOST_VARIETIES, OUTPUT_NODE, as_file
from horde_worker.backends.comfyui.history import Ended, StoredPicture, is_queued, is_running, read_history
from horde_worker.backends.comfyui.messages import (
    Executing,
    Interrupted,
    Message,
    NodeFailed,
    NodeProgress,
    Picture,
    read_bytes,
    read_text,
)
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.server import (
    ANSWER_LIMIT_S,
    BackendGone,
    BackendRefused,
    BackendServer,
    quietly,
)

PICTURE_LIMIT_BYTES: Final = 256 * 1024 * 1024
"""Four times 4096×4096 pixels, uncompressed."""
HISTORY_EVERY_S: Final = 1.0
TIDY_LIMIT_S: Final = 5.0
SOCKET_LIMIT_S: Final = 5.0
_TRIES_WHILE_AWAY: Final = 5
_ENDS: Final = frozenset({aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED})

Heard: TypeAlias = NodeProgress | Picture
"""What a graph tells before its end: how far it is, previews and, last, its picture."""


class GraphFailed(BackendFailure):
    """A node failed."""

    def __init__(self, failure: NodeFailed) -> None:
        super().__init__(str(failure))
        self.ran_out_of_memory = failure.ran_out_of_memory


class GraphRefused(BackendFailure):
    """The server takes the graph for wrong: something that it names is not there any more."""


class Execution:
    """One graph at a server, which tells `client_id`. `has_socket_node`: pictures can come by the socket."""

    def __init__(
        self,
        server: BackendServer,
        graph: Mapping[str, Any],
        client_id: str,
        *,
        has_socket_node: bool,
        limit_s: float,
    ) -> None:
        self._server = server
        self._graph = graph
        self._client_id = client_id
        self._has_socket_node = has_socket_node
        self._deadline = asyncio.get_running_loop().time() + limit_s
        self._limit_s = limit_s
        self._prompt_id = ""
        self._node = ""
        self._has_ended = False
        self._result: bytes | None = None

    async def run(self) -> AsyncGenerator[Heard, None]:
        """What is told; the last is the finished picture. Raises `BackendFailure`."""
        stored: StoredPicture | None = None
        try:
            async with AsyncExitStack() as stack:
                socket = await self._socket(stack)
                comes_over_socket = socket is not None and self._has_socket_node
                await self._post(self._graph if comes_over_socket else self._as_file())
                if socket is not None:
                    async for heard in self._heard(socket):
                        yield heard
            if self._result is None:
                ended = await self._ended()
                stored = await self._stored(ended)
                self._result = await self._server.get_bytes(
                    stored.path, limit_bytes=PICTURE_LIMIT_BYTES, limit_s=self._limit(ANSWER_LIMIT_S)
                )
            yield Picture(self._result, is_png=True)
        finally:
            await quietly(self._tidy(stored), TIDY_LIMIT_S)

    async def _socket(self, stack: AsyncExitStack) -> aiohttp.ClientWebSocketResponse | None:
        """Open before the graph is sent, so that nothing is missed; None where there is none, as behind a proxy."""
        path = f"/ws?clientId={self._client_id}"
        try:
            async with asyncio.timeout(self._limit(SOCKET_LIMIT_S)):
                return await stack.enter_async_context(self._server.websocket(path, limit_bytes=PICTURE_LIMIT_BYTES))
        except (BackendFailure, TimeoutError):
            return None

    def _as_file(self) -> Mapping[str, Any]:
        return as_file(self._graph, random.randrange(MOST_VARIETIES))

    async def _post(self, graph: Mapping[str, Any]) -> None:
        self._prompt_id = str(uuid.uuid4())
        body = {"prompt": graph, "client_id": self._client_id, "prompt_id": self._prompt_id}
        try:
            answer = await self._server.post_json("/prompt", body, limit_s=self._limit(ANSWER_LIMIT_S))
        except BackendRefused as refused:
            if refused.status == 400:
                raise GraphRefused(_why_refused(refused)) from refused
            raise
        given = answer.get("prompt_id") if isinstance(answer, Mapping) else None
        if not isinstance(given, str) or not given:
            raise BackendFailure(f"{self._server.name} took the graph and gave it no id")
        self._prompt_id = given  # old versions choose it themselves

    async def _heard(self, socket: aiohttp.ClientWebSocketResponse) -> AsyncGenerator[Heard, None]:
        """What the socket tells, until the graph has ended or the socket has."""
        failure: NodeFailed | Interrupted | None = None
        while True:
            try:
                async with asyncio.timeout_at(self._deadline):
                    received = await socket.receive()
            except TimeoutError:
                raise self._took_too_long() from None
            if received.type in _ENDS or received.type == aiohttp.WSMsgType.ERROR:
                return
            match self._read(received):
                case Executing(node=""):
                    self._has_ended = True
                    if failure is not None:
                        raise _raised(failure)
                    return
                case Executing(node=node):
                    self._node = node
                case NodeFailed() | Interrupted() as failed:
                    failure = failed
                case Picture(raw=raw, is_png=True) if self._node == OUTPUT_NODE:
                    self._result = raw
                case NodeProgress() | Picture() as heard:
                    yield heard
                case None:
                    pass

    def _read(self, received: aiohttp.WSMessage) -> Message | None:
        if received.type == aiohttp.WSMsgType.TEXT:
            return read_text(received.data, self._prompt_id)
        return read_bytes(received.data) if received.type == aiohttp.WSMsgType.BINARY else None

    async def _ended(self) -> Ended:
        """How the graph ended, asked for until it has."""
        away = 0
        while True:
            if asyncio.get_running_loop().time() > self._deadline:
                raise self._took_too_long()
            try:
                ended = await self._by_history()
                if ended is None and not is_queued(await self._asked("/queue"), self._prompt_id):
                    ended = await self._by_history()  # it may have ended between the two answers
                    if ended is None:
                        self._has_ended = True
                        raise BackendFailure(f"{self._server.name} knows nothing of the graph any more")
                away = 0
            except BackendGone:
                away += 1
                if away >= _TRIES_WHILE_AWAY:
                    raise
                ended = None
            if ended is not None:
                self._has_ended = True
                if ended.failure is not None:
                    raise _raised(ended.failure)
                return ended
            await asyncio.sleep(HISTORY_EVERY_S)

    async def _by_history(self) -> Ended | None:
        return read_history(await self._asked(f"/history/{self._prompt_id}"), self._prompt_id)

    async def _asked(self, path: str) -> Any:
        return await self._server.get_json(path, limit_s=self._limit(ANSWER_LIMIT_S))

    def _limit(self, most_s: float) -> float:
        """What is left of the job's time, if that is less."""
        return min(most_s, max(self._deadline - asyncio.get_running_loop().time(), 0.1))

    async def _stored(self, ended: Ended) -> StoredPicture:
        """Where the picture lies. What would have come over the socket is asked for again, as a file this time: the
        server has it in its cache, and only the last node runs."""
        if not ended.pictures and self._has_socket_node:
            await quietly(self._forget(), TIDY_LIMIT_S)
            self._has_ended = False
            await self._post(self._as_file())
            ended = await self._ended()
        if not ended.pictures:
            raise BackendFailure(f"{self._server.name} made no picture")
        return ended.pictures[0]

    async def _tidy(self, stored: StoredPicture | None) -> None:
        if not self._prompt_id:
            return
        if not self._has_ended:
            await self._stop()
        await self._forget()
        if stored is not None and stored.type == "temp":
            await self._blank(stored)

    async def _stop(self) -> None:
        """Take it from the queue, or interrupt it if it runs. Old versions interrupt whatever runs: so it is looked
        at first, that it is not the owner's."""
        await self._server.post_json("/queue", {"delete": [self._prompt_id]})
        if is_running(await self._server.get_json("/queue"), self._prompt_id):
            await self._server.post_json("/interrupt", {"prompt_id": self._prompt_id})

    async def _forget(self) -> None:
        await self._server.post_json("/history", {"delete": [self._prompt_id]})

    async def _blank(self, stored: StoredPicture) -> None:
        """Nothing deletes a file of the temporary folder but the server's next start; a pixel takes its place."""
        await upload(self._server, BLANK_PNG, stored.filename, subfolder=stored.subfolder)

    def _took_too_long(self) -> BackendFailure:
        return BackendFailure(f"{self._server.name} took longer than {self._limit_s:.0f} s")


async def upload(server: BackendServer, png: bytes, filename: str, *, subfolder: str = "") -> str:
    """Put a picture into the temporary folder, in place of one of that name; what a graph calls it."""
    fields = {"type": "temp", "overwrite": "true", "subfolder": subfolder}
    answer = await server.post_form("/upload/image", fields, {"image": (filename, png, "image/png")})
    name = answer.get("name") if isinstance(answer, Mapping) else None
    if not isinstance(name, str) or not name:
        raise BackendFailure(f"{server.name} took a picture and gave it no name")
    return f"{subfolder}/{name} [temp]" if subfolder else f"{name} [temp]"


def _blank_png() -> bytes:
    written = io.BytesIO()
    Image.new("L", (1, 1)).save(written, "PNG")
    return written.getvalue()


BLANK_PNG: Final = _blank_png()


def _raised(failure: NodeFailed | Interrupted) -> BackendFailure:
    return GraphFailed(failure) if isinstance(failure, NodeFailed) else BackendFailure("ComfyUI was interrupted")


def _why_refused(refused: BackendRefused) -> str:
    """What the server takes for wrong: nodes and inputs by name. Its answer has the owner's files too; they stay."""
    try:
        answer: Any = json.loads(refused.body)
    except (ValueError, RecursionError):
        answer = None
    wrong = answer.get("node_errors") if isinstance(answer, Mapping) else None
    told = [
        f"{node.get('class_type')} ({error.get('type')}, {str(error.get('details')).partition(':')[0]})"[:150]
        for node in (wrong.values() if isinstance(wrong, Mapping) else ())
        if isinstance(node, Mapping) and isinstance(errors := node.get("errors"), list)
        for error in errors
        if isinstance(error, Mapping)
    ]
    error = answer.get("error") if isinstance(answer, Mapping) else None
    if not told and isinstance(error, Mapping) and isinstance(error.get("message"), str):
        told = [error["message"][:150]]
    return f"ComfyUI refuses the graph: {', '.join(told[:3])}" if told else "ComfyUI refuses the graph"
