"""A horde may send the worker to the internet and to itself, and nowhere else; and nowhere with the key.

Loopback plays the owner's network: the horde's port is the horde, a neighbour listens on another one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator
from contextlib import aclosing

import aiohttp
import pytest
import pytest_asyncio
from played_horde import Answer, PlayedHorde
from structlog.testing import capture_logs
from workshop import Naps

from horde_sdk.reach import Reach, networks_of, outside
from horde_worker.horde_api import HordeApi, Unreachable
from horde_worker.kinds.image.offer import ImageOffer
from horde_worker.kinds.image.submit import image_fault

STATUSES = [301, 302, 303, 307, 308]
POP = ImageOffer(name="mine", models=["paint"], max_pixels=4096)
WEBP = b"RIFF....WEBP"


@pytest_asyncio.fixture
async def neighbour(horde: PlayedHorde) -> AsyncIterator[PlayedHorde]:
    """Another server, which takes everything and writes it down."""
    other = type(horde)()
    await other.open()
    try:
        yield other
    finally:
        await other.close()


def heard(server: PlayedHorde) -> int:
    """How much arrived there."""
    return len(server.pops) + len(server.submits) + len(server.uploads) + len(server.downloads) + len(server.headers)


@pytest_asyncio.fixture
async def api(horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps) -> AsyncIterator[HordeApi]:
    """The horde as the worker sees it."""
    async with aclosing(HordeApi(session, horde.url, "the key", naps)) as opened:
        yield opened


@pytest.mark.parametrize("status", STATUSES)
async def test_neither_key_nor_body_follows_a_redirect(
    api: HordeApi, horde: PlayedHorde, neighbour: PlayedHorde, answer: type[Answer], status: int
) -> None:
    """Not to another host, and not within the horde."""
    for target in (f"{neighbour.url}/api/v2/generate/pop", "/api/v2/generate/text/pop"):
        horde.pop_script = [answer(status, headers={"Location": target})]
        horde.submit_script = [answer(status, headers={"Location": target}) for _ in range(3)]
        with pytest.raises(Unreachable, match="not followed, the key would go along"):
            await api.pop(POP)
        with pytest.raises(Unreachable, match="not followed"):
            await api.give_back(image_fault("a", "broken"))
    assert heard(neighbour) == 0
    assert horde.text_pops == []


@pytest.mark.parametrize("status", STATUSES)
async def test_pictures_follow_no_redirect(
    api: HordeApi, horde: PlayedHorde, neighbour: PlayedHorde, answer: type[Answer], status: int
) -> None:
    """Neither those that are sent nor those that are fetched."""
    horde.upload_script = [answer(status, headers={"Location": f"{neighbour.url}/store/a"})]
    horde.shelf["a"] = answer(status, headers={"Location": f"{neighbour.url}/shelf/a"})
    assert not await api.places.upload(f"{horde.url}/store/a", WEBP)
    assert await api.places.download(f"{horde.url}/shelf/a") is None
    assert heard(neighbour) == 0


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "localhost", "LOCALHOST", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:0:7f00:1]", "user:password@127.0.0.1",
    ],
)  # fmt: skip
async def test_no_spelling_of_a_neighbour_is_connected_to(api: HordeApi, neighbour: PlayedHorde, host: str) -> None:
    """The picture goes inline instead, and nobody learns who listens there."""
    url = neighbour.url.replace("127.0.0.1", host)
    assert not await api.places.upload(f"{url}/store/a", WEBP)
    assert await api.places.download(f"{url}/shelf/a") is None
    assert heard(neighbour) == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.8/",
        "http://172.16.0.1/",
        "http://192.168.1.1/admin",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://224.0.0.1/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
    ],
)
async def test_addresses_written_as_numbers_are_looked_at_too(api: HordeApi, url: str, naps: Naps) -> None:
    """aiohttp asks no name service for them. One try is enough, and the owner is told what to do."""
    with capture_logs() as logs:
        assert not await api.places.upload(url, WEBP)
        assert await api.places.download(url) is None
    assert naps.taken == []
    assert [one["event"] for one in logs] == ["worker.address_refused"] * 2
    assert "--private-network" in logs[0]["reason"]


async def test_the_hordes_own_host_is_allowed_wherever_it_is(
    api: HordeApi, horde: PlayedHorde, answer: type[Answer]
) -> None:
    """A horde at home keeps its pictures at home; they are fetched without the key."""
    horde.shelf["a"] = answer(body=WEBP)
    assert await api.places.download(f"{horde.url}/shelf/a") == WEBP
    assert await api.places.upload(f"{horde.url}/store/a", WEBP)
    assert "the key" not in horde.uploads[0].headers.values()


async def test_a_store_in_a_network_of_the_owner_is_allowed_by_name(
    horde: PlayedHorde, neighbour: PlayedHorde, session: aiohttp.ClientSession, naps: Naps
) -> None:
    """As `--private-network 127.0.0.0/8` does."""
    reach = outside(networks_of("127.0.0.0/8"))
    async with aclosing(HordeApi(session, horde.url, "the key", naps, reach)) as api:
        assert await api.places.upload(f"{neighbour.url}/store/a", WEBP)
        assert await api.places.download(f"http://[::1]:{neighbour.url.rpartition(':')[2]}/shelf/a") is None
    [upload] = neighbour.uploads
    assert "the key" not in upload.headers.values()
    assert neighbour.downloads == []


async def test_a_name_leads_nowhere_else_than_it_did_when_it_was_looked_at(
    horde: PlayedHorde, neighbour: PlayedHorde, session: aiohttp.ClientSession, naps: Naps
) -> None:
    """What is looked at is what the socket connects to, so a name service that changes its mind changes nothing."""
    looked_at: list[str] = []

    def is_allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        looked_at.append(str(address))
        return False

    async with aclosing(HordeApi(session, horde.url, "the key", naps, Reach(is_allowed))) as api:
        assert not await api.places.upload(f"{neighbour.url.replace('127.0.0.1', 'localhost')}/store/a", WEBP)
    assert "127.0.0.1" in looked_at
    assert heard(neighbour) == 0
