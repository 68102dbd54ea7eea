"""What a ComfyUI makes of jobs. Each test holds for the contract server, and by `make test-comfyui` for a real one."""

from __future__ import annotations

import asyncio
import io

import numpy as np
import pytest
from PIL import Image, ImageChops
from played_comfyui.bench import ComfyUi, a_job, made
from played_comfyui.weights import EMBEDDING, INPAINTING_CHECKPOINT, LORA

from horde_worker.backends.comfyui.file_names import stem
from horde_worker.backends.comfyui.sampler_names import SAMPLERS
from horde_worker.backends.image import Lora, Remark, TextualInversion

INPAINTING_MODEL = stem(INPAINTING_CHECKPOINT)
BLUE = Image.new("RGB", (128, 64), "blue")
CODER_LOSS = 6.0
"""What a picture's colours change by on the way through latents and back, out of 255."""
RIGHT_HALF = Image.new("L", (128, 64))
RIGHT_HALF.paste(255, (64, 0, 128, 64))


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean of what two pictures differ by, from 0 to 255."""
    return float(np.asarray(ImageChops.difference(one, other)).mean())


def half(picture: Image.Image, side: str) -> Image.Image:
    """The left or the right half, less the pixels beside the middle."""
    middle, margin = picture.width // 2, 8
    edges = {"left": (0, middle - margin), "right": (middle + margin, picture.width)}[side]
    return picture.crop((edges[0], 0, edges[1], picture.height))


async def test_a_picture_of_the_size_and_seed_that_were_asked_for(comfyui: ComfyUi) -> None:
    """It is the same again for the same seed."""
    backend = await comfyui.opened()
    first, again = await made(backend, a_job()), await made(backend, a_job())
    assert first.picture.size == (128, 64)
    assert first.results[0].seed == 7
    assert difference(first.picture, again.picture) == 0


async def test_progress_counts_the_steps(comfyui: ComfyUi) -> None:
    """To the last."""
    backend = await comfyui.opened()
    told = (await made(backend, a_job(seeds=(991,), steps=3))).progress
    assert [one.step for one in told] == sorted(one.step for one in told)
    assert (told[-1].step, told[-1].steps) == (3, 3)


async def test_each_picture_of_a_batch_is_the_one_that_its_seed_makes_alone(comfyui: ComfyUi) -> None:
    """So whoever wants one of them again gets it."""
    backend = await comfyui.opened()
    batch = await made(backend, a_job(ids=("a", "b", "c"), seeds=(7, 8, 9)))
    alone = await made(backend, a_job(seeds=(8,)))
    assert [one.seed for one in batch.results] == [7, 8, 9]
    assert difference(batch.results[1].image, alone.picture) == 0
    assert difference(batch.results[0].image, batch.results[1].image) > 10


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "a green hill"},
        {"negative_prompt": "sharp"},
        {"cfg_scale": 12.0},
        {"steps": 3},
        {"sampler": "k_heun"},
        {"karras": True, "steps": 4},
        {"clip_skip": 2},
        {"model": INPAINTING_MODEL},
    ],
)
async def test_each_parameter_changes_the_picture(comfyui: ComfyUi, changed: dict[str, object]) -> None:
    """Nothing is ignored."""
    backend = await comfyui.opened()
    plain = await made(backend, a_job(steps=4) if "karras" in changed else a_job())
    assert difference(plain.picture, (await made(backend, a_job(**changed))).picture) > 0


@pytest.mark.parametrize("name", sorted(SAMPLERS))
async def test_every_sampler_paints(comfyui: ComfyUi, name: str) -> None:
    """With either schedule, and progress never goes beyond its end."""
    backend = await comfyui.opened()
    for karras in (False, True):
        found = await made(backend, a_job(width=64, steps=3, sampler=name, karras=karras))
        assert found.picture.size == (64, 64)
        assert all(one.step <= one.steps for one in found.progress)


async def test_less_of_the_source_stays_the_more_is_made_anew(comfyui: ComfyUi) -> None:
    """Image to image."""
    backend = await comfyui.opened()
    strengths = (0.1, 0.3, 0.7)
    pictures = [(await made(backend, a_job(source=BLUE, denoising_strength=one, steps=4))).picture for one in strengths]
    far = [difference(BLUE, picture) for picture in pictures]
    assert far == sorted(far)
    assert far[0] < far[-1] * 0.7


async def test_a_source_of_another_size_is_fitted(comfyui: ComfyUi) -> None:
    """The picture has the size of the job."""
    backend = await comfyui.opened()
    large = Image.new("RGB", (300, 200), "blue")
    assert (await made(backend, a_job(source=large, denoising_strength=0.1))).picture.size == (128, 64)


@pytest.mark.parametrize("model", [stem("openhorde-reduced-sd15"), INPAINTING_MODEL])
async def test_what_the_mask_does_not_cover_stays(comfyui: ComfyUi, model: str) -> None:
    """With ordinary checkpoints and with those that were trained for it."""
    backend = await comfyui.opened()
    picture = (await made(backend, a_job(model=model, source=BLUE, mask=RIGHT_HALF, denoising_strength=1.0))).picture
    assert difference(half(picture, "left"), half(BLUE, "left")) < CODER_LOSS
    assert difference(half(picture, "right"), half(BLUE, "right")) > 20


async def test_a_masked_picture_can_be_changed_a_little(comfyui: ComfyUi) -> None:
    """Masked image to image: the strength counts within the mask."""
    backend = await comfyui.opened()
    little, much = [
        (await made(backend, a_job(source=BLUE, mask=RIGHT_HALF, denoising_strength=one, steps=4))).picture
        for one in (0.1, 0.9)
    ]
    assert difference(half(little, "left"), half(BLUE, "left")) < CODER_LOSS
    changes = [difference(half(one, "right"), half(BLUE, "right")) for one in (little, much)]
    assert CODER_LOSS < changes[0] < changes[1] * 0.7


async def test_a_model_for_inpainting_without_source_fills_everything(comfyui: ComfyUi) -> None:
    """And says that it had nothing to fill."""
    backend = await comfyui.opened()
    result = (await made(backend, a_job(model=INPAINTING_MODEL))).results[0]
    assert Remark("source_image", "parse_failed", "source_image") in result.remarks


async def test_hires_fix_paints_twice(comfyui: ComfyUi) -> None:
    """The second time at the size of the job. A processor takes its time for this one."""
    backend = await comfyui.opened()
    found = await made(backend, a_job(width=576, height=576, hires_fix=True, steps=1, cfg_scale=1.0, ttl_s=170.0))
    assert found.picture.size == (576, 576)
    assert found.progress[-1].steps == 2


async def test_a_lora_changes_the_picture_by_its_strengths(comfyui: ComfyUi) -> None:
    """Of the model and of the text encoder."""
    backend = await comfyui.opened()
    name = stem(LORA)
    wishes: tuple[tuple[Lora, ...], ...] = ((), (Lora(name),), (Lora(name, model_strength=2.0),))
    pictures = [(await made(backend, a_job(loras=one))).picture for one in (*wishes, (Lora(name, clip_strength=3.0),))]
    assert all(difference(one, other) > 0 for place, one in enumerate(pictures) for other in pictures[:place])


async def test_additions_that_are_not_there_cost_a_remark(comfyui: ComfyUi) -> None:
    """And no job."""
    backend = await comfyui.opened()
    job = a_job(loras=(Lora("12345"),), tis=(TextualInversion("678", "prompt"),))
    result = (await made(backend, job)).results[0]
    assert result.remarks == (Remark("ti", "download_failed", "678"), Remark("lora", "download_failed", "12345"))
    assert difference(result.image, (await made(backend, a_job())).picture) == 0


@pytest.mark.parametrize("inject", ["prompt", "negprompt"])
async def test_an_inversion_changes_the_picture(comfyui: ComfyUi, inject: str) -> None:
    """In either prompt."""
    backend = await comfyui.opened()
    job = a_job(tis=(TextualInversion(stem(EMBEDDING), inject, 1.2),))
    assert difference((await made(backend, job)).picture, (await made(backend, a_job())).picture) > 0


async def test_a_control_map_changes_the_picture(comfyui: ComfyUi) -> None:
    """Drawn by the server, or given as one."""
    backend = await comfyui.opened()
    square = Image.new("RGB", (128, 64), "black")
    square.paste("white", (32, 16, 96, 48))
    pictures = [
        (await made(backend, a_job(**wish))).picture
        for wish in (
            {},
            {"source": square, "control_type": "canny"},
            {"source": square, "control_type": "canny", "image_is_control": True},
        )
    ]
    assert all(difference(one, other) > 0 for place, one in enumerate(pictures) for other in pictures[:place])


async def test_the_map_itself_is_given_where_it_is_wanted(comfyui: ComfyUi) -> None:
    """Nothing is painted for it."""
    backend = await comfyui.opened()
    square = Image.new("RGB", (128, 64), "black")
    square.paste("white", (32, 16, 96, 48))
    found = await made(backend, a_job(source=square, control_type="canny", return_control_map=True))
    edges = np.asarray(found.picture.convert("L")) > 128
    assert 0 < edges.mean() < 0.2
    assert not edges[24:40, 48:80].any()
    assert found.progress == []


@pytest.mark.parametrize(("name", "factor"), [("RealESRGAN_x4plus", 4), ("RealESRGAN_x2plus", 2)])
async def test_upscalers_enlarge(comfyui: ComfyUi, name: str, factor: int) -> None:
    """By the factor in their name, also where another's result is halved."""
    backend = await comfyui.opened()
    picture = (await made(backend, a_job(post_processing=(name,)))).picture
    assert picture.size == (128 * factor, 64 * factor)


