"""What becomes of a stream whose request is cancelled, or whose worker is lost (streams.md §5–§7)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from followed import Heard
from hordes import Horde, StartHorde
from ledger_checks import check_books
from psycopg import OperationalError
from streaming_worker import StreamingWorker
from text_routes import TEXT_MODEL

from horde_server.accounts.creation import NewAccount
from horde_server.node import Node
from horde_server.requests.following import Delivered, Delta, End, Restarted, State, Text, Wants


async def listening(node: Node, request_id: str) -> Heard:
    """Somebody who hears of a text already."""
    heard = Heard(node.following, request_id, wants=Wants(text=True))
    await heard.until(State)
    return heard


async def second(worker: StreamingWorker) -> StreamingWorker:
    """Another worker, of another owner."""
    account = await worker.horde.account("second", trusted=True)
    return StreamingWorker(worker.horde, account.api_key)


# ---------------------------------------------------------------- cancelled


async def test_a_cancelled_request_stops_its_worker_who_is_paid_for_its_part(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§7.1, §7.2: of a quarter of the text a quarter of the reward is paid, and the job counts nowhere."""
    ada = await horde.account("ada", kudos=1000)
    whole_id = await horde.texts.request(ada.api_key, models=[TEXT_MODEL], params={"max_length": 80})
    whole = await horde.texts.submit(worker.key, (await worker.job())["id"], generation="x" * 320)
    request_id = await horde.texts.request(ada.api_key, models=[TEXT_MODEL], params={"max_length": 80})
    heard = await listening(node, request_id)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "x" * 80)
    await heard.until(Text)
    await horde.texts.cancel(request_id)
    answer = await worker.send(job_id, at=80, text="y")
    assert (answer["cancelled"], answer["wanted"]) == (True, False)
    paid = await horde.texts.submit(worker.key, job_id, generation="", state="cancelled")
    assert paid["reward"] == pytest.approx(whole["reward"] / 4, abs=0.01)
    assert (await heard.end()).done
    [(state, finished, restarted, processing)] = await horde.sql(
        "SELECT state, finished, restarted, processing FROM request WHERE id = %s", request_id
    )
    assert (state, finished, restarted, processing) == ("cancelled", 0, 0, 0)
    await horde.folded()
    [(done, dropped)] = await horde.sql("SELECT fulfilments, uncompleted_jobs FROM worker")
    assert (done, dropped) == (1, 0)
    assert whole_id
    await books_balance(horde)


async def books_balance(horde: Horde) -> None:
    """The books are right."""
    async with horde._connection() as conn:
        await check_books(conn)


async def test_what_was_not_streamed_is_not_paid(horde: Horde, worker: StreamingWorker) -> None:
    """§7.2: neither reward nor tax."""
    request_id = await horde.texts.request()
    job_id = (await worker.job())["id"]
    await horde.texts.cancel(request_id)
    assert (await worker.send(job_id))["cancelled"] is True
    assert (await horde.texts.submit(worker.key, job_id, generation="", state="cancelled"))["reward"] == 0
    [(tax,)] = await horde.sql("SELECT count(*) FROM ledger WHERE job_id IS NOT NULL")
    assert tax == 0


async def test_who_stops_by_itself_has_failed(horde: Horde, worker: StreamingWorker) -> None:
    """§7.3: `cancelled` is taken only where the request is."""
    await horde.texts.request()
    job_id = (await worker.job())["id"]
    assert (await horde.texts.submit(worker.key, job_id, generation="", state="cancelled"))["reward"] == 0
    [(dropped,)] = await horde.sql("SELECT uncompleted_jobs FROM worker")
    assert dropped == 1


