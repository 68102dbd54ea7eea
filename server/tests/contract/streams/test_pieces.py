"""POST /generate/pieces/{id}: what is taken, what is refused, and what whoever listens is told (streams.md §1–§4)."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from followed import Client, Heard
from hordes import Horde
from pictures import picture
from streaming_worker import StreamingWorker

from horde_server.dispatch.ids import RequestId
from horde_server.node import Node
from horde_server.requests.following import Delivered, Delta, End, Preview, State, Step, Text, Wants

TEXT = Wants(text=True)


async def listening(node: Node, request_id: str, wants: Wants = TEXT) -> Heard:
    """Somebody who hears of a request already."""
    heard = Heard(node.following, request_id, wants=wants)
    await heard.until(State)
    return heard


# ---------------------------------------------------------------- the pop


async def test_only_who_can_stream_is_told_of_it(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§1.1, §1.2: whoever does not say so gets the very bytes that were sent before."""
    await horde.texts.request(params={"n": 3})
    plain = (await horde.texts.try_pop(worker.key)).content
    told = (await horde.texts.try_pop(worker.key, streams=True)).content
    stream = told.rpartition(b',"stream":')
    before, after = json.loads(plain), json.loads(stream[0] + b"}")
    for answer in (before, after):
        plain = plain.replace(answer["id"].encode(), b"id")
    assert stream[0].replace(after["id"].encode(), b"id") + b"}" == plain
    assert b"stream" not in plain
    unwanted = json.loads(told)["stream"]
    assert unwanted == {
        "wanted": False, "interval_ms": 200, "max_bytes": 16384, "previews": False, "preview_interval_ms": 1500,
        "preview_max_bytes": 131072, "preview_side": 384,
    }  # fmt: skip
    request_id = await horde.texts.request()
    await horde.texts.job(worker.key)
    await listening(node, request_id)
    assert (await worker.job())["stream"]["wanted"] is True


@pytest.mark.parametrize("field", ["streams"])
async def test_a_claim_must_be_true_or_false(horde: Horde, worker: StreamingWorker, field: str) -> None:
    answer = await horde.texts.try_pop(worker.key, **{field: "yes"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})


async def test_an_image_worker_is_told_too(horde: Horde, worker: StreamingWorker) -> None:
    await horde.request()
    assert "stream" not in await horde.job(worker.key)
    await horde.request()
    assert (await horde.job(worker.key, streams=True))["stream"]["wanted"] is False


# ---------------------------------------------------------------- text