async def test_upscalers_are_applied_one_after_the_other(comfyui: ComfyUi) -> None:
    """In the order of the job."""
    backend = await comfyui.opened()
    job = a_job(width=64, post_processing=("RealESRGAN_x2plus", "RealESRGAN_x4plus"))
    assert (await made(backend, job)).picture.size == (512, 512)


async def test_sizes_that_models_do_not_paint_are_cut_to_what_was_asked_for(comfyui: ComfyUi) -> None:
    """Painted are multiples of 64."""
    backend = await comfyui.opened()
    assert (await made(backend, a_job(width=100, height=70))).picture.size == (100, 70)


async def test_two_jobs_at_a_time_are_two_pictures(comfyui: ComfyUi) -> None:
    """Each has its own source, and hears of its own graph alone."""
    backend = await comfyui.opened(slots=2)
    assert backend.slots == 2
    red, blue = Image.new("RGB", (128, 64), "red"), Image.new("RGB", (128, 64), "blue")
    mask = Image.new("L", (128, 64))
    mask.paste(255, (0, 0, 64, 64))
    found = await asyncio.gather(
        *(made(backend, a_job(source=one, mask=mask, steps=steps)) for one, steps in ((red, 2), (blue, 3)))
    )
    assert [one.progress[-1].steps for one in found] == [2, 3]
    for one, colour in zip(found, (red, blue), strict=True):
        assert difference(half(one.picture, "right"), half(colour, "right")) < CODER_LOSS


async def test_nothing_stays_at_the_server(comfyui: ComfyUi) -> None:
    """No graph in its history or queue, and no picture of a job in its folders."""
    backend = await comfyui.opened()
    before = set(await comfyui.asked("/history")) if comfyui.contract is None else set()
    await made(backend, a_job(source=BLUE, denoising_strength=0.5))
    if comfyui.contract is None:
        assert set(await comfyui.asked("/history")) <= before
    else:
        assert comfyui.contract.history == {}
        assert {Image.open(io.BytesIO(one)).size for one in comfyui.contract.temp.values()} == {(1, 1)}
    assert await comfyui.asked("/queue") == {"queue_running": [], "queue_pending": []}


async def test_what_a_file_says_beside_its_pixels_never_leaves(comfyui: ComfyUi) -> None:
    """ComfyUI writes the whole graph into its pictures, prompt and all."""
    backend = await comfyui.opened()
    assert (await made(backend, a_job())).picture.info == {}
