"""Whatever happens to a backend, a job ends as a result or as a fault with a reason, and the worker goes on."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from chaos.http_easel import HttpEasel
from PIL import Image
from played_horde import LIMIT_S, PlayedHorde
from structlog.testing import capture_logs
from workshop import Workshop

from horde_worker.backends.events import BackendFailure, OutOfMemory, Progress
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageMaker, ImageResult
from horde_worker.loop import making
from horde_worker.loop.breaker import FAILURE_PAUSE_S
from horde_worker.pool.image_pool import ImagePool
from horde_worker.pool.members import Member, Members

SCRIPT = Path(__file__).with_name("easel_server.py")


class Program:
    """The painting program: a real process on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hold = folder / "hold"
        self.asked = folder / "asked"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(self.port), str(self.folder)], stdin=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """As the system does when memory is out."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    async def until_up(self) -> None:
        """Wait until it takes connections."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """Running."""
    made = Program(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest_asyncio.fixture
async def easel(program: Program) -> AsyncIterator[HttpEasel]:
    """A maker that has looked at the program."""
    await program.until_up()
    made = HttpEasel(program.url)
    await made.start()
    yield made
    await made.aclose()


async def until(condition: Callable[[], object]) -> None:
    """Wait for something outside of this process."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0.01)


# ------------------------------------------------------------------------ it dies


async def test_a_backend_that_dies_and_comes_back_makes_its_job_after_all(
    horde: PlayedHorde, workshop: Workshop, program: Program, easel: HttpEasel
) -> None:
    """It is killed in the middle; once it is back, the job is tried once again."""
    program.hold.touch()
    horde.pop_script = [horde.job("j1")]
    workshop.start(maker=easel, jobs_wanted=1)
    await until(program.asked.exists)
    program.kill()
    await until(lambda: easel.unready)
    program.hold.unlink()
    program.start()
    await workshop.ended()
    assert horde.submit_of("j1")["state"] == "ok"