async def test_a_picture_is_paid_by_its_steps(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§7.2: half of the steps, half of the reward."""
    whole_id = await horde.request(params={"steps": 30})
    whole = await horde.submit(worker.key, (await horde.job(worker.key, streams=True))["id"])
    request_id = await horde.request(params={"steps": 30})
    heard = Heard(node.following, request_id, wants=Wants(steps=True))
    await heard.until(State)
    job_id = (await horde.job(worker.key, streams=True))["id"]
    await worker.send(job_id, step=15, steps=30)
    await horde.cancel(request_id)
    assert (await worker.send(job_id, step=16, steps=30))["cancelled"] is True
    paid = await horde.submit(worker.key, job_id, state="cancelled")
    assert paid["reward"] == pytest.approx(whole["reward"] / 2, abs=0.01)
    assert whole_id


async def test_another_node_knows_how_much_was_streamed(start_horde: StartHorde) -> None:
    """§7.2: the share is kept when the worker is told, for whichever node takes its submit."""
    horde, other = await start_horde(), await start_horde()
    worker = StreamingWorker(horde, (await horde.account("owner", trusted=True)).api_key)
    await horde.texts.request(params={"max_length": 80})
    whole = await horde.texts.submit(worker.key, (await worker.job())["id"], generation="x" * 320)
    request_id = await horde.texts.request(params={"max_length": 80})
    heard = await listening(horde.app._app.state.node, request_id)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "x" * 80)
    await heard.until(Text)
    await horde.texts.cancel(request_id)
    await worker.send(job_id)
    [(share,)] = await horde.sql("SELECT streamed_share FROM job WHERE id = %s", job_id)
    assert share == pytest.approx(0.25)
    paid = await other.texts.submit(worker.key, job_id, generation="", state="cancelled")
    assert paid["reward"] == pytest.approx(whole["reward"] / 4, abs=0.01)


async def test_a_share_that_could_not_be_kept_is_kept_with_the_next_piece(
    horde: Horde, worker: StreamingWorker, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§7.2: the database was away when the worker was to be told."""
    request_id = await horde.texts.request(params={"max_length": 80})
    heard = await listening(node, request_id)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "x" * 80)
    await heard.until(Text)
    await horde.texts.cancel(request_id)

    async def is_away(*_: object) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr("horde_server.streams.store.keep_share", is_away)
        assert (await worker.try_send(job_id)).status_code == 503
    assert (await worker.send(job_id))["cancelled"] is True
    [(share,)] = await horde.sql("SELECT streamed_share FROM job")
    assert share == pytest.approx(0.25)


# ---------------------------------------------------------------- signs of life


@pytest.fixture
async def impatient(start_horde: StartHorde) -> Horde:
    """A horde that waits two seconds for a sign of life."""
    return await start_horde(stream_silence_s=2.0)


async def test_who_was_heard_and_falls_silent_loses_its_job(impatient: Horde) -> None:
    """§5.2: the slot waits again, long before the lease is over."""
    owner = await impatient.account("owner", trusted=True)
    worker = StreamingWorker(impatient, owner.api_key)
    request_id = await impatient.texts.request()
    job = await worker.job()
    assert job["ttl"] >= 150
    await worker.send(job["id"])

    async def waits_again() -> bool:
        [(waiting, restarted)] = await impatient.sql("SELECT waiting, restarted FROM request WHERE id = %s", request_id)
        return bool((waiting, restarted) == (1, 1))

    await impatient.until(waits_again, "the silent worker's job waits again")


async def test_who_was_never_heard_keeps_its_lease(impatient: Horde) -> None:
    """§5.1: as before there were streams."""
    owner = await impatient.account("owner", trusted=True)
    worker = StreamingWorker(impatient, owner.api_key)
    request_id = await impatient.texts.request()
    quiet = await worker.job()
    other_id = await impatient.texts.request()
    await worker.send((await worker.job())["id"])

    async def other_waits() -> bool:
        return bool((await impatient.sql("SELECT restarted FROM request WHERE id = %s", other_id))[0][0])

    await impatient.until(other_waits, "the one that was heard is given up")
    [(state,)] = await impatient.sql("SELECT state FROM job WHERE id = %s", quiet["id"])
    assert state == "processing"
    assert request_id


