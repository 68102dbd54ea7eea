"""A horde may send the worker to the internet and to itself, and nowhere else."""

from __future__ import annotations

import socket

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from horde_worker.addresses import ForbiddenAddress, GuardedResolver, check_address

HORDE = "http://127.0.0.1:7001"
ELSEWHERE = "https://horde.example"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1:9000/x",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0.0.0.0/",
        "http://10.0.0.8/",
        "http://172.16.0.1/",
        "http://192.168.1.1/admin",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a00:8]/",
        "http://[fe80::1%25lo]/",
        "http://[fd00::1]/",
        "http://localhost/",
        "http://user:password@127.0.0.1/",
    ],
)
async def test_private_networks_are_refused_in_every_spelling(url: str) -> None:
    """A stranger's address does not reach the operator's own machines."""
    with pytest.raises(ForbiddenAddress):
        await check_address(url, ELSEWHERE)


@pytest.mark.parametrize("url", ["http://127.0.0.1:7001/blobs/a?key=1", "http://127.0.0.1:9000/", "https://127.0.0.1/"])
async def test_the_hordes_own_host_is_allowed_wherever_it_is(url: str) -> None:
    """A horde at home keeps its pictures at home, on whatever port."""
    await check_address(url, HORDE)


async def test_the_host_of_the_horde_is_compared_without_case() -> None:
    """Hosts are the same in capital letters."""
    await check_address("http://LOCALHOST:9000/", "http://localhost:7001")


@pytest.mark.parametrize("url", ["http://10.0.0.8/", "http://127.0.0.2/", "http://[::1]/"])
async def test_a_horde_at_home_opens_no_other_host(url: str) -> None:
    """Only the very host of the horde is excepted."""
    with pytest.raises(ForbiddenAddress):
        await check_address(url, HORDE)


@pytest.mark.parametrize("url", ["https://1.1.1.1/bucket/a?signature=b", "http://[2606:4700:4700::1111]:8080/"])
async def test_public_addresses_are_allowed(url: str) -> None:
    """An object store is on the internet."""
    await check_address(url, ELSEWHERE)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "r2",
        "file:///etc/passwd",
        "ftp://1.1.1.1/",
        "gopher://1.1.1.1/",
        "//1.1.1.1/a",
        "http://",
        "http:///path",
        "http://[",
        "http://[::1",
        "http://[banana]/",
        "http://1.1.1.1:99999/",
        "http://1.1.1.1:x/",
        "http://1.1.1.1/a b",
        "http://1.1.1.1/a\r\nHost: x",
        "http://1.1.1.1/кот",
    ],
)
async def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Broken addresses are answered like forbidden ones, never by another error."""
    with pytest.raises(ForbiddenAddress, match="not an http"):
        await check_address(url, ELSEWHERE)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example", "a..b"])
async def test_an_unknown_host_is_refused(host: str) -> None:
    """No name, no address."""
    with pytest.raises(ForbiddenAddress, match="not known"):
        await check_address(f"http://{host}/", ELSEWHERE)


class Names(AbstractResolver):
    """A name service that gives one answer for every name."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("8.8.8.8", "10.0.0.8"), ("fe80::1%lo",), ("::ffff:10.0.0.8",)])
async def test_a_name_that_leads_into_a_private_network_by_now_is_not_connected_to(addresses: tuple[str, ...]) -> None:
    """Its answer may have changed since it was checked."""
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(ELSEWHERE, Names(*addresses)))
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("http://pictures.example:9/a")


async def test_names_that_lead_outside_and_the_hordes_own_are_resolved() -> None:
    """A horde at home has a private address."""
    public = await GuardedResolver(ELSEWHERE, Names("8.8.8.8")).resolve("pictures.example", 80)
    own = await GuardedResolver("http://My-Horde:7001", Names("10.0.0.8")).resolve("MY-HORDE", 7001)
    assert [entry["host"] for entry in (*public, *own)] == ["8.8.8.8", "10.0.0.8"]
