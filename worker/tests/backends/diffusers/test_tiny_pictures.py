"""Pictures by real models with random weights: what the job asks for is what comes out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from plain_jobs import an_image_job
from single_checkpoint import SINGLE_FILE_TEXT_WIDTH, save_single_checkpoint
from tiny_image_model import (
    save_tiny_control_net,
    save_tiny_depth_model,
    save_tiny_inversion,
    save_tiny_lora,
    save_tiny_sd,
    save_tiny_sdxl,
)

from horde_worker.backends.diffusers.samplers import SAMPLERS
from horde_worker.backends.diffusers_backend import DiffusersBackend
from horde_worker.backends.events import BackendFailure, Preview, Progress
from horde_worker.backends.image import ImageJob, ImageResult, Lora, Remark, SourceGiven, TextualInversion
from horde_worker.backends.interface import BackendSettings

pytestmark = pytest.mark.torch

JOB = an_image_job(model="sd", width=64, height=64, steps=4, sampler="k_euler")
GIVEN = SourceGiven("x")
SOURCE = Image.effect_mandelbrot((64, 64), (-2.0, -1.5, 1.0, 1.5), 20).convert("RGB")
LEFT_HALF = Image.new("L", (64, 64), 0)
LEFT_HALF.paste(255, (0, 0, 32, 64))


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, ControlNet, LoRA and inversions in folders."""
    folder = tmp_path_factory.mktemp("shelf")
    save_tiny_sd(folder / "sd")
    save_tiny_sd(folder / "v", v_prediction=True)
    save_tiny_sd(folder / "fill", inpainting=True)
    save_tiny_sdxl(folder / "xl")
    save_tiny_control_net(folder / "canny", folder / "sd")
    save_tiny_lora(folder / "loras" / "One.safetensors", folder / "sd")
    save_tiny_lora(folder / "loras" / "two.safetensors", folder / "sd", seed=9)
    save_tiny_inversion(folder / "inversions" / "7808.safetensors")
    save_tiny_inversion(folder / "inversions" / "wide.safetensors", width=99)
    return folder


async def opened(shelf: Path, *names: str, **options: Any) -> DiffusersBackend:
    """On the processor, with some of the models."""
    return await DiffusersBackend.open(
        BackendSettings(
            "diffusers",
            {
                "models": {name: str(shelf / name) for name in names},
                "controlnets": {"canny": str(shelf / "canny"), "depth": str(shelf / "canny")},
                "offer_controlnet": True,
                "loras": str(shelf / "loras"),
                "inversions": str(shelf / "inversions"),
                "devices": "cpu",
                **options,
            },
        )
    )


@pytest_asyncio.fixture
async def backend(shelf: Path) -> AsyncIterator[DiffusersBackend]:
    """With all of the models."""
    made = await opened(shelf, "sd", "xl", "fill", "v")
    yield made
    await made.close()


async def results(backend: DiffusersBackend, job: ImageJob) -> list[ImageResult]:
    """The results of a job."""
    return [event async for event in backend.make(job) if isinstance(event, ImageResult)]


async def picture(backend: DiffusersBackend, **wishes: Any) -> np.ndarray:
    """The one picture of a job, as numbers."""
    [result] = await results(backend, replace(JOB, **wishes))
    return pixels(result.image)


def pixels(image: Image.Image) -> np.ndarray:
    """From 0 to 255."""
    return np.asarray(image.convert("RGB"), dtype=np.int16)


def difference(one: np.ndarray, other: np.ndarray) -> int:
    """The largest of a pixel and colour."""
    return int(np.abs(one - other).max())


@contextmanager
def checkpoint(backend: DiffusersBackend, name: str) -> Iterator[Any]:
    """A loaded model."""
    with backend._studios.one(lambda: False) as studio:
        yield studio.models.get(name)


# ---------------------------------------------------------------- the same as the library's own pipelines


