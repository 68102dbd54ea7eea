"""Pictures from a played server: which of those it sends are taken, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest
from a1111_contract import A1111, A1111_1_6, FORGE, PART, SDNEXT, WHOLE_PROGRAMS, Contract
from PIL import Image
from plain_jobs import an_image_job
from played_a1111 import PlayedA1111, colour_of
from played_a1111 import opened as picture_of

from horde_worker.backends.a1111_backend import A1111Backend
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageJob, ImageResult, Lora, Remark, SourceGiven, TextualInversion

SOURCE = Image.new("RGB", (700, 300), "red")
ALL_MODELS = {"Deliberate": "deliberate_v2", "AlbedoBase XL (SDXL)": "sdxl_juggernautXL_v9"}
OWN = {"models": {"Deliberate": "deliberate_v2"}, "loras": {"26975": "pixel-art"}, "tis": {"7808": "bad-hands"}}


async def made(backend: A1111Backend, job: ImageJob) -> list[ImageResult]:
    """The results of a job."""
    assert backend.makers.image is not None
    return [event async for event in backend.makers.image.make(job) if isinstance(event, ImageResult)]


@pytest.mark.parametrize("contract", [*WHOLE_PROGRAMS, PART], ids=lambda one: one.name)
async def test_a_picture_comes_in_its_size_and_seed(play: Any, opened: Any, contract: Contract) -> None:
    """From each program."""
    (result,) = await made(await opened(await play(contract)), an_image_job(width=576, height=448))
    assert (result.image.size, result.image.mode, result.seed) == ((576, 448), "RGB", 7)
    assert result.image.getpixel((5, 5)) == colour_of(7)
    assert result.remarks == ()


async def test_a_batch_has_a_seed_each(play: Any, opened: Any) -> None:
    """In one request; each picture is that of its seed."""
    server = await play(A1111)
    results = await made(await opened(server), an_image_job(ids=("a", "b", "c"), seeds=(7, 8, 9)))
    assert [(one.seed, one.image.getpixel((0, 0))) for one in results] == [
        (seed, colour_of(seed)) for seed in (7, 8, 9)
    ]
    assert len(server.sent("/sdapi/v1/txt2img")) == 1
    assert (server.last()["batch_size"], server.last()["n_iter"]) == (3, 1)


async def test_seeds_are_those_that_the_server_tells(play: Any, opened: Any) -> None:
    """At the end of the space of seeds it goes on where the horde begins anew."""
    results = await made(await opened(await play(A1111)), an_image_job(ids=("a", "b"), seeds=(4294967295, 0)))
    assert [one.seed for one in results] == [4294967295, 4294967296]


async def test_grids_and_maps_are_no_results(play: Any, opened: Any) -> None:
    """A grid stands before the pictures, maps behind them."""
    server = await play(A1111)
    backend = await opened(server)
    server.has_grid = server.has_maps = True
    results = await made(backend, an_image_job(ids=("a", "b"), seeds=(7, 8)))
    assert [one.image.getpixel((0, 0)) for one in results] == [colour_of(7), colour_of(8)]


async def test_what_the_server_writes_into_its_files_stays_there(play: Any, opened: Any) -> None:
    """Prompts and settings are nobody's concern but the requester's."""
    (result,) = await made(await opened(await play(A1111)), an_image_job())
    assert result.image.info == {}


async def test_nothing_is_kept_at_the_owners(play: Any, opened: Any) -> None:
    """Neither pictures nor grids."""
    server = await play(A1111)
    await made(await opened(server), an_image_job())
    body = server.last()
    assert (body["save_images"], body["do_not_save_samples"], body["do_not_save_grid"]) == (False, True, True)


async def test_odd_sizes_are_painted_larger_and_cut(play: Any, opened: Any) -> None:
    """Models want multiples of 64, and requesters get what they asked for."""
    server = await play(A1111)
    (result,) = await made(await opened(server), an_image_job(width=500, height=300))
    assert (server.last()["width"], server.last()["height"]) == (512, 320)
    assert result.image.size == (500, 300)


async def test_a_source_is_painted_over_in_the_jobs_size(play: Any, opened: Any) -> None:
    """Stretched to it, as strongly as the job says."""
    server = await play(A1111)
    job = an_image_job(width=512, height=320, source=SOURCE, given=SourceGiven("x"), denoising_strength=0.6)
    await made(await opened(server), job)
    body = server.last("/sdapi/v1/img2img")
    sent = picture_of(body["init_images"][0])
    assert (sent.size, body["denoising_strength"], body["resize_mode"]) == ((512, 320), 0.6, 0)
    assert "mask" not in body


async def test_white_is_what_is_repainted(play: Any, opened: Any) -> None:
    """The mask goes as it is, in the size of the job."""
    server = await play(A1111)
    mask = Image.new("L", (700, 300), 0)
    mask.paste(255, (350, 0, 700, 300))
    job = an_image_job(source=SOURCE, mask=mask, given=SourceGiven("x", is_inpainting=True))
    await made(await opened(server), job)
    body = server.last("/sdapi/v1/img2img")
    sent = picture_of(body["mask"])
    assert (sent.size, sent.getpixel((10, 10)), sent.getpixel((500, 10))) == ((512, 512), 0, 255)
    assert (body["inpainting_mask_invert"], body["inpaint_full_res"], body["inpainting_fill"]) == (0, False, 1)


async def test_a_model_that_fills_masks_gets_something_to_fill(play: Any, opened: Any) -> None:
    """Noise and a mask of all, where the job has neither; and its metadata says so."""
    server = await play(A1111)
    server.titles.append("sd-v1-5-inpainting.ckpt [c6bbc15e32]")
    backend = await opened(server, models={"stable_diffusion_inpainting": "sd-v1-5-inpainting.ckpt"})
    (result,) = await made(backend, an_image_job(model="stable_diffusion_inpainting"))
    body = server.last("/sdapi/v1/img2img")
    assert (picture_of(body["mask"]).getextrema(), body["denoising_strength"]) == ((255, 255), 1.0)
    assert result.remarks == (Remark("source_image", "parse_failed", "source_image"),)
    (result,) = await made(
        backend, an_image_job(model="stable_diffusion_inpainting", source=SOURCE, given=SourceGiven("x"))
    )
    assert result.remarks == (Remark("source_mask", "parse_failed", "source_mask"),)


async def test_two_passes_end_at_the_size_of_the_job(play: Any, opened: Any) -> None:
    """The first is of a size that the model was trained on."""
    server = await play(A1111)
    backend = await opened(server, models=ALL_MODELS)
    for model, side, first in (("Deliberate", 1024, 512), ("AlbedoBase XL (SDXL)", 1536, 1024)):
        (result,) = await made(backend, an_image_job(model=model, width=side, height=side, hires_fix=True))
        body = server.last()
        assert (body["width"], body["height"], body["hr_resize_x"], body["hr_resize_y"]) == (first, first, side, side)
        assert (body["enable_hr"], body["hr_upscaler"]) == (True, "Latent")
        assert result.image.size == (side, side)


async def test_forges_second_pass_is_told_its_guidance(play: Any, opened: Any) -> None:
    """It would have none by itself, and break for want of a text encoder."""
    server = await play(FORGE)
    await made(await opened(server), an_image_job(width=1024, height=1024, hires_fix=True, cfg_scale=6.5))
    assert server.last()["hr_cfg"] == 6.5
    assert server.last()["hr_additional_modules"] == ["Use same choices"]


async def test_the_owner_says_what_a_model_derives_from(play: Any, opened: Any) -> None:
    """Where its name does not."""
    server = await play(A1111)
    backend = await opened(server, models=ALL_MODELS, baselines={"Deliberate": "stable_diffusion_xl"})
    await made(backend, an_image_job(width=1536, height=1536, hires_fix=True))
    assert server.last()["width"] == 1024


@pytest.mark.parametrize(
    ("contract", "sampler", "karras", "sent"),
    [
        (A1111, "k_euler_a", True, {"sampler_name": "Euler a", "scheduler": "Karras"}),
        (A1111, "k_euler_a", False, {"sampler_name": "Euler a", "scheduler": "Uniform"}),
        (A1111, "dpmsolver", False, {"sampler_name": "DPM++ 2M", "scheduler": "Uniform"}),
        (A1111, "ddim", False, {"sampler_name": "DDIM", "scheduler": "Automatic"}),
        (A1111_1_6, "k_dpmpp_2m", True, {"sampler_name": "DPM++ 2M Karras"}),
        (A1111_1_6, "k_dpmpp_2m", False, {"sampler_name": "DPM++ 2M"}),
        (SDNEXT, "k_dpmpp_sde", True, {"sampler_name": "DPM SDE", "schedulers_sigma": "karras"}),
        (SDNEXT, "k_lms", False, {"sampler_name": "LMSD", "schedulers_sigma": "default"}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
async def test_samplers_and_schedules_by_program(
    play: Any, opened: Any, contract: Contract, sampler: str, karras: bool, sent: dict[str, str]
) -> None:
    """As each names them."""
    server = await play(contract)
    (result,) = await made(await opened(server), an_image_job(sampler=sampler, karras=karras))
    body = server.last()
    assert {name: body.get(name) for name in sent} == sent
    assert ("scheduler" in body) == ("scheduler" in sent)
    assert result.remarks == ()


@pytest.mark.parametrize(
    ("contract", "sampler", "karras", "local", "told"),
    [
        (A1111, "k_warp", False, "Euler", "no sampler k_warp: k_euler instead"),
        (SDNEXT, "k_dpmpp_2s_a", False, "Euler a", "no sampler k_dpmpp_2s_a here: k_euler_a instead"),
        (A1111_1_6, "k_euler", True, "Euler", "k_euler without Karras: this server has none for it"),
        (SDNEXT, "k_euler_a", True, "Euler a", "k_euler_a without Karras: this server has none for it"),
        (A1111, "DDIM", True, "DDIM", "DDIM without Karras: this server has none for it"),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
async def test_what_stands_in_is_said(
    play: Any, opened: Any, contract: Contract, sampler: str, karras: bool, local: str, told: str
) -> None:
    """In the metadata of the picture."""
    server = await play(contract)
    (result,) = await made(await opened(server), an_image_job(sampler=sampler, karras=karras))
    assert server.last()["sampler_name"] == local
    assert result.remarks == (Remark("information", "see_ref", told),)


async def test_loras_and_inversions_are_words_of_the_prompts(play: Any, opened: Any) -> None:
    """By the owner's table or by their own names, with trigger words in front and strengths apart."""
    server = await play(A1111)
    job = an_image_job(
        loras=(Lora("26975", 0.8, 0.5, inject_trigger="any"), Lora("pixelart_v1")),
        tis=(TextualInversion("7808", "negprompt", 1.2), TextualInversion("xl-neg", "prompt")),
    )
    (result,) = await made(await opened(server, **OWN), job)
    body = server.last()
    assert body["prompt"].endswith(
        "xl-neg, a fox in snow <lora:pixel-art:te=0.5:unet=0.8> <lora:pixel-art:te=1:unet=1>"
    )
    assert body["prompt"].partition(",")[0] in ("pixelart", "sprite")
    assert body["negative_prompt"] == "blurry, (bad-hands:1.2)"
    assert result.remarks == ()


