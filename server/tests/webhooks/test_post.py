"""A POST goes where its address may lead, and whatever answers is bounded (basics.md §10)."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import strange_servers
from strange_servers import Answer, StrangeServer, answer, redirect
from webhook_receivers import Authority, make_authority

from horde_server.blobs.guard import FetchFailed
from horde_server.webhooks.hook import webhook_reach
from horde_server.webhooks.post import GuardedPoster, trusting

LOOPBACK = webhook_reach([ipaddress.ip_network("127.0.0.0/8")])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@asynccontextmanager
async def serving(authority: Authority, how: bytes | Answer) -> AsyncIterator[StrangeServer]:
    """A strange server over TLS, for the length of a test."""
    strange = StrangeServer(how)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server_file)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(strange.serve(reader, writer)))

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    strange.host, strange.port = listener.sockets[0].getsockname()[:2]
    try:
        yield strange
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def https(server: StrangeServer, host: str | None = None) -> str:
    return f"https://{host or server.host}:{server.port}/hook"


async def post(authority: Authority, url: str, limit_s: float = 10.0, body: bytes = b"{}") -> int:
    poster = GuardedPoster(LOOPBACK, trusting(authority.ca_file))
    return await poster.post(url, body, {"webhook-id": "1"}, time_limit_s=limit_s)


async def test_the_status_of_the_answer_is_told(authority: Authority) -> None:
    async with serving(authority, answer(b"", "418 I'm a teapot")) as server:
        assert await post(authority, https(server)) == 418


async def test_a_redirect_is_not_followed(authority: Authority) -> None:
    async with serving(authority, answer(b"")) as inside, serving(authority, redirect(https(inside))) as server:
        assert await post(authority, https(server)) == 302
        assert inside.connections == 0


async def test_a_body_without_end_is_not_read(authority: Authority) -> None:
    async with serving(authority, b"") as server:
        server.answer = server.endless
        assert await post(authority, https(server)) == 200
        assert server.sent_bytes < 30_000_000  # what the system's buffers swallow


async def test_a_body_that_drips_is_not_waited_for(authority: Authority) -> None:
    async with serving(authority, strange_servers.drip) as server:
        assert await post(authority, https(server)) == 200


async def test_a_receiver_that_answers_before_it_has_read_everything_is_believed(authority: Authority) -> None:
    async with serving(authority, answer(b"")) as server:
        assert await post(authority, https(server), body=bytes(20_000_000)) == 200


@pytest.mark.parametrize("way", ["drip_headers", "continue_for_ever", "silent"])
async def test_a_receiver_that_takes_its_time_is_left(authority: Authority, way: str) -> None:
    async with serving(authority, getattr(strange_servers, way)) as server:
        with pytest.raises(FetchFailed, match="not within"):
            await post(authority, https(server), limit_s=0.5)


async def test_a_flood_of_headers_is_refused(authority: Authority) -> None:
    async with serving(authority, strange_servers.flood_headers) as server:
        with pytest.raises(FetchFailed):
            await post(authority, https(server))


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ftp://127.0.0.1/", "https://", "https://[", ""])
async def test_only_https_addresses_are_posted_to(authority: Authority, url: str) -> None:
    with pytest.raises(FetchFailed):
        await post(authority, url)


async def test_only_named_networks_are_reached_besides_the_internet(authority: Authority) -> None:
    """By number, and by a name that leads there."""

    async def resolve(_: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with serving(authority, answer(b"")) as server:
        reach = webhook_reach([ipaddress.ip_network("10.0.0.0/8")])
        poster = GuardedPoster(reach, trusting(authority.ca_file), resolve)
        for host in ("127.0.0.1", "receiver.test"):
            with pytest.raises(FetchFailed, match="private network"):
                await poster.post(https(server, host), b"{}", {}, time_limit_s=10)
        assert server.connections == 0


@pytest.mark.parametrize("port", [80, 22, 8443])
async def test_elsewhere_only_port_443_is_reached(port: int) -> None:
    with pytest.raises(FetchFailed, match="port"):
        await GuardedPoster(webhook_reach([])).post(f"https://1.1.1.1:{port}/", b"{}", {}, time_limit_s=10)
    with pytest.raises(FetchFailed, match="private network"):  # found at the socket, as a network may allow the port
        await GuardedPoster(LOOPBACK).post(f"https://1.1.1.1:{port}/", b"{}", {}, time_limit_s=10)


async def test_a_certificate_of_another_name_is_refused(authority: Authority) -> None:
    async def resolve(_: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with serving(authority, answer(b"")) as server:
        poster = GuardedPoster(LOOPBACK, trusting(authority.ca_file), resolve)
        with pytest.raises(FetchFailed, match="Certificate"):
            await poster.post(https(server, "other.test"), b"{}", {}, time_limit_s=10)


def test_the_usual_certificates_are_believed_besides_those_of_the_file(authority: Authority, tmp_path: Path) -> None:
    context = trusting(authority.ca_file)
    assert context is not None
    assert len(context.get_ca_certs()) > 50
    assert trusting(None) is None