def by_library(backend: DiffusersBackend, name: str, what: str, **given: Any) -> np.ndarray:
    """What the library's pipeline makes of the words themselves, with the scheduler that JOB names."""
    import diffusers
    import torch

    with checkpoint(backend, name) as loaded:
        scheduler = diffusers.EulerDiscreteScheduler.from_config(loaded.scheduler_config)
        pipeline = loaded.pipeline(what, scheduler, given.pop("controlnet", None))
        made = pipeline(
            JOB.prompt,
            negative_prompt=JOB.negative_prompt,
            guidance_scale=JOB.cfg_scale,
            generator=torch.Generator().manual_seed(7),
            **{"num_inference_steps": 4, **given},
        )
    return pixels(made.images[0])


@pytest.mark.parametrize("name", ["sd", "v", "xl"])
async def test_a_picture_is_the_librarys(backend: DiffusersBackend, name: str) -> None:
    """Prompt, guidance, noise and steps: nothing is added, nothing lost."""
    expected = by_library(backend, name, "", width=64, height=64)
    assert difference(await picture(backend, model=name), expected) <= 1


@pytest.mark.parametrize("name", ["sd", "xl"])
async def test_a_picture_from_a_source_is_the_librarys(backend: DiffusersBackend, name: str) -> None:
    """With all the steps over half of the way."""
    expected = by_library(backend, name, "Img2Img", image=SOURCE, strength=0.5, num_inference_steps=8)
    made = await picture(backend, model=name, source=SOURCE, given=GIVEN, denoising_strength=0.5)
    assert difference(made, expected) <= 1


@pytest.mark.parametrize("name", ["sd", "xl", "fill"])
async def test_a_picture_in_a_mask_is_the_librarys_where_it_is_painted(backend: DiffusersBackend, name: str) -> None:
    """And the source elsewhere, to the pixel: the library's has gone through the decoder there."""
    expected = by_library(
        backend, name, "Inpaint", image=SOURCE, mask_image=LEFT_HALF, strength=1.0, width=64, height=64
    )
    made = await picture(backend, model=name, source=SOURCE, mask=LEFT_HALF, given=GIVEN, denoising_strength=1.0)
    assert difference(made[:, :32], expected[:, :32]) <= 1
    assert difference(made[:, 32:], pixels(SOURCE)[:, 32:]) == 0
    assert difference(expected[:, 32:], pixels(SOURCE)[:, 32:]) > 0


async def test_a_picture_by_a_control_net_is_the_librarys(backend: DiffusersBackend) -> None:
    """With the source as map."""
    with backend._studios.one(lambda: False) as studio:
        controlnet = studio._control_nets.get("canny", studio.models.get("sd"))
    expected = by_library(backend, "sd", "", image=SOURCE, width=64, height=64, controlnet=controlnet)
    made = await picture(backend, control_type="canny", image_is_control=True, source=SOURCE, given=GIVEN)
    assert difference(made, expected) <= 1
    assert difference(made, await picture(backend)) > 5


# ---------------------------------------------------------------- seeds and samplers


async def test_a_batch_has_a_picture_for_each_seed(backend: DiffusersBackend) -> None:
    """Each the same as alone, also where they are painted side by side."""
    pair = replace(JOB, ids=("a", "b"), seeds=(7, 8))
    first, second = await results(backend, pair)
    assert (first.seed, second.seed) == (7, 8)
    alone = [await picture(backend), await picture(backend, seeds=(8,))]
    assert difference(alone[0], alone[1]) > 5
    assert [difference(pixels(one.image), other) for one, other in zip((first, second), alone, strict=True)] == [0, 0]


@pytest.mark.parametrize("sampler", list(SAMPLERS))
async def test_pictures_side_by_side_are_those_of_single_jobs(shelf: Path, sampler: str) -> None:
    """With every sampler: the noise drawn on the way is each picture's own, too. From noise, a source, in a mask."""
    together = await opened(shelf, "sd", side_by_side=2)
    alone = await opened(shelf, "sd", side_by_side=1)
    for wishes in ({}, {"source": SOURCE, "given": GIVEN}, {"source": SOURCE, "mask": LEFT_HALF, "given": GIVEN}):
        job = replace(JOB, ids=("a", "b"), seeds=(7, 8), sampler=sampler, **wishes)  # type: ignore[arg-type]
        pairs = zip(await results(together, job), await results(alone, job), strict=True)
        assert max(difference(pixels(one.image), pixels(other.image)) for one, other in pairs) <= 1
    await together.close()
    await alone.close()