async def test_a_text_is_told_as_it_is_written(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§3.1, §4.1: piece by piece, then the rest, then the result."""
    request_id = await horde.texts.request()
    heard = await listening(node, request_id)
    job = await worker.job()
    at = await worker.write(job["id"], "A hárbour", " lies")
    await heard.until(Text, lambda told: told.text.endswith("lies"))
    assert heard.text() == "A hárbour lies"
    assert at == len("A hárbour lies".encode())
    await horde.texts.submit(worker.key, job["id"], generation="A hárbour lies here.")
    assert (await heard.end()).done
    assert heard.text() == "A hárbour lies here."
    assert [each.generation.result for each in heard.told if isinstance(each, Delivered)] == ["A hárbour lies here."]


async def test_doubled_reordered_and_overlapping_pieces_do_no_harm(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§3.2, §3.3: what is there already is compared and dropped; what leaves a hole is asked for."""
    heard = await listening(node, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await worker.send(job_id, at=0, text="one ")
    assert (await worker.send(job_id, at=0, text="one "))["next"] == 4
    gap = await worker.try_send(job_id, at=8, text="three")
    assert (gap.status_code, gap.json()["rc"], gap.json()["next"]) == (409, "PieceGap", 4)
    assert (await worker.send(job_id, at=2, text="e two three"))["next"] == 13
    assert (await worker.send(job_id, at=4, text="two "))["next"] == 13
    await heard.until(Text, lambda told: told.text.endswith("three"))
    assert heard.text() == "one two three"


async def test_a_piece_that_says_something_else_poisons_the_stream(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§3.4: nothing more is relayed; the result is what was submitted, and the client keeps what it saw."""
    heard = await listening(node, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await worker.send(job_id, at=0, text="one ")
    answer = await worker.try_send(job_id, at=0, text="two ")
    assert horde.outcome(answer) == (409, "PieceMismatch")
    assert (await worker.send(job_id, at=4, text="more"))["next"] == 4
    await horde.texts.submit(worker.key, job_id, generation="something else")
    await heard.end()
    assert heard.text() == "one "
    assert node_mismatches(node) == 1


def node_mismatches(node: Node) -> int:
    """Results that did not begin with what was streamed, as the relay counts them."""
    return node.following._relay.mismatches.all


async def test_who_streams_something_else_too_often_streams_no_more(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§4.3: after twenty in a day."""
    for _ in range(20):
        heard = await listening(node, await horde.texts.request())
        job_id = (await worker.job())["id"]
        await worker.send(job_id, at=0, text="one ")
        await heard.until(Text)
        await horde.texts.submit(worker.key, job_id, generation="two")
        await heard.end()
    request_id = await horde.texts.request()
    job = await worker.job()
    assert "stream" not in job
    heard = await listening(node, request_id)
    answer = await worker.send(job["id"], at=0, text="all the same")
    assert (answer["wanted"], answer["next"], answer["cancelled"]) == (False, 0, False)
    await horde.texts.submit(worker.key, job["id"], generation="the truth")
    await heard.end()
    assert heard.text() == "the truth"


async def test_who_delivers_where_another_was_told_is_not_blamed(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§4.3: a text that could not be kept is nothing that the next worker said."""
    heard = await listening(node, await horde.texts.request())
    first = await worker.job()
    await worker.write(first["id"], "one ")
    await heard.until(Text)
    await horde.sql("UPDATE job SET deadline = now() - interval '1 minute'")  # as by a node that knew of no listener

    async def again() -> Any:
        answer = await horde.texts.pop(worker.key, name="second")
        return answer if answer["id"] else None

    second = await horde.until(again, "the slot waits again")
    await horde.texts.submit(worker.key, second["id"], generation="two")
    await heard.end()
    assert node_mismatches(node) == 0


async def test_nothing_leaves_a_worker_to_which_nobody_listens(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§2.3, §3.5: a sign of life is enough; who comes later has all from the start."""
    request_id = await horde.texts.request()
    job_id = (await worker.job())["id"]
    answer = await worker.send(job_id, at=0, text="not kept")
    assert (answer["wanted"], answer["next"], answer["interval_ms"]) == (False, 0, 200)
    heard = await listening(node, request_id)
    answer = await worker.send(job_id)
    assert (answer["wanted"], answer["next"], answer["cancelled"]) == (True, 0, False)
    await worker.write(job_id, "from the start")
    await heard.until(Text)
    assert heard.text() == "from the start"


async def test_two_listeners_are_told_the_same(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§4.2: also one who comes in the middle."""
    request_id = await horde.texts.request()
    first = await listening(node, request_id)
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "one ")
    await first.until(Text)
    second = await listening(node, request_id)
    await worker.write(job_id, "two", at=4)
    await second.until(Text, lambda told: told.text.endswith("two"))
    await first.until(Text, lambda told: told.text.endswith("two"))
    assert (first.text(), second.text()) == ("one two", "one two")


async def test_jobs_of_one_request_have_slots_of_their_own(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§4.4: in whichever order they are delivered."""
    heard = await listening(node, await horde.texts.request(params={"n": 2}))
    first, second = await worker.job(), await worker.job()
    await worker.write(first["id"], "a lamp")
    await worker.write(second["id"], "a light")
    await horde.texts.submit(worker.key, second["id"], generation="a light!")
    await horde.texts.submit(worker.key, first["id"], generation="a lamp!")
    await heard.end()
    assert (heard.text(0), heard.text(1)) == ("a lamp!", "a light!")
    made = {each.slot: each.generation.result for each in heard.told if isinstance(each, Delivered)}
    assert made == {0: "a lamp!", 1: "a light!"}


async def test_a_slow_reader_takes_no_memory_and_holds_up_nobody(
    horde: Horde, worker: StreamingWorker, node: Node
) -> None:
    """§4.6: what it has not read waits in the job's buffer alone."""
    request_id = await horde.texts.request()
    slow = node.following.follow(RequestId(UUID(request_id)), Client().receive, wants=TEXT)
    await anext(slow)
    quick = await listening(node, request_id)
    job_id = (await worker.job())["id"]
    at = 0
    for _ in range(10):
        at = await worker.write(job_id, "x" * 16_000, at=at)
    await quick.until(Text, lambda told: told.at + len(told.text) == at)
    assert (await worker.send(job_id))["interval_ms"] > 100  # the worker is asked to send less often
    read = 0
    async for happening in slow:
        if isinstance(happening, Text):
            assert happening.at == read
            assert len(happening.text) <= 65_536
            read += len(happening.text)
        if read == at:
            break
    await slow.aclose()


# ---------------------------------------------------------------- deltas, steps, previews


async def test_deltas_are_passed_through_unchanged(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§3.6: the same rules as of text, counted in deltas."""
    heard = await listening(node, await horde.texts.request())
    job_id = (await worker.job())["id"]
    call = {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "look", "arguments": '{"a"'}}]}
    await worker.send(job_id, deltas_at=0, deltas=[{"content": "Let me"}, call])
    gap = await worker.try_send(job_id, deltas_at=3, deltas=[{"content": "x"}])
    assert (gap.status_code, gap.json()["next_delta"]) == (409, 2)
    await worker.send(job_id, deltas_at=1, deltas=[call, {"content": ":"}])
    other = await worker.try_send(job_id, deltas_at=0, deltas=[{"content": "Let you"}])
    assert horde.outcome(other) == (409, "PieceMismatch")
    await heard.until(Delta, lambda told: told.delta == {"content": ":"})
    await horde.texts.submit(worker.key, job_id, generation="Let me:")
    await heard.end()
    assert [each.delta for each in heard.told if isinstance(each, Delta)] == [
        {"content": "Let me"}, call, {"content": ":"},
    ]  # fmt: skip
    assert heard.text() == ""


async def test_steps_and_previews_of_a_picture(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§3.7, §3.8: the newest counts; previews only where they may be shown."""
    request_id = await horde.request(nsfw=True, censor_nsfw=False, params={"n": 2})
    heard = await listening(node, request_id, Wants(steps=True, previews=True))
    job = await horde.job(worker.key, streams=True, previews=True, amount=2)
    assert (job["stream"]["wanted"], job["stream"]["previews"]) == (True, True)
    shown = picture("red")
    await worker.send(job["id"], step=3, steps=30, preview=base64.b64encode(shown).decode())
    await heard.until(Preview)
    await worker.send(job["id"], step=4, steps=30)
    await worker.send(job["id"], seq=1, step=2, steps=30)
    step = await heard.until(Step, lambda told: told.step == 4)
    assert (step.slot, step.steps) == (0, 30)
    assert [each.picture for each in heard.told if isinstance(each, Preview)] == [shown]
    assert len(job["ids"]) == 2
    await worker.send(job["id"], index=1, step=5, steps=30)
    assert (await heard.until(Step, lambda told: told.step == 5)).slot == 1


@pytest.mark.parametrize(("checked", "shown"), [(False, False), (True, True)])
async def test_previews_for_who_wants_no_nsfw_are_checked_ones(
    horde: Horde, worker: StreamingWorker, node: Node, checked: bool, shown: bool
) -> None:
    """§3.8: by what the worker says of its own check."""
    heard = await listening(node, await horde.request(), Wants(steps=True, previews=True))
    job = await horde.job(worker.key, streams=True, previews=True, previews_checked=checked)
    assert job["stream"]["previews"] is shown
    await worker.send(job["id"], step=3, steps=30, preview=base64.b64encode(picture()).decode())
    await heard.until(Step)
    assert any(isinstance(each, Preview) for each in heard.told) is shown


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "piece",
    [
        {"seq": -1}, {"seq": 1_000_000}, {"at": -1}, {"at": 4 * 1024 * 1024 + 1}, {"text": 5}, {"text": "\0"},
        {"tokens": -1}, {"step": 10_001}, {"steps": "3"}, {"index": 20}, {"deltas": [{}] * 65}, {"deltas": ["x"]},
        {"deltas_at": -1}, {"text": None},
    ],
    ids=repr,
)  # fmt: skip
async def test_what_is_beyond_its_limits_is_refused(
    horde: Horde, worker: StreamingWorker, piece: dict[str, Any]
) -> None:
    """§2.2: 400, and nothing is lost."""
    await horde.texts.request()
    job_id = (await worker.job())["id"]
    assert (await worker.try_send(job_id, **piece)).status_code == 400
    assert (await worker.send(job_id))["cancelled"] is False


async def test_half_characters_are_refused(horde: Horde, worker: StreamingWorker) -> None:
    """§2.2: a piece ends with a whole one."""
    await horde.texts.request()
    job_id = (await worker.job())["id"]
    answer = await horde.client.post(
        f"/api/v2/generate/pieces/{job_id}",
        content=b'{"seq": 1, "at": 0, "text": "\xc3"}',
        headers={"apikey": worker.key, "content-type": "application/json"},
    )
    assert answer.status_code == 400, answer.text


async def test_too_large_pieces_are_413(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§2.2: of text, of deltas, of previews, and of the body as a whole."""
    await listening(node, await horde.texts.request())
    job_id = (await worker.job())["id"]
    for piece in ({"text": "x" * 16385}, {"text": "ä" * 8193}, {"deltas": [{"content": "x" * 16384}]}):
        assert horde.outcome(await worker.try_send(job_id, **piece)) == (413, "PieceTooLarge")
    assert (await worker.try_send(job_id, text="x" * 300_000)).status_code == 413
    await worker.write(job_id, "still here")


async def test_a_preview_is_a_small_picture(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§3.8: neither anything else nor a large one."""
    await listening(node, await horde.request(nsfw=True, censor_nsfw=False), Wants(steps=True, previews=True))
    job_id = (await horde.job(worker.key, streams=True, previews=True))["id"]
    assert (await worker.try_send(job_id, preview="no base64!")).status_code == 400
    assert (await worker.try_send(job_id, preview=base64.b64encode(b"x" * 100).decode())).status_code == 400
    large = base64.b64encode(b"\xff\xd8\xff" + bytes(131_072)).decode()
    assert horde.outcome(await worker.try_send(job_id, preview=large)) == (413, "PieceTooLarge")


async def test_whose_job_it_is(horde: Horde, worker: StreamingWorker) -> None:
    """§2.4: unknown → 404, another's → 403, a key that nobody has → 401; settled → 200 and `cancelled`."""
    eve = await horde.account("eve")
    await horde.texts.request()
    job_id = (await worker.job())["id"]
    assert horde.outcome(await worker.try_send(str(uuid4()))) == (404, "InvalidJobID")
    assert horde.outcome(await worker.try_send("no id")) == (404, "InvalidJobID")
    assert horde.outcome(await worker.try_send(job_id, key=eve.api_key)) == (403, "WrongCredentials")
    assert horde.outcome(await worker.try_send(job_id, key="nobody's")) == (401, "InvalidAPIKey")
    assert (await worker.send(job_id))["cancelled"] is False
    await horde.texts.submit(worker.key, job_id)
    assert (await worker.send(job_id))["cancelled"] is True
    assert horde.outcome(await worker.try_send(job_id, key=eve.api_key)) == (403, "WrongCredentials")


async def test_who_sends_too_often_waits(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§2.5: 20 a second of a job; what was refused may be sent again."""
    await listening(node, await horde.texts.request())
    job_id = (await worker.job())["id"]
    answers = await asyncio.gather(*(worker.try_send(job_id) for _ in range(60)))
    refused = [each for each in answers if each.status_code != 200]
    assert refused
    assert all(horde.outcome(each) == (429, "TooManyPieces") for each in refused)
    assert all(each.headers["retry-after"] == "1" for each in refused)


async def test_no_piece_asks_the_database(
    horde: Horde, worker: StreamingWorker, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§2.6: neither for the worker nor for who listens."""
    heard = await listening(node, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await worker.send(job_id)
    for asks in (node.following._relay, *node.following._dispatchers):
        monkeypatch.setattr(asks, "_pool", None)  # whoever asks it fails
    await worker.write(job_id, "one", " two")
    await heard.until(Text, lambda told: told.text.endswith("two"))


async def test_what_is_streamed_stands_nowhere(
    horde: Horde, worker: StreamingWorker, node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    """§4.5: neither in the database before the result, nor in the log."""
    heard = await listening(node, await horde.texts.request())
    job_id = (await worker.job())["id"]
    await worker.write(job_id, "a secret phrase")
    await heard.until(Text)
    rows = await horde.sql("SELECT job::text, (SELECT array_agg(resumption::text) FROM resumption)::text FROM job")
    assert "secret phrase" not in json.dumps(rows)
    assert "secret phrase" not in "".join(capsys.readouterr())


async def test_a_full_stream_ends_in_the_result(horde: Horde, worker: StreamingWorker, node: Node) -> None:
    """§3.9: beyond a mebibyte nothing is relayed any more."""
    heard = await listening(node, await horde.texts.request())
    job_id = (await worker.job())["id"]
    job = next(iter(node.following._relay.jobs.values()))
    job.text.text += b"x" * (1024 * 1024 - 2)
    assert (await worker.send(job_id, at=1024 * 1024 - 2, text="abc"))["next"] == 1024 * 1024 - 2
    await horde.texts.submit(worker.key, job_id, generation="x")
    assert isinstance(await heard.end(), End)
