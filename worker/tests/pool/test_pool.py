"""Several makers behind one name: who gets a job, what is offered, and what happens while one is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from horde_worker.backends.alchemy import AlchemyAbilities, AlchemyEvent, AlchemyResult
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageAbilities, ImageEvent, ImageJob, ImageMaker, ImageResult
from horde_worker.backends.interface import BackendSettings, Makers
from horde_worker.backends.text import TextAbilities, TextEvent, TextJob, TextMaker, TextResult
from horde_worker.loop.breaker import FAILURE_PAUSE_S
from horde_worker.pool import members as members_module
from horde_worker.pool.alchemy_pool import AlchemyPool
from horde_worker.pool.image_pool import ImagePool
from horde_worker.pool.members import Member, Members
from horde_worker.pool.shared_names import shares_of
from horde_worker.pool.text_pool import TextPool

JOB = ImageJob(("a",), "paint", "", "", 512, 512, 2, 7.0, "k_euler", False, (1,), 150.0, ())
ABLE = ImageAbilities(("paint",), 512 * 512, frozenset({"r2", "tiling"}), frozenset({"k_euler", "k_heun"}), 4)
PICTURE = Image.new("RGB", (8, 8))


class Easel:
    """Paints when it may; has standing of its own."""

    def __init__(self, abilities: ImageAbilities = ABLE, slots: int = 1) -> None:
        self.abilities = abilities
        self.slots = slots
        self.unready = ""
        self.used_by_others = False
        self.jobs: list[ImageJob] = []
        self.fails = False
        self.is_sick = False
        self.unloads = 0
        self.may_paint = asyncio.Event()
        self.may_paint.set()

    async def make(self, job: ImageJob) -> AsyncGenerator[ImageEvent, None]:
        self.jobs.append(job)
        await self.may_paint.wait()
        if self.fails:
            raise BackendFailure("torn")
        yield ImageResult(PICTURE, 1)

    async def self_test(self) -> None:
        if self.is_sick:
            raise BackendFailure("sick")

    async def unload(self) -> None:
        self.unloads += 1


def pool_of(*easels: Easel) -> ImagePool:
    """Named a, b, c …"""
    return ImagePool(Members[ImageMaker]([Member("abcdef"[place], one) for place, one in enumerate(easels)]))


async def made(pool: ImagePool, job: ImageJob = JOB) -> list[ImageEvent]:
    """All that is told of a job."""
    async with aclosing(pool.make(job)) as events:
        return [one async for one in events]


async def begun(pool: ImagePool, job: ImageJob = JOB) -> asyncio.Task[list[ImageEvent]]:
    """A job that is being made."""
    task = asyncio.create_task(made(pool, job))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


# ------------------------------------------------------------------------ what is offered


def test_all_models_are_offered_and_of_the_rest_what_all_can() -> None:
    """A pop's flags hold for every model in it."""
    other = ImageAbilities(("ink", "paint"), 64 * 64, frozenset({"r2", "lora"}), frozenset({"k_euler"}), 1, True)
    assert pool_of(Easel(), Easel(other)).abilities == ImageAbilities(
        ("paint", "ink"), 64 * 64, frozenset({"r2"}), frozenset({"k_euler"}), 1, True
    )


def test_who_is_away_takes_nothing_from_the_offer_and_adds_nothing() -> None:
    """Until it is back."""
    away = Easel(replace(ABLE, models=("ink",), max_pixels=4096))
    pool = pool_of(Easel(), away)
    away.unready = "gone"
    assert (pool.abilities, pool.slots, pool.unready) == (ABLE, 1, "")
    away.unready = ""
    assert (pool.abilities.models, pool.abilities.max_pixels, pool.slots) == (("paint", "ink"), 4096, 2)


def test_a_pool_is_unready_when_all_are() -> None:
    """With the reason of each."""
    first, second = Easel(), Easel()
    pool = pool_of(first, second)
    first.unready = "gone"
    assert pool.unready == ""
    second.unready = "loading"
    assert pool.unready == "a: gone; b: loading"
    assert pool.abilities.models == ("paint",), "there is still something to tell of"


def test_an_owner_at_one_of_them_counts() -> None:
    """He sits at this machine."""
    first, second = Easel(), Easel()
    assert not pool_of(first, second).used_by_others
    second.used_by_others = True
    assert pool_of(first, second).used_by_others