async def test_an_inversion_that_the_prompt_names_gets_its_name_at_the_server(play: Any, opened: Any) -> None:
    """ComfyUI's way to write it is not known there."""
    server = await play(A1111)
    job = an_image_job(prompt="a fox, (embedding:7808:1.1), embedding:other", tis=(TextualInversion("7808"),))
    await made(await opened(server, **OWN), job)
    assert server.last()["prompt"] == "a fox, (bad-hands:1.1), other"


@pytest.mark.parametrize("contract", WHOLE_PROGRAMS, ids=lambda one: one.name)
async def test_what_the_worker_fetched_a_moment_ago_is_found(play: Any, opened: Any, contract: Contract) -> None:
    """Into the server's own folders; it looks there again where a job names what it does not know, and only then."""
    server = await play(contract)
    backend = await opened(server, loras_folder="/models/Lora", embeddings_folder="/embeddings")
    assert {"lora", "textual_inversion"} <= backend._maker.abilities.capabilities
    server.new_loras = [{"name": "horde-lora-5", "alias": "x", "metadata": {}}]
    server.new_embeddings = {"horde-ti-6": {}}
    inversion = TextualInversion("horde-ti-6", "negprompt")
    job = an_image_job(loras=(Lora("horde-lora-5"),), tis=() if contract is SDNEXT else (inversion,))
    (result,) = await made(backend, job)
    assert "<lora:horde-lora-5:te=1:unet=1>" in server.last()["prompt"]
    assert result.remarks == ()
    await backend._attendance._look_once()
    server.bodies.clear()
    await made(backend, job)
    assert [path for path, _ in server.bodies if path != "/internal/progress"] == ["/sdapi/v1/txt2img"]