@pytest.mark.parametrize("sampler", list(SAMPLERS))
async def test_every_sampler_paints_with_and_without_karras(backend: DiffusersBackend, sampler: str) -> None:
    """Two pictures where it has both spacings, else one with a remark."""
    job = replace(JOB, sampler=sampler, steps=6)
    [plain] = await results(backend, job)
    [spaced] = await results(backend, replace(job, karras=True))
    is_other = difference(pixels(plain.image), pixels(spaced.image)) > 0
    assert is_other == bool(SAMPLERS[sampler].karras)
    assert len(spaced.remarks) == (0 if is_other else 1)
    assert plain.remarks == ()
    await results(backend, replace(job, source=SOURCE, given=GIVEN, denoising_strength=0.4, karras=True))
    await results(backend, replace(job, steps=1))


async def test_samplers_are_not_all_the_same(backend: DiffusersBackend) -> None:
    """Those that share a solver aside."""
    made = {(await picture(backend, sampler=sampler, steps=6)).tobytes() for sampler in SAMPLERS}
    assert len(made) >= len(SAMPLERS) - 3


async def test_karras_levels_of_euler_a_are_those_of_euler() -> None:
    """The library has them for the one without noise; the times belong to them."""
    from horde_worker.backends.diffusers.schedulers import scheduler_for

    made = [scheduler_for(one, karras=True, base={}, seeds=[1]) for one in ("k_euler_a", "k_euler")]
    for one in made:
        one.set_timesteps(9)
    assert made[0].sigmas.tolist() == made[1].sigmas.tolist()
    assert made[0].timesteps.tolist() == made[1].timesteps.tolist()
    assert len(set(made[0].sigmas.tolist())) == 10


# ---------------------------------------------------------------- prompts


@pytest.mark.parametrize("name", ["sd", "xl"])
async def test_words_count_as_their_weights_say(backend: DiffusersBackend, name: str) -> None:
    """A weight of one is none; brackets are no words."""
    plain = await picture(backend, model=name, prompt="a fox in snow")
    assert difference(plain, await picture(backend, model=name, prompt="a (fox:1.0) in snow")) == 0
    assert difference(plain, await picture(backend, model=name, prompt="a (fox:1.6) in snow")) > 0
    assert difference(plain, await picture(backend, model=name, negative_prompt="(blurry:2)")) > 0


@pytest.mark.parametrize("name", ["sd", "xl"])
async def test_all_of_a_long_prompt_is_read(backend: DiffusersBackend, name: str) -> None:
    """Beyond the 75 tokens of a chunk, and behind a BREAK."""
    long = "snow " * 40
    assert difference(
        await picture(backend, model=name, prompt=f"{long} fox"),
        await picture(backend, model=name, prompt=f"{long} owl"),
    )
    assert difference(
        await picture(backend, model=name, prompt="fox BREAK owl"), await picture(backend, model=name, prompt="fox owl")
    )


async def test_clip_skip_takes_another_layer(backend: DiffusersBackend) -> None:
    """Of the text encoder: each its own, and of more than there are the first."""
    first, second, third, many = [await picture(backend, clip_skip=skip) for skip in (1, 2, 3, 12)]
    assert difference(first, second) > 0
    assert difference(second, third) > 0
    assert difference(third, many) == 0
    xl = [await picture(backend, model="xl", clip_skip=skip) for skip in (1, 2, 3)]
    assert difference(xl[0], xl[1]) == 0
    assert difference(xl[1], xl[2]) > 0


async def test_an_inversion_speaks_for_its_vectors(backend: DiffusersBackend) -> None:
    """Where the job puts it, as strong as it says; the model has forgotten it afterwards."""
    plain = await picture(backend)
    in_prompt = await picture(backend, tis=(TextualInversion("7808", "prompt"),))
    in_negative = await picture(backend, tis=(TextualInversion("7808", "negprompt"),))
    stronger = await picture(backend, tis=(TextualInversion("7808", "prompt", 1.5),))
    named = await picture(backend, prompt="embedding:7808 fox", tis=(TextualInversion("7808"),))
    made = [plain, in_prompt, in_negative, stronger, named]
    assert len({one.tobytes() for one in made}) == len(made)
    assert difference(plain, await picture(backend)) == 0