async def test_a_backend_that_stays_dead_costs_its_job_and_no_other(
    horde: PlayedHorde, workshop: Workshop, program: Program, easel: HttpEasel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is given back with a reason, and none is asked for until the backend is back."""
    monkeypatch.setattr(making, "BACK_AGAIN_LIMIT_S", 0.2)
    program.hold.touch()
    horde.pop_script = [horde.job("j1")]
    worker = workshop.start(maker=easel)
    await until(program.asked.exists)
    program.kill()
    await horde.until(lambda: horde.submits)
    assert "closed the connection" in horde.fault_of("j1")
    await until(lambda: worker.waits_for)
    asked = len(horde.pops)
    await horde.settle(workshop.session)
    assert len(horde.pops) == asked, "nothing is asked for while it is away"
    horde.pop_script = [horde.job("j2")]
    program.hold.unlink()
    program.start()
    await horde.until(lambda: len(horde.submits) == 2)
    assert horde.submit_of("j2")["state"] == "ok"
    assert worker.waits_for == ""


# ------------------------------------------------------------------------ it hangs


async def test_a_backend_that_stands_still_is_given_up(horde: PlayedHorde, workshop: Workshop) -> None:
    """After a sign of life and then none; it is cancelled, and the next job is made."""
    cancelled: list[str] = []

    class Stuck:
        abilities = workshop.painter.abilities

        async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
            yield Progress(0, 1, 20)
            if job.ids == ("j1",):
                try:
                    await asyncio.Event().wait()
                finally:
                    cancelled.append(job.ids[0])
            async for event in workshop.painter.make(job):
                yield event

    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    workshop.start(maker=Stuck(), jobs_wanted=2, still_limit_s=0.2)
    await workshop.ended()
    assert "stood still" in horde.fault_of("j1")
    assert (cancelled, horde.submit_of("j2")["state"]) == (["j1"], "ok")


async def test_a_backend_that_never_says_anything_has_the_whole_time_of_its_job(
    horde: PlayedHorde, workshop: Workshop
) -> None:
    """Some give no signs of life: only the horde's time counts."""
    workshop.painter.may_paint.clear()
    horde.pop_script = [horde.job("j1", ttl=1)]
    workshop.start(jobs_wanted=1, still_limit_s=0.01)
    await horde.until(lambda: horde.submits)
    assert "the time that the horde gives" in horde.fault_of("j1")
    workshop.painter.may_paint.set()
    await workshop.ended()


async def test_a_backend_that_takes_its_time_to_end_does_not_hold_the_worker(
    horde: PlayedHorde, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that swallows its cancellation, and goes on."""
    monkeypatch.setattr("horde_worker.loop.at_work.ENDING_LIMIT_S", 0.1)
    may_end = asyncio.Event()

    class Deaf:
        abilities = workshop.painter.abilities

        async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
            yield Progress(0, 1, 20)
            while job.ids == ("j1",) and not may_end.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await may_end.wait()
            async for event in workshop.painter.make(job):
                yield event

    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    workshop.start(maker=Deaf(), jobs_wanted=2, still_limit_s=0.1)
    await horde.until(lambda: len(horde.submits) == 2)
    may_end.set()
    await workshop.ended()
    assert "stood still" in horde.fault_of("j1")
    assert horde.submit_of("j2")["state"] == "ok"


# ------------------------------------------------------------------------ it answers with garbage


@pytest_asyncio.fixture
async def garbage() -> AsyncIterator[tuple[HttpEasel, list[Callable[[web.Request], web.StreamResponse]]]]:
    """A maker and what its server answers next instead of a picture; then it hangs up."""
    script: list[Callable[[web.Request], web.StreamResponse]] = []

    async def models(_request: web.Request) -> web.Response:
        return web.json_response(["paint"])

    async def paint(request: web.Request) -> web.StreamResponse:
        return script.pop(0)(request)

    app = web.Application()
    app.router.add_get("/models", models)
    app.router.add_post("/paint", paint)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    easel = HttpEasel(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await easel.start()
    yield easel, script
    await easel.aclose()
    await runner.cleanup()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: web.Response(body=b"<html>welcome</html>"), "no picture"),
        (lambda _: web.Response(body=b""), "no picture"),
        (lambda _: web.Response(body=b"\x89PNG\r\n\x1a\n" + b"\x00" * 100), ""),
        (lambda _: web.Response(status=500, text="Traceback (most recent call last)"), "easel answered 500"),
        (lambda _: web.Response(status=302, headers={"Location": "http://10.0.0.1/"}), "easel answered 302"),
        (lambda _: web.json_response({"error": "CUDA out of memory"}, status=500), "CUDA out of memory"),
    ],
    ids=["page", "nothing", "torn", "traceback", "elsewhere", "error"],
)
async def test_garbage_is_a_fault_with_a_reason(
    horde: PlayedHorde,
    workshop: Workshop,
    garbage: tuple[HttpEasel, list[Callable[[web.Request], web.StreamResponse]]],
    answer: Callable[[web.Request], web.StreamResponse],
    reason: str,
) -> None:
    """Never a result, and never the end of the worker."""
    easel, script = garbage
    script[:] = [answer, answer]
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    workshop.start(maker=easel, jobs_wanted=2)
    await workshop.ended()
    assert reason in horde.fault_of("j1")
    assert horde.fault_of("j1")
    assert horde.uploads == []


# ------------------------------------------------------------------------ it runs out of memory


class Cramped:
    """Has no memory for the first jobs; lets go of some when asked."""

    def __init__(self, workshop: Workshop, error: BaseException, times: int) -> None:
        self.abilities = workshop.painter.abilities
        self._paint = workshop.painter.make
        self._error = error
        self._times = times
        self.unloads = 0

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        if self._times:
            self._times -= 1
            raise self._error
        async for event in self._paint(job):
            yield event

    async def unload(self) -> None:
        self.unloads += 1


@pytest.mark.parametrize("error", [OutOfMemory("CUDA out of memory"), MemoryError()], ids=["card", "machine"])
async def test_a_job_that_found_no_memory_is_tried_once_more(
    horde: PlayedHorde, workshop: Workshop, error: BaseException
) -> None:
    """After the backend has let go of some."""
    easel = Cramped(workshop, error, 1)
    horde.pop_script = [horde.job("j1")]
    workshop.start(maker=easel, jobs_wanted=1)
    await workshop.ended()
    assert (easel.unloads, horde.submit_of("j1")["state"]) == (1, "ok")


async def test_a_job_that_never_finds_memory_is_given_back(horde: PlayedHorde, workshop: Workshop) -> None:
    """Not tried for ever; the next one may be smaller."""
    easel = Cramped(workshop, OutOfMemory("CUDA out of memory"), 2)
    horde.pop_script = [horde.job("j1"), horde.job("j2")]
    workshop.start(maker=easel, jobs_wanted=2)
    await workshop.ended()
    assert horde.fault_of("j1") == "CUDA out of memory"
    assert (easel.unloads, horde.submit_of("j2")["state"]) == (1, "ok")


# ------------------------------------------------------------------------ it loses a model


async def test_a_model_that_is_lost_is_offered_no_more(horde: PlayedHorde, workshop: Workshop) -> None:
    """A job for it that is under way is given back, as is one that the horde still hands out; others are made."""

    class Library:
        abilities: ImageAbilities = replace(workshop.painter.abilities, models=("paint", "ink"))

        async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
            if job.model == "ink":
                self.abilities = replace(self.abilities, models=("paint",))
                raise BackendFailure("there is no file ink.safetensors")
            async for event in workshop.painter.make(job):
                yield event

    gate = asyncio.Event()
    late = horde.job("j2", model="ink")
    late.gate = gate
    horde.pop_script = [horde.job("j1", model="ink"), late, horde.job("j3")]
    workshop.start(models=(), maker=Library())
    await horde.until(lambda: horde.submits)
    gate.set()
    await horde.until(lambda: len(horde.submits) == 3)
    await horde.until(lambda: horde.pops[-1]["models"] == ["paint"])
    assert horde.fault_of("j1") == "there is no file ink.safetensors"
    assert horde.fault_of("j2") in ("there is no file ink.safetensors", "the model 'ink' is not offered")
    assert horde.submit_of("j3")["state"] == "ok"
    assert (horde.pops[0]["models"], horde.pops[-1]["models"]) == (["paint", "ink"], ["paint"])


# ------------------------------------------------------------------------ it keeps failing


async def test_after_three_failures_the_backend_has_to_prove_itself(horde: PlayedHorde, workshop: Workshop) -> None:
    """By its self-test, after a long pause; while that fails there are more pauses and no pops."""

    class Sick:
        abilities = workshop.painter.abilities
        tests = 0

        async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
            if self.tests < 3:
                raise BackendFailure("no")
            async for event in workshop.painter.make(job):
                yield event

        async def self_test(self) -> None:
            self.tests += 1
            if self.tests < 3:
                raise RuntimeError("still sick")

    easel = Sick()
    horde.pop_script = [horde.job(f"j{place}") for place in range(6)]
    with capture_logs() as logs:
        workshop.start(maker=easel)
        await horde.until(lambda: any(one["state"] == "ok" for one in horde.submits))
        await workshop.drained()
    assert workshop.naps.taken.count(FAILURE_PAUSE_S) == 3
    assert [one["reason"] for one in logs if one["event"] == "worker.self_test_failed"] == [
        "the self-test failed: still sick"
    ] * 2
    faulted = [one["id"] for one in horde.submits if one["state"] == "faulted"]
    assert faulted in (["j0", "j1", "j2"], ["j0", "j1", "j2", "j3"]), "three, and one that was fetched ahead"


# ------------------------------------------------------------------------ several at a time


async def test_jobs_beside_each_other_do_not_share_their_fate(horde: PlayedHorde, workshop: Workshop) -> None:
    """One of three fails, and is not what holds the others up."""
    begun: list[str] = []
    may_go_on = asyncio.Event()

    class Wide:
        abilities = workshop.painter.abilities
        slots = 3

        async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
            begun.append(job.ids[0])
            await may_go_on.wait()
            if job.ids == ("j2",):
                raise BackendFailure("no")
            yield ImageResult(_red(), 1)

    horde.pop_script = [horde.job(f"j{place}") for place in (1, 2, 3)]
    workshop.start(maker=Wide(), jobs_wanted=3)
    await until(lambda: len(begun) == 3)
    may_go_on.set()
    await workshop.ended()
    assert horde.pops[0]["threads"] == 3
    assert horde.fault_of("j2") == "no"
    assert [horde.submit_of(one)["state"] for one in ("j1", "j3")] == ["ok", "ok"]


def _red() -> Image.Image:
    return Image.new("RGB", (64, 64), "red")


async def test_a_heavy_job_runs_alone(horde: PlayedHorde, workshop: Workshop) -> None:
    """A batch waits until nothing runs, and nothing begins beside it."""
    running: set[str] = set()
    together: list[set[str]] = []

    class Wide:
        abilities = workshop.painter.abilities
        slots = 3

        async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
            running.update(job.ids)
            together.append(set(running))
            await asyncio.sleep(0.02)
            for seed in job.seeds:
                yield ImageResult(_red(), seed)
            running.difference_update(job.ids)

    horde.pop_script = [horde.job("a"), horde.job("b"), horde.job("c1", "c2"), horde.job("d")]
    workshop.start(maker=Wide(), jobs_wanted=4)
    await workshop.ended()
    assert {"c1", "c2"} in together
    assert all(one == {"c1", "c2"} for one in together if "c1" in one)
    assert len(horde.submits) == 5


# ------------------------------------------------------------------------ one of several


async def test_a_job_of_a_backend_that_dies_goes_to_another(
    horde: PlayedHorde, workshop: Workshop, program: Program, easel: HttpEasel
) -> None:
    """Two programs behind one name: the horde never learns of it."""
    program.hold.touch()
    pool = ImagePool(Members[ImageMaker]([Member("easel", easel), Member("painter", workshop.painter)]))
    horde.pop_script = [horde.job("j1")]
    workshop.start(maker=pool, jobs_wanted=1)
    await until(program.asked.exists)
    program.kill()
    await workshop.ended()
    assert horde.submit_of("j1")["state"] == "ok"
    assert [job.ids for job in workshop.painter.jobs] == [("j1",)]
    assert (horde.pops[0]["threads"], horde.pops[0]["models"]) == (2, ["paint"])
