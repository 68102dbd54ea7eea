"""The built-in model behind the worker's seam."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from horde_worker.backends.demo.model import DemoModel, GenerationStopped, Scene
from horde_worker.backends.demo_backend import MAPPING, DemoBackend
from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.image import ImageJob, ImageResult
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.mapping import Sent

GREEN = Image.new("RGB", (64, 64), (50, 165, 70))
JOB = ImageJob(
    ids=("a", "b"),
    model="ember-demo",
    prompt="a red circle",
    negative_prompt="",
    width=64,
    height=64,
    steps=2,
    cfg_scale=5.0,
    sampler="k_euler",
    karras=True,
    seeds=(7, 8),
    ttl_s=150.0,
    upload_urls=(),
)


@pytest_asyncio.fixture
async def backend() -> DemoBackend:
    """With its weights loaded."""
    return await DemoBackend.open(BackendSettings("demo"))


async def results(backend: DemoBackend, job: ImageJob) -> list[ImageResult]:
    """What it makes of a job, without the rest of its events."""
    return [event async for event in backend.make(job) if isinstance(event, ImageResult)]


async def test_a_batch_has_one_picture_for_each_seed(backend: DemoBackend) -> None:
    """In their order, of the size asked for, and different from each other."""
    first, second = await results(backend, JOB)
    assert (first.seed, second.seed) == (7, 8)
    assert first.image.size == second.image.size == (64, 64)
    assert first.image.tobytes() != second.image.tobytes()


async def test_progress_is_told_after_every_step_of_every_picture(backend: DemoBackend) -> None:
    """Picture, steps done, steps in all; each picture comes when it is done, before the next one is begun."""
    told = [
        (event.place, event.step, event.steps) if isinstance(event, Progress) else type(event)
        async for event in backend.make(JOB)
    ]
    assert told == [(0, 1, 2), (0, 2, 2), ImageResult, (1, 1, 2), (1, 2, 2), ImageResult]


async def test_words_that_were_not_understood_are_remarked(backend: DemoBackend) -> None:
    """Within the horde's limit for a remark, however many there are."""
    job = replace(JOB, prompt="a red circle " + " ".join(f"xyz{'q' * place}" for place in range(60)))
    [remark] = (await results(backend, job))[0].remarks
    assert (remark.type, remark.value, len(remark.ref)) == ("information", "see_ref", 255)
    assert remark.ref.startswith("ignored words: ")


async def test_a_prompt_that_was_understood_is_not_remarked(backend: DemoBackend) -> None:
    """Nothing to say, nothing said."""
    assert (await results(backend, JOB))[0].remarks == ()


@pytest.mark.parametrize(
    "wish",
    [
        {"source": GREEN},
        {"source": GREEN, "denoising_strength": 0.3},
        {"source": GREEN, "mask": Image.new("L", (64, 64), 100)},
        {"tiling": True},
        {"hires_fix": True},
        {"hires_fix": True, "hires_denoising_strength": 0.2},
    ],
    ids=lambda wish: "-".join(wish),
)
async def test_every_wish_reaches_the_model(backend: DemoBackend, wish: dict[str, Any]) -> None:
    """The picture is another one than without it."""
    job = replace(JOB, ids=("a",), seeds=(7,), width=128, height=128)

    async def painted(wishes: dict[str, Any]) -> bytes:
        return (await results(backend, replace(job, **wishes)))[0].image.tobytes()

    others: list[dict[str, Any]] = [{}, {name: value for name, value in wish.items() if name == next(iter(wish))}]
    assert await painted(wish) not in [await painted(other) for other in others if other != wish]


async def test_a_cancelled_job_stops_before_its_next_step(
    backend: DemoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processor is free again soon, without the rest of the steps."""
    has_begun = asyncio.Event()
    stopped_by: list[str] = []
    generate = DemoModel.generate

    def noted(self: DemoModel, scene: Scene, **watching: Any) -> Any:
        try:
            return generate(self, scene, **watching)
        except GenerationStopped as stop:
            stopped_by.append(str(stop))
            raise

    monkeypatch.setattr(DemoModel, "generate", noted)

    async def paint() -> None:
        async for _event in backend.make(replace(JOB, steps=1000)):
            has_begun.set()

    painting = asyncio.create_task(paint())
    await has_begun.wait()
    painting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await painting
    await asyncio.get_running_loop().shutdown_default_executor()  # the thread has ended
    [stop] = stopped_by
    assert "of 1000" in stop


async def test_it_has_no_options() -> None:
    """One that is given is mistyped, and named."""
    with pytest.raises(BackendFailure, match="the backend demo has no option 'colour'; it has none"):
        await DemoBackend.open(BackendSettings("demo", {"colour": "red"}))


async def test_weights_that_cannot_be_read_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first pop."""

    def fail() -> DemoModel:
        raise OSError("no such file")

    monkeypatch.setattr(DemoModel, "load", fail)
    with pytest.raises(BackendFailure, match="the weights of ember-demo cannot be read: no such file"):
        await DemoBackend.open(BackendSettings("demo"))


def test_what_it_declares_is_what_it_can_do() -> None:
    """No ControlNet, no post-processing: requests with them go elsewhere."""
    able = DemoBackend.abilities
    assert able.models == ("ember-demo",)
    assert able.capabilities == {"karras", "r2", "r2_source", "img2img", "inpainting", "hires_fix", "tiling"}
    assert not able.knows_nsfw


OTHERS: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": "a blue circle"},
    "negative_prompt": {"negative_prompt": "green"},
    "seed": {"seeds": (9, 8)},
    "width": {"width": 128},
    "height": {"height": 128},
    "ddim_steps": {"steps": 3},
    "cfg_scale": {"cfg_scale": 7.0},
    "sampler_name": {"sampler": "k_heun"},
    "karras": {"karras": False},
    "tiling": {"tiling": True},
    "hires_fix": {"hires_fix": True},
    "hires_fix_denoising_strength": {"hires_denoising_strength": 0.3},
    "source_image": {"source": GREEN},
    "source_mask": {"mask": Image.new("L", (64, 64), 255)},
    "denoising_strength": {"denoising_strength": 0.4},
}
"""For each parameter that the table says is sent: what differs in a job with another value."""


async def scenes_of(backend: DemoBackend, job: ImageJob, monkeypatch: pytest.MonkeyPatch) -> list[Scene]:
    """What the model is really asked for."""
    asked: list[Scene] = []
    generate = DemoModel.generate

    def noted(self: DemoModel, scene: Scene, **watching: Any) -> Any:
        asked.append(scene)
        return generate(self, replace(scene, steps=1, hires_fix=False), **watching)

    monkeypatch.setattr(DemoModel, "generate", noted)
    await results(backend, job)
    return asked


def test_every_sent_parameter_is_tried() -> None:
    assert {name for name, mapped in MAPPING.items() if isinstance(mapped, Sent)} == set(OTHERS)


@pytest.mark.parametrize("name", OTHERS)
async def test_a_sent_parameter_arrives_where_the_table_says(
    backend: DemoBackend, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that differs in it alone is a scene that differs there alone."""
    mapped = MAPPING[name]
    assert isinstance(mapped, Sent)
    before, _ = await scenes_of(backend, JOB, monkeypatch)
    after, _ = await scenes_of(backend, replace(JOB, **OTHERS[name]), monkeypatch)
    differs = [f"Scene.{one.name}" for one in fields(Scene) if getattr(before, one.name) != getattr(after, one.name)]
    assert differs == [mapped.where]