async def test_texts_are_as_long_as_all_can() -> None:
    """And a text goes to one that can read as much."""

    class Desk:
        def __init__(self, abilities: TextAbilities) -> None:
            self.abilities = abilities
            self.jobs: list[TextJob] = []

        async def make(self, job: TextJob) -> AsyncGenerator[TextEvent, None]:
            self.jobs.append(job)
            yield TextResult("x", 1, 1)

    short, long = Desk(TextAbilities(("quill",), 100, 1000, 1)), Desk(TextAbilities(("quill", "pen"), 500, 8000, 4))
    pool = TextPool(Members[TextMaker]([Member("short", short), Member("long", long)]))
    assert pool.abilities == TextAbilities(("quill", "pen"), 100, 1000, 1)
    job = TextJob(("a",), "quill", "", 400, 4000, (1,), 150.0)
    async with aclosing(pool.make(job)) as events:
        assert [type(one) async for one in events] == [TextResult]
    assert (len(short.jobs), len(long.jobs)) == (0, 1)


async def test_forms_are_all_offered_and_stand_ins_come_last() -> None:
    """A form goes to a maker that does what its name says, where there is one."""

    class Shelf:
        def __init__(self, abilities: AlchemyAbilities, answer: str) -> None:
            self.abilities = abilities
            self.answer = answer

        async def work(
            self, form: str, source: Image.Image, payload: Mapping[str, Any]
        ) -> AsyncGenerator[AlchemyEvent, None]:
            yield AlchemyResult(self.answer)

    simple = Shelf(
        AlchemyAbilities(
            ("palette", "RealESRGAN_x4plus", "4x_AnimeSharp"),
            9,
            4096,
            2,
            stand_ins=frozenset({"RealESRGAN_x4plus", "4x_AnimeSharp"}),
        ),
        "simple",
    )
    trained = Shelf(
        AlchemyAbilities(("RealESRGAN_x4plus", "nsfw"), 4, 8192, 1, seconds_per_tile={"RealESRGAN_x4plus": 9.0}),
        "trained",
    )
    pool = AlchemyPool(Members([Member("simple", simple), Member("trained", trained)]))
    assert pool.abilities.forms == ("palette", "RealESRGAN_x4plus", "4x_AnimeSharp", "nsfw")
    assert pool.abilities.stand_ins == {"4x_AnimeSharp"}
    assert pool.abilities.seconds_per_tile == {"RealESRGAN_x4plus": 9.0}
    assert (pool.abilities.max_tiles, pool.abilities.max_side, pool.abilities.max_batch) == (4, 4096, 1)
    said = {}
    for form in pool.abilities.forms:
        async with aclosing(pool.work(form, PICTURE, {})) as events:
            said[form] = [one.value async for one in events if isinstance(one, AlchemyResult)]
    assert said == {
        "palette": ["simple"],
        "RealESRGAN_x4plus": ["trained"],
        "4x_AnimeSharp": ["simple"],
        "nsfw": ["trained"],
    }


# ------------------------------------------------------------------------ who gets a job


async def test_jobs_go_to_whoever_is_free() -> None:
    """Two at a time, one each; the third waits for the first that is done."""
    first, second = Easel(), Easel()
    pool = pool_of(first, second)
    for easel in (first, second):
        easel.may_paint.clear()
    tasks = [await begun(pool) for _ in range(3)]
    assert (len(first.jobs), len(second.jobs)) == (1, 1)
    second.may_paint.set()
    async with asyncio.timeout(5):
        await asyncio.wait(tasks[1:])
    assert (len(first.jobs), len(second.jobs)) == (1, 2)
    first.may_paint.set()
    await tasks[0]


async def test_a_job_goes_to_one_that_has_its_model_and_can_do_it() -> None:
    """However busy that one is, and however free the other."""
    plain, able = Easel(replace(ABLE, capabilities=frozenset())), Easel(replace(ABLE, models=("paint", "ink")), slots=2)
    pool = pool_of(plain, able)
    await made(pool, replace(JOB, model="ink"))
    await made(pool, replace(JOB, tiling=True))
    assert (len(plain.jobs), len(able.jobs)) == (0, 2)


async def test_an_alias_is_anybodys() -> None:
    """No backend calls a model that."""
    only = Easel()
    await made(pool_of(only, Easel(replace(ABLE, max_pixels=1))), replace(JOB, model="Deliberate"))
    assert len(only.jobs) == 1


