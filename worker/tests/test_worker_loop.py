"""The loop against a played horde: pop, make, upload, submit; faults, refusals, back-off, and both ways to end."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from played_horde import Answer, PlayedHorde
from structlog.testing import capture_logs
from workshop import Naps, Workshop

from horde_worker.backends.demo_backend import DemoBackend
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageJob, ImageResult, Remark
from horde_worker.backends.interface import BackendSettings
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import FAULT_TRIES, HordeApi
from horde_worker.kinds.image.kind import ImageKind
from horde_worker.kinds.pictures import encode_webp
from horde_worker.loop import fetching, making
from horde_worker.loop.breaker import FAILURE_PAUSE_S
from horde_worker.loop.fetching import IDLE_PAUSE_S
from horde_worker.refusals import MAINTENANCE_PAUSE_S
from horde_worker.settings import OperatorWishes
from horde_worker.tally import Tally
from horde_worker.waiting import LATE_ANSWER_LIMIT_S
from horde_worker.worker import Worker


def failing(error: BaseException) -> Callable[[ImageJob], list[ImageResult]]:
    """A surprise for the painter: this error."""

    def fail(_job: ImageJob) -> list[ImageResult]:
        raise error

    return fail


def opened(webp: bytes) -> Image.Image:
    """A delivered picture; it must be WebP."""
    image = Image.open(io.BytesIO(webp))
    assert image.format == "WEBP"
    return image


# ------------------------------------------------------------------------ delivering


async def test_a_job_is_made_uploaded_and_submitted(horde: PlayedHorde, workshop: Workshop) -> None:
    """The picture lies at its address as WebP before the submit says so."""
    horde.pop_script = [horde.job("j1")]
    workshop.start(jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert horde.submit_of("j1") == {
        "id": "j1", "generation": "R2", "seed": 7, "state": "ok", "gen_metadata": []
    }  # fmt: skip
    [upload] = horde.uploads
    assert (upload.target, opened(upload.data).size) == ("/store/j1", (64, 64))


async def test_a_pop_says_what_is_offered(horde: PlayedHorde, workshop: Workshop) -> None:
    """Name and models of this worker."""
    workshop.start()
    await horde.until(lambda: horde.pops)
    assert (horde.pops[0]["name"], horde.pops[0]["models"]) == ("a worker", ["paint"])


async def test_without_an_address_the_picture_goes_inline(horde: PlayedHorde, workshop: Workshop) -> None:
    """In base64, in the submit itself."""
    horde.pop_script = [horde.job("j1", inline=True)]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert opened(base64.b64decode(horde.submit_of("j1")["generation"], validate=True)).size == (64, 64)
    assert horde.uploads == []


async def test_a_picture_that_cannot_be_uploaded_goes_inline(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """The work is not lost with the store."""
    horde.pop_script = [horde.job("j1")]
    horde.upload_script = [answer(403)]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert opened(base64.b64decode(horde.submit_of("j1")["generation"])).size == (64, 64)


@pytest.mark.parametrize("address", ["http://10.0.0.8/a", "http://[", "file:///tmp/a", "http://127.0.0.2:1/a"])
async def test_no_picture_is_sent_to_a_forbidden_address(horde: PlayedHorde, workshop: Workshop, address: str) -> None:
    """It goes inline to the horde instead, whoever wanted it elsewhere."""
    horde.pop_script = [horde.job("j1", r2_uploads=[address])]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert opened(base64.b64decode(horde.submit_of("j1")["generation"])).size == (64, 64)


async def test_every_picture_of_a_batch_is_delivered_in_its_place(horde: PlayedHorde, workshop: Workshop) -> None:
    """Each has its own address, seed and number."""
    horde.pop_script = [horde.job("j1", "j2", "j3")]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert [upload.target for upload in horde.uploads] == ["/store/j1", "/store/j2", "/store/j3"]
    assert [(one["id"], one["seed"], one["gen_metadata"]) for one in horde.submits] == [
        (f"j{place + 1}", 7 + place, [{"type": "batch_index", "value": "see_ref", "ref": str(place)}])
        for place in range(3)
    ]


async def test_what_the_backend_remarks_is_passed_on(horde: PlayedHorde, workshop: Workshop) -> None:
    """Such as that a picture was censored."""
    workshop.painter.remarks = (Remark("censorship", "nsfw"), Remark("information", "see_ref", "ignored words: cat"))
    horde.pop_script = [horde.job("j1")]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert horde.submit_of("j1")["gen_metadata"] == [
        {"type": "censorship", "value": "nsfw"},
        {"type": "information", "value": "see_ref", "ref": "ignored words: cat"},
    ]


async def test_a_wish_for_censoring_reaches_the_backend(horde: PlayedHorde, workshop: Workshop) -> None:
    """Only the backend can see what it painted."""
    horde.pop_script = [horde.job("j1", payload={"use_nsfw_censor": True})]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert workshop.painter.jobs[0].censors_nsfw


async def test_a_picture_of_an_alias_says_so(horde: PlayedHorde, workshop: Workshop) -> None:
    """Nobody is told that another model made it."""
    horde.pop_script = [horde.job("j1", model="Deliberate")]
    workshop.start(models=("Deliberate", "paint"), jobs_wanted=1)
    await workshop.ended()
    assert horde.submit_of("j1")["gen_metadata"] == [
        {"type": "information", "value": "see_ref", "ref": "served by paint as Deliberate"}
    ]


async def test_what_was_earned_is_counted(horde: PlayedHorde, workshop: Workshop, answer: type[Answer]) -> None:
    """Pictures and kudos, by the horde's answers."""
    horde.pop_script = [horde.job("j1", "j2")]
    horde.submit_script = [answer(body={"reward": 10}), answer(body={"reward": 2.5})]
    worker = workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert (worker.jobs_done, worker.kudos_earned) == (2, 12.5)