async def test_signs_of_life_move_the_deadline(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§5.1: by half the lease from now, and never beyond four leases."""
    await horde.texts.request()
    job = await worker.job()
    await horde.sql("UPDATE job SET started_at = started_at - interval '140 s', deadline = now() + interval '10 s'")
    streamed = node.following._relay.jobs
    known = next(iter(streamed.values()))
    known.started_s -= 140
    known.deadline_s -= 140
    await worker.send(job["id"])

    async def moved() -> bool:
        return bool((await horde.sql("SELECT deadline > now() + interval '60 s' FROM job"))[0][0])

    await horde.until(moved, "the deadline moved")
    [(beyond,)] = await horde.sql("SELECT deadline > now() + interval '76 s' FROM job")
    assert not beyond
    await horde.sql("UPDATE job SET started_at = now() - interval '590 s', deadline = now() + interval '5 s'")
    known.started_s -= 450
    known.deadline_s = known.heard_s + 5
    await worker.send(job["id"])
    await asyncio.sleep(0)

    async def capped() -> bool:
        [(left,)] = await horde.sql("SELECT extract(epoch from deadline - now())::float8 FROM job")
        return 0 < left <= 10.5

    await horde.until(capped, "four leases are the end")


# ---------------------------------------------------------------- resumed


async def test_another_worker_goes_on_where_one_was_lost(impatient: Horde) -> None:
    """§6.1–§6.4: one unbroken answer, one charge, and status shows the same text."""
    node: Node = impatient.app._app.state.node
    ada = await impatient.account("ada", kudos=1000)
    worker = StreamingWorker(impatient, (await impatient.account("owner", trusted=True)).api_key)
    request_id = await impatient.texts.request(ada.api_key, prompt="Tell: ", params={"max_length": 80})
    heard = await listening(node, request_id)
    job = await worker.job()
    await worker.write(job["id"], "Once upon", " a tíme")
    assert (await heard.until(Restarted)).reason == "silent"
    other = await second(worker)
    on = await other.job(name="other")
    assert on["payload"]["prompt"] == "Tell: Once upon a tíme"
    assert on["payload"]["max_length"] == 80 - 4
    await other.write(on["id"], " there was", " a lamp")
    await heard.until(Text, lambda told: told.text.endswith("lamp"))
    credit = await impatient.texts.submit(other.key, on["id"], generation=" there was a lamp.")
    assert credit["reward"] > 0
    assert (await heard.end()).done
    assert heard.text() == "Once upon a tíme there was a lamp."
    status = await impatient.texts.status(request_id)
    [made] = status["generations"]
    assert made["text"] == heard.text()
    assert made["gen_metadata"] == [{"type": "information", "value": "see_ref", "ref": "resumed"}]
    assert [each.generation.result for each in heard.told if isinstance(each, Delivered)] == [heard.text()]
    late = await impatient.texts.try_submit(worker.key, job["id"], generation="Once upon a tíme, late")
    assert impatient.outcome(late) == (400, "AbortedGen")
    await impatient.folded()
    await books_balance(impatient)


async def test_a_worker_that_gives_up_is_gone_on_with_at_once(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§6.1: a fault counts as always; the third ends the request."""
    request_id = await horde.texts.request(params={"max_length": 200})
    heard = await listening(node, request_id)
    shown = ""
    for number, part in enumerate(("one ", "two ", "three ")):
        job = await worker.job(name=f"worker {number}")
        assert job["payload"]["prompt"].endswith(shown)
        await worker.write(job["id"], part)
        await heard.until(Text, lambda told, part=part: told.text == part)
        await horde.texts.submit(worker.key, job["id"], generation="", state="faulted")
        shown += part
    end = await heard.end()
    assert (end.faulted, heard.text()) == (True, "one two three ")


async def test_what_was_told_in_full_is_the_result(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§6.5: nobody is paid for it."""
    ada = await horde.account("ada", kudos=1000)
    request_id = await horde.texts.request(ada.api_key, params={"max_length": 16})
    heard = await listening(node, request_id)
    job = await worker.job()
    await worker.write(job["id"], "x" * 64)
    await heard.until(Text)
    await horde.texts.submit(worker.key, job["id"], generation="", state="faulted")
    end = await heard.end()
    assert (end.done, end.faulted, heard.text()) == (True, False, "x" * 64)
    [made] = (await horde.texts.status(request_id))["generations"]
    assert made["text"] == "x" * 64
    [(paid,)] = await horde.sql("SELECT count(*) FROM ledger WHERE job_id IS NOT NULL")
    assert paid == 0
    [(dropped, lately)] = await horde.sql("SELECT uncompleted_jobs, dropped_jobs FROM worker")
    assert (dropped, lately) == (1, 1)


async def test_slots_of_one_request_are_gone_on_with_each(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§6.2: each continuation goes to the slot that it goes on with."""
    heard = await listening(node, await horde.texts.request(params={"n": 2, "max_length": 80}))
    first, other = await worker.job(), await worker.job()
    await worker.write(first["id"], "first:")
    await worker.write(other["id"], "second:")
    await heard.until(Text, lambda told: told.text == "second:")
    for job in (other, first):
        await horde.texts.submit(worker.key, job["id"], generation="", state="faulted")
    on = [await worker.job(name="a"), await worker.job(name="b")]
    for job in on:
        begun = job["payload"]["prompt"].rpartition(" ")[2]
        await worker.send(job["id"], at=0, text=" on")
        await horde.texts.submit(worker.key, job["id"], generation=f" on from {begun}")
    await heard.end()
    for slot, begun in enumerate(("first:", "second:")):
        assert heard.text(slot).startswith(f"{begun} on from ")
        assert heard.text(slot).endswith(begun)


async def test_what_nobody_waits_to_go_on_with_is_handed_out_together(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§6.2: one at a time only while a begun text waits."""
    heard = await listening(node, await horde.texts.request(params={"n": 4, "max_length": 80}))
    first = await worker.job()
    await worker.write(first["id"], "first:")
    await heard.until(Text)
    await horde.texts.submit(worker.key, first["id"], generation="", state="faulted")
    on = await worker.job(name="a", amount=3)
    assert (len(on["ids"]), on["payload"]["prompt"].endswith("first:")) == (1, True)
    assert len((await worker.job(name="b", amount=3))["ids"]) == 3


async def test_deltas_that_were_told_end_in_a_fault(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§6.6: nothing can be unsent, and nobody can go on with them."""
    heard = await listening(node, await horde.texts.request())
    job = await worker.job()
    await worker.send(job["id"], deltas_at=0, deltas=[{"content": "Let me"}])
    await heard.until(Delta)
    await horde.texts.submit(worker.key, job["id"], generation="", state="faulted")
    end = await heard.end()
    assert (end.done, end.faulted) == (False, True)


async def test_without_anything_told_it_begins_anew(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§6.1: as always; nothing is kept."""
    heard = await listening(node, await horde.texts.request(prompt="Tell:"))
    job = await worker.job()
    await worker.send(job["id"])
    await horde.texts.submit(worker.key, job["id"], generation="", state="faulted")
    again = await worker.job(name="again")
    assert again["payload"]["prompt"] == "Tell:"
    await worker.write(again["id"], "a lamp")
    await horde.texts.submit(worker.key, again["id"], generation="a lamp")
    assert isinstance(await heard.end(), End)
    assert heard.text() == "a lamp"


@pytest.mark.parametrize("path", ["/api/v2/workers/{worker}", "/api/v2/users/{owner}"])
async def test_the_text_of_a_worker_that_is_deleted_is_gone_on_with(horde: Horde, node: Node, path: str) -> None:
    """§6.1, §6.2: by itself, or with the account of its owner."""
    owner = await horde.account("owner", trusted=True)
    worker = StreamingWorker(horde, owner.api_key)
    heard = await listening(node, await horde.texts.request(prompt="Tell: ", params={"max_length": 80}))
    job = await worker.job()
    await worker.write(job["id"], "one ")
    await heard.until(Text)
    await go(horde, path, owner)
    assert (await heard.until(Restarted)).reason == "faulted"
    other = await second(worker)

    async def again() -> Any:
        answer = await horde.texts.pop(other.key, name="other", streams=True)
        return answer if answer["id"] else None

    on = await horde.until(again, "the slot waits again")
    assert on["payload"]["prompt"] == "Tell: one "
    await other.write(on["id"], "two")
    await horde.texts.submit(other.key, on["id"], generation="two three")
    assert (await heard.end()).faulted is False
    assert heard.text() == "one two three"


@pytest.mark.parametrize("path", ["/api/v2/workers/{worker}", "/api/v2/users/{owner}"])
async def test_what_else_a_deleted_worker_held_waits_again_at_once(horde: Horde, node: Node, path: str) -> None:
    """§6.1: also where somebody listens, of what nobody goes on with."""
    owner = await horde.account("owner", trusted=True)
    request_id = await horde.request()
    heard = Heard(node.following, request_id, wants=Wants(steps=True))
    await heard.until(State)
    await horde.job(owner.api_key, streams=True)
    await go(horde, path, owner)
    [(waiting, restarted)] = await horde.sql("SELECT waiting, restarted FROM request WHERE id = %s", request_id)
    assert (waiting, restarted) == (1, 1)


async def go(horde: Horde, path: str, owner: NewAccount) -> None:
    """A worker is deleted, or its owner's account."""
    [(worker_id,)] = await horde.sql("SELECT id FROM worker")
    answer = await horde.client.delete(path.format(worker=worker_id, owner=owner.id), headers={"apikey": owner.api_key})
    assert answer.status_code == 200, answer.text
