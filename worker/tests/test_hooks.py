"""Hooks hear of everything in order, may stop or replace what goes out, and cannot hold the worker up."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from played_horde import PlayedHorde
from structlog.testing import capture_logs
from workshop import Workshop

from horde_worker.backends.events import BackendFailure, Piece, Preview, Progress
from horde_worker.backends.image import ImageResult, Remark
from horde_worker.backends.text import TextJob, TextResult
from horde_worker.exit_codes import ExitCode
from horde_worker.hooks import AnyResult, Delivery, Hook, Hooks, Job

JOB = TextJob(
    ids=("a",), model="quill", prompt="a secret", max_length=9, max_context_length=99, seeds=(1,), ttl_s=150.0
)


class Diary(Hook):
    """Writes down all that it hears."""

    def __init__(self) -> None:
        self.entries: list[Any] = []

    async def before_job(self, job: Job) -> None:
        self.entries.append(("before", job.ids))

    async def on_progress(self, job: Job, progress: Progress | Preview) -> None:
        self.entries.append((type(progress).__name__, progress.place))

    async def on_piece(self, job: Job, piece: Piece) -> None:
        self.entries.append((piece.place, piece.text))

    async def on_result(self, job: Job, place: int, result: AnyResult) -> AnyResult:
        self.entries.append(("result", place))
        return result

    async def on_delivered(self, job: Job, delivery: Delivery) -> None:
        assert delivery.seconds >= 0
        self.entries.append(("delivered", delivery.place, delivery.kudos))

    async def on_fault(self, job: Job, ids: Sequence[str], error: Exception) -> None:
        self.entries.append(("fault", tuple(ids), str(error)))

    async def after_job(self, job: Job) -> None:
        self.entries.append(("after", job.ids))


class Censor(Hook):
    """Puts a black picture for each red one, and says so."""

    async def on_result(self, job: Job, place: int, result: AnyResult) -> AnyResult:
        if isinstance(result, ImageResult) and result.image.getpixel((0, 0)) == (255, 0, 0):
            return replace(
                result,
                image=Image.new("RGB", result.image.size),
                remarks=(*result.remarks, Remark("censorship", "nsfw")),
            )
        return result


def a_hook(event: str, action: Callable[[], Any]) -> Hook:
    """A hook that does this at one event."""

    async def method(_self: Hook, *_arguments: Any) -> Any:
        done = action()
        return await done if asyncio.iscoroutine(done) else done

    odd: Hook = type("Odd", (Hook,), {event: method})()
    return odd


def broken() -> None:
    raise ZeroDivisionError("no measure")


async def for_ever() -> None:
    await asyncio.Event().wait()


def picture_of(horde: PlayedHorde, place: int = 0) -> Image.Image:
    """A picture that was uploaded."""
    return Image.open(io.BytesIO(horde.uploads[place].data)).convert("RGB")


async def test_everything_is_told_in_order(horde: PlayedHorde, workshop: Workshop) -> None:
    """Each picture as it is made and delivered; the first once the second is there."""
    diary = Diary()
    horde.pop_script = [horde.job("j1", "j2"), horde.job("j3")]
    workshop.start(jobs_wanted=2, hooks=[diary])
    assert await workshop.ended() == ExitCode.OK
    assert diary.entries == [
        ("before", ("j1", "j2")),
        ("Progress", 0), ("Progress", 0), ("result", 0), ("delivered", 0, 1.5), ("result", 1), ("delivered", 1, 1.5),
        ("after", ("j1", "j2")),
        ("before", ("j3",)), ("Progress", 0), ("result", 0), ("delivered", 0, 1.5), ("after", ("j3",)),
    ]  # fmt: skip


async def test_a_fault_is_told_with_its_reason(horde: PlayedHorde, workshop: Workshop) -> None:
    """And the job is over."""

    def fail(_job: Any) -> Any:
        raise BackendFailure("out of paint")

    diary = Diary()
    workshop.painter.surprises = [fail]
    horde.pop_script = [horde.job("j1", "j2")]
    workshop.start(jobs_wanted=1, hooks=[diary])
    await workshop.ended()
    assert diary.entries == [
        ("before", ("j1", "j2")), ("fault", ("j1", "j2"), "out of paint"), ("after", ("j1", "j2"))
    ]  # fmt: skip


async def test_a_result_can_be_replaced(horde: PlayedHorde, workshop: Workshop) -> None:
    """Before it is packed: what is uploaded is what the hook gave, with its remark."""
    horde.pop_script = [horde.job("j1")]
    workshop.start(jobs_wanted=1, hooks=[Censor()])
    await workshop.ended()
    assert picture_of(horde).getpixel((0, 0)) == (0, 0, 0)
    assert horde.submit_of("j1")["gen_metadata"] == [{"type": "censorship", "value": "nsfw"}]


async def test_hooks_come_after_each_other(horde: PlayedHorde, workshop: Workshop) -> None:
    """The second sees what the first gave."""
    seen: list[Any] = []

    class Witness(Hook):
        async def on_result(self, job: Job, place: int, result: AnyResult) -> AnyResult:
            assert isinstance(result, ImageResult)
            seen.append(result.image.getpixel((0, 0)))
            return result

    horde.pop_script = [horde.job("j1")]
    workshop.start(jobs_wanted=1, hooks=[Witness(), Censor(), Witness()])
    await workshop.ended()
    assert seen == [(255, 0, 0), (0, 0, 0)]


@pytest.mark.parametrize("event", ["before_job", "on_result"])
async def test_a_hook_that_cannot_decide_lets_nothing_out(horde: PlayedHorde, workshop: Workshop, event: str) -> None:
    """What a broken safety check has not seen is given back, and the log says which hook it was, without the prompt."""
    horde.pop_script = [horde.job("j1", payload={"prompt": "a secret"})]
    with capture_logs() as logs:
        workshop.start(jobs_wanted=1, hooks=[a_hook(event, broken)])
        await workshop.ended()
    assert horde.fault_of("j1") == "Odd could not decide: no measure"
    assert horde.uploads == []
    [failed] = [one for one in logs if one["event"] == "worker.hook_failed"]
    assert (failed["hook"], failed["at"], failed["kind"]) == ("Odd", event, "ZeroDivisionError")
    assert "secret" not in str(logs)


async def test_a_hook_may_refuse_one_result_of_several(horde: PlayedHorde, workshop: Workshop) -> None:
    """With a reason that the requester reads; the others go out."""

    class Picky(Hook):
        async def on_result(self, job: Job, place: int, result: AnyResult) -> AnyResult:
            if place == 1:
                raise BackendFailure("not this one")
            return result

    horde.pop_script = [horde.job("j1", "j2", "j3")]
    workshop.start(jobs_wanted=1, hooks=[Picky()])
    await workshop.ended()
    assert horde.fault_of("j2") == "not this one"
    assert [horde.submit_of(one)["state"] for one in ("j1", "j3")] == ["ok", "ok"]


async def test_another_kind_of_result_is_no_replacement(horde: PlayedHorde, workshop: Workshop) -> None:
    """It could not be packed."""
    horde.pop_script = [horde.job("j1")]
    workshop.start(jobs_wanted=1, hooks=[a_hook("on_result", lambda: TextResult("ha", 1, 1))])
    await workshop.ended()
    assert horde.fault_of("j1") == "Odd put a TextResult for a ImageResult"


@pytest.mark.parametrize("event", ["on_progress", "on_delivered", "after_job"])
async def test_a_listener_that_fails_changes_nothing(horde: PlayedHorde, workshop: Workshop, event: str) -> None:
    """It is told once a job, and asked again with the next one."""
    horde.pop_script = [horde.job("j1", "j2"), horde.job("j3")]
    diary = Diary()
    with capture_logs() as logs:
        workshop.start(jobs_wanted=2, hooks=[a_hook(event, broken), diary])
        await workshop.ended()
    assert [one["state"] for one in horde.submits] == ["ok"] * 3
    assert [one["at"] for one in logs if one["event"] == "worker.hook_failed"] == [event] * 2
    assert len([one for one in diary.entries if one[0] == "delivered"]) == 3


async def test_no_hook_holds_the_work_up() -> None:
    """A listener is left out after its time, for this job; a decision that does not come is a no."""
    diary = Diary()
    hooks = Hooks(
        [a_hook("on_piece", for_ever), a_hook("before_job", for_ever), diary],
        decision_limit_s=0.01,
        listening_limit_s=0.01,
    )
    with capture_logs() as logs, pytest.raises(BackendFailure, match="Odd could not decide: it took too long"):
        await hooks.before_job(JOB)
    async with asyncio.timeout(5):
        for place in range(1000):
            await hooks.watch(JOB, Piece(0, str(place)))
    assert [one for _, one in diary.entries] == [str(place) for place in range(1000)]
    with capture_logs() as more:
        await hooks.watch(JOB, Piece(0, "again"))
    assert ([one["at"] for one in logs], more) == (["before_job"], [])


async def test_leaving_does_not_wait_for_a_decision(horde: PlayedHorde, workshop: Workshop) -> None:
    """The owner wants the machine now."""
    asked = asyncio.Event()

    async def think() -> None:
        asked.set()
        await for_ever()

    horde.pop_script = [horde.job("j1")]
    worker = workshop.start(hooks=[a_hook("on_result", think)])
    await asked.wait()
    worker.leave()
    assert await workshop.ended() == ExitCode.OK
    assert horde.fault_of("j1") == "the worker is leaving"


async def test_a_picture_that_goes_inline_has_passed_the_hooks_too(horde: PlayedHorde, workshop: Workshop) -> None:
    """There is one way out."""
    horde.pop_script = [horde.job("j1", inline=True)]
    workshop.start(jobs_wanted=1, hooks=[Censor()])
    await workshop.ended()
    sent = base64.b64decode(horde.submit_of("j1")["generation"])
    assert Image.open(io.BytesIO(sent)).convert("RGB").getpixel((0, 0)) == (0, 0, 0)
