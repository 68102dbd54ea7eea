"""What strangers name by URL is fetched from the internet only, within limits (basics.md §10)."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import threading
from collections.abc import Sequence

import pytest
import strange_servers
from strange_servers import answer, redirect, serving

from horde_sdk.name_resolution import RESOLVERS, Resolve, SystemResolver
from horde_sdk.public_addresses import is_public
from horde_sdk.reach import Reach
from horde_server.blobs.guard import ANYWHERE, MAX_URL_CHARACTERS, PUBLIC, FetchFailed
from horde_server.blobs.guarded_fetch import MAX_REDIRECTS, Fetched, GuardedFetcher, TooManyBytes

OUTSIDE, INSIDE = "127.0.0.1", "127.0.0.2"  # two loopback addresses play the internet and the operator's network
OUTSIDE_ONLY = Reach(lambda address: address == ipaddress.ip_address(OUTSIDE), None)


def names(*answers: Sequence[str]) -> Resolve:
    """A resolver that gives these answers, one after the other, the last for ever."""
    left = list(answers)

    async def resolve(_: str) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def fetch(
    url: str, reach: Reach = OUTSIDE_ONLY, resolve: Resolve | None = None, limit_s: float = 10.0, max_bytes: int = 1000
) -> Fetched:
    return await GuardedFetcher(reach, resolve).get(url, max_bytes=max_bytes, time_limit_s=limit_s)


async def test_what_lies_at_an_address_is_fetched() -> None:
    async with serving(answer(b"picture")) as server:
        assert await fetch(server.url()) == Fetched(200, b"picture")


async def test_a_name_is_resolved_and_a_redirect_followed() -> None:
    async with serving(answer(b"picture")) as server, serving() as first:
        first.answer = redirect(server.url(host="pictures.test"))
        assert (await fetch(first.url(host="short.test"), resolve=names([OUTSIDE]))).body == b"picture"


async def test_a_relative_redirect_stays_with_its_host() -> None:
    async with serving() as server:

        async def second_time(writer: object) -> None:
            server.answer = answer(b"picture")
            writer.write(redirect("../other"))  # type: ignore[attr-defined]

        server.answer = second_time
        assert (await fetch(server.url("/a/b"))).body == b"picture"


async def test_the_status_of_the_last_answer_is_told() -> None:
    async with serving(answer(b"sorry", "404 Not Found")) as server:
        assert await fetch(server.url()) == Fetched(404, b"sorry")


class TestPrivateAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0.0.0.0",
            "10.0.0.8",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "169.254.169.254",
            "192.0.0.192",
            "224.0.0.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::a00:8]",
            "[fe80::1%25lo]",
            "[fd00:ec2::254]",
            "localhost",
            "user:password@127.0.0.1",
        ],
    )
    async def test_are_refused_in_every_spelling(self, host: str) -> None:
        with pytest.raises(FetchFailed, match=r"private network|canonical"):
            await fetch(f"http://{host}/latest/meta-data", PUBLIC)

    async def test_are_never_connected_to(self) -> None:
        async with serving(answer(b"secret"), INSIDE) as inside:
            for host in (INSIDE, "localhost", "inside.test"):
                with pytest.raises(FetchFailed):
                    await fetch(inside.url(host=host), Reach(is_public, None), names([INSIDE]))
            assert inside.connections == 0

    async def test_are_refused_after_a_redirect(self) -> None:
        async with serving(answer(b"secret"), INSIDE) as inside, serving(redirect(inside.url())) as outside:
            with pytest.raises(FetchFailed):
                await fetch(outside.url())
            assert (outside.connections, inside.connections) == (1, 0)

    async def test_are_refused_when_a_name_changes_its_mind_between_two_answers(self) -> None:
        """The name led outside when it was asked for first, and leads inside on the redirect to itself."""
        async with serving(answer(b"secret"), INSIDE) as inside, serving() as outside:
            outside.answer = redirect(inside.url(host="rebind.test"))
            with pytest.raises(FetchFailed):
                await fetch(outside.url(host="rebind.test"), resolve=names([OUTSIDE], [INSIDE]))
            assert (outside.connections, inside.connections) == (1, 0)

    async def test_what_was_looked_at_is_what_is_connected_to(self) -> None:
        """A name is asked for once a connection: there is no second answer that could differ from the checked one."""
        asked = []

        async def resolve(host: str) -> Sequence[str]:
            asked.append(host)
            return [OUTSIDE] if len(asked) == 1 else [INSIDE]

        async with serving(answer(b"picture")) as server:
            assert (await fetch(server.url(host="rebind.test"), resolve=resolve)).body == b"picture"
        assert asked == ["rebind.test"]

    async def test_among_the_addresses_of_a_name_are_passed_over(self) -> None:
        async with serving(answer(b"secret"), INSIDE) as inside, serving(answer(b"picture")) as outside:
            outside_url = outside.url(host="both.test")
            assert (await fetch(outside_url, resolve=names([INSIDE, OUTSIDE]))).body == b"picture"
            with pytest.raises(FetchFailed):
                await fetch(inside.url(host="both.test"), resolve=names([INSIDE, OUTSIDE]))
            assert inside.connections == 0

    async def test_are_reached_where_the_operator_allows_it(self) -> None:
        async with serving(answer(b"picture"), INSIDE) as inside:
            assert (await fetch(inside.url(), ANYWHERE)).body == b"picture"


class TestAddresses:
    @pytest.mark.parametrize("url", ["http://1.1.1.1:22/", "https://1.1.1.1:8443/", "http://[2606:4700::1111]:6379/"])
    async def test_of_other_ports_than_the_webs_are_refused(self, url: str) -> None:
        with pytest.raises(FetchFailed, match="port"):
            await fetch(url, PUBLIC)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "http",
            "http://",
            "http:///etc/passwd",
            "file:///etc/passwd",
            "ftp://1.1.1.1/",
            "gopher://1.1.1.1/",
            "//1.1.1.1/a",
            "http://[",
            "http://[banana]/",
            "http://1.1.1.1:99999/",
            "http://1.1.1.1:x/",
            "http://1.1.1.1/" + "a" * MAX_URL_CHARACTERS,
        ],
    )
    async def test_that_are_none_of_the_web_are_refused(self, url: str) -> None:
        with pytest.raises(FetchFailed):
            await fetch(url, ANYWHERE)

    @pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://[", "data:text/plain,x"])
    async def test_that_are_none_of_the_web_are_refused_after_a_redirect(self, target: str) -> None:
        async with serving(redirect(target)) as server:
            with pytest.raises(FetchFailed):
                await fetch(server.url())

    @pytest.mark.parametrize("host", ["a" * 70 + ".test", "a..b"])
    async def test_with_impossible_names_are_refused(self, host: str) -> None:
        with pytest.raises(FetchFailed):
            await fetch(f"http://{host}/", PUBLIC)

    async def test_with_names_that_have_no_address_are_refused(self) -> None:
        with pytest.raises(FetchFailed):
            await fetch("http://nothing.test/", PUBLIC, names([]))

    async def test_that_lead_in_a_circle_are_followed_a_few_times_only(self) -> None:
        async with serving() as server:
            server.answer = redirect(server.url())
            with pytest.raises(FetchFailed, match="redirects"):
                await fetch(server.url())
            assert server.connections == 1 + MAX_REDIRECTS

    async def test_where_nobody_listens_are_refused(self) -> None:
        async with serving() as server:
            url = server.url()
        with pytest.raises(FetchFailed):
            await fetch(url)


class TestLimits:
    async def test_as_many_bytes_as_allowed_are_taken(self) -> None:
        async with serving(answer(b"x" * 1000)) as server:
            assert len((await fetch(server.url())).body) == 1000

    async def test_one_byte_more_is_refused(self) -> None:
        async with serving(answer(b"x" * 1001)) as server:
            with pytest.raises(TooManyBytes):
                await fetch(server.url())

    async def test_an_endless_body_is_left_soon_after_the_limit(self) -> None:
        async with serving() as server:
            server.answer = server.endless
            with pytest.raises(TooManyBytes):
                await fetch(server.url(), max_bytes=1_000_000)
            assert server.sent_bytes < 30_000_000  # what the system's buffers swallow comes on top

    async def test_a_body_that_is_announced_too_large_is_not_read(self) -> None:
        async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n") as server:
            with pytest.raises(TooManyBytes, match="announced"):
                await fetch(server.url())

    async def test_compressed_bytes_stay_compressed(self) -> None:
        """A few kilobytes of gzip may hold gigabytes."""
        packed = gzip.compress(bytes(100_000))
        async with serving(answer(packed, Content_Encoding="gzip")) as server:
            assert (await fetch(server.url())).body == packed

    @pytest.mark.parametrize("way", ["drip", "drip_headers", "continue_for_ever", "silent"])
    async def test_a_server_that_takes_its_time_is_left(self, way: str) -> None:
        """The limit holds for all together: no drip is frequent enough to prolong it."""
        async with serving(getattr(strange_servers, way)) as server:
            with pytest.raises(FetchFailed, match="not within"):
                await fetch(server.url(), limit_s=0.2)

    async def test_a_resolver_that_never_answers_is_left(self) -> None:
        async def resolve(_: str) -> Sequence[str]:
            await asyncio.Event().wait()
            raise AssertionError

        with pytest.raises(FetchFailed, match="not within"):
            await fetch("http://slow.test/", PUBLIC, resolve, limit_s=0.05)

    async def test_names_that_hang_take_few_threads_which_end_with_the_process(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        go_on = threading.Event()
        waiting: list[threading.Thread] = []

        def hang(*_: object, **__: object) -> list[object]:
            waiting.append(threading.current_thread())
            go_on.wait()
            return []

        monkeypatch.setattr("socket.getaddrinfo", hang)
        resolve = SystemResolver()
        hanging = [asyncio.ensure_future(resolve(f"{number}.test")) for number in range(RESOLVERS)]
        await asyncio.sleep(0)
        try:
            with pytest.raises(OSError, match="too many"):
                await resolve("one.more.test")
            assert all(thread.daemon for thread in waiting)
        finally:
            go_on.set()
        assert await asyncio.gather(*hanging) == [[]] * RESOLVERS

    async def test_a_flood_of_headers_is_refused(self) -> None:
        async with serving(strange_servers.flood_headers) as server:
            with pytest.raises(FetchFailed):
                await fetch(server.url())

    @pytest.mark.parametrize(
        "text", [b"", b"\0" * 100, b"HTTP/1.1 banana\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", b"{}"]
    )
    async def test_what_is_no_http_is_refused(self, text: bytes) -> None:
        async with serving(text) as server:
            with pytest.raises(FetchFailed):
                await fetch(server.url())

    async def test_a_body_that_ends_early_is_refused(self) -> None:
        async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf") as server:
            with pytest.raises(FetchFailed):
                await fetch(server.url())