async def test_what_is_not_there_is_left_out_and_said(play: Any, opened: Any) -> None:
    """It does not cost the job."""
    server = await play(A1111)
    job = an_image_job(loras=(Lora("999"),), tis=(TextualInversion("888", "prompt"),))
    (result,) = await made(await opened(server, **OWN), job)
    assert server.last()["prompt"] == "a fox in snow"
    assert result.remarks == (Remark("ti", "download_failed", "888"), Remark("lora", "download_failed", "999"))


@pytest.mark.parametrize("written", ["<lora:pixel-art:5>", "<hypernet:x:1>", "<lyco:a>"])
async def test_nobody_loads_the_owners_files_unasked(play: Any, opened: Any, written: str) -> None:
    """What looks like it, in a prompt or in a trigger word, is text."""
    server = await play(A1111)
    job = an_image_job(prompt=f"a fox {written}", loras=(Lora("26975", inject_trigger=written),))
    server.loras[0]["metadata"] = {}
    await made(await opened(server, **OWN), job)
    prompt = server.last()["prompt"]
    assert prompt.count("<") == 1
    assert "<lora:pixel-art:te=1:unet=1>" in prompt


async def test_a_controlnet_paints_by_the_source(play: Any, opened: Any) -> None:
    """From noise alone: the source is what is kept, not what is begun with."""
    server = await play(A1111)
    job = an_image_job(source=SOURCE, given=SourceGiven("x"), control_type="canny")
    await made(await opened(server, **OWN), job)
    (unit,) = server.last()["alwayson_scripts"]["controlnet"]["args"]
    assert (unit["module"], unit["model"]) == ("canny", "control_v11p_sd15_canny [0123abcd]")
    assert (unit["save_detected_map"], picture_of(unit["image"]).size) == (False, (512, 512))