async def test_an_inversion_that_cannot_be_had_is_remarked(backend: DiffusersBackend) -> None:
    """The picture is made without it."""
    tis = (TextualInversion("gone", "prompt"), TextualInversion("wide", "prompt"))
    [result] = await results(backend, replace(JOB, tis=tis))
    assert result.remarks == (Remark("ti", "download_failed", "gone"), Remark("ti", "baseline_mismatch", "wide"))
    assert difference(pixels(result.image), await picture(backend)) == 0


# ---------------------------------------------------------------- LoRAs


async def test_a_lora_has_its_strengths_and_is_taken_off_again(backend: DiffusersBackend) -> None:
    """None at 0; for U-Net and text encoder apart; together with another."""
    plain = await picture(backend)
    assert difference(plain, await picture(backend, loras=(Lora("one", 0.0, 0.0),))) == 0
    made = [
        plain,
        await picture(backend, loras=(Lora("one"),)),
        await picture(backend, loras=(Lora("one", 1.0, 0.0),)),
        await picture(backend, loras=(Lora("one", 0.0, 1.0),)),
        await picture(backend, loras=(Lora("one", 0.5, 0.5),)),
        await picture(backend, loras=(Lora("one"), Lora("two"))),
    ]
    assert len({one.tobytes() for one in made}) == len(made)
    assert difference(plain, await picture(backend)) == 0


async def test_a_lora_that_does_not_fit_is_remarked_and_leaves_nothing(backend: DiffusersBackend) -> None:
    """As is one that is not there."""
    plain = await picture(backend, model="xl")
    [result] = await results(backend, replace(JOB, model="xl", loras=(Lora("one"), Lora("gone"))))
    assert result.remarks == (Remark("lora", "download_failed", "gone"), Remark("lora", "baseline_mismatch", "one"))
    assert difference(pixels(result.image), plain) == 0
    assert difference(await picture(backend, model="xl"), plain) == 0


# ---------------------------------------------------------------- sources, masks, maps


async def test_less_denoising_keeps_more_of_the_source(backend: DiffusersBackend) -> None:
    """Nearly all of it, with next to none."""

    async def distance(strength: float) -> float:
        made = await picture(backend, source=SOURCE, given=GIVEN, denoising_strength=strength)
        kept = await picture(backend, source=SOURCE, given=GIVEN, denoising_strength=0.01, steps=1)
        return float(np.abs(made - kept).mean())

    assert await distance(0.02) < await distance(0.5) < await distance(1.0)


async def test_a_masked_source_keeps_what_is_black_and_starts_from_what_is_white(backend: DiffusersBackend) -> None:
    """With less denoising another picture than with all of it."""
    made = await picture(backend, source=SOURCE, mask=LEFT_HALF, given=GIVEN, denoising_strength=0.4)
    assert difference(made[:, 32:], pixels(SOURCE)[:, 32:]) == 0
    anew = await picture(backend, source=SOURCE, mask=LEFT_HALF, given=GIVEN, denoising_strength=1.0)
    assert difference(made[:, :32], anew[:, :32]) > 5


async def test_a_model_that_fills_masks_says_what_it_lacked(backend: DiffusersBackend) -> None:
    """A source, or a mask."""
    [result] = await results(backend, replace(JOB, model="fill"))
    assert result.remarks == (Remark("source_image", "parse_failed", "source_image"),)
    [result] = await results(backend, replace(JOB, model="fill", source=SOURCE, given=GIVEN))
    assert result.remarks == (Remark("source_mask", "parse_failed", "source_mask"),)


async def test_a_control_map_is_drawn_given_back_or_taken_as_it_is(backend: DiffusersBackend) -> None:
    """In the size asked for; two maps make two pictures."""
    control = replace(JOB, control_type="canny", source=SOURCE, given=GIVEN, width=80, height=72)
    [shown] = await results(backend, replace(control, return_control_map=True))
    assert shown.image.size == (80, 72)
    assert len(np.unique(pixels(shown.image))) > 1
    [drawn] = await results(backend, control)
    [taken] = await results(backend, replace(control, image_is_control=True))
    assert drawn.image.size == taken.image.size == (80, 72)
    assert difference(pixels(drawn.image), pixels(taken.image)) > 0


