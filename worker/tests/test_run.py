"""A process of workers: what its backends make, and how it ends before it has begun."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import AsyncGenerator, Callable
from functools import partialmethod
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from built_in import add_built_in
from PIL import Image
from played_horde import Answer, PlayedHorde
from structlog.testing import capture_logs

from horde_worker import horde_api
from horde_worker import run as run_module
from horde_worker.backends.events import BackendFailure, Piece
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageResult
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.text import TextAbilities, TextEvent, TextJob, TextResult
from horde_worker.exit_codes import ExitCode
from horde_worker.hooks import Delivery, Hook, Job
from horde_worker.horde_api import HordeApi
from horde_worker.run import run_worker
from horde_worker.settings import OperatorWishes, SpoolSettings, WorkerSettings

LIMIT_S = 20.0


class Paints:
    """Makes red pictures."""

    abilities = ImageAbilities(("paint",), 512 * 512, frozenset({"r2"}), frozenset({"k_euler"}))

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        for seed in job.seeds:
            yield ImageResult(Image.new("RGB", (job.width, job.height), "red"), seed)


class Writes:
    """Makes one text, in two pieces."""

    abilities = TextAbilities(("quill",), 512, 4096)

    async def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
        for place, seed in enumerate(job.seeds):
            yield Piece(place, " upon")
            yield Piece(place, " a time.")
            yield TextResult(" upon a time.", seed, 4)


class Server:
    """A backend that makes pictures and texts, as some programs do. It says where it listens by its options."""

    opened: ClassVar[list[Self]] = []

    def __init__(self, settings: BackendSettings) -> None:
        self.name = settings.name
        self.url = settings.options["url"]
        self.is_closed = False
        self.makers = Makers(image=Paints(), text=Writes())

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        settings.check_known("url")
        cls.opened.append(cls(settings))
        return cls.opened[-1]

    async def close(self) -> None:
        self.is_closed = True


class Nothing(Server):
    """Runs, and makes nothing."""

    def __init__(self, settings: BackendSettings) -> None:
        super().__init__(settings)
        self.makers = Makers()


class Absent(Server):
    """Is not there."""

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        raise BackendFailure(f"nobody answers at {settings.options['url']}")


class Slow(Server):
    """Takes for ever to load its models."""

    begun: ClassVar[asyncio.Event]

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        cls.begun.set()
        await asyncio.Event().wait()
        raise AssertionError


class Other(Server):
    """Another program."""


class Late(Server):
    """Is there after some time."""

    misses: ClassVar[int] = 0

    @classmethod
    async def open(cls, settings: BackendSettings) -> Self:
        if cls.misses:
            cls.misses -= 1
            raise BackendFailure("nobody answers yet")
        return await super().open(settings)


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known by their names."""
    for kind in (Server, Nothing, Absent, Slow, Other, Late):
        add_built_in(monkeypatch, kind.__name__.lower(), kind)
    monkeypatch.setattr(Server, "opened", [])
    monkeypatch.setattr(Slow, "begun", asyncio.Event(), raising=False)


Settings = Callable[..., WorkerSettings]


@pytest.fixture
def settings(horde: PlayedHorde) -> Settings:
    """Settings of a worker with these backends."""

    def make(*backends: str, **others: Any) -> WorkerSettings:
        return WorkerSettings(
            horde_url=horde.url,
            api_key="the key",
            wishes=OperatorWishes("mine"),
            backends=tuple(BackendSettings(name, {"url": "http://127.0.0.1:1"}) for name in backends),
            **others,
        )

    return make


async def test_a_backend_of_two_kinds_is_two_workers(horde: PlayedHorde, settings: Settings) -> None:
    """Opened once with its options, closed at the end; each under a name of its own, as a horde ties it to a kind."""
    horde.pop_script = [horde.job("j1", model="Deliberate")]
    horde.text_pop_script = [horde.text_job("t1")]
    async with asyncio.timeout(LIMIT_S):
        code = await run_worker(settings("server", jobs_wanted=1, aliases=("Deliberate",), text_aliases=("x",)))
    assert code == ExitCode.OK
    assert (horde.submit_of("j1")["state"], horde.text_submits[0]["generation"]) == ("ok", " upon a time.")
    assert (horde.pops[0]["name"], horde.pops[0]["models"]) == ("mine", ["Deliberate", "paint"])
    assert (horde.text_pops[0]["name"], horde.text_pops[0]["models"]) == ("mine-text", ["Deliberate", "x", "quill"])
    [server] = Server.opened
    assert (server.url, server.is_closed) == ("http://127.0.0.1:1", True)


async def test_hooks_hear_of_all_kinds(horde: PlayedHorde, settings: Settings) -> None:
    """The pieces of a text as they come, and what went out of either."""
    told: list[str] = []

    class Witness(Hook):
        async def on_piece(self, job: Job, piece: Piece) -> None:
            told.append(piece.text)

        async def on_delivered(self, job: Job, delivery: Delivery) -> None:
            told.append(job.ids[delivery.place])

    horde.pop_script = [horde.job("j1")]
    horde.text_pop_script = [horde.text_job("t1")]
    async with asyncio.timeout(LIMIT_S):
        await run_worker(settings("server", jobs_wanted=1, hooks=(Witness(),)))
    assert [one for one in told if one != "j1"] == [" upon", " a time.", "t1"]
    assert "j1" in told


