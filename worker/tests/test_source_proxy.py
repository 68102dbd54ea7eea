"""Sources fetched through a proxy: strangers' servers do not learn where a worker lives, and the guard still stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from played_horde import Answer, PlayedHorde
from workshop import Naps

from horde_worker.addresses import is_local_name
from horde_worker.horde_api import HordeApi


class Proxy:
    """A real one for `http`: answers for every server, and writes down what it was asked for, and by whom."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        self.answer = Answer(body=b"picture")
        self._server = RawTestServer(self._handle)

    async def start(self) -> None:
        await self._server.start_server()

    async def stop(self) -> None:
        await self._server.close()

    def url(self, login: str = "") -> str:
        return f"http://{login}{self._server.host}:{self._server.port}"

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(str(request.url))
        self.keys.append(request.headers.get("Proxy-Authorization"))
        return web.Response(status=self.answer.status, body=self.answer.body, headers=self.answer.headers)


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[Proxy]:
    opened = Proxy()
    await opened.start()
    yield opened
    await opened.stop()


@pytest_asyncio.fixture
async def api(horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps, proxy: Proxy) -> AsyncIterator[HordeApi]:
    """The horde as a worker with a proxy sees it."""
    async with aclosing(HordeApi(session, horde.url, "the key", naps, source_proxy=proxy.url("me:secret@"))) as opened:
        yield opened


async def test_what_lies_elsewhere_comes_through_the_proxy(api: HordeApi, proxy: Proxy) -> None:
    """With the proxy's login; no name is looked up here."""
    assert await api.places.download("http://pictures.example/cat.webp?a=1") == b"picture"
    assert proxy.asked == ["http://pictures.example/cat.webp?a=1"]
    assert proxy.keys == [aiohttp.encode_basic_auth("me", "secret")]


async def test_the_hordes_own_pictures_do_not(api: HordeApi, proxy: Proxy, horde: PlayedHorde) -> None:
    """It knows the worker anyway."""
    horde.shelf["source"] = Answer(body=b"own picture")
    assert await api.places.download(f"{horde.url}/shelf/source") == b"own picture"
    assert proxy.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "10.0.0.1",
        "169.254.169.254",
        "[::ffff:192.168.1.1]",
        "0x7f000001",
        "localhost",
        "router",
        "nas.local",
        "printer.lan.",
        "metadata.google.internal",
    ],
)
async def test_no_neighbour_is_asked_for_through_the_proxy(api: HordeApi, proxy: Proxy, host: str) -> None:
    """Neither the worker's nor, by the usual names, the proxy's."""
    assert await api.places.download(f"http://{host}/") is None
    assert proxy.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_through_the_proxy(
    api: HordeApi, proxy: Proxy, horde: PlayedHorde, status: int
) -> None:
    """Not into the worker's network, and not elsewhere."""
    for target in (f"{horde.url}/shelf/source", "http://pictures.example/other"):
        proxy.answer = Answer(status, b"", {"Location": target})
        assert await api.places.download("http://pictures.example/cat.webp") is None
    assert proxy.asked == ["http://pictures.example/cat.webp"] * 2
    assert horde.downloads == []


async def test_a_picture_through_the_proxy_is_no_larger_than_any(api: HordeApi, proxy: Proxy) -> None:
    """Twenty MiB."""
    proxy.answer = Answer(body=b"x" * (20 * 1024 * 1024 + 1))
    assert await api.places.download("http://pictures.example/cat.webp") is None


async def test_a_proxy_that_is_away_is_no_reason_to_go_without(
    horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps
) -> None:
    """The source counts as not to be had."""
    async with aclosing(HordeApi(session, horde.url, "the key", naps, source_proxy="http://127.0.0.1:1")) as api:
        assert await api.places.download("http://pictures.example/cat.webp") is None


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("nas", True),
        ("NAS.Local", True),
        ("a.home.arpa", True),
        ("localhost.", True),
        ("example.org", False),
        ("local.example", False),
        ("1.2.3.4", False),
        ("::1", False),
        ("lan", True),
    ],
)
def test_local_names_are_known(host: str, is_local: bool) -> None:
    """By having no dot, or by their endings."""
    assert is_local_name(host) is is_local