@pytest.mark.parametrize("kind", ["depth", "normal"])
async def test_depth_and_directions_are_drawn_by_a_model(shelf: Path, tmp_path: Path, kind: str) -> None:
    """Given back as a map, and painted by; every direction has the length of one."""
    model = save_tiny_depth_model(tmp_path / "dpt")
    nets = {kind: str(shelf / "canny")}
    backend = await opened(shelf, "sd", depth_model=str(model), controlnets=nets)
    control = replace(JOB, control_type=kind, source=SOURCE, given=GIVEN, width=128)
    [shown] = await results(backend, replace(control, return_control_map=True))
    assert shown.image.size == (128, 64)
    found = pixels(shown.image)
    assert len(np.unique(found)) > 20
    if kind == "depth":
        assert found.min() < 20
        assert found.max() > 235
    else:
        lengths = np.linalg.norm(found / 127.5 - 1, axis=2)
        assert abs(float(np.median(lengths)) - 1) < 0.03
    assert len(await results(backend, control)) == 1
    await backend.close()


@pytest.mark.parametrize(
    ("wishes", "reason"),
    [
        ({"control_type": "openpose", "image_is_control": True}, "there is no ControlNet for openpose here"),
        ({"control_type": "depth"}, "maps for depth cannot be drawn here"),
        ({"control_type": "canny", "source": None}, "needs a source picture"),
        ({"control_type": "canny", "model": "xl"}, "is for another family of models"),
    ],
)
async def test_a_control_net_that_cannot_be_is_a_failure(
    backend: DiffusersBackend, wishes: dict[str, Any], reason: str
) -> None:
    """With the reason: a picture without it would be another one."""
    with pytest.raises(BackendFailure, match=reason):
        await results(backend, replace(JOB, **{"source": SOURCE, "given": GIVEN, **wishes}))


# ---------------------------------------------------------------- sizes, passes, edges


async def test_odd_sizes_are_painted_larger_and_made_smaller(backend: DiffusersBackend) -> None:
    """To what was asked for."""
    [result] = await results(backend, replace(JOB, width=100, height=61))
    assert result.image.size == (100, 61)


async def test_hires_fix_paints_twice(backend: DiffusersBackend) -> None:
    """Counted as one walk; how much is painted anew makes a difference, and a source is the start of the first."""
    job = replace(JOB, width=576, height=576, steps=2, hires_fix=True)
    events = [event async for event in backend.make(job)]
    steps = [event.step for event in events if isinstance(event, Progress)]
    assert steps == sorted(steps)
    assert {event.steps for event in events if isinstance(event, Progress)} == {steps[-1]}
    assert steps[-1] > job.steps
    once = await picture(backend, width=576, height=576, steps=2)
    twice = pixels(next(event.image for event in events if isinstance(event, ImageResult)))
    less = await picture(backend, width=576, height=576, steps=2, hires_fix=True, hires_denoising_strength=0.3)
    tiled = await picture(backend, width=576, height=576, steps=2, hires_fix=True, tiling=True)
    made = [once, twice, less, tiled]
    assert {one.shape for one in made} == {(576, 576, 3)}
    assert len({one.tobytes() for one in made}) == len(made)


async def test_the_edges_of_a_tile_fit_and_the_nets_are_as_before(backend: DiffusersBackend) -> None:
    """A net that goes round makes of a shifted input the same output, shifted."""
    import torch

    from horde_worker.backends.diffusers.tiling import going_round

    plain, tile = await picture(backend), await picture(backend, tiling=True)
    assert difference(plain, tile) > 0
    assert difference(plain, await picture(backend)) == 0
    with checkpoint(backend, "sd") as loaded, torch.inference_mode():
        vae = loaded.base.vae
        latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
        shifted = latents.roll((3, 2), (2, 3))

        def shift_matters() -> bool:
            there, back = vae.decode(shifted).sample, vae.decode(latents).sample.roll((24, 16), (2, 3))
            return float((there - back).abs().max()) > 1e-3

        assert shift_matters()
        with going_round(vae):
            assert not shift_matters()
        assert shift_matters()


