"""The page: for this machine only, for reading only, without foreign code; true to the state."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
import pytest_asyncio

from horde_worker.page.address import PageAddress, WrongAddress, page_address
from horde_worker.page.server import Page, served
from horde_worker.view.state import Done, Picture, WorkerState


class Pages:
    """A page that is up, with its state."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.state = WorkerState(name="<b>a worker</b>", horde="http://h", backends=("demo",))
        self.shows_pictures = True
        self.url = ""

    async def get(self, path: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
        """Status, text, headers."""
        async with self.session.get(self.url + path, headers=headers, allow_redirects=False) as answer:
            return answer.status, (await answer.read()).decode("utf-8", "replace"), answer.headers


@pytest_asyncio.fixture
async def pages(session: aiohttp.ClientSession) -> AsyncIterator[Pages]:
    """A page on a free port."""
    made = Pages(session)
    async with served(Page(made.state, lambda: made.shows_pictures), PageAddress("127.0.0.1", 0)) as address:
        made.url = address.url
        yield made


async def test_the_page_is_there_and_loads_nothing_from_elsewhere(pages: Pages) -> None:
    """By its policy, and by what stands in it."""
    for path in ("/", "/page.css", "/page.js"):
        status, text, headers = await pages.get(path)
        assert status == 200
        assert not re.search(r"https?://", text)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7017", "127.0.0.1.evil.example", "", "[::2]", "0.0.0.0"]
)
async def test_who_comes_by_another_name_is_refused(pages: Pages, host: str) -> None:
    """A name elsewhere may point here; everything is closed to it."""
    for path in ("/", "/state.json", "/metrics", "/pictures/1", "/nothing"):
        assert (await pages.get(path, Host=host))[0] == 403


async def test_other_sites_are_refused(pages: Pages) -> None:
    """Browsers say where a request comes from."""
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        assert (await pages.get("/state.json", **{"Sec-Fetch-Site": site}))[0] == status


async def test_names_of_this_machine_are_welcome(pages: Pages) -> None:
    """With a port and without."""
    for host in ("127.0.0.1", "localhost:7017", "LOCALHOST", "[::1]:7017"):
        assert (await pages.get("/healthz", Host=host))[0] == 200


async def test_there_is_nothing_to_change(pages: Pages) -> None:
    """Every other method is refused."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        async with pages.session.request(method, f"{pages.url}/state.json", data=b"x" * 10) as answer:
            assert answer.status == 405


async def test_it_says_what_the_state_says(pages: Pages) -> None:
    """For programs, for Prometheus, and whether all is well."""
    now = pages.state.clock()
    pages.state.delivered(Done(now, "image", "m", {}, 2.0, 7.5))
    pages.state.skipped = {'a"\n\\b': 3}
    status, text, headers = await pages.get("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'horde_worker_results_total{kind="image"} 1' in text
    assert 'horde_worker_kudos_total{kind="image"} 7.5' in text
    assert 'horde_worker_skipped_requests{reason="a\\"\\n\\\\b"} 3' in text
    assert '"total_kudos": 7.5' in (await pages.get("/state.json"))[1]
    assert (await pages.get("/healthz"))[0] == 200
    pages.state.trouble, pages.state.trouble_kind = "gone", "backend"
    status, text, _ = await pages.get("/healthz")
    assert (status, "gone" in text) == (503, True)


async def test_pictures_are_shown_unless_they_are_private(pages: Pages) -> None:
    """Those that are kept, and no others."""
    pages.state.pictures.append(Picture(3, b"RIFFwebp"))
    status, text, headers = await pages.get("/pictures/3")
    assert (status, text, headers["Content-Type"]) == (200, "RIFFwebp", "image/webp")
    assert (await pages.get("/pictures/4"))[0] == (await pages.get("/pictures/../../etc"))[0] == 404
    pages.shows_pictures = False
    assert (await pages.get("/pictures/3"))[0] == 404
    assert '"pictures": []' in (await pages.get("/state.json"))[1]


async def test_a_flood_of_a_request_is_refused(pages: Pages) -> None:
    """Long lines and headers."""
    async with pages.session.get(f"{pages.url}/?{'x' * 10_000}") as answer:
        assert answer.status == 400


def test_it_listens_on_this_machine_only() -> None:
    """Whatever is asked for."""
    assert page_address("off") is None
    assert page_address("localhost:7017") == page_address(":7017") == PageAddress("127.0.0.1", 7017)
    assert page_address("[::1]:7017") == PageAddress("::1", 7017)
    for wrong in ("0.0.0.0:7017", "192.168.1.4:80", "example.org:80", "127.0.0.1", "127.0.0.1:99999", "[::]:1"):
        with pytest.raises(WrongAddress):
            page_address(wrong)