async def test_a_model_that_is_gone_is_said_so() -> None:
    """The last that had it went away meanwhile."""
    away, other = Easel(), Easel(replace(ABLE, models=("ink",)))
    pool = pool_of(away, other)
    task = await begun(pool, replace(JOB, model="ink"))
    await task
    away.unready = "gone"
    with pytest.raises(BackendFailure, match="no backend can do this job now"):
        await made(pool, replace(JOB, tiling=True, model="paint", width=1024))


async def test_who_failed_is_asked_last() -> None:
    """A job that is tried again goes elsewhere."""
    bad, good = Easel(), Easel()
    bad.fails = True
    pool = pool_of(bad, good)
    with pytest.raises(BackendFailure, match="torn"):
        await made(pool)
    await made(pool)
    await made(pool)
    assert (len(bad.jobs), len(good.jobs)) == (1, 2)


async def test_who_fails_three_times_has_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """And after one more failure another; a job well done ends it."""
    now = [1000.0]
    monkeypatch.setattr(members_module, "steady_s", lambda: now[0])
    only = Easel()
    only.fails = True
    pool = pool_of(only)
    for _ in range(3):
        with pytest.raises(BackendFailure):
            await made(pool)
    assert pool.unready == "a: three jobs failed there in a row"
    now[0] += FAILURE_PAUSE_S
    assert pool.unready == ""
    with pytest.raises(BackendFailure):
        await made(pool)
    assert pool.unready
    now[0] += FAILURE_PAUSE_S
    only.fails = False
    await made(pool)
    only.fails = True
    with pytest.raises(BackendFailure):
        await made(pool)
    assert pool.unready == ""


async def test_a_job_that_is_given_up_frees_its_slot() -> None:
    """The maker is closed, and neither praised nor blamed."""
    only = Easel()
    only.may_paint.clear()
    pool = pool_of(only)
    task = await begun(pool)
    task.cancel()
    await asyncio.wait((task,))
    only.may_paint.set()
    async with asyncio.timeout(5):
        assert len(await made(pool)) == 1


async def test_one_that_passes_its_self_test_is_enough() -> None:
    """All that fail are told."""
    first, second = Easel(), Easel()
    pool = pool_of(first, second)
    first.is_sick = True
    await pool.self_test()
    second.is_sick = True
    with pytest.raises(BackendFailure, match="a: sick; b: sick"):
        await pool.self_test()
    await pool.unload()
    assert (first.unloads, second.unloads) == (1, 1)


# ------------------------------------------------------------------------ names


class Program:
    """An open backend with these makers."""

    def __init__(self, name: str, *kinds: str) -> None:
        self.name = name
        self.makers = Makers(**{kind: Easel() for kind in kinds})  # type: ignore[arg-type]  # nobody makes anything here


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        ([("demo", "image")], [("image", "me", 1)]),
        ([("demo", "image"), ("text", "text")], [("image", "me", 1), ("text", "me-text", 1)]),
        ([("text", "text"), ("demo", "image")], [("text", "me", 1), ("image", "me-image", 1)]),
        ([("comfy", "image"), ("comfy", "image")], [("image", "me", 2)]),
        ([("comfy", "image"), ("forge", "image")], [("image", "me", 1), ("image", "me-2", 1)]),
        (
            [("demo", "image"), ("kobold", "text"), ("ollama", "text"), ("kobold", "text")],
            [("image", "me", 1), ("text", "me-text", 2), ("text", "me-text-2", 1)],
        ),
        ([("a", "alchemy"), ("b", "alchemy")], [("alchemy", "me", 2)]),
        ([("comfy", "image"), ("comfy!", "image")], [("image", "me", 1), ("image", "me-2", 1)]),
        ([], []),
    ],
    ids=lambda one: "+".join(program[0] for program in one) if one and len(one[0]) == 2 else "",
)
def test_makers_of_one_backend_share_a_name(programs: list[tuple[str, ...]], expected: list[Any]) -> None:
    """One with an exclamation mark wants a name of its own."""
    opened = [
        (BackendSettings(name.rstrip("!"), own_name=name.endswith("!")), Program(name.rstrip("!"), *kinds))
        for name, *kinds in programs
    ]
    shares = shares_of(opened, "me")  # type: ignore[arg-type]  # programs that are not opened
    found = [(one.kind, one.worker, getattr(one.maker, "slots", 1)) for one in shares]
    assert found == expected
    assert [one.is_of_first for one in shares][:1] == [True] * len(shares[:1])
