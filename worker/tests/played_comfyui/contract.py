"""ComfyUI's API as a server that refuses whatever is outside its schema, and paints by `painting`."""

from __future__ import annotations

import asyncio
import io
import json
import struct
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import BodyPartReader, WSMsgType, web
from aiohttp.test_utils import TestServer
from PIL import Image
from played_comfyui.painting import Painter
from played_comfyui.schema import EXTENSION_NODES, STOCK_NODES, Schema

FOLDERS: Final = (
    *("checkpoints", "diffusion_models", "text_encoders", "vae", "loras", "controlnet", "upscale_models"),
)
STEP_S: Final = 0.001


@dataclass
class Queued:
    """A graph that waits or runs."""

    prompt_id: str
    graph: Mapping[str, Any]
    client_id: str
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)

    def shown(self) -> list[Any]:
        """As `/queue` shows it."""
        return [0, self.prompt_id, self.graph, {"client_id": self.client_id}, ["output"]]


class ContractServer:
    """One ComfyUI. `mishaps` befall graphs, one each in their order: see `_befall`. Without `answers` it hangs."""

    def __init__(self) -> None:
        self.files: dict[str, list[str]] = {folder: [] for folder in FOLDERS}
        self.embeddings: list[str] = []
        self.headers: dict[str, Any] = {}
        self.nodes = dict(STOCK_NODES)
        self.device = {"type": "cuda", "name": "a card", "vram_total": 24 << 30}
        self.mishaps: list[str] = []
        self.has_socket = True
        self.answers = asyncio.Event()
        self.answers.set()
        self.is_old = False
        self.key = ""
        self.graphs: list[Mapping[str, Any]] = []
        self.errors: list[Any] = []
        self.unknown_paths: list[str] = []
        self.uploaded: dict[str, bytes] = {}
        self.temp: dict[str, bytes] = {}
        self.history: dict[str, Any] = {}
        self.cached: tuple[Mapping[str, Any], dict[str, Any]] | None = None
        self.freed = 0
        self.interrupts: list[Any] = []
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.running: Queued | None = None
        self.pending: list[Queued] = []
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._server = TestServer(self._app())

    @property
    def url(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    @property
    def schema(self) -> Schema:
        return Schema(self.nodes, {**self.files, "uploaded": list(self.uploaded)})

    def install_extensions(self) -> None:
        """The packs for control maps and tiling."""
        self.nodes.update(EXTENSION_NODES)

    async def start(self) -> None:
        await self._server.start_server()
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        self.answers.set()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for socket in list(self.sockets.values()):
            await socket.close()
        await self._server.close()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 27, middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/system_stats", self._system_stats),
                web.get("/object_info/{name}", self._object_info),
                web.get("/models/{folder}", self._models),
                web.get("/embeddings", self._embeddings),
                web.get("/view_metadata/{folder}", self._view_metadata),
                web.get("/queue", self._queue),
                web.post("/queue", self._unqueue),
                web.post("/prompt", self._prompt),
                web.post("/interrupt", self._interrupt),
                web.post("/free", self._free),
                web.get("/history/{prompt_id}", self._history),
                web.post("/history", self._forget),
                web.get("/view", self._view),
                web.post("/upload/image", self._upload),
                web.get("/ws", self._ws),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        await self.answers.wait()
        if self.key and request.headers.get("Authorization") != self.key:
            return web.Response(status=401)
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPNotFound:
            self.unknown_paths.append(request.path)
            raise
        return answer

    async def _system_stats(self, request: web.Request) -> web.Response:
        return web.json_response({"system": {"comfyui_version": "0.3.64"}, "devices": [self.device]})

    async def _object_info(self, request: web.Request) -> web.Response:
        return web.json_response(self.schema.described(request.match_info["name"]))

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response(self.files[request.match_info["folder"]])

    async def _embeddings(self, request: web.Request) -> web.Response:
        return web.json_response(self.embeddings)

    async def _view_metadata(self, request: web.Request) -> web.Response:
        assert request.match_info["folder"] == "checkpoints"
        header = self.headers.get(request.query["filename"])
        return web.Response(status=404) if header is None else web.json_response(header)

    async def _queue(self, request: web.Request) -> web.Response:
        running = [self.running.shown()] if self.running else []
        return web.json_response({"queue_running": running, "queue_pending": [one.shown() for one in self.pending]})

    async def _unqueue(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert set(body) == {"delete"}
        self.pending = [one for one in self.pending if one.prompt_id not in body["delete"]]
        return web.Response()

    async def _prompt(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert set(body) == {"prompt", "client_id", "prompt_id"}, set(body)
        if errors := self.schema.errors(body["prompt"]):
            self.errors.append(errors)
            shown = {
                node: {"errors": found, "class_type": body["prompt"].get(node, {}).get("class_type")}
                for node, found in errors.items()
            }
            error = {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"}
            return web.json_response({"error": error, "node_errors": shown}, status=400)
        prompt_id = uuid.uuid4().hex if self.is_old else body["prompt_id"]
        self.graphs.append(body["prompt"])
        self.queue(Queued(prompt_id, body["prompt"], body["client_id"]))
        return web.json_response({"prompt_id": prompt_id, "number": 1, "node_errors": {}})

    def queue(self, queued: Queued) -> None:
        """Put a graph in, as the owner does with his own."""
        self.pending.append(queued)
        self._news.set()

    async def _interrupt(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.interrupts.append(body)
        if self.running and (self.is_old or body.get("prompt_id") in (None, self.running.prompt_id)):
            self.running.interrupted.set()
        return web.Response()

    async def _free(self, request: web.Request) -> web.Response:
        assert await request.json() == {"unload_models": True, "free_memory": True}
        self.freed += 1
        return web.Response()

    async def _history(self, request: web.Request) -> web.Response:
        found = self.history.get(request.match_info["prompt_id"])
        return web.json_response({request.match_info["prompt_id"]: found} if found else {})

    async def _forget(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert set(body) == {"delete"}
        for one in body["delete"]:
            self.history.pop(one, None)
        return web.Response()

    async def _view(self, request: web.Request) -> web.Response:
        assert set(request.query) == {"filename", "subfolder", "type"}
        assert request.query["type"] == "temp"
        return web.Response(body=self.temp[request.query["filename"]], content_type="image/png")

    async def _upload(self, request: web.Request) -> web.Response:
        fields: dict[str, str] = {}
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            if part.name == "image":
                raw, filename = bytes(await part.read()), part.filename
                Image.open(io.BytesIO(raw)).verify()
            else:
                assert part.name in ("type", "overwrite", "subfolder")
                fields[part.name] = await part.text()
        assert fields == {"type": "temp", "overwrite": "true", "subfolder": ""}
        assert filename
        self.temp[filename] = self.uploaded[f"{filename} [temp]"] = raw
        return web.json_response({"name": filename, "subfolder": "", "type": "temp"})

    async def _ws(self, request: web.Request) -> web.StreamResponse:
        if not self.has_socket:
            raise web.HTTPNotFound
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        client_id = request.query["clientId"]
        self.sockets[client_id] = socket
        await socket.send_json({"type": "status", "data": {"status": {}, "sid": client_id}})
        async for message in socket:
            assert message.type != WSMsgType.ERROR
        self.sockets.pop(client_id, None)
        return socket

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self.pending:
                self.running = self.pending.pop(0)
                try:
                    await self._execute(self.running)
                finally:
                    self.running = None

    async def _execute(self, queued: Queued) -> None:
        mishap = self.mishaps.pop(0) if self.mishaps else ""
        messages: list[Any] = [["execution_start", {"prompt_id": queued.prompt_id}]]
        outputs: dict[str, Any] = {}
        try:
            await self._befall(queued, mishap)
            outputs = await self._painted(queued)
        except _NodeError as error:
            told = {"prompt_id": queued.prompt_id, "node_type": "KSampler", "exception_type": error.args[0]}
            told["exception_message"] = "it went wrong in /home/owner/ComfyUI"
            messages.append(["execution_error", told])
        except _WasInterrupted:
            messages.append(["execution_interrupted", {"prompt_id": queued.prompt_id}])
        status = {"status_str": "error" if len(messages) > 1 else "success", "completed": True, "messages": messages}
        if mishap != "forgets":
            self.history[queued.prompt_id] = {"outputs": outputs, "status": status}
        for kind, data in messages[1:]:
            await self._tell(queued, kind, data)
        await self._tell(queued, "executing", {"node": None, "prompt_id": queued.prompt_id})

    async def _befall(self, queued: Queued, mishap: str) -> None:
        socket = self.sockets.get(queued.client_id)
        if mishap in ("cuts the socket", "forgets") and socket is not None:
            await socket.close()
        if mishap == "runs out of memory":
            raise _NodeError("torch.cuda.OutOfMemoryError")
        if mishap == "fails":
            raise _NodeError("RuntimeError")
        if mishap == "hangs":
            await queued.interrupted.wait()
        if mishap == "sends no picture" and socket is not None:
            await self._tell(queued, "executing", {"node": "output", "prompt_id": queued.prompt_id})
            await socket.send_bytes(struct.pack(">II", 1, 2) + b"no picture")
            queued.graph = {**queued.graph, "output": {"class_type": "Nothing", "inputs": {}}}
        if mishap == "talks nonsense" and socket is not None:
            for text in ("", "[]", '{"type": 1}', '{"data": 5}', '{"type": [], "data": {"prompt_id": null}}'):
                await socket.send_str(text)
            for raw in (b"", b"\0" * 8, b"\xff" * 40):
                await socket.send_bytes(raw)
        if queued.interrupted.is_set():
            raise _WasInterrupted

    async def _painted(self, queued: Queued) -> dict[str, Any]:
        for name, node in queued.graph.items():
            await self._tell(queued, "executing", {"node": name, "prompt_id": queued.prompt_id})
            if node["class_type"] == "KSampler":
                await self._sampled(queued, name, node["inputs"]["steps"])
        output = queued.graph["output"]["class_type"]
        if output == "PreviewImage" and self.cached and self.cached[0] == queued.graph:
            return self.cached[1]  # the same file, whatever has become of it
        if output == "Nothing":
            return {}
        png = Painter(queued.graph, self.uploaded).png("output")
        if output == "SaveImageWebsocket":
            if (socket := self.sockets.get(queued.client_id)) is not None:
                await socket.send_bytes(struct.pack(">II", 1, 2) + png)
            return {}
        filename = f"ComfyUI_temp_{len(self.temp)}_.png"
        self.temp[filename] = png
        self.cached = queued.graph, {"output": {"images": [{"filename": filename, "subfolder": "", "type": "temp"}]}}
        return self.cached[1]

    async def _sampled(self, queued: Queued, node: str, steps: int) -> None:
        preview = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(preview, "JPEG")
        for step in range(1, steps + 1):
            if queued.interrupted.is_set():
                raise _WasInterrupted
            told = {"value": step, "max": steps, "node": node, "prompt_id": queued.prompt_id}
            await self._tell(queued, "progress", told)
            if (socket := self.sockets.get(queued.client_id)) is not None:
                await socket.send_bytes(struct.pack(">II", 1, 1) + preview.getvalue())
            await asyncio.sleep(STEP_S)

    async def _tell(self, queued: Queued, kind: str, data: Any) -> None:
        socket = self.sockets.get(queued.client_id)
        if socket is not None and not socket.closed:
            with suppress(ConnectionError):
                await socket.send_str(json.dumps({"type": kind, "data": data}))


class _NodeError(Exception):
    """A node fails with an exception of this name."""


class _WasInterrupted(Exception):
    """Somebody stopped it."""
