"""Whoever follows a request hears of all that happens to it, in order, also where another node makes it happen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from followed import SOON_S, Heard
from hordes import Horde

from horde_server.errors import RequestNotFound
from horde_server.http.client_address import ClientAddresses
from horde_server.node import Node
from horde_server.requests.following import (
    ClientGone,
    Delivered,
    End,
    Quiet,
    State,
    StreamPlaces,
    Text,
    TooManyStreams,
    Wants,
)
from horde_server.running import running_node


@pytest.fixture
async def node(horde: Horde) -> AsyncIterator[Node]:
    """Another node of the horde, with the mirrors that it has."""
    async with running_node(horde.settings, horde.dsn, ClientAddresses(()), None) as other:
        yield other


@pytest.fixture
async def owner(horde: Horde) -> str:
    return str((await horde.account("owner", columns={"worker_invited": 100})).api_key)


async def test_a_text_is_told_from_the_queue_to_its_end(horde: Horde, owner: str, node: Node) -> None:
    request_id = await horde.texts.request(params={"n": 2, "max_length": 80})
    heard = Heard(node.following, request_id, wants=Wants(text=True))
    first = await heard.until(State)
    assert (first.progress.waiting, first.progress.finished, first.progress.done) == (2, 0, False)
    for text in ("a lamp", "ein Licht für alle"):
        job = await horde.texts.job(owner)
        await horde.texts.submit(owner, job["id"], generation=text)
        await heard.until(Delivered, lambda made, text=text: made.generation.result == text)
    end = await heard.end()
    assert (end.done, end.faulted, end.is_gone) == (True, False, False)
    texts = [(each.slot, each.at, each.text) for each in heard.told if isinstance(each, Text)]
    assert texts == [(0, 0, "a lamp"), (1, 0, "ein Licht für alle")]
    states = [each.progress for each in heard.told if isinstance(each, State)]
    assert (states[-1].finished, states[-1].done) == (2, True)


async def test_a_finished_request_is_told_at_once(horde: Horde, owner: str, node: Node) -> None:
    request_id = await horde.texts.request()
    job = await horde.texts.job(owner)
    await horde.texts.submit(owner, job["id"], generation="light")
    heard = Heard(node.following, request_id)
    assert (await heard.end()).done
    assert [type(each) for each in heard.told] == [State, Delivered, End]


async def test_silence_is_told_and_asks_the_database_nothing(
    horde: Horde, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await horde.texts.request()
    heard = Heard(node.following, request_id, quiet_s=0.2)
    await heard.until(State)

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the database was asked")

    for dispatcher in node.following._dispatchers:
        monkeypatch.setattr(dispatcher, "status", refuse)
        monkeypatch.setattr(dispatcher, "find", refuse)
    await heard.until(Quiet)
    heard.client.go()
    with pytest.raises(ClientGone):
        await asyncio.wait_for(heard.task, SOON_S)


async def test_a_cancelled_request_ends(horde: Horde, node: Node) -> None:
    request_id = await horde.request()
    heard = Heard(node.following, request_id)
    await heard.until(State)
    await horde.cancel(request_id)
    assert (await heard.end()).done


async def test_a_client_that_goes_leaves_nothing_behind(horde: Horde, node: Node) -> None:
    heard = Heard(node.following, await horde.request())
    await heard.until(State)
    assert len(node.waiting) == 1
    heard.client.go()
    with pytest.raises(ClientGone):
        await asyncio.wait_for(heard.task, SOON_S)
    assert len(node.waiting) == 0


async def test_a_node_that_stops_says_so(horde: Horde, node: Node) -> None:
    heard = Heard(node.following, await horde.request())
    await heard.until(State)
    node.waiting.stop()
    assert (await heard.end()).is_stopping


async def test_what_nobody_asked_is_not_found(node: Node) -> None:
    with pytest.raises(RequestNotFound):
        await Heard(node.following, str(uuid4())).task


def test_of_one_network_only_so_many_are_open() -> None:
    places = StreamPlaces(2)
    with places.place("2001:db8::1"), places.place("2001:db8::2"):
        with pytest.raises(TooManyStreams) as refused, places.place("2001:db8::3"):
            pass
        assert refused.value.headers["Retry-After"]
        with places.place("192.0.2.1"):
            assert len(places) == 3
    assert len(places) == 0
