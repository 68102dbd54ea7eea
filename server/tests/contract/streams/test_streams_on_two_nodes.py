"""A worker's pieces come to one node, whoever listens sits at another (streams.md §8)."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import Any
from uuid import UUID

import pytest
from followed import Heard
from hordes import Horde
from streaming_worker import StreamingWorker

from horde_server.dispatch.ids import JobId, RequestId
from horde_server.node import Node
from horde_server.requests.following import ClientGone, Delivered, Delta, Restarted, State, Step, Text, Wants
from horde_server.streams.slice import Streams

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


async def begun(
    horde: Horde, worker: StreamingWorker, other: Node, request_id: str, words: str = "one "
) -> tuple[Heard, str]:
    """Who listens at another node has heard the first words of a text; and its job."""
    heard = await listening(other, request_id)
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    await worker.write(job_id, words)
    await heard.until(Text)
    return heard, job_id


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
    heard, job_id = await begun(horde, worker, other, await horde.texts.request())
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
    heard, job_id = await begun(horde, worker, other, await horde.texts.request())
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
    heard, job_id = await begun(horde, worker, other, request_id)
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


async def again(horde: Horde, worker: StreamingWorker, name: str) -> Any:
    """The job of a slot that waits again, for another worker."""

    async def popped() -> Any:
        answer = await horde.texts.pop(worker.key, name=name, streams=True)
        return answer if answer["id"] else None

    return await horde.until(popped, "the slot waits again")


async def test_who_listens_later_at_another_node_is_told_what_was_before(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node
) -> None:
    """§4.1, §4.2: a text that two workers wrote begins with what the first one wrote, for whoever comes."""
    request_id = await horde.texts.request(params={"max_length": 80})
    first = await listening(node, request_id)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "one ")
    await first.until(Text)
    await horde.texts.submit(worker.key, job_id, generation="", state="faulted")
    job = await again(horde, worker, "again")
    await worker.write(job["id"], "two ")
    later = await listening(other, request_id)
    await known_to(node, request_id, horde)
    await worker.write(job["id"], "three", at=4)
    await later.until(Text, lambda told: told.text.endswith("three"))
    await horde.texts.submit(worker.key, job["id"], generation="two three!")
    await later.end()
    await first.end()
    assert (first.text(), later.text()) == ("one two three!", "one two three!")


async def test_who_listens_at_a_node_that_just_started_is_told_what_was_before(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§4.2: the node finds out that another worker began."""
    request_id = await horde.texts.request(params={"max_length": 80})
    first = await listening(node, request_id)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "one ")
    await first.until(Text)
    await horde.texts.submit(worker.key, job_id, generation="", state="faulted")
    job = await again(horde, worker, "again")
    relay = node.following._relay
    for known in (relay.jobs, relay.listened, relay._known._of_requests):  # as of a node that has just started
        known.clear()
    for dispatcher in node.following._dispatchers:
        dispatcher.held_jobs.forget()
    later = await listening(node, request_id)
    await worker.write(job["id"], "two")
    await later.until(Text, lambda told: told.text.endswith("two"))
    await horde.texts.submit(worker.key, job["id"], generation="two three")
    await later.end()
    assert later.text() == "one two three"


async def test_readers_at_two_nodes_are_gone_on_with(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node
) -> None:
    """§6.2: whichever node finds the job lost, all that listen hear of it."""
    request_id = await horde.texts.request(params={"max_length": 80})
    here, there = await listening(node, request_id), await listening(other, request_id)
    await known_to(node, request_id, horde)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "one ")
    for heard in (here, there):
        await heard.until(Text)
    await horde.texts.submit(worker.key, job_id, generation="", state="faulted")
    for heard in (here, there):
        assert (await heard.until(Restarted)).reason == "faulted"
    job = await again(horde, worker, "again")
    await worker.write(job["id"], "two")
    for heard in (here, there):
        await heard.until(Text, lambda told: told.text == "two")
    await horde.texts.submit(worker.key, job["id"], generation="two three")
    for heard in (here, there):
        assert (await heard.end()).faulted is False
        assert heard.text() == "one two three"


async def test_readers_at_two_nodes_that_only_hear_of_it_are_gone_on_with(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node, third: Node
) -> None:
    """§6.2, §8.5: the first that says what was told is followed by the other."""
    request_id = await horde.texts.request(params={"max_length": 80})
    readers = await listening(third, request_id), await listening(other, request_id)
    await known_to(node, request_id, horde, nodes=2)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "one ")
    for heard in readers:
        await heard.until(Text)
    await horde.texts.submit(worker.key, job_id, generation="", state="faulted")
    for heard in readers:
        assert (await heard.until(Restarted)).reason == "faulted"
    job = await again(horde, worker, "again")
    await worker.write(job["id"], "two")
    for heard in readers:
        await heard.until(Text, lambda told: told.text == "two")
    await horde.texts.submit(worker.key, job["id"], generation="two three")
    for heard in readers:
        assert (await heard.end()).faulted is False
        assert heard.text() == "one two three"
    [(text,)] = await horde.sql("SELECT text FROM resumption")
    assert text == "one "


