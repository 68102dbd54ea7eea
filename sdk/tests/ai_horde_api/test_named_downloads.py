"""What a horde names by URL is fetched from its own host or from the internet; the user's network stays closed.

Loopback plays the user's network: the horde's own port is the horde, any other is a neighbour.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterator

import aiohttp
import pytest
import requests
from fake_horde import JOB, FakeHorde, Reply, a_picture

from horde_sdk.ai_horde_api.ai_horde_clients import (
    AIHordeAPIAsyncClientSession,
    AIHordeAPIAsyncSimpleClient,
    AIHordeAPISimpleClient,
    download_image_bytes,
)
from horde_sdk.ai_horde_api.apimodels import ImageGenerateJobPopRequest, ImageGenerateJobPopResponse
from horde_sdk.generic_api.redirects import MOST_REDIRECTS

KEY = "a-key-of-22-characters"
Fetch = Callable[[str], Awaitable[bytes]]


@pytest.fixture(params=["sync client", "async client", "function"])
def fetch(request: pytest.FixtureRequest) -> Fetch:
    """The three ways to fetch; the horde is the environment's."""

    async def by_sync_client(url: str) -> bytes:
        return AIHordeAPISimpleClient(apikey=KEY).download_bytes_from_url(url)

    async def by_async_client(url: str) -> bytes:
        async with aiohttp.ClientSession(headers={"apikey": KEY}) as connections:
            return await AIHordeAPIAsyncSimpleClient(connections, apikey=KEY).download_bytes_from_url(url)

    async def by_function(url: str) -> bytes:
        return download_image_bytes(url).getvalue()

    ways: dict[str, Fetch] = {"sync client": by_sync_client, "async client": by_async_client, "function": by_function}
    return ways[request.param]


@pytest.fixture
def neighbour() -> Iterator[FakeHorde]:
    """Another service on this machine, of which no horde should know whether it is there."""
    with FakeHorde() as running:
        yield running


def image_of(server: FakeHorde, host: str = "127.0.0.1") -> str:
    return f"{server.url.removesuffix('api/')}image/1".replace("127.0.0.1", host)


async def test_images_on_the_hordes_own_host_are_fetched_wherever_it_is(horde: FakeHorde, fetch: Fetch) -> None:
    assert await fetch(image_of(horde)) == a_picture()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "localhost", "[::ffff:127.0.0.1]", "user:password@127.0.0.1", "0.0.0.0"],
)
async def test_no_connection_is_made_into_the_users_network(
    horde: FakeHorde, neighbour: FakeHorde, fetch: Fetch, host: str
) -> None:
    with pytest.raises(
        (requests.ConnectionError, aiohttp.ClientConnectionError), match=r"HORDE_PRIVATE_NETWORKS|InvalidUrl"
    ):
        await fetch(image_of(neighbour, host))

    assert neighbour.lines == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_does_not_lead_there_either(
    horde: FakeHorde, neighbour: FakeHorde, fetch: Fetch, status: int
) -> None:
    horde.will_answer("GET /image/1", Reply(status, {}, {"Location": image_of(neighbour)}))

    with pytest.raises((requests.ConnectionError, aiohttp.ClientConnectionError), match="private network"):
        await fetch(image_of(horde))

    assert neighbour.lines == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_where_the_user_allows_it_is_followed_without_the_key(
    horde: FakeHorde, neighbour: FakeHorde, fetch: Fetch, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HORDE_PRIVATE_NETWORKS", "10.0.0.0/8, 127.0.0.0/8")
    horde.will_answer("GET /image/1", Reply(status, {}, {"Location": image_of(neighbour)}))

    assert await fetch(image_of(horde)) == a_picture()

    [asked] = neighbour.asked
    assert KEY not in str(asked.headers)


async def test_redirects_in_a_circle_end(horde: FakeHorde, fetch: Fetch) -> None:
    horde.will_answer("GET /image/1", *[Reply(302, {}, {"Location": "/image/1"})] * 50)

    with pytest.raises((requests.TooManyRedirects, aiohttp.ClientConnectionError)):
        await fetch(image_of(horde))

    assert len(horde.asked) == 1 + MOST_REDIRECTS


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://[", "gopher://x/", "http://h:99999/"])
async def test_a_redirect_to_no_web_address_is_a_failure_like_others(
    horde: FakeHorde, fetch: Fetch, target: str
) -> None:
    horde.will_answer("GET /image/1", Reply(302, {}, {"Location": target}))

    with pytest.raises((requests.RequestException, aiohttp.ClientError, ValueError)):
        await fetch(image_of(horde))


async def test_networks_that_are_none_are_told(
    horde: FakeHorde, neighbour: FakeHorde, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HORDE_PRIVATE_NETWORKS", "home")

    with pytest.raises(ValueError, match=r"must be networks with commas, such as 192\.168\.1\.0/24"):
        await fetch(image_of(neighbour))


async def test_sources_of_a_popped_job_may_lie_on_the_host_that_was_asked(
    horde: FakeHorde, neighbour: FakeHorde, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment names no horde here, or another one."""
    monkeypatch.setenv("AI_HORDE_URL", "https://horde.example/api/")
    popped = {"id": JOB, "ids": [JOB], "model": "m", "payload": {}, "skipped": {}}
    popped |= {"source_image": image_of(horde), "source_mask": image_of(neighbour)}
    horde.will_answer("POST /v2/generate/pop", Reply(200, popped))
    request = ImageGenerateJobPopRequest(apikey=KEY, name="w", models=["m"], bridge_agent="a:1:b", max_pixels=4096)
    async with aiohttp.ClientSession() as connections:
        client = AIHordeAPIAsyncClientSession(connections, base_url=horde.url)
        job = await client.submit_request(request, ImageGenerateJobPopResponse)
        assert isinstance(job, ImageGenerateJobPopResponse)
        await job.async_download_source_image(connections)
        with pytest.raises(aiohttp.ClientConnectionError, match="private network"):
            await job.async_download_source_mask(connections)

    assert job.get_downloaded_source_image() == base64.b64encode(a_picture()).decode()
    assert neighbour.lines == []