async def test_a_refused_submit_does_not_end_the_loop(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """The request may be gone; the next one is not."""
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    horde.submit_script = [answer(404, {"message": "gone", "rc": "InvalidJobID"})]
    worker = workshop.start(jobs_wanted=2)
    assert await workshop.ended() == ExitCode.OK
    assert ([one["id"] for one in horde.submits], worker.jobs_done) == (["j1", "j2"], 1)


async def test_logs_tell_neither_prompt_nor_key(horde: PlayedHorde, workshop: Workshop) -> None:
    """What people ask for is nobody's business."""
    horde.pop_script = [
        horde.job("j1", payload={"prompt": "a secret"}),
        horde.job("j2", payload={"prompt": "a secret"}),
    ]
    workshop.painter.surprises = [failing(BackendFailure("no"))]
    with capture_logs() as logs:
        workshop.start(jobs_wanted=2)
        await workshop.ended()
    assert {"worker.job_failed", "worker.delivered"} <= {one["event"] for one in logs}
    assert "secret" not in str(logs)
    assert "the key" not in str(logs)


# ------------------------------------------------------------------------ fetching ahead


async def test_the_next_job_is_fetched_while_one_runs(horde: PlayedHorde, workshop: Workshop) -> None:
    """So that no time is lost between two jobs."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    workshop.start()
    await horde.until(lambda: len(horde.pops) == 2)
    assert horde.submits == []


@pytest.mark.parametrize("queue_size", [1, 3])
async def test_no_more_jobs_are_held_than_asked_for(horde: PlayedHorde, workshop: Workshop, queue_size: int) -> None:
    """A job held in vain is one that another worker could have made."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job(f"j{place}") for place in range(9)]
    workshop.start(queue_size=queue_size)
    await horde.until(lambda: len(horde.pops) > queue_size)
    await horde.settle(workshop.session)
    assert len(horde.pops) == 1 + queue_size


async def test_jobs_are_made_in_the_order_of_their_pops(horde: PlayedHorde, workshop: Workshop) -> None:
    """First come, first served."""
    horde.pop_script = [horde.job(f"j{place}") for place in range(5)]
    workshop.start(jobs_wanted=5, queue_size=3)
    await workshop.ended()
    assert [one["id"] for one in horde.submits] == ["j0", "j1", "j2", "j3", "j4"]


# ------------------------------------------------------------------------ ending


async def test_drain_finishes_what_is_held(horde: PlayedHorde, workshop: Workshop) -> None:
    """The running job and the one fetched ahead are made and submitted; no other is popped."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1"), horde.job("j2"), horde.job("j3")]
    worker = workshop.start()
    await horde.until(lambda: len(horde.pops) == 2)
    await horde.settle(workshop.session)
    worker.drain()
    workshop.painter.may_paint.set()
    assert await workshop.ended() == ExitCode.OK
    assert [(one["id"], one["state"]) for one in horde.submits] == [("j1", "ok"), ("j2", "ok")]
    assert len(horde.pops) == 2


async def test_drain_ends_a_pause(horde: PlayedHorde, workshop: Workshop, naps: Naps) -> None:
    """An idle worker leaves at once."""
    naps.holds_from_s = IDLE_PAUSE_S
    workshop.start()
    await naps.until(lambda: naps.taken)
    assert await workshop.drained() == ExitCode.OK


async def test_a_job_that_arrives_while_draining_is_made(horde: PlayedHorde, workshop: Workshop) -> None:
    """The horde gave it to us; nobody else has it."""
    late = horde.job("j1")
    late.gate = asyncio.Event()
    horde.pop_script = [late]
    worker = workshop.start()
    await horde.until(lambda: horde.pops)
    worker.drain()
    late.gate.set()
    assert await workshop.ended() == ExitCode.OK
    assert horde.submit_of("j1")["state"] == "ok"


async def test_a_stop_does_not_wait_for_the_answer_to_a_pop(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """However long the horde would hold it: the connection is closed, so that it knows. Nothing is popped after it."""
    silence = asyncio.Event()
    horde.pop_script = [answer(gate=silence), horde.job("j1")]
    worker = workshop.start()
    await horde.until(lambda: horde.pops)
    worker.drain()
    async with asyncio.timeout(LATE_ANSWER_LIMIT_S + 2):  # the rest is for a busy machine
        assert await workshop.running == ExitCode.OK
    silence.set()
    assert (len(horde.pops), horde.submits) == (1, [])


async def test_a_job_that_arrives_while_leaving_is_given_back(horde: PlayedHorde, workshop: Workshop) -> None:
    """The horde gave it to us in that very moment; another worker can have it at once."""
    late = horde.job("j1")
    late.gate = asyncio.Event()
    horde.pop_script = [late]
    worker = workshop.start()
    await horde.until(lambda: horde.pops)
    worker.leave()
    late.gate.set()
    assert await workshop.ended() == ExitCode.OK
    assert horde.fault_of("j1") == "the worker is leaving"
    assert workshop.painter.jobs == []


async def test_a_stop_does_not_wait_for_a_self_test(horde: PlayedHorde, workshop: Workshop) -> None:
    """Nothing was taken yet."""
    has_begun = asyncio.Event()

    class Slow(ImageKind):
        async def start(self) -> None:
            has_begun.set()
            await asyncio.Event().wait()

    api = HordeApi(workshop.session, horde.url, "the key", workshop.naps)
    worker = Worker(Slow(api, "painter", workshop.painter, OperatorWishes("a worker", ("paint",))))
    running = asyncio.create_task(worker.run())
    await has_begun.wait()
    worker.drain()
    async with asyncio.timeout(5):
        assert await running == ExitCode.OK
    assert horde.pops == []


async def test_leaving_gives_back_what_is_held(horde: PlayedHorde, workshop: Workshop) -> None:
    """The running job ends, and both are faulted at once, so that nobody waits for them."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    worker = workshop.start()
    await horde.until(lambda: len(horde.pops) == 2)
    await horde.settle(workshop.session)
    worker.leave()
    assert await workshop.ended() == ExitCode.OK
    assert workshop.painter.cancelled == ["j1"]
    assert [horde.fault_of(one) for one in ("j1", "j2")] == ["the worker is leaving"] * 2


async def test_leaving_does_not_wait_for_a_silent_horde(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """A pop without an answer holds nobody back."""
    horde.pop_script = [answer(gate=asyncio.Event())]
    worker = workshop.start(leaving_limit_s=0.05)
    await horde.until(lambda: horde.pops)
    worker.leave()
    assert await workshop.ended() == ExitCode.OK


async def test_leaving_does_not_wait_for_a_broken_horde(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer], naps: Naps
) -> None:
    """A fault that cannot be delivered is dropped in the end; the horde will notice by the job's time."""
    naps.holds_from_s = 1.5
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1")]
    horde.submit_script = [answer(503)]
    worker = workshop.start(leaving_limit_s=0.05)
    await workshop.painter.has_begun.wait()
    worker.leave()
    assert await workshop.ended() == ExitCode.OK
    assert len(horde.submits) == 1


async def test_a_worker_for_one_job_ends_after_it(horde: PlayedHorde, workshop: Workshop) -> None:
    """Also when there are more."""
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    workshop.start(jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert (len(horde.pops), len(horde.submits)) == (1, 1)


# ------------------------------------------------------------------------ failing


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BackendFailure("out of paint"), "out of paint"),
        (ZeroDivisionError("division by zero"), "division by zero"),
        (KeyError(), "KeyError"),
        (TimeoutError(), "TimeoutError"),
        (asyncio.CancelledError(), "the backend gave up"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
async def test_whatever_a_backend_raises_is_a_fault_with_a_reason(
    horde: PlayedHorde, workshop: Workshop, error: BaseException, reason: str
) -> None:
    """The job goes back at once, and the next one is made."""
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    workshop.painter.surprises = [failing(error)]
    workshop.start(jobs_wanted=2)
    assert await workshop.ended() == ExitCode.OK
    assert horde.fault_of("j1") == reason
    assert horde.submit_of("j2")["state"] == "ok"


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([], "0 pictures for 1 jobs"),
        ([ImageResult(Image.new("RGB", (64, 64)), 1)] * 2, "2 pictures for 1 jobs"),
        (None, "NoneType"),
        ([ImageResult(None, 1)], "NoneType"),  # type: ignore[arg-type]
        ([ImageResult(Image.new("RGB", (0, 64)), 1)], "picture"),
        ([ImageResult(Image.new("RGB", (20_000, 1)), 1)], "encod"),
    ],
    ids=["none", "two", "nothing", "no picture", "empty picture", "too wide for WebP"],
)
async def test_a_result_that_is_no_picture_is_a_fault(
    horde: PlayedHorde, workshop: Workshop, made: Any, reason: str
) -> None:
    """A broken backend costs its jobs, not the worker."""
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    workshop.painter.surprises = [lambda _job: made]
    workshop.start(jobs_wanted=2)
    assert await workshop.ended() == ExitCode.OK
    assert reason in horde.fault_of("j1")
    assert horde.submit_of("j2")["state"] == "ok"


