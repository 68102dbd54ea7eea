"""A worker's pieces come to one node, whoever listens sits at another (streams.md §8)."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest
from followed import Heard
from hordes import Horde
from streaming_worker import StreamingWorker

from horde_server.dispatch.ids import RequestId
from horde_server.node import Node
from horde_server.requests.following import Delivered, Delta, Restarted, State, Step, Text, Wants

TEXT = Wants(text=True)


async def listening(node: Node, request_id: str, wants: Wants = TEXT) -> Heard:
    """Somebody who hears of a request at a node, of which the others know."""
    heard = Heard(node.following, request_id, wants=wants)
    await heard.until(State)
    return heard


async def wanted(horde: Horde, worker: StreamingWorker, job_id: str) -> None:
    """Wait until the worker is told that somebody listens."""

    async def is_wanted() -> bool:
        return bool((await worker.send(job_id))["wanted"])

    await horde.until(is_wanted, "the worker is told that somebody listens")


async def test_pieces_reach_a_listener_at_another_node(horde: Horde, worker: StreamingWorker, other: Node) -> None:
    """§8.1: as if it were at the same."""
    request_id = await horde.texts.request()
    heard = await listening(other, request_id)
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    await worker.write(job_id, "Ein Hafen", " für alle")
    await heard.until(Text, lambda told: told.text.endswith("alle"))
    assert heard.text() == "Ein Hafen für alle"
    await horde.texts.submit(worker.key, job_id, generation="Ein Hafen für alle.")
    assert (await heard.end()).done
    assert heard.text() == "Ein Hafen für alle."


async def test_long_pieces_go_in_parts(horde: Horde, worker: StreamingWorker, other: Node) -> None:
    """§8.2: a notification holds seven kilobytes; quotes and control characters take more on the way."""
    heard = await listening(other, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    text = '"\n\x01ä' * 3000
    await worker.write(job_id, text)
    await heard.until(Text, lambda told: told.at + len(told.text.encode()) == len(text.encode()))
    assert heard.text() == text


async def test_what_is_lost_between_nodes_is_asked_for(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§8.3: the next piece shows the hole."""
    heard = await listening(other, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    await worker.write(job_id, "one ")
    await heard.until(Text)
    with monkeypatch.context() as patched:
        patched.setattr(node.core.notices, "send", lambda _: None)
        await worker.write(job_id, "two ", at=4)
    await worker.write(job_id, "three", at=8)
    await heard.until(Text, lambda told: told.text.endswith("three"))
    assert heard.text() == "one two three"


async def test_a_worker_may_change_its_node_in_the_middle(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node
) -> None:
    """§8.4: the new node begins where the worker is; what the listener lacks the worker sends again."""
    heard = await listening(other, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    await worker.write(job_id, "one ")
    await heard.until(Text)
    relay = node.following._relay
    relay.jobs.clear()  # as of a node that has just started
    answer = await worker.send(job_id, at=8, text="three")
    assert answer["next"] == 13

    async def asks() -> Any:
        sent = await worker.try_send(job_id, at=13, text="!")
        return sent.json() if sent.status_code == 409 else None

    gap = await horde.until(asks, "the listener lacks something, so the worker is told")
    assert (gap["rc"], gap["next"]) == ("PieceGap", 4)
    await worker.send(job_id, at=4, text="two three!")
    await heard.until(Text, lambda told: told.text.endswith("!"))
    assert heard.text() == "one two three!"


async def test_deltas_and_steps_cross_too(horde: Horde, worker: StreamingWorker, other: Node) -> None:
    """§8.1; previews do not."""
    heard = await listening(other, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    await worker.send(job_id, deltas_at=0, deltas=[{"content": "a"}, {"content": "b"}])
    await heard.until(Delta, lambda told: told.delta == {"content": "b"})
    seen = await listening(other, await horde.request(), Wants(steps=True, previews=True))
    job_id = (await horde.job(worker.key, streams=True))["id"]
    await wanted(horde, worker, job_id)
    await worker.send(job_id, step=3, steps=30)
    assert (await seen.until(Step)).step == 3


async def test_nobody_listens_any_more(horde: Horde, worker: StreamingWorker, other: Node) -> None:
    """§8.1: the worker is told at one of its next pieces."""
    request_id = await horde.texts.request()
    async with aclosing(
        other.following.follow(RequestId(UUID(request_id)), _silence, wants=Wants(text=True))
    ) as happenings:
        await anext(happenings)
        job_id = (await worker.job())["id"]
        await wanted(horde, worker, job_id)

    async def is_unwanted() -> bool:
        return not (await worker.send(job_id))["wanted"]

    await horde.until(is_unwanted, "the worker is told that nobody listens")


async def _silence() -> Any:
    await asyncio.Event().wait()


async def test_a_job_given_back_at_one_node_is_gone_on_with_by_the_other(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node
) -> None:
    """§8.5: the listening node knows what was told, and says it within three seconds."""
    request_id = await horde.texts.request(prompt="Tell: ", params={"max_length": 80})
    heard = await listening(other, request_id)
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    await worker.write(job_id, "one ")
    await heard.until(Text)
    await horde.texts.submit(worker.key, job_id, generation="", state="faulted")
    assert (await heard.until(Restarted)).reason == "faulted"

    async def again() -> Any:
        answer = await horde.texts.pop(worker.key, name="again", streams=True)
        return answer if answer["id"] else None

    job = await horde.until(again, "the slot waits again")
    assert job["payload"]["prompt"] == "Tell: one "
    await wanted(horde, worker, job["id"])
    await worker.write(job["id"], "two")
    await heard.until(Text, lambda told: told.text == "two")
    await horde.texts.submit(worker.key, job["id"], generation="two three")
    assert (await heard.end()).done
    assert heard.text() == "one two three"
    assert [each.generation.result for each in heard.told if isinstance(each, Delivered)] == ["one two three"]


async def test_a_node_that_comes_later_asks_who_listens(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node
) -> None:
    """§8.1: whoever missed something is told at once."""
    request_id = await horde.texts.request()
    await listening(other, request_id)
    there = node.following._relay.others

    async def knows() -> bool:
        return there.listens(RequestId(UUID(request_id))) is not None

    await horde.until(knows, "the other node knows")
    there._listening.clear()  # type: ignore[attr-defined]
    await node.slices.missed()
    await horde.until(knows, "the other node knows again")


async def test_what_a_node_does_not_understand_does_no_harm(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node
) -> None:
    """§8.1: messages of a newer release, and of requests and jobs that are not here."""
    nobody = "00000000-0000-0000-0000-000000000000"
    for message in (
        "no JSON", "[]", '["l"]', '[["z", 5]]', f'[["n", "{nobody}", 0, 0]]', f'[["x", "{nobody}", "silent"]]',
        f'[["p", "{nobody}", "{nobody}", "{nobody}", 5, "x", 0, []]]', f'[["l", [["{nobody}", 9]]]]', '[["w"]]',
    ):  # fmt: skip
        other.core.notices.on_message("a stranger", message)
    heard = await listening(other, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    await worker.write(job_id, "still here")
    await heard.until(Text)