async def known_to(node: Node, request_id: str, horde: Horde, nodes: int = 1) -> None:
    """Wait until a node knows that somebody listens at so many others."""
    there = node.following._relay.others

    async def knows() -> bool:
        return len(there._listening.get(RequestId(UUID(request_id)), ())) == nodes  # type: ignore[attr-defined] # of real others

    await horde.until(knows, "the node knows of all who listen")


async def test_a_fault_that_nobody_can_go_on_with_is_settled_at_once(
    horde: Horde, worker: StreamingWorker, other: Node
) -> None:
    """§6.1: also where whoever listens is at another node; the worker's remarks are kept."""
    request_id = await horde.texts.request()
    heard = await listening(other, request_id)
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    await horde.texts.submit(worker.key, job_id, generation="", state="faulted")
    assert await counts(horde, request_id) == (1, 1)
    assert (await heard.until(Restarted)).reason == "faulted"
    request_id = await horde.request()
    heard = await listening(other, request_id, Wants(steps=True))
    job_id = (await horde.job(worker.key, streams=True))["id"]
    await wanted(horde, worker, job_id)
    await worker.send(job_id, step=3, steps=30)
    await heard.until(Step)
    remarks = [{"type": "information", "value": "see_ref", "ref": "why"}]
    await horde.submit(worker.key, job_id, state="faulted", gen_metadata=remarks)
    assert await counts(horde, request_id) == (1, 1)
    [(kept,)] = await horde.sql("SELECT gen_metadata FROM job WHERE id = %s", job_id)
    assert kept == remarks


async def counts(horde: Horde, request_id: str) -> tuple[int, int]:
    """Jobs that wait and that were restarted."""
    [(waiting, restarted)] = await horde.sql("SELECT waiting, restarted FROM request WHERE id = %s", request_id)
    return waiting, restarted


async def test_the_text_of_a_deleted_worker_is_gone_on_with_by_the_other(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node
) -> None:
    """§6.1, §8.5: the node that deletes it knows nothing of what was told, and lets the listening one say it."""
    request_id = await horde.texts.request(prompt="Tell: ", params={"max_length": 80})
    heard, _ = await begun(horde, worker, other, request_id)
    [(worker_id,)] = await horde.sql("SELECT id FROM worker")
    answer = await horde.client.delete(f"/api/v2/workers/{worker_id}", headers={"apikey": worker.key})
    assert answer.status_code == 200, answer.text
    assert (await heard.until(Restarted)).reason == "faulted"
    job = await again(horde, worker, "again")
    assert job["payload"]["prompt"] == "Tell: one "
    await horde.texts.submit(worker.key, job["id"], generation="two")
    assert (await heard.end()).faulted is False
    assert heard.text() == "one two"


async def test_a_long_delta_goes_in_parts(horde: Horde, worker: StreamingWorker, other: Node) -> None:
    """§8.2: one alone may be longer than a notification."""
    heard = await listening(other, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await wanted(horde, worker, job_id)
    delta = {"tool_calls": [{"index": 0, "function": {"arguments": '"ä\n' * 2500}}]}
    await worker.send(job_id, deltas_at=0, deltas=[{"content": "a"}, delta])
    await worker.send(job_id, deltas_at=2, deltas=[{"content": "b"}])
    await heard.until(Delta, lambda told: told.delta == {"content": "b"})
    assert [each.delta for each in heard.told if isinstance(each, Delta)] == [{"content": "a"}, delta, {"content": "b"}]


@pytest.mark.parametrize("is_heard_elsewhere", [True, False])
async def test_who_comes_back_is_told_what_came_meanwhile(
    horde: Horde, worker: StreamingWorker, node: Node, other: Node, is_heard_elsewhere: bool
) -> None:
    """§4.2, §5.2: that nobody let the node hear of the job is no silence of its worker."""
    request_id = await horde.texts.request()
    heard, job_id = await begun(horde, worker, other, request_id)
    if is_heard_elsewhere:
        await listening(node, request_id)
    heard.client.go()
    with suppress(ClientGone):
        await heard.task
    other.following._relay.jobs[JobId(UUID(job_id))].heard_s -= 1000
    [streams] = [each for each in other.slices if isinstance(each, Streams)]
    await streams._look()
    back = await listening(other, request_id)
    await known_to(node, request_id, horde)
    await worker.write(job_id, "two", at=4)
    await back.until(Text, lambda told: told.text.endswith("two"))
    assert back.text() == "one two"
    [(state,)] = await horde.sql("SELECT state FROM job")
    assert state == "processing"


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
    there._listening.clear()  # type: ignore[attr-defined] # of real others
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
    await begun(horde, worker, other, await horde.texts.request(), "still here")
