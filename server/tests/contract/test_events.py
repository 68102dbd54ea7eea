"""Server-sent events of requests and accounts, as they come over the wire (events.md §2, §3)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from hordes import Horde, StartHorde
from psycopg import OperationalError

from horde_server.dispatch.dispatcher import Dispatcher
from horde_server.requests import following as following_module
from horde_server.requests.events import of_accounts as accounts_module
from horde_server.requests.events import of_interrogations as interrogations_module

SOON_S = 10.0
NOBODY = "00000000-0000-4000-8000-000000000000"


class Event(NamedTuple):
    """One event. A comment has no name."""

    name: str
    data: Any
    id: str


class Stream:
    """An open stream: an ASGI call whose pieces are read as they come, and whose client may go."""

    def __init__(self, horde: Horde, path: str, method: str = "GET", **headers: str) -> None:
        self._gone = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._more = asyncio.Event()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.raw = b""
        self.sent = 0
        self.is_closed = False
        self._read = 0
        place = urlsplit(path)
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": place.path, "raw_path": place.path.encode(), "query_string": place.query.encode(),
            "root_path": "", "client": ("127.0.0.1", 1), "server": ("horde.test", 80),
            "headers": [(b"host", b"horde.test"), *((k.lower().encode(), v.encode()) for k, v in headers.items())],
        }  # fmt: skip
        self.task = asyncio.create_task(horde.app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self.status == 0 and not hasattr(self, "_asked"):
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.sent += 1
            self.raw += message.get("body", b"")
            self.is_closed = not message.get("more_body", False)
        self._more.set()
        await self._room.wait()

    def go(self) -> None:
        self._gone.set()
        self._room.set()

    def read_no_more(self) -> None:
        self._room.clear()

    def read_on(self) -> None:
        self._room.set()

    def _events(self) -> Iterator[Event]:
        *whole, _ = self.raw.decode().split("\n\n")
        for text in whole:
            fields = dict(line.split(": ", 1) for line in text.split("\n") if not line.startswith(":"))
            if "event" in fields:
                yield Event(fields["event"], json.loads(fields["data"]), fields.get("id", ""))
            elif text.startswith(":"):
                yield Event("", text, "")

    @property
    def told(self) -> list[Event]:
        """All so far."""
        return list(self._events())

    async def next(self, name: str) -> Event:
        """The next event of this name."""
        while True:
            self._more.clear()
            events = self.told
            for place in range(self._read, len(events)):
                if events[place].name == name:
                    self._read = place + 1
                    return events[place]
            assert not self.task.done(), (name, self.raw)
            await asyncio.wait_for(self._more.wait(), SOON_S)

    async def end(self) -> list[Event]:
        """All, once the server has closed it."""
        await asyncio.wait_for(self.task, SOON_S)
        assert self.is_closed
        return self.told


Open = Callable[..., Stream]


@pytest.fixture
async def opens(horde: Horde) -> AsyncIterator[Open]:
    """Opens streams, whose clients are gone in the end."""
    streams: list[Stream] = []

    def open_(path: str, *, of: Horde = horde, **options: Any) -> Stream:
        streams.append(Stream(of, f"/api/v2/{path}", **options))
        return streams[-1]

    yield open_
    for stream in streams:
        stream.go()
    await asyncio.wait_for(asyncio.gather(*(stream.task for stream in streams)), SOON_S)
    assert horde.app.waits() == 0


@pytest.fixture
async def owner(horde: Horde) -> str:
    return str((await horde.account("owner", columns={"worker_invited": 100})).api_key)


async def generation(horde: Horde, request_id: str) -> dict[str, Any]:
    (made,) = (await horde.status(request_id))["generations"]
    return dict(made)


class TestOfRequests:
    async def test_an_image_from_its_place_in_line_to_its_end(self, horde: Horde, owner: str, opens: Open) -> None:
        request_id = await horde.request()
        stream = opens(f"generate/events/{request_id}")
        first = await stream.next("state")
        assert stream.raw.startswith(b"retry: 3000\n\nid: ")
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-cache, no-transform"
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["access-control-allow-origin"] == "*"
        assert "content-length" not in stream.headers
        check = await horde.check(request_id)
        assert first.data == check
        job = await horde.job(owner)
        assert (await stream.next("state")).data["processing"] == 1
        await horde.submit(owner, job["id"])
        assert (await stream.next("state")).data["done"]
        result, made = (await stream.next("result")).data, await generation(horde, request_id)
        assert {**result, "img": ""} == {**made, "img": ""}
        assert (await horde.client.get(result["img"])).status_code == 200
        told = await stream.end()
        assert told[-1][:2] == ("end", {"done": True, "faulted": False})
        assert {event.id.partition("-")[0] for event in told} == {request_id[:8]}

    async def test_a_text(self, horde: Horde, owner: str, opens: Open) -> None:
        request_id = await horde.texts.request()
        stream = opens(f"generate/text/events/{request_id}")
        await stream.next("state")
        await horde.texts.submit(owner, (await horde.texts.job(owner))["id"])
        told = await stream.end()
        status = (await horde.client.get(f"/api/v2/generate/text/status/{request_id}")).json()
        (result,) = [event.data for event in told if event.name == "result"]
        assert [result] == status["generations"]
        assert "".join(event.data["text"] for event in told if event.name == "text") == result["text"]

    async def test_forms_of_an_interrogation(self, horde: Horde, owner: str, opens: Open) -> None:
        request_id = await horde.alchemy.request("caption", "nsfw")
        stream = opens(f"interrogate/events/{request_id}")
        assert (await stream.next("state")).data["waiting"] == 2
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "caption"))["id"])
        assert (await stream.next("result")).data["form"] == "caption"
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "nsfw"))["id"], {"nsfw": False})
        told = await stream.end()
        status = (await horde.client.get(f"/api/v2/interrogate/status/{request_id}")).json()
        assert sorted(event.data["form"] for event in told if event.name == "result") == ["caption", "nsfw"]
        assert all(event.data in status["forms"] for event in told if event.name == "result")
        assert told[-1][:2] == ("end", {"done": True, "faulted": False})

    @pytest.mark.parametrize("path", ["generate/events", "generate/text/events", "interrogate/events"])
    async def test_any_path_takes_any_kind(self, horde: Horde, opens: Open, path: str) -> None:
        for asked in (horde.request(), horde.texts.request(), horde.alchemy.request("caption")):
            stream = opens(f"{path}/{await asked}")
            assert (await stream.next("state")).data["done"] is False

    async def test_what_is_done_is_told_whole_and_ends(self, horde: Horde, owner: str, opens: Open) -> None:
        request_id = await horde.request()
        await horde.submit(owner, (await horde.job(owner))["id"])
        told = await opens(f"generate/events/{request_id}").end()
        assert [event.name for event in told] == ["state", "result", "end"]

    async def test_a_faulted_and_a_cancelled_one(self, horde: Horde, opens: Open) -> None:
        cancelled = await horde.request()
        stream = opens(f"generate/events/{cancelled}")
        await stream.next("state")
        await horde.cancel(cancelled)
        assert (await stream.end())[-1].data == {"done": True, "faulted": False}
        faulted = await horde.request()
        await horde.sql(
            "UPDATE request SET state = 'faulted', waiting = 0, version = version + 1 WHERE id = %s", faulted
        )
        assert (await opens(f"generate/events/{faulted}").end())[-1].data["faulted"] is True

    @pytest.mark.parametrize("kind", ["image", "alchemy"])
    async def test_one_that_expires_is_gone(self, horde: Horde, opens: Open, kind: str) -> None:
        if kind == "image":
            stream = opens(f"generate/events/{await horde.request()}")
            await stream.next("state")
            await horde.sql("UPDATE request SET expires_at = now()")
        else:
            stream = opens(f"interrogate/events/{await horde.alchemy.request('caption')}")
            await stream.next("state")
            await horde.sql("UPDATE interrogation SET expires_at = now() - interval '1 minute'")
        assert (await stream.end())[-1].data == {"done": False, "faulted": False, "gone": True}

    async def test_another_nodes_news_are_told(self, horde: Horde, start_horde: StartHorde, opens: Open) -> None:
        there = await start_horde()
        key = str((await horde.account("owner")).api_key)
        request_id = await there.request()
        stream = opens(f"generate/events/{request_id}")
        await stream.next("state")
        await there.submit(key, (await there.job(key))["id"])
        assert (await stream.end())[-1].name == "end"

    async def test_what_is_not_there(self, horde: Horde) -> None:
        for path, rc in ((NOBODY, (404, "RequestNotFound")), ("x", (404, "RequestNotFound"))):
            answer = await horde.client.get(f"/api/v2/generate/events/{path}")
            assert horde.outcome(answer) == rc
        assert (await horde.client.get(f"/api/v2/generate/events/{'x' * 1001}")).status_code == 400
        form = await horde.alchemy.request("caption")
        ((of_form,),) = await horde.sql("SELECT id::text FROM request WHERE interrogation_id = %s", form)
        assert (await horde.client.get(f"/api/v2/interrogate/events/{of_form}")).status_code == 404

    async def test_head_tells_the_headers_and_ends(self, horde: Horde, opens: Open) -> None:
        stream = opens(f"generate/events/{await horde.request()}", method="HEAD")
        await stream.end()
        assert (stream.status, stream.raw) == (200, b"")
        assert stream.headers["content-type"].startswith("text/event-stream")

    @pytest.mark.parametrize("seconds", ["-1", "3601", "x", "1.5", "", "9" * 50])
    async def test_a_wrong_end_is_refused(self, horde: Horde, seconds: str) -> None:
        answer = await horde.client.get(f"/api/v2/generate/events/{await horde.request()}?seconds={seconds}")
        assert answer.status_code == 400
        assert answer.json()["errors"].keys() == {"seconds"}

    async def test_it_ends_when_it_is_asked_to(self, horde: Horde, opens: Open) -> None:
        for path in (
            f"generate/events/{await horde.request()}",
            f"interrogate/events/{await horde.alchemy.request('nsfw')}",
        ):
            for seconds in (0, 1):
                told = await opens(f"{path}?seconds={seconds}").end()
                assert [event.name for event in told] == ["state"]


class TestGoingOn:
    """A stream that broke is taken up where it broke."""

    async def test_results_that_were_heard_are_not_told_again(self, horde: Horde, owner: str, opens: Open) -> None:
        request_id = await horde.request(params={"n": 2})
        stream = opens(f"generate/events/{request_id}")
        await horde.submit(owner, (await horde.job(owner))["id"])
        first = await stream.next("result")
        stream.go()
        again = opens(f"generate/events/{request_id}", **{"Last-Event-ID": first.id})
        await again.next("state")  # is told anew
        await horde.submit(owner, (await horde.job(owner))["id"])
        results = [event.data["id"] for event in await again.end() if event.name == "result"]
        assert len(results) == 1
        assert results != [first.data["id"]]
        by_query = await opens(f"generate/events/{request_id}?last={first.id}").end()
        assert [event.data["id"] for event in by_query if event.name == "result"] == results

    async def test_a_text_goes_on_at_its_byte(self, horde: Horde, owner: str, opens: Open) -> None:
        request_id = await horde.texts.request()
        await horde.texts.submit(owner, (await horde.texts.job(owner))["id"], generation="Zwölf Boxkämpfer")
        last = f"{request_id[:8]}-0.{len('Zwölf'.encode())}"
        told = await opens(f"generate/text/events/{request_id}", **{"Last-Event-ID": last}).end()
        text = next(event.data for event in told if event.name == "text")
        assert text == {"job": 0, "at": 6, "text": " Boxkämpfer"}
        whole = next(event.id for event in told if event.name == "text")
        again = await opens(f"generate/text/events/{request_id}", **{"Last-Event-ID": whole}).end()
        assert [event.name for event in again] == ["state", "result", "end"]

    async def test_forms_that_were_heard(self, horde: Horde, owner: str, opens: Open) -> None:
        request_id = await horde.alchemy.request("caption", "nsfw")
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "caption"))["id"])
        stream = opens(f"interrogate/events/{request_id}")
        first = await stream.next("result")
        again = opens(f"interrogate/events/{request_id}", **{"Last-Event-ID": first.id})
        await horde.alchemy.submit(owner, (await horde.alchemy.form(owner, "nsfw"))["id"], {"nsfw": False})
        assert [event.data["form"] for event in await again.end() if event.name == "result"] == ["nsfw"]

    async def test_who_has_heard_the_end_is_told_to_stay_away(self, horde: Horde, opens: Open) -> None:
        """204: a browser connects no more, though its page did not close the stream."""
        request_id = await horde.request()
        await horde.cancel(request_id)
        last = (await opens(f"generate/events/{request_id}").end())[-1].id
        answer = await horde.client.get(f"/api/v2/generate/events/{request_id}", headers={"Last-Event-ID": last})
        assert (answer.status_code, answer.content) == (204, b"")

    @pytest.mark.parametrize("last", ["nonsense", "x" * 2000, "deadbeef-end", "deadbeef-7.9", "{epoch}-", "{epoch}-1"])
    async def test_what_is_no_id_of_it_starts_anew(self, horde: Horde, owner: str, opens: Open, last: str) -> None:
        request_id = await horde.request()
        await horde.submit(owner, (await horde.job(owner))["id"])
        stream = opens(f"generate/events/{request_id}", **{"Last-Event-ID": last.format(epoch=request_id[:8])})
        assert [event.name for event in await stream.end()] == ["state", "result", "end"]


class TestOfAccounts:
    async def test_all_requests_of_the_user_and_nobody_elses(self, horde: Horde, owner: str, opens: Open) -> None:
        key = str((await horde.account("asks", kudos=1000)).api_key)
        there, others = await horde.request(key), await horde.request(owner, models=["none"])
        stream = opens("events", apikey=key)
        first = await stream.next("state")
        assert first.data == {"request": there, **(await horde.check(there))}
        form = await horde.alchemy.request("caption", key=key)
        while (told := (await stream.next("state")).data)["request"] != form:
            assert told["request"] == there
        text = await horde.texts.request(key)
        while (told := (await stream.next("state")).data)["request"] != text:
            assert told["request"] in {there, form}
        await horde.submit(owner, (await horde.job(owner))["id"])
        while not (told := (await stream.next("state")).data)["done"]:
            assert told["request"] in {there, form, text}
        assert others not in {event.data["request"] for event in stream.told}

    async def test_what_was_over_before_is_not_told(self, horde: Horde, opens: Open) -> None:
        key = str((await horde.account("asks", kudos=1000)).api_key)
        over, there = await horde.request(key), await horde.request(key)
        await horde.cancel(over)
        stream = opens("events", apikey=key)
        assert (await stream.next("state")).data["request"] == there
        await horde.cancel(there)
        assert (await stream.next("state")).data["done"]
        assert over not in {event.data["request"] for event in stream.told}

    async def test_an_interrogation_at_the_edge_is_told_whole(
        self, horde: Horde, opens: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """§3.1: of the latest so many, which are counted by what was asked for, not by forms."""
        monkeypatch.setattr(accounts_module, "MOST_FOLLOWED", 2)
        key = str((await horde.account("asks", kudos=1000)).api_key)
        asked = [await horde.alchemy.request("caption", "nsfw", key=key) for _ in range(3)]
        told = await opens("events?seconds=0", apikey=key).end()
        assert {event.data["request"]: event.data["waiting"] for event in told} == dict.fromkeys(asked[1:], 2)

    async def test_who_may_hear(self, horde: Horde) -> None:
        for key, outcome in (("0000000000", (403, "AnonForbidden")), ("nobody's", (401, "InvalidAPIKey"))):
            answer = await horde.client.get("/api/v2/events", headers={"apikey": key})
            assert horde.outcome(answer) == outcome
        assert (await horde.client.get("/api/v2/events")).status_code == 400

    async def test_it_ends_when_it_is_asked_to(self, horde: Horde, owner: str, opens: Open) -> None:
        assert await opens("events?seconds=1", apikey=owner).end() == []
        request_id = await horde.request(owner)
        told = await opens("events?seconds=0", apikey=owner).end()
        assert [event.data["request"] for event in told] == [request_id]


class TestConnections:
    async def test_silence_is_broken(self, horde: Horde, owner: str, opens: Open, monkeypatch: Any) -> None:
        for module in (interrogations_module, accounts_module):
            monkeypatch.setattr(module, "QUIET_S", 0.2)
        monkeypatch.setattr(accounts_module, "LOOK_EVERY_S", 0.6)
        monkeypatch.setattr(
            following_module.Following.follow, "__kwdefaults__", {"wants": following_module.Wants(), "quiet_s": 0.2}
        )
        for path in (
            f"generate/events/{await horde.request()}",
            f"interrogate/events/{await horde.alchemy.request('caption')}",
            "events",
        ):
            stream = opens(path, apikey=owner)
            assert (await stream.next("")).data == ": ka"
            assert b": ka\n\n" in stream.raw

    async def test_who_goes_away_ends_it_and_cancels_nothing(self, horde: Horde, opens: Open) -> None:
        request_id = await horde.request()
        stream = opens(f"generate/events/{request_id}")
        await stream.next("state")
        stream.go()
        await asyncio.wait_for(stream.task, SOON_S)
        assert horde.app.waits() == 0
        assert (await horde.check(request_id))["waiting"] == 1

    async def test_a_stop_ends_all_without_an_end(self, horde: Horde, owner: str, opens: Open) -> None:
        """Requests go on: whoever connects again hears the rest."""
        paths = (
            f"generate/events/{await horde.request()}",
            f"interrogate/events/{await horde.alchemy.request('nsfw')}",
        )
        streams = [opens(path) for path in paths]
        for stream in streams:
            await stream.next("state")
        streams.append(opens("events", apikey=owner))

        async def are_open() -> bool:
            return bool(horde.app.waits() == 3)

        await horde.until(are_open, "all are open")
        horde.app.let_go()
        for stream in streams:
            assert "end" not in {event.name for event in await stream.end()}

    async def test_so_many_of_an_address_and_waits_count_with_them(self, start_horde: StartHorde) -> None:
        horde = await start_horde(streams_per_address=2)
        request_id = await horde.request()
        path = f"/api/v2/generate/events/{request_id}"
        streams = [Stream(horde, path) for _ in range(2)]
        for stream in streams:
            await stream.next("state")
        answer = await horde.client.get(path)
        assert horde.outcome(answer) == (429, "TooManyStreams")
        assert answer.headers["retry-after"]
        check = await horde.client.get(f"/api/v2/generate/check/{request_id}", headers={"Prefer": "wait=50"})
        assert (check.status_code, "preference-applied" in check.headers) == (200, False)
        streams[0].go()
        await asyncio.wait_for(streams[0].task, SOON_S)
        third = Stream(horde, path)
        await third.next("state")
        for stream in (*streams, third):
            stream.go()
            await asyncio.wait_for(stream.task, SOON_S)

    async def test_a_slow_reader_gets_the_newest_state_and_nothing_piles_up(
        self, horde: Horde, owner: str, opens: Open
    ) -> None:
        request_id = await horde.request(params={"n": 3})
        stream = opens(f"generate/events/{request_id}")
        await stream.next("state")
        stream.read_no_more()
        await horde.job(owner)
        await asyncio.sleep(0.8)
        sent = stream.sent
        for _ in range(2):
            await horde.submit(owner, (await horde.job(owner))["id"])
        await asyncio.sleep(1.2)
        assert stream.sent - sent <= 1
        stream.read_on()
        while (await stream.next("state")).data["finished"] != 2:
            pass
        assert sum(event.name == "state" for event in stream.told) <= 4

    async def test_a_database_that_is_away_breaks_the_stream_in_order(
        self, horde: Horde, owner: str, opens: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without an end: the client connects again, and hears the rest."""
        request_id = await horde.request()
        stream = opens(f"generate/events/{request_id}")
        await stream.next("state")

        async def away(*_: object) -> None:
            raise OperationalError("away")

        job = await horde.job(owner)
        monkeypatch.setattr(Dispatcher, "status", away)
        await horde.submit(owner, job["id"])
        assert "end" not in {event.name for event in await stream.end()}
