"""A horde as an owner's commands see it: accounts, workers, prices, maintenance."""

from __future__ import annotations

from typing import Any

from aiohttp import web

KEY = "the-key-of-an-owner-22"


class OwnersHorde:
    """Knows one account and some workers."""

    def __init__(self) -> None:
        self.url = ""
        self.workers: dict[str, dict[str, Any]] = {}
        self.changes: list[tuple[str, dict[str, Any]]] = []
        self.dry_runs: list[dict[str, Any]] = []
        self.known_models = {"ember-demo": 3, "Deliberate": 9}

    def add_worker(self, name: str, *, owner: str = "tess#7", kind: str = "image", **fields: Any) -> None:
        """A worker that the horde has seen."""
        self.workers[name] = {
            "id": f"id-of-{name}",
            "name": name,
            "type": kind,
            "owner": owner,
            "online": True,
            "maintenance_mode": False,
            "requests_fulfilled": 12,
            "kudos_rewards": 345.0,
            "bridge_agent": "a worker:1:nowhere",
            "trusted": False,
            "flagged": False,
            "uptime": 10,
            "threads": 1,
            "nsfw": True,
            **fields,
        }

    def application(self) -> web.Application:
        """What it answers."""
        app = web.Application()
        app.router.add_get("/api/v2/status/heartbeat", self._heartbeat)
        app.router.add_get("/api/v2/find_user", self._user)
        app.router.add_get("/api/v2/workers/name/{name}", self._worker)
        app.router.add_put("/api/v2/workers/{id}", self._change)
        app.router.add_get("/api/v2/stats/{kind}/models", self._stats)
        app.router.add_post("/api/v2/generate/async", self._dry_run)
        app.router.add_post("/api/v2/generate/text/async", self._dry_run)
        return app

    async def _heartbeat(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"message": "OK"})

    async def _user(self, request: web.Request) -> web.StreamResponse:
        if request.headers["apikey"] == "0000000000":
            return web.json_response({"username": "Anonymous#0", "kudos": -50})
        if request.headers["apikey"] != KEY:
            return web.json_response({"message": "No user matches.", "rc": "InvalidAPIKey"}, status=401)
        mine = [one["id"] for one in self.workers.values() if one["owner"] == "tess#7"]
        return web.json_response({"username": "tess#7", "kudos": 1234.0, "trusted": False, "worker_ids": mine})

    async def _worker(self, request: web.Request) -> web.StreamResponse:
        found = self.workers.get(request.match_info["name"])
        if found is None:
            return web.json_response({"message": "There is no such worker.", "rc": "WorkerNotFound"}, status=404)
        return web.json_response(found)

    async def _change(self, request: web.Request) -> web.StreamResponse:
        if request.headers["apikey"] != KEY:
            return web.json_response({"message": "It is not yours.", "rc": "NotOwner"}, status=403)
        self.changes.append((request.match_info["id"], await request.json()))
        return web.json_response({})

    async def _stats(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"day": {}, "month": self.known_models, "total": {}})

    async def _dry_run(self, request: web.Request) -> web.StreamResponse:
        self.dry_runs.append(await request.json())
        return web.json_response({"kudos": 14.0})
