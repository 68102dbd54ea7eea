"""A horde that cannot be reached is told in words, over real connections that fail."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from played_horde import Answer, PlayedHorde
from workshop import Naps

from horde_worker.horde_api import HordeApi, Unreachable
from horde_worker.kinds.image.offer import ImageOffer

POP = ImageOffer(name="mine", models=["paint"], max_pixels=4096)


async def said(url: str, session: aiohttp.ClientSession) -> str:
    """Why nothing came from this horde. No class of a library is named in it."""
    with pytest.raises(Unreachable) as unreachable:
        await HordeApi(session, url, "k").pop(POP)
    sentence = str(unreachable.value)
    assert not any(word in sentence for word in ("Error", "ssl:", "Errno", "object at"))
    return sentence


async def test_a_refused_connection(session: aiohttp.ClientSession) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        sentence = await said(f"http://127.0.0.1:{port}", session)
    assert sentence == f"connection refused at 127.0.0.1:{port}: nothing listens there, the horde is not running"


async def test_an_unknown_host() -> None:
    class NoNames(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        async def close(self) -> None:
            """Nothing is open."""

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=NoNames())) as session:
        assert "there is no host horde.example:7001" in await said("http://horde.example:7001", session)


async def test_a_horde_without_tls(horde: PlayedHorde, session: aiohttp.ClientSession) -> None:
    sentence = await said(horde.url.replace("http://", "https://"), session)
    assert "does not speak TLS: does its address begin with http:// rather than https://?" in sentence


async def test_a_horde_that_hangs_up(horde: PlayedHorde, session: aiohttp.ClientSession, answer: type[Answer]) -> None:
    horde.pop_script = [answer(hangs_up=True)]
    assert "closed the connection without an answer" in await said(horde.url, session)


async def test_something_else_than_http(session: aiohttp.ClientSession) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert await said(f"http://{where}", session) == f"what {where} answered is not HTTP as it should be"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_told_with_where_it_points(
    horde: PlayedHorde, session: aiohttp.ClientSession, answer: type[Answer], naps: Naps, status: int
) -> None:
    horde.pop_script = [answer(status, headers={"Location": "https://horde.example/api"})]
    assert "'https://horde.example/api': not followed" in await said(horde.url, session)