# ---------------------------------------------------------------- progress, stopping, memory


async def test_progress_and_previews_are_told(backend: DiffusersBackend) -> None:
    """Every step of every picture, also where a sampler looks twice a step; previews are small pictures."""
    for sampler in ("k_euler", "k_heun", "k_dpm_2"):
        job = replace(JOB, ids=("a", "b"), seeds=(7, 8), sampler=sampler, steps=5)
        events = [event async for event in backend.make(job)]
        for place in (0, 1):
            steps = [event.step for event in events if isinstance(event, Progress) and event.place == place]
            assert sorted(set(steps)) == [1, 2, 3, 4, 5]
            assert steps == sorted(steps)
        previews = [event for event in events if isinstance(event, Preview)]
        assert {preview.place for preview in previews} == {0, 1}
        assert {preview.image.size for preview in previews} == {(8, 8)}


async def test_previews_look_like_their_pictures(backend: DiffusersBackend) -> None:
    """Roughly: more than like another's."""
    import torch

    dice = torch.Generator().manual_seed(3)
    with checkpoint(backend, "sd") as loaded:
        coarse = torch.randn(2, 4, 4, 4, generator=dice)
        latents = torch.nn.functional.interpolate(coarse, size=(16, 16), mode="bicubic")
        shown = [pixels(loaded.preview_map.picture(one)) for one in latents]
        made = [pixels(loaded.decoded(one).resize((16, 16), Image.Resampling.BOX)) for one in latents]
    for place in (0, 1):
        assert np.abs(shown[place] - made[place]).mean() < np.abs(shown[place] - made[1 - place]).mean()


async def test_a_closed_job_frees_the_device(backend: DiffusersBackend) -> None:
    """Between two steps, long before the picture would be done."""
    with checkpoint(backend, "sd") as loaded:
        unet = loaded.base.unet
    calls = []
    hook = unet.register_forward_pre_hook(lambda *_: calls.append(1))
    events = backend.make(replace(JOB, steps=400))
    await anext(events)
    await events.aclose()
    with backend._studios.one(lambda: False):
        assert 0 < len(calls) < 400
    hook.remove()


async def test_without_room_for_all_pictures_they_are_painted_in_turn(shelf: Path) -> None:
    """A net that has room for one picture (with guidance: two rows): the same pictures, later."""
    import torch

    backend = await opened(shelf, "sd", "v", side_by_side=3)
    trio = replace(JOB, ids=("a", "b", "c"), seeds=(7, 8, 9))
    expected = await results(backend, trio)
    await picture(backend, model="v")
    with checkpoint(backend, "sd") as loaded:

        def cramped(_net: Any, inputs: tuple[Any, ...]) -> None:
            if inputs[0].shape[0] > 2:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

        loaded.base.unet.register_forward_pre_hook(cramped)
    made = await results(backend, trio)
    assert [one.seed for one in made] == [7, 8, 9]
    assert max(difference(pixels(a.image), pixels(b.image)) for a, b in zip(made, expected, strict=True)) <= 1
    with backend._studios.one(lambda: False) as studio:
        assert studio.models.names == ("sd",)
        assert studio.models.get("sd").is_cramped
    await backend.close()


async def test_without_room_for_one_picture_the_job_fails(backend: DiffusersBackend) -> None:
    """With a reason, and with the memory given back: the next job loads the model anew."""
    import torch

    await results(backend, JOB)
    with checkpoint(backend, "sd") as loaded:

        def full(*_: Any) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

        loaded.base.unet.register_forward_pre_hook(full)
    with pytest.raises(BackendFailure, match="out of memory for 64×64, also with one picture at a time"):
        await results(backend, JOB)
    with backend._studios.one(lambda: False) as studio:
        assert studio.models.names == ()
    assert len(await results(backend, JOB)) == 1


async def test_an_idle_worker_can_let_go_of_its_memory(backend: DiffusersBackend) -> None:
    """The next job loads the model again."""
    before = await picture(backend)
    await backend.unload()
    with backend._studios.one(lambda: False) as studio:
        assert studio.models.names == ()
    await backend.self_test()
    assert difference(before, await picture(backend)) == 0


