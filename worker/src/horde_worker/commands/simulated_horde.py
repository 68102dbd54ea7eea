"""A horde on this machine that has as many jobs as one likes, and keeps what comes back: for an owner to try out.

It speaks the worker's part of the API v2 and nothing else, and hands out only what the worker offers.
"""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from PIL import Image, ImageDraw

from horde_worker.commands.trial_jobs import BEGINNINGS, PROMPTS

MOST_BODY_BYTES: Final = 64 * 1024 * 1024
REWARDS: Final = {"image": 10.0, "text": 4.0, "alchemy": 1.0, "embedding": 0.5}


@dataclass(slots=True)
class Kept:
    """What came back."""

    delivered: list[str] = field(default_factory=list)  # file names, or what it says
    faulted: list[str] = field(default_factory=list)  # reasons


class SimulatedHorde:
    """Hands out jobs and writes results into a folder. `say` tells of each."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.kept = Kept()
        self._folder = folder
        self._say = say
        self._uploads: dict[str, bytes] = {}
        self._forms: dict[str, str] = {}
        self._given = {"image": 0, "text": 0, "alchemy": 0, "embedding": 0}
        self._url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Its address, while the block runs."""
        app = web.Application(client_max_size=MOST_BODY_BYTES)
        app.router.add_post("/api/v2/generate/pop", self._pop_image)
        app.router.add_post("/api/v2/generate/submit", self._submit_image)
        app.router.add_post("/api/v2/generate/text/pop", self._pop_text)
        app.router.add_post("/api/v2/generate/text/submit", self._submit_text)
        app.router.add_post("/api/v2/interrogate/pop", self._pop_alchemy)
        app.router.add_post("/api/v2/interrogate/submit", self._submit_alchemy)
        app.router.add_post("/api/v2/generate/embedding/pop", self._pop_embedding)
        app.router.add_post("/api/v2/generate/embedding/submit", self._submit_embedding)
        app.router.add_get("/source.webp", self._source)
        app.router.add_put("/uploads/{id}", self._upload)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self._url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self._url
        finally:
            await runner.cleanup()

    # ------------------------------------------------------------------------ pictures

    async def _pop_image(self, request: web.Request) -> web.StreamResponse:
        offer = await _body(request)
        turn = self._next("image")
        side = 512 if int(offer.get("max_pixels") or 0) >= 512 * 512 else 256
        ids = [str(uuid.uuid4())]
        return web.json_response(
            {
                "id": ids[0],
                "ids": ids,
                "model": _turn(offer.get("models"), turn),
                "ttl": 600,
                "payload": {
                    "prompt": f"{PROMPTS[turn % len(PROMPTS)]}###blurry",
                    "width": side,
                    "height": side,
                    "ddim_steps": 20,
                    "n_iter": 1,
                    "cfg_scale": 7.0,
                    "sampler_name": "k_euler",
                    "karras": True,
                    "seed": str(1000 + turn),
                },
                "r2_uploads": [f"{self._url}/uploads/{one}" for one in ids],
                "skipped": {},
                "messages": [],
            }
        )

    async def _submit_image(self, request: web.Request) -> web.StreamResponse:
        sent = await _body(request)
        if self._is_fault(sent):
            return web.json_response({"reward": 0})
        generation = str(sent.get("generation"))
        webp = self._uploads.pop(str(sent["id"]), None) if generation == "R2" else base64.b64decode(generation)
        if webp is None:
            return web.json_response({"message": "There is no upload for this job.", "rc": "InvalidJobID"}, status=404)
        self._keep(f"picture-{len(self.kept.delivered) + 1}.webp", webp)
        return web.json_response({"reward": REWARDS["image"]})

    # ------------------------------------------------------------------------ texts

    async def _pop_text(self, request: web.Request) -> web.StreamResponse:
        offer = await _body(request)
        turn = self._next("text")
        id_ = str(uuid.uuid4())
        return web.json_response(
            {
                "id": id_,
                "ids": [id_],
                "model": _turn(offer.get("models"), turn),
                "ttl": 600,
                "payload": {
                    "prompt": BEGINNINGS[turn % len(BEGINNINGS)],
                    "n": 1,
                    "max_length": min(80, int(offer.get("max_length") or 80)),
                    "max_context_length": min(1024, int(offer.get("max_context_length") or 1024)),
                    "temperature": 0.8,
                    "top_p": 0.95,
                    "rep_pen": 1.1,
                },
                "skipped": {},
                "messages": [],
            }
        )

    async def _submit_text(self, request: web.Request) -> web.StreamResponse:
        sent = await _body(request)
        if self._is_fault(sent):
            return web.json_response({"reward": 0})
        self._keep(f"text-{len(self.kept.delivered) + 1}.txt", str(sent.get("generation")).encode())
        return web.json_response({"reward": REWARDS["text"]})

    # ------------------------------------------------------------------------ alchemy

    async def _pop_alchemy(self, request: web.Request) -> web.StreamResponse:
        offer = await _body(request)
        id_, form = str(uuid.uuid4()), _turn(offer.get("forms"), self._next("alchemy"))
        self._forms[id_] = form
        answer = {"id": id_, "form": form, "source_image": f"{self._url}/source.webp", "payload": None}
        return web.json_response({"forms": [answer | {"r2_upload": f"{self._url}/uploads/{id_}"}], "skipped": {}})

    async def _submit_alchemy(self, request: web.Request) -> web.StreamResponse:
        sent = await _body(request)
        if self._is_fault(sent):
            return web.json_response({"reward": 0})
        id_, result = str(sent["id"]), sent.get("result") or {}
        form = self._forms.pop(id_, "form")
        number = len(self.kept.delivered) + 1
        if "R2" in result.values() and id_ in self._uploads:
            self._keep(f"{form}-{number}.webp", self._uploads.pop(id_))
        else:
            self._keep(f"{form}-{number}.json", json.dumps(result, indent=2).encode())
        return web.json_response({"reward": REWARDS["alchemy"]})

    # ------------------------------------------------------------------------ embeddings

    async def _pop_embedding(self, request: web.Request) -> web.StreamResponse:
        offer = await _body(request)
        turn = self._next("embedding")
        payload = {"input": [BEGINNINGS[turn % len(BEGINNINGS)], "Another text."]}
        job = {"id": str(uuid.uuid4()), "model": _turn(offer.get("models"), turn), "ttl": 600, "payload": payload}
        return web.json_response(job | {"skipped": {}, "messages": []})

    async def _submit_embedding(self, request: web.Request) -> web.StreamResponse:
        sent = await _body(request)
        if self._is_fault(sent):
            return web.json_response({"reward": 0})
        self._keep(f"vectors-{len(self.kept.delivered) + 1}.json", json.dumps(sent.get("vectors")).encode())
        return web.json_response({"reward": REWARDS["embedding"]})

    # ------------------------------------------------------------------------ both

    async def _source(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=_source_picture(), content_type="image/webp")

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        self._uploads[request.match_info["id"]] = await request.read()
        return web.Response()

    def _next(self, kind: str) -> int:
        self._given[kind] += 1
        return self._given[kind] - 1

    def _is_fault(self, sent: dict[str, Any]) -> bool:
        if sent.get("state") != "faulted":
            return False
        remarks = sent.get("gen_metadata") or []
        reason = next((str(one.get("ref")) for one in remarks if one.get("ref")), "it gives no reason")
        self.kept.faulted.append(reason)
        self._say(f"given back: {reason}")
        return True

    def _keep(self, name: str, content: bytes) -> None:
        safe = "".join(one if one.isalnum() or one in "-_." else "_" for one in name)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / safe).write_bytes(content)
        self.kept.delivered.append(safe)
        self._say(f"delivered: {self._folder / safe}")


async def _body(request: web.Request) -> dict[str, Any]:
    found = await request.json()
    if not isinstance(found, dict):
        raise web.HTTPBadRequest
    return found


def _turn(names: Any, turn: int) -> str:
    """Every name of an offer in its turn."""
    if not isinstance(names, list) or not names:
        raise web.HTTPBadRequest(text=json.dumps({"message": "nothing is offered", "rc": "BadRequest"}))
    return str(names[turn % len(names)])


def _source_picture() -> bytes:
    picture = Image.new("RGB", (256, 256), "#7fb2e5")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 160, 256, 256), fill="#3d7a3a")
    draw.ellipse((170, 30, 220, 80), fill="#f6d743")
    kept = io.BytesIO()
    picture.save(kept, "WEBP", quality=90)
    return kept.getvalue()