@pytest.mark.parametrize(("contract", "no_module"), [(A1111, "none"), (FORGE, "None")], ids=lambda one: str(one)[:20])
async def test_a_map_is_taken_as_it_is(play: Any, opened: Any, contract: Contract, no_module: str) -> None:
    """Nothing is drawn from it; Forge writes that otherwise."""
    server = await play(contract)
    job = an_image_job(source=SOURCE, given=SourceGiven("x"), control_type="depth", image_is_control=True)
    await made(await opened(server, **OWN), job)
    assert server.last()["alwayson_scripts"]["controlnet"]["args"][0]["module"] == no_module


async def test_a_map_alone_is_a_result(play: Any, opened: Any) -> None:
    """For each picture of the job, without painting."""
    server = await play(A1111)
    job = an_image_job(
        ids=("a", "b"),
        seeds=(7, 8),
        source=SOURCE,
        given=SourceGiven("x"),
        control_type="hed",
        return_control_map=True,
        width=512,
        height=256,
    )
    results = await made(await opened(server, **OWN), job)
    assert [one.image.size for one in results] == [(512, 256)] * 2
    assert results[0].image.getpixel((3, 3)) == (255, 255, 255)
    assert not server.sent("/sdapi/v1/txt2img")


async def test_a_controlnet_without_its_source_paints_without(play: Any, opened: Any) -> None:
    """The source could not be had, which is said already."""
    server = await play(A1111)
    (result,) = await made(await opened(server, **OWN), an_image_job(given=SourceGiven("x"), control_type="canny"))
    assert "alwayson_scripts" not in server.last()
    assert result.seed == 7


async def test_post_processors_run_in_their_order(play: Any, opened: Any) -> None:
    """One call each; what comes out of the first goes into the second."""
    server = await play(A1111)
    backend = await opened(server, face_fixers=["CodeFormers"])
    job = an_image_job(
        width=64, height=64, post_processing=("CodeFormers", "RealESRGAN_x4plus"), facefixer_strength=0.4
    )
    (result,) = await made(backend, job)
    faces, larger = server.sent("/sdapi/v1/extra-single-image")
    assert (faces["codeformer_visibility"], faces["codeformer_weight"], faces["upscaling_resize"]) == (0.4, 0.5, 1)
    assert (larger["upscaler_1"], larger["upscaling_resize"]) == ("R-ESRGAN 4x+", 4)
    assert picture_of(larger["image"]).size == (64, 64)
    assert (result.image.size, result.image.info) == ((256, 256), {})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"post_processing": ("RestoreFormer",)}, "RestoreFormer"),
        ({"source": SOURCE, "given": SourceGiven("x"), "control_type": "teed"}, "teed"),
    ],
)
async def test_what_slips_through_is_refused_with_a_reason(
    play: Any, opened: Any, changes: dict[str, Any], told: str
) -> None:
    """It was not offered, and nothing is painted."""
    server = await play(A1111)
    backend = await opened(server, **OWN)
    with pytest.raises(BackendFailure, match=told):
        await made(backend, an_image_job(**changes))
    assert server.bodies == []


async def test_an_alias_is_served_by_the_first_model(play: Any, opened: Any) -> None:
    """What the worker calls `--alias`."""
    server = await play(A1111)
    await made(await opened(server), an_image_job(model="Something Else"))
    assert server.last()["override_settings"]["sd_model_checkpoint"] == PlayedA1111(A1111).titles[0]