async def test_a_picture_that_is_not_made_of_numbers_is_a_failure(backend: DiffusersBackend) -> None:
    """As of weights that overflow in half precision: a black picture would be paid for."""
    import torch

    await results(backend, JOB)
    with checkpoint(backend, "sd") as loaded, torch.no_grad():
        loaded.base.unet.conv_out.bias.fill_(torch.nan)
    with pytest.raises(BackendFailure, match="the picture is not made of numbers"):
        await results(backend, JOB)


async def test_a_model_that_is_gone_is_a_failure_with_a_reason(shelf: Path, tmp_path: Path) -> None:
    """Between opening and the job that needs it; other models go on."""
    import shutil

    lost = Path(shutil.copytree(shelf / "v", tmp_path / "lost"))
    backend = await opened(shelf, "sd", models={"sd": str(shelf / "sd"), "lost": str(lost)})
    shutil.rmtree(lost)
    with pytest.raises(BackendFailure, match="lost cannot be loaded"):
        await results(backend, replace(JOB, model="lost"))
    assert list(backend.abilities.models) == ["sd"]
    assert backend.unready == ""
    assert len(await results(backend, JOB)) == 1
    shutil.copytree(shelf / "v", lost)
    assert list(backend.abilities.models) == ["sd", "lost"]
    assert len(await results(backend, replace(JOB, model="lost"))) == 1
    await backend.close()


async def test_after_a_gpu_has_given_up_no_job_is_asked_for(backend: DiffusersBackend) -> None:
    """Whatever is tried next in this process would fail."""
    await results(backend, JOB)
    with checkpoint(backend, "sd") as loaded:

        def lost(*_: Any) -> None:
            raise RuntimeError("CUDA error: device-side assert triggered")

        loaded.base.unet.register_forward_pre_hook(lost)
    assert backend.unready == ""
    with pytest.raises(RuntimeError, match="device-side assert"):
        await results(backend, JOB)
    assert backend.unready == "cpu has given up; a restart of the worker may help"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
async def test_half_precision_paints_too(shelf: Path, dtype: str) -> None:
    """As GPUs do it: no part hands another numbers of a kind that it does not take."""
    backend = await opened(shelf, "sd", "xl", dtype=dtype, side_by_side=2)
    from_source = {"source": SOURCE, "given": GIVEN, "denoising_strength": 0.5}
    wishes: list[dict[str, Any]] = [
        {"prompt": "a (fox:1.4) BREAK in snow"},
        {"model": "xl", "prompt": "a (fox:1.4) BREAK in snow"},
        {**from_source, "mask": LEFT_HALF},
        {**from_source, "model": "xl"},
        {**from_source, "control_type": "canny"},
        {"loras": (Lora("one"),), "tis": (TextualInversion("7808", "prompt"),), "tiling": True},
        {"sampler": "k_dpmpp_sde", "karras": True},
        {"width": 576, "height": 576, "hires_fix": True, "steps": 1},
    ]
    for wish in wishes:
        job = replace(JOB, ids=("a", "b"), seeds=(7, 8), steps=2)
        assert len(await results(backend, replace(job, **wish))) == 2
    await backend.close()


async def test_a_single_file_paints_what_its_folder_paints(tmp_path: Path) -> None:
    """With the settings and tokenizer of a folder whose weights are not read: there are none in it."""
    import shutil

    folder = save_tiny_sd(tmp_path / "whole", text_width=SINGLE_FILE_TEXT_WIDTH)
    file = save_single_checkpoint(tmp_path / "single.safetensors", folder)
    settings = Path(shutil.copytree(folder, tmp_path / "settings", ignore=shutil.ignore_patterns("*.safetensors")))
    options = {"models": {"folder": str(folder), "file": str(file)}, "configs": {"file": str(settings)}}
    backend = await DiffusersBackend.open(BackendSettings("diffusers", {**options, "devices": "cpu"}))
    made = [await picture(backend, model=name) for name in ("folder", "file")]
    assert difference(made[0], made[1]) <= 1
    await backend.close()
