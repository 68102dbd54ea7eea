"""The page's server: for browsers on this machine that ask for it by its own address, and for reading only.

A page elsewhere could have a name of its own point to this machine; its browser would then send that name as Host. So
whoever does not name a loopback address is refused, and what is sent may neither run foreign code nor load anything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Final

from aiohttp import web

from horde_worker.page.address import PageAddress
from horde_worker.page.metrics import CONTENT_TYPE, metrics
from horde_worker.view.shown import as_json, headline
from horde_worker.view.state import WorkerState

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FILES: Final = {"/": ("page.html", "text/html"), "/page.css": ("page.css", "text/css")} | {
    "/page.js": ("page.js", "text/javascript")
}
_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Page:
    """Answers from the state. `shows_pictures` is asked at each request."""

    def __init__(self, state: WorkerState, shows_pictures: Callable[[], bool]) -> None:
        self._state = state
        self._shows_pictures = shows_pictures

    def application(self) -> web.Application:
        """The routes, behind the look at who asks."""
        app = web.Application(middlewares=[_for_this_machine], client_max_size=1024)
        for path in _FILES:
            app.router.add_get(path, self._file)
        app.router.add_get("/state.json", self._json)
        app.router.add_get("/pictures/{number:[0-9]{1,9}}", self._picture)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._health)
        return app

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name, media_type = _FILES[request.path]
        text = files("horde_worker.page").joinpath(name).read_text("utf-8")
        return web.Response(text=text, content_type=media_type)

    async def _json(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(as_json(self._state, with_pictures=self._shows_pictures()))

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["number"])
        found = next((one for one in self._state.pictures if one.number == number), None)
        if found is None or not self._shows_pictures():
            raise web.HTTPNotFound
        return web.Response(body=found.webp, content_type="image/webp")

    async def _metrics(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=metrics(self._state).encode(), headers={"Content-Type": CONTENT_TYPE})

    async def _health(self, _request: web.Request) -> web.StreamResponse:
        """200 while it can work or does; 503, and why, while it cannot."""
        return web.json_response(
            {"status": headline(self._state)}, status=503 if self._state.trouble or self._state.is_leaving else 200
        )


@web.middleware
async def _for_this_machine(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    host = request.headers.get("Host", "")
    name = host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
    is_other_site = request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
    if name.lower() not in _NAMES or is_other_site:
        return web.Response(status=403, text="This page is for this machine only.\n", headers=HEADERS)
    try:
        answer = await handler(request)
    except web.HTTPException as error:
        answer = web.Response(status=error.status, text=f"{error.reason}\n")
    answer.headers.update(HEADERS)
    return answer


@asynccontextmanager
async def served(page: Page, address: PageAddress) -> AsyncIterator[PageAddress]:
    """The page while the block runs, and where it really listens. Raises `OSError` where that port is taken."""
    runner = web.AppRunner(page.application(), access_log=None, shutdown_timeout=0.5, max_line_size=4096)
    await runner.setup()
    try:
        await web.TCPSite(runner, address.host, address.port).start()
        yield PageAddress(address.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()
