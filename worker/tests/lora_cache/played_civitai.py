"""CivitAI as its documents describe it, on loopback: models, versions, a search, and files that lie elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Asked:
    """A request: its path with the query, and whether it brought the token."""

    path: str
    authorization: str | None


@dataclass
class PlayedCivitAi:
    """Serves `models` by id. Before a file or an answer come the statuses in `troubles`, one a request."""

    url: str = ""
    models: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[int, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    troubles: list[int] = field(default_factory=list)
    redirect: str = ""
    stalls: asyncio.Event | None = None
    raw: bytes | None = None
    _runner: web.AppRunner | None = None

    async def open(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/api/v1/models", self._search)
        app.router.add_get("/api/v1/models/{id}", self._model)
        app.router.add_get("/api/v1/model-versions/{id}", self._version)
        app.router.add_get("/download/{id}", self._download)
        app.router.add_get("/moved/{id}", self._file)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Refuse connections from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def add(self, model_id: int, version_id: int, content: bytes = b"weights", **changes: Any) -> dict[str, Any]:
        """A model with one version and one file; changes are of the model, `version` and `file`."""
        version_changes = changes.pop("version", {})
        file_changes = changes.pop("file", {})
        self.files[version_id] = content
        file = {
            "name": "a.safetensors",
            "sizeKB": len(content) / 1024,
            "type": "Model",
            "primary": True,
            "hashes": {"SHA256": hashlib.sha256(content).hexdigest().upper()},
            "downloadUrl": f"{self.url}/download/{version_id}",
        } | file_changes
        version = {
            "id": version_id,
            "modelId": model_id,
            "name": "v1",
            "baseModel": "SD 1.5",
            "trainedWords": ["fox", "red fox"],
            "files": [file],
        } | version_changes
        model = self.models.setdefault(
            model_id, {"id": model_id, "name": f"Model {model_id}", "type": "LORA", "nsfw": False, "modelVersions": []}
        )
        model.update(changes)
        model["modelVersions"].insert(0, version)
        return model

    def paths(self) -> list[str]:
        """What was asked for."""
        return [one.path for one in self.asked]

    def _note(self, request: web.Request) -> web.Response | None:
        self.asked.append(Asked(str(request.rel_url), request.headers.get("Authorization")))
        if self.troubles:
            return web.Response(status=self.troubles.pop(0))
        return web.Response(body=self.raw) if self.raw is not None else None

    async def _search(self, request: web.Request) -> web.StreamResponse:
        if trouble := self._note(request):
            return trouble
        query = request.query.get("query", "").lower()
        return web.json_response({"items": [one for one in self.models.values() if query in one["name"].lower()]})

    async def _model(self, request: web.Request) -> web.StreamResponse:
        if trouble := self._note(request):
            return trouble
        found = self.models.get(int(request.match_info["id"]))
        return web.json_response(found) if found else web.json_response({"error": "No model"}, status=404)

    async def _version(self, request: web.Request) -> web.StreamResponse:
        if trouble := self._note(request):
            return trouble
        for model in self.models.values():
            for version in model["modelVersions"]:
                if str(version["id"]) == request.match_info["id"]:
                    kept = {name: model[name] for name in ("name", "type", "nsfw")}
                    return web.json_response({**version, "model": kept})
        return web.json_response({"error": "No version"}, status=404)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if trouble := self._note(request):
            return trouble
        if self.redirect:
            raise web.HTTPTemporaryRedirect(self.redirect.format(id=request.match_info["id"]))
        return await self._content(request)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return self._note(request) or await self._content(request)

    async def _content(self, request: web.Request) -> web.StreamResponse:
        content = self.files[int(request.match_info["id"])]
        if self.stalls is None:
            return web.Response(body=content)
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(content[:1])
        await self.stalls.wait()
        return answer