async def test_two_backends_of_one_name_share_a_worker(horde: PlayedHorde, settings: Settings) -> None:
    """One name for each kind of work, and as many jobs at a time as both have slots."""
    horde.pop_script = [horde.job("j1")]
    horde.text_pop_script = [horde.text_job("t1")]
    async with asyncio.timeout(LIMIT_S):
        assert await run_worker(settings("server", "server", jobs_wanted=1)) == ExitCode.OK
    assert [one.is_closed for one in Server.opened] == [True, True]
    assert {(one["name"], one["threads"], tuple(one["models"])) for one in horde.pops} == {("mine", 2, ("paint",))}
    assert {(one["name"], one["threads"]) for one in horde.text_pops} == {("mine-text", 2)}
    assert (horde.submit_of("j1")["state"], horde.text_submits[0]["id"]) == ("ok", "t1")


async def test_backends_of_different_names_have_workers_of_their_own(horde: PlayedHorde, settings: Settings) -> None:
    """What one of them can do is not taken from the other."""
    async with asyncio.timeout(LIMIT_S):
        running = asyncio.create_task(run_worker(settings("server", "other")))
        await horde.until(lambda: len({one["name"] for one in (*horde.pops, *horde.text_pops)}) == 4)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == ExitCode.OK
    assert {one["name"] for one in horde.pops} == {"mine", "mine-2"}
    assert {one["name"] for one in horde.text_pops} == {"mine-text", "mine-text-2"}


async def test_a_service_waits_for_a_backend_that_is_not_there_yet(
    horde: PlayedHorde, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was started with the machine, before the program that it works with."""
    monkeypatch.setattr(run_module, "OPEN_AGAIN_S", 0.01)
    monkeypatch.setattr(Late, "misses", 2)
    horde.pop_script = [horde.job("j1")]
    horde.text_pop_script = [horde.text_job("t1")]
    async with asyncio.timeout(LIMIT_S):
        assert await run_worker(settings("late", jobs_wanted=1, is_service=True)) == ExitCode.OK
    assert horde.submit_of("j1")["state"] == "ok"


async def test_what_could_not_be_submitted_is_submitted_by_the_next_run(
    horde: PlayedHorde, settings: Settings, answer: type[Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept in a folder of the worker's name, and gone from there once the horde has it."""
    monkeypatch.setattr(horde_api, "SUBMIT_TRIES", 1)
    monkeypatch.setattr(HordeApi, "hand_in", partialmethod(HordeApi.hand_in, tries=1))
    spool = SpoolSettings(folder=tmp_path)
    horde.pop_script = [horde.job("j1")]
    horde.text_pop_script = [horde.text_job("t1")]
    horde.submit_script = [answer(503)]
    async with asyncio.timeout(LIMIT_S):
        await run_worker(settings("server", jobs_wanted=1, spool=spool))
    [kept] = tmp_path.glob("*/*.parcel")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    horde.pop_script = [horde.job("j2")]
    horde.text_pop_script = [horde.text_job("t2")]
    async with asyncio.timeout(LIMIT_S):
        await run_worker(settings("server", jobs_wanted=1, spool=spool))
    assert [one["id"] for one in horde.submits].count("j1") == 2
    assert list(tmp_path.glob("*/*.parcel")) == []


@pytest.mark.parametrize(
    ("name", "reason"), [("absent", "nobody answers at http://127.0.0.1:1"), ("nothing", "it makes nothing")]
)
async def test_a_backend_that_cannot_work_ends_the_process(
    horde: PlayedHorde, settings: Settings, name: str, reason: str
) -> None:
    """Before anything is asked for, with its own exit code."""
    with capture_logs() as logs:
        assert await run_worker(settings(name)) == ExitCode.BACKEND
    [failed] = [one for one in logs if one["event"] == "worker.backend_failed"]
    assert (failed["backend"], failed["reason"]) == (name, reason)
    assert horde.pops == []


async def test_a_backend_that_is_not_there_lets_the_others_close(horde: PlayedHorde, settings: Settings) -> None:
    """They were opened before."""
    assert await run_worker(settings("server", "absent")) == ExitCode.BACKEND
    [server] = Server.opened
    assert server.is_closed


async def test_a_signal_does_not_wait_for_models_to_load(horde: PlayedHorde, settings: Settings) -> None:
    """Nothing was taken yet, so nothing is to be finished."""
    running = asyncio.create_task(run_worker(settings("server", "slow")))
    async with asyncio.timeout(LIMIT_S):
        await Slow.begun.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        assert await running == ExitCode.OK
    [server] = Server.opened
    assert server.is_closed
    assert horde.pops == []
