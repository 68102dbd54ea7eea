"""A horde that is played: a real HTTP server on loopback that answers by script and writes down what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from pieces_desk import Desk

LIMIT_S = 20.0
NO_JOB: dict[str, Any] = {"id": None, "ids": [], "skipped": {}, "messages": []}


@dataclass
class Answer:
    """One scripted answer; with `hangs_up` the connection ends without any, with `gate` it waits for the event."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    gate: asyncio.Event | None = None


@dataclass
class Upload:
    """A PUT that arrived; `target` is path and query as they came over the wire."""

    target: str
    headers: dict[str, str]
    data: bytes


class PlayedHorde:
    """Answers pops, uploads and submits from scripts; at a script's end there is no job, and all goes well.

    Texts and alchemy have scripts of their own; `shelf` holds what can be downloaded.
    """

    def __init__(self) -> None:
        self.url = ""
        self.pops: list[dict[str, Any]] = []
        self.submits: list[dict[str, Any]] = []
        self.uploads: list[Upload] = []
        self.headers: list[dict[str, str]] = []  # of pops and submits
        self.pop_script: list[Answer] = []
        self.submit_script: list[Answer] = []
        self.upload_script: list[Answer] = []
        self.text_pops: list[dict[str, Any]] = []
        self.text_submits: list[dict[str, Any]] = []
        self.text_pop_script: list[Answer] = []
        self.alchemy_pops: list[dict[str, Any]] = []
        self.alchemy_submits: list[dict[str, Any]] = []
        self.alchemy_pop_script: list[Answer] = []
        self.alchemy_submit_script: list[Answer] = []
        self.embedding_pops: list[dict[str, Any]] = []
        self.embedding_submits: list[dict[str, Any]] = []
        self.embedding_pop_script: list[Answer] = []
        self.desk = Desk()  # for pieces
        self.connections: set[Any] = set()  # by which they came
        self.downloads: list[str] = []
        self.models = Answer(body=[])  # what `status/models` says
        self.asked_models: list[str] = []
        self.shelf: dict[str, Answer] = {}
        self.known_worker: dict[str, Any] | None = None  # what `workers/name/…` says; changed by a PUT
        self.worker_changes: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def open(self) -> None:
        """Listen: on a free port at first, later on the same one again."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/api/v2/generate/pop", self._pop)
        app.router.add_post("/api/v2/generate/submit", self._submit)
        app.router.add_post("/api/v2/generate/text/pop", self._text_pop)
        app.router.add_post("/api/v2/generate/text/submit", self._text_submit)
        app.router.add_post("/api/v2/interrogate/pop", self._alchemy_pop)
        app.router.add_post("/api/v2/interrogate/submit", self._alchemy_submit)
        app.router.add_post("/api/v2/generate/embedding/pop", self._embedding_pop)
        app.router.add_post("/api/v2/generate/embedding/submit", self._embedding_submit)
        app.router.add_post("/api/v2/generate/pieces/{id}", self._pieces)
        app.router.add_get("/api/v2/status/models", self._models)
        app.router.add_get("/api/v2/workers/name/{name}", self._worker_named)
        app.router.add_put("/api/v2/workers/{id}", self._change_worker)
        app.router.add_get("/shelf/{name}", self._download)
        app.router.add_put("/store/{name:.*}", self._upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def close(self) -> None:
        """Refuse connections from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def job(self, *ids: str, inline: bool = False, payload: dict[str, Any] | None = None, **answer: Any) -> Answer:
        """A pop's answer with a small job, with these changes."""
        return Answer(
            body={
                "id": ids[0],
                "ids": list(ids),
                "model": "paint",
                "ttl": 150,
                "payload": {"prompt": "a circle", "width": 64, "height": 64, "ddim_steps": 2, "seed": "7"}
                | (payload or {}),
                "r2_uploads": None if inline else [f"{self.url}/store/{one}" for one in ids],
                "skipped": {},
                "messages": [],
            }
            | answer
        )

    def text_job(self, *ids: str, payload: dict[str, Any] | None = None, **answer: Any) -> Answer:
        """A text pop's answer with a small job, with these changes (workers.md §7.6)."""
        return Answer(
            body={
                "id": ids[0],
                "ids": list(ids),
                "model": "quill",
                "ttl": 150,
                "payload": {"prompt": "Once", "n": 1, "max_length": 20, "max_context_length": 2048} | (payload or {}),
                "softprompt": None,
                "extra_source_images": None,
                "skipped": {},
                "messages": [],
            }
            | answer
        )

    def alchemy_forms(self, *forms: dict[str, Any]) -> Answer:
        """An alchemy pop's answer (alchemy.md §6)."""
        return Answer(body={"forms": list(forms), "skipped": {}})

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until something told to the horde makes the condition true."""
        async with asyncio.timeout(LIMIT_S), self._news:
            await self._news.wait_for(condition)

    async def settle(self, session: aiohttp.ClientSession) -> None:
        """Some exchanges of our own: what the worker was about to ask without waiting has arrived by then."""
        for _ in range(10):
            async with session.get(f"{self.url}/nothing") as answer:
                await answer.read()

    def submit_of(self, job_id: str) -> dict[str, Any]:
        """The one submit of this job."""
        [found] = [one for one in self.submits if one["id"] == job_id]
        return found

    def fault_of(self, job_id: str) -> str:
        """The reason in the one submit of this job, which is a fault."""
        found = self.submit_of(job_id)
        assert (found["state"], found["generation"], found["seed"]) == ("faulted", "faulted", -1)
        [remark] = found["gen_metadata"]
        assert (remark["type"], remark["value"]) == ("information", "see_ref")
        return str(remark["ref"])

    async def _pop(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        return await self._answer(request, self.pops, await request.json(), self.pop_script, NO_JOB)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        return await self._answer(request, self.submits, await request.json(), self.submit_script, {"reward": 1.5})

    async def _text_pop(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.text_pops, await request.json(), self.text_pop_script, NO_JOB)

    async def _text_submit(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.text_submits, await request.json(), [], {"reward": 2.5})

    async def _alchemy_pop(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(
            request, self.alchemy_pops, await request.json(), self.alchemy_pop_script, {"skipped": {}}
        )

    async def _alchemy_submit(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(
            request, self.alchemy_submits, await request.json(), self.alchemy_submit_script, {"reward": 3.0}
        )

    async def _embedding_pop(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.embedding_pops, await request.json(), self.embedding_pop_script, NO_JOB)

    async def _embedding_submit(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.embedding_submits, await request.json(), [], {"reward": 0.5})

    async def _pieces(self, request: web.Request) -> web.StreamResponse:
        job_id, body = request.match_info["id"], await request.json()
        self.connections.add(request.transport.get_extra_info("peername") if request.transport else None)
        status, answer, headers = self.desk.take(job_id, body)
        async with self._news:
            self._news.notify_all()
        return web.json_response(answer, status=status, headers=headers)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.asked_models, request.query.get("type"), [self.models], {})

    async def _worker_named(self, request: web.Request) -> web.StreamResponse:
        if self.known_worker is None or self.known_worker["name"] != request.match_info["name"]:
            return web.json_response({"message": "No such worker.", "rc": "WorkerNotFound"}, status=404)
        return web.json_response(self.known_worker)

    async def _change_worker(self, request: web.Request) -> web.StreamResponse:
        assert self.known_worker is not None
        assert request.match_info["id"] == self.known_worker["id"]
        change = await request.json()
        self.known_worker["maintenance_mode"] = change["maintenance"]
        async with self._news:
            self.worker_changes.append(change)
            self._news.notify_all()
        return web.json_response({"maintenance": change["maintenance"]})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        answer = self.shelf.get(request.match_info["name"], Answer(404))
        return await self._answer(request, self.downloads, request.match_info["name"], [answer], {})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        upload = Upload(request.raw_path, dict(request.headers), await request.read())
        return await self._answer(request, self.uploads, upload, self.upload_script, {})

    async def _answer(
        self, request: web.Request, told: list[Any], news: Any, script: list[Answer], otherwise: Any
    ) -> web.StreamResponse:
        answer = script.pop(0) if script else Answer(body=otherwise)
        async with self._news:
            told.append(news)
            self._news.notify_all()
        if answer.gate is not None:
            await answer.gate.wait()
        if answer.hangs_up:
            assert request.transport is not None
            request.transport.abort()
        raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return web.Response(
            status=answer.status, body=raw, headers={"Content-Type": "application/json", **answer.headers}
        )