async def test_every_job_of_a_failed_batch_is_given_back(horde: PlayedHorde, workshop: Workshop) -> None:
    """None is left until its time is over."""
    horde.pop_script = [horde.job("j1", "j2")]
    workshop.painter.surprises = [failing(BackendFailure("no"))]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert [horde.fault_of(one) for one in ("j1", "j2")] == ["no", "no"]


async def test_a_long_reason_is_cut_to_the_hordes_limit(horde: PlayedHorde, workshop: Workshop) -> None:
    """A traceback as a reason does not make the fault itself invalid."""
    horde.pop_script = [horde.job("j1")]
    workshop.painter.surprises = [failing(BackendFailure("x" * 1000))]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert horde.fault_of("j1") == "x" * 255


async def test_a_fault_that_is_refused_does_not_end_the_loop(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """The horde may have given the job away already."""
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    horde.submit_script = [answer(400, {"message": "late", "rc": "AbortedGen"})]
    workshop.painter.surprises = [failing(BackendFailure("no"))]
    workshop.start(jobs_wanted=2)
    assert await workshop.ended() == ExitCode.OK
    assert horde.submit_of("j2")["state"] == "ok"


async def test_a_job_is_given_up_before_the_hordes_time_for_it_is_over(horde: PlayedHorde, workshop: Workshop) -> None:
    """The horde would give it away unheard; a fault frees it sooner, and the worker for the next job."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1", ttl=1)]
    workshop.start()
    await horde.until(lambda: horde.submits)
    assert "time" in horde.fault_of("j1")
    assert workshop.painter.cancelled == ["j1"]
    workshop.painter.may_paint.set()
    horde.pop_script = [horde.job("j2")]
    await horde.until(lambda: len(horde.submits) == 2)
    assert horde.submit_of("j2")["state"] == "ok"


async def test_three_failures_in_a_row_are_followed_by_a_long_pause(
    horde: PlayedHorde, workshop: Workshop, naps: Naps
) -> None:
    """A broken machine does not spoil one request after the other; draining ends the pause."""
    naps.holds_from_s = FAILURE_PAUSE_S
    horde.pop_script = [horde.job(f"j{place}") for place in range(9)]
    workshop.painter.surprises = [failing(BackendFailure("no"))] * 9
    workshop.start()
    await naps.until(lambda: FAILURE_PAUSE_S in naps.taken)
    await horde.settle(workshop.session)
    assert len(horde.pops) <= 4, "what failed, and one that was fetched ahead"
    assert await workshop.drained() == ExitCode.OK


async def test_a_picture_in_between_forgives_failures(horde: PlayedHorde, workshop: Workshop, naps: Naps) -> None:
    """Two, one good one, two: no pause."""
    fails, paints = failing(BackendFailure("no")), lambda job: [ImageResult(Image.new("RGB", (64, 64)), 1)]
    horde.pop_script = [horde.job(f"j{place}") for place in range(5)]
    workshop.painter.surprises = [fails, fails, paints, fails, fails]
    workshop.start(jobs_wanted=5)
    await workshop.ended()
    assert FAILURE_PAUSE_S not in naps.taken


# ------------------------------------------------------------------------ hostile jobs


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"payload": {"width": 10**9}}, "out of bounds"),
        ({"payload": {"height": -64}}, "out of bounds"),
        ({"payload": {"ddim_steps": 10**6}}, "out of bounds"),
        ({"payload": {"width": 4096, "height": 4096}}, "more than 262144 pixels"),
        ({"model": "something else"}, "not offered"),
        ({"model": {"not": "text"}}, "not offered"),
        ({"model": "x" * 1_000_000}, "the model '' is not offered"),
        ({"payload": {"prompt": "x" * 1_000_000}}, "a prompt of 1000000 characters is out of bounds"),
        ({"r2_uploads": ["http://1"] * 100_000}, "101 upload addresses"),
        ({"r2_uploads": ["http://1", "http://2"]}, "upload addresses"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_a_hostile_job_is_given_back_with_a_reason(
    horde: PlayedHorde, workshop: Workshop, changes: dict[str, Any], reason: str
) -> None:
    """It never reaches the backend, and the next job is made."""
    horde.pop_script = [horde.job("bad", **changes), horde.job("good")]
    workshop.start(jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert reason in horde.fault_of("bad")
    assert [job.ids for job in workshop.painter.jobs] == [("good",)]


@pytest.mark.parametrize(
    ("ids", "reason", "given_back"),
    [
        (list("abcde"), "5 results are more than 4 at a time", list("abcd")),
        ([f"j{place}" for place in range(100_000)], "more than 100 ids", ["j0", "j1", "j2", "j3"]),
        (["a"] * 100_000, "more than 100 ids", ["a"]),
        (["a", "a"], "an id that comes twice, or has more than 100 characters", ["a"]),
        (["x" * 1_000_000, "b"], "an id that comes twice, or has more than 100 characters", ["b"]),
        (["x" * 1_000_000], "an id that comes twice, or has more than 100 characters", []),
    ],
    ids=["five", "endless", "endless and doubled", "doubled", "long", "only long"],
)
async def test_no_more_jobs_are_given_back_than_were_asked_for(
    horde: PlayedHorde, workshop: Workshop, ids: list[str], reason: str, given_back: list[str]
) -> None:
    """A horde that hands out more does not keep the worker busy: one line in the log, and a few submits."""
    horde.pop_script = [horde.job("a", ids=ids, r2_uploads=None), horde.job("good")]
    with capture_logs() as logs:
        workshop.start(jobs_wanted=1)
        await workshop.ended()
    [refused] = [one for one in logs if one["event"] == "worker.unusable_job"]
    assert refused["reason"] == reason
    assert [one["id"] for one in horde.submits] == [*given_back, "good"]


async def test_draining_does_not_wait_for_jobs_that_nobody_takes_back(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A horde that is silent on faults holds Ctrl-C up for a while only."""
    monkeypatch.setattr(making, "FAULTS_LIMIT_S", 0.05)
    silence = asyncio.Event()
    horde.pop_script = [horde.job(*"abcd", model="other")]
    horde.submit_script = [answer(gate=silence) for _ in range(4)]
    workshop.start()
    await horde.until(lambda: horde.submits)
    assert await workshop.drained() == ExitCode.OK
    assert len(horde.submits) == 1
    silence.set()


async def test_a_fault_that_is_not_heard_is_given_up_soon(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """The horde will notice by the job's time; a finished picture is worth more tries."""
    horde.pop_script = [horde.job("bad", model="other"), horde.job("good")]
    horde.submit_script = [answer(503) for _ in range(FAULT_TRIES)]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert [one["id"] for one in horde.submits] == ["bad"] * FAULT_TRIES + ["good"]


async def test_a_job_without_a_payload_is_given_back(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """There is at least an id to answer to."""
    horde.pop_script = [answer(body={"ids": ["bad"], "model": "paint"}), horde.job("good")]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert horde.fault_of("bad") == "the job has no payload"


@pytest.mark.parametrize("body", [{}, {"ids": 3}, {"ids": [None]}, {"skipped": [1]}, {"skipped": {"nsfw": "x"}}])
async def test_an_answer_that_makes_no_sense_counts_as_no_job(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer], body: dict[str, Any]
) -> None:
    """The worker asks again after the usual pause."""
    horde.pop_script = [answer(body=body), horde.job("j1")]
    workshop.start(jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert workshop.naps.taken == [IDLE_PAUSE_S]


async def test_a_horde_that_holds_pops_back_is_asked_again_without_a_pause(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and holds this one for a while; a job that comes then is fetched without any delay of ours."""
    gate = asyncio.Event()
    held = answer(body={"id": None}, headers={"Preference-Applied": "wait=30"}, gate=gate)
    horde.pop_script = [held, horde.job("j1")]
    monkeypatch.setattr(fetching, "IDLE_PAUSE_S", 0.05)
    workshop.start(jobs_wanted=1)
    await horde.until(lambda: horde.pops)
    await asyncio.sleep(0.1)
    gate.set()
    assert await workshop.ended() == ExitCode.OK
    assert workshop.naps.taken == []
    assert horde.headers[0]["Prefer"] == "wait=30"


async def test_a_horde_that_only_says_it_holds_pops_back_is_not_asked_like_mad(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """An answer that comes at once is followed by the usual pause."""
    horde.pop_script = [answer(body={"id": None}, headers={"Preference-Applied": "wait=30"}), horde.job("j1")]
    workshop.start(jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert workshop.naps.taken == [IDLE_PAUSE_S]


async def test_hostile_jobs_do_not_make_the_worker_spin(horde: PlayedHorde, workshop: Workshop, naps: Naps) -> None:
    """A pause after each, and the long one after three."""
    horde.pop_script = [horde.job(f"bad{place}", model="other") for place in range(3)] + [horde.job("good")]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    assert naps.taken == [IDLE_PAUSE_S, IDLE_PAUSE_S, IDLE_PAUSE_S, FAILURE_PAUSE_S]


# ------------------------------------------------------------------------ refusals and outages


async def test_an_unreachable_horde_is_waited_for(horde: PlayedHorde, workshop: Workshop, naps: Naps) -> None:
    """With longer and longer pauses, and as if nothing had been when it is back."""
    await horde.close()
    workshop.start(jobs_wanted=1)
    await naps.until(lambda: len(naps.taken) >= 3)
    horde.pop_script = [horde.job("j1")]
    await horde.open()
    assert await workshop.ended() == ExitCode.OK
    assert horde.submit_of("j1")["state"] == "ok"
    assert [round(taken / 2 ** (place + 1)) for place, taken in enumerate(naps.taken[:3])] == [1, 1, 1]


async def test_the_back_off_starts_anew_after_an_answer(
    horde: PlayedHorde, workshop: Workshop, naps: Naps, answer: type[Answer]
) -> None:
    """Two short outages are not one long one."""
    horde.pop_script = [answer(503), answer(hangs_up=True), answer(body={}), answer(502), horde.job("j1")]
    workshop.start(jobs_wanted=1)
    await workshop.ended()
    first, second, idle, third = naps.taken
    assert [first < 2.5, 3 < second < 5, idle == IDLE_PAUSE_S, third < 2.5] == [True] * 4


@pytest.mark.parametrize(
    ("headers", "pause_s"), [({"Retry-After": "17"}, 17.0), ({}, 5.0), ({"Retry-After": "x"}, 5.0)]
)
async def test_a_busy_horde_is_left_alone_as_long_as_it_says(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer], headers: dict[str, str], pause_s: float
) -> None:
    """Retry-After of a 429, or five seconds."""
    horde.pop_script = [answer(429, {"message": "busy"}, headers), horde.job("j1")]
    workshop.start(jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert workshop.naps.taken == [pause_s]


@pytest.mark.parametrize(
    ("status", "rc"),
    [
        (401, "InvalidAPIKey"),
        (403, "WrongCredentials"),
        (400, "PolymorphicNameConflict"),
        (403, "AnonForbiddenWorker"),
        (403, "TooManyWorkers"),
        (403, "WorkerBanned"),
        (400, "ProfaneWorkerName"),
        (400, "unknown to us"),
    ],
)
async def test_a_refusal_of_the_worker_itself_ends_it(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer], status: int, rc: str
) -> None:
    """Asking again would not help: the operator reads why, and the exit code says settings or credentials."""
    horde.pop_script = [answer(status, {"message": "Not you.", "rc": rc})]
    with capture_logs() as logs:
        workshop.start()
        assert await workshop.ended() == ExitCode.CREDENTIALS
    [refused] = [one for one in logs if one["event"] == "worker.refused"]
    said = "No account of this horde has this API key." if rc == "InvalidAPIKey" else "Not you."
    assert (refused["rc"], refused["message"]) == (rc, said)
    assert len(horde.pops) == 1


async def test_a_refused_worker_finishes_what_it_holds(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """The job before the refusal was given in good faith."""
    horde.pop_script = [horde.job("j1"), answer(401, {"message": "Not you.", "rc": "InvalidAPIKey"})]
    workshop.start()
    assert await workshop.ended() == ExitCode.CREDENTIALS
    assert horde.submit_of("j1")["state"] == "ok"


@pytest.mark.parametrize("rc", ["WorkerMaintenance", "TimeoutIP", ""])
async def test_other_refusals_are_waited_out(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer], rc: str
) -> None:
    """Maintenance ends some day."""
    horde.pop_script = [answer(403, {"message": "later", "rc": rc}), horde.job("j1")]
    workshop.start(jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert workshop.naps.taken == [MAINTENANCE_PAUSE_S]


async def test_maintenance_ends_a_worker_that_was_told_so(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """With its own exit code."""
    horde.pop_script = [answer(403, {"message": "later", "rc": "WorkerMaintenance"})]
    workshop.start(exit_on_maintenance=True)
    assert await workshop.ended() == ExitCode.MAINTENANCE


async def test_an_idle_operator_is_told_why(horde: PlayedHorde, workshop: Workshop, answer: type[Answer]) -> None:
    """Reasons that keep requests from this worker, without the zeros."""
    horde.pop_script = [answer(body={"id": None, "skipped": {"max_pixels": 3, "nsfw": 0, "models": None}})]
    with capture_logs() as logs:
        workshop.start()
        await horde.until(lambda: len(horde.pops) == 2)
    [advice] = [one for one in logs if one["event"] == "worker.idle"]
    assert advice["requests_not_for_us"] == {"max_pixels": 3}


@pytest.mark.parametrize(
    "models", [[{"name": "Deliberate", "jobs": 3}], [], None, {"a": 1}, [1, {"jobs": 2}]], ids=repr
)
async def test_an_idle_operator_is_told_which_models_are_wanted(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer], models: Any
) -> None:
    """As far as the horde tells: it is asked once, and any answer will do."""
    horde.models = answer(body=models)
    horde.pop_script = [answer(body={"id": None, "skipped": {"models": 3}})]
    with capture_logs() as logs:
        workshop.start()
        await horde.until(lambda: len(horde.pops) == 3)
    [advice] = [one for one in logs if one["event"] == "worker.idle"]
    wanted = {"wanted_models": {"Deliberate": 3}} if models == [{"name": "Deliberate", "jobs": 3}] else {}
    assert advice == {
        "event": "worker.idle", "log_level": "info", "requests_not_for_us": {"models": 3}, **wanted
    }  # fmt: skip
    assert horde.asked_models == ["image"]


async def test_of_the_wanted_models_the_most_wanted_that_are_not_offered_are_told(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """Those with requests that wait, and not all of a hundred thousand."""
    rows = [{"name": f"m{place}", "jobs": place, "queued": 1e6, "count": 0} for place in range(100_000)]
    horde.models = answer(body=[*rows, {"name": "paint", "jobs": 1e6}, {"name": "x" * 1000, "jobs": 1e6}])
    horde.pop_script = [answer(body={"id": None, "skipped": {"models": 3, **{str(i): 1 for i in range(10_000)}}})]
    with capture_logs() as logs:
        workshop.start()
        await horde.until(lambda: len(horde.pops) == 2)
    [advice] = [one for one in logs if one["event"] == "worker.idle"]
    assert list(advice["wanted_models"].items()) == [(f"m{place}", place) for place in range(99_999, 99_994, -1)]
    assert len(advice["requests_not_for_us"]) == 20


async def test_a_horde_that_does_not_say_what_is_wanted_holds_nothing_up(
    horde: PlayedHorde, workshop: Workshop, answer: type[Answer]
) -> None:
    """Draining ends the question, and its refusal is no reason to stop."""
    silence = asyncio.Event()
    horde.models = answer(503, gate=silence)
    horde.pop_script = [answer(body={"id": None, "skipped": {"models": 3}})]
    workshop.start()
    await horde.until(lambda: horde.asked_models)
    assert await workshop.drained() == ExitCode.OK
    silence.set()


# ------------------------------------------------------------------------ the tally


async def test_what_was_earned_is_told_with_each_delivery_and_at_the_end(
    horde: PlayedHorde, workshop: Workshop
) -> None:
    """An operator reads it without a calculator."""
    horde.pop_script = [horde.job("j1", "j2"), horde.job("j3")]
    with capture_logs() as logs:
        workshop.start(jobs_wanted=2)
        await workshop.ended()
    assert [one["kudos_today"] for one in logs if one["event"] == "worker.delivered"] == [1.5, 3.0, 4.5]
    assert logs[-1] == {"event": "worker.left", "log_level": "info", "results": 3, "kudos": 4.5}


async def test_a_day_that_is_over_is_told_once(horde: PlayedHorde, workshop: Workshop) -> None:
    """With the first delivery of another one."""
    days = iter([dt.date(2026, 11, 29)] * 3 + [dt.date(2026, 11, 30)] * 9)
    horde.pop_script = [horde.job("j1"), horde.job("j2"), horde.job("j3")]
    with capture_logs() as logs:
        workshop.start(jobs_wanted=3, tally=Tally(lambda: next(days)))
        await workshop.ended()
    [day] = [one for one in logs if one["event"] == "worker.day"]
    assert (day["day"], day["results"], day["kudos"]) == ("2026-11-29", 2, 3.0)
    assert [one["kudos_today"] for one in logs if one["event"] == "worker.delivered"] == [1.5, 3.0, 1.5]


async def test_the_jobs_in_hand_are_those_to_be_finished(horde: PlayedHorde, workshop: Workshop, naps: Naps) -> None:
    """Of the running job and the one fetched ahead; none of them is left in the count afterwards."""
    workshop.painter.may_paint.clear()
    workshop.painter.surprises = [failing(BackendFailure("no"))]
    horde.pop_script = [horde.job("j1", "j2"), horde.job("j3")]
    worker = workshop.start(jobs_wanted=2)
    await workshop.painter.has_begun.wait()
    await horde.until(lambda: len(horde.pops) == 2)
    while worker.jobs_in_hand < 3:
        await asyncio.sleep(0)
    workshop.painter.may_paint.set()
    await workshop.ended()
    assert worker.jobs_in_hand == 0


# ------------------------------------------------------------------------ backends


async def test_a_kind_that_has_nothing_to_offer_ends_the_worker(horde: PlayedHorde, workshop: Workshop) -> None:
    """Before it takes a job it could not make, with its own exit code."""

    class Broken(ImageKind):
        async def start(self) -> None:
            raise BackendFailure("no canvas")

    api = HordeApi(workshop.session, horde.url, "the key", workshop.naps)
    worker = Worker(Broken(api, "painter", workshop.painter, OperatorWishes("a worker", ("paint",))))
    assert await worker.run() == ExitCode.BACKEND
    assert horde.pops == []


async def test_the_demo_model_serves_a_job(horde: PlayedHorde, workshop: Workshop) -> None:
    """With the real built-in backend: a picture of the size asked for, and what it did not understand."""
    payload = {"prompt": "a red circle wearing a hat", "sampler_name": "k_euler", "seed": 3}
    horde.pop_script = [horde.job("j1", model="ember-demo", payload=payload)]
    demo = await DemoBackend.open(BackendSettings("demo"))
    workshop.start(models=("ember-demo",), maker=demo, jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert opened(horde.uploads[0].data).size == (64, 64)
    [remark] = horde.submit_of("j1")["gen_metadata"]
    assert remark["ref"].startswith("ignored words: ")


@pytest.mark.parametrize(
    ("mode", "delivered"), [("RGB", "RGB"), ("RGBA", "RGBA"), ("LA", "RGBA"), ("L", "RGB"), ("P", "RGB")]
)
def test_transparency_is_kept_where_there_is_some(mode: str, delivered: str) -> None:
    """Other pictures have none added."""
    assert opened(encode_webp(Image.new(mode, (8, 8)))).mode == delivered
