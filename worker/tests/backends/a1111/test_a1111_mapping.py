"""Each parameter that the table says is sent, is: a job that differs in it alone differs in the body, there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from a1111_contract import A1111, A1111_1_6, FORGE, SDNEXT, Contract
from PIL import Image
from plain_jobs import an_image_job

from horde_worker.backends.a1111.mapping import MAPPING
from horde_worker.backends.image import ImageJob, ImageResult, Lora, SourceGiven, TextualInversion
from horde_worker.backends.mapping import Sent

SOURCE = Image.linear_gradient("L").convert("RGB")
OTHER_SOURCE = Image.radial_gradient("L").convert("RGB")
MASK = Image.new("L", (64, 64), 255)
HALF_MASK = MASK.copy()
HALF_MASK.paste(0, (0, 0, 32, 64))
GIVEN = SourceGiven("x")
OPTIONS: dict[str, Any] = {
    "models": {"Deliberate": "deliberate_v2", "AlbedoBase XL (SDXL)": "sdxl_juggernautXL_v9"},
    "loras": {"26975": "pixel-art"},
    "tis": {"7808": "bad-hands"},
    "face_fixers": ["GFPGAN", "CodeFormers"],
}


@dataclass(frozen=True)
class Case:
    """Two jobs that differ in one parameter, and the places of the body that differ by it; all others are the same."""

    parameter: str
    one: dict[str, Any]
    two: dict[str, Any]
    places: tuple[str, ...]
    path: str = "/sdapi/v1/txt2img"
    contract: Contract = A1111
    options: dict[str, Any] = field(default_factory=lambda: OPTIONS)


TITLE = "override_settings.sd_model_checkpoint"
CONTROL = "alwayson_scripts.controlnet.args.0"
LARGE = {"width": 1024, "height": 1024, "hires_fix": True}
FROM = {"source": SOURCE, "given": GIVEN, "denoising_strength": 0.6}
BY_CONTROL = {"source": SOURCE, "given": GIVEN, "control_type": "canny"}
ONE_MODEL = {**OPTIONS, "models": {"Deliberate": "deliberate_v2"}}
IMG2IMG = "/sdapi/v1/img2img"
EXTRAS = "/sdapi/v1/extra-single-image"

CASES = (
    Case("prompt", {}, {"prompt": "a dog"}, ("prompt",)),
    Case("negative_prompt", {}, {"negative_prompt": "lowres"}, ("negative_prompt",)),
    Case("seed", {}, {"seeds": (8,)}, ("seed",)),
    Case("width", {}, {"width": 576}, ("width",)),
    Case("height", {}, {"height": 576}, ("height",)),
    Case("width", LARGE, {**LARGE, "width": 1088}, ("hr_resize_x", "hr_second_pass_steps")),
    Case("height", LARGE, {**LARGE, "height": 1088}, ("hr_resize_y", "hr_second_pass_steps")),
    Case("ddim_steps", {}, {"steps": 21}, ("steps",)),
    Case("cfg_scale", {}, {"cfg_scale": 3.5}, ("cfg_scale",)),
    Case("cfg_scale", LARGE, {**LARGE, "cfg_scale": 3.5}, ("cfg_scale", "hr_cfg"), contract=FORGE),
    Case("n_iter", {}, {"ids": ("a", "b"), "seeds": (7, 8)}, ("batch_size",)),
    Case("sampler_name", {}, {"sampler": "k_heun"}, ("sampler_name",)),
    Case("karras", {}, {"karras": True}, ("scheduler",)),
    Case("karras", {"sampler": "k_lms"}, {"sampler": "k_lms", "karras": True}, ("sampler_name",), contract=A1111_1_6),
    Case("karras", {}, {"karras": True}, ("schedulers_sigma",), contract=SDNEXT),
    Case("clip_skip", {}, {"clip_skip": 2}, ("override_settings.CLIP_stop_at_last_layers",)),
    Case("clip_skip", {}, {"clip_skip": 2}, ("clip_skip",), contract=SDNEXT),
    Case("tiling", {}, {"tiling": True}, ("tiling",)),
    Case(
        "hires_fix",
        {**LARGE, "hires_fix": False},
        LARGE,
        (
            "enable_hr",
            "width",
            "height",
            "hr_upscaler",
            "hr_resize_x",
            "hr_resize_y",
            "hr_second_pass_steps",
            "denoising_strength",
        ),
    ),
    Case(
        "hires_fix_denoising_strength",
        {**LARGE, "hires_denoising_strength": 0.7},
        {**LARGE, "hires_denoising_strength": 0.71},
        ("denoising_strength",),
    ),
    Case(
        "hires_fix_denoising_strength",
        {**LARGE, "hires_denoising_strength": 0.7},
        {**LARGE, "hires_denoising_strength": 0.71},
        ("denoising_strength", "hr_denoising_strength"),
        contract=SDNEXT,
    ),
    Case("source_image", FROM, {**FROM, "source": OTHER_SOURCE}, ("init_images.0",), IMG2IMG),
    Case("source_image", BY_CONTROL, {**BY_CONTROL, "source": OTHER_SOURCE}, (f"{CONTROL}.image",), options=ONE_MODEL),
    Case("source_mask", {**FROM, "mask": MASK}, {**FROM, "mask": HALF_MASK}, ("mask",), IMG2IMG),
    Case(
        "source_processing",
        FROM,
        {**FROM, "mask": MASK},
        ("mask", "mask_blur", "inpainting_fill", "inpaint_full_res", "inpainting_mask_invert"),
        IMG2IMG,
    ),
    Case("denoising_strength", FROM, {**FROM, "denoising_strength": 0.3}, ("denoising_strength",), IMG2IMG),
    Case("loras", {}, {"loras": (Lora("26975", 0.8, 0.7),)}, ("prompt",)),
    Case("tis", {}, {"tis": (TextualInversion("7808", "prompt", 1.2),)}, ("prompt",)),
    Case("tis", {}, {"tis": (TextualInversion("7808", "negprompt", 1.2),)}, ("negative_prompt",)),
    Case(
        "control_type",
        BY_CONTROL,
        {**BY_CONTROL, "control_type": "depth"},
        (f"{CONTROL}.module", f"{CONTROL}.model"),
        options=ONE_MODEL,
    ),
    Case(
        "image_is_control",
        BY_CONTROL,
        {**BY_CONTROL, "image_is_control": True},
        (f"{CONTROL}.module",),
        options=ONE_MODEL,
    ),
    Case(
        "return_control_map",
        {**BY_CONTROL, "return_control_map": True},
        {**BY_CONTROL, "return_control_map": True, "control_type": "depth"},
        ("controlnet_module",),
        "/controlnet/detect",
        options=ONE_MODEL,
    ),
    Case(
        "post_processing",
        {"post_processing": ("RealESRGAN_x4plus",)},
        {"post_processing": ("4x_AnimeSharp",)},
        ("upscaler_1",),
        EXTRAS,
    ),
    Case(
        "facefixer_strength",
        {"post_processing": ("GFPGAN",)},
        {"post_processing": ("GFPGAN",), "facefixer_strength": 0.3},
        ("gfpgan_visibility",),
        EXTRAS,
    ),
    Case(
        "facefixer_strength",
        {"post_processing": ("CodeFormers",)},
        {"post_processing": ("CodeFormers",), "facefixer_strength": 0.3},
        ("codeformer_visibility",),
        EXTRAS,
    ),
    Case("model", {}, {"model": "AlbedoBase XL (SDXL)"}, (TITLE,)),
)


def test_every_parameter_that_is_sent_has_a_case() -> None:
    """None is only said to be sent."""
    assert {case.parameter for case in CASES} == {name for name, what in MAPPING.items() if isinstance(what, Sent)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parameter}-{case.contract.name}")
async def test_a_parameter_alone_changes_its_place_alone(play: Any, opened: Any, case: Case) -> None:
    """The place that the table names is among those that differ."""
    server = await play(case.contract)
    backend = await opened(server, **case.options)
    bodies = []
    for changes in (case.one, case.two):
        made = [event async for event in backend.makers.image.make(job_of(changes)) if isinstance(event, ImageResult)]
        assert len(made) == len(job_of(changes).ids)
        bodies.append(flat(server.last(case.path)))
    differing = {place for place in bodies[0].keys() | bodies[1].keys() if bodies[0].get(place) != bodies[1].get(place)}
    assert differing - {"force_task_id", "image"} == set(case.places)
    assert is_said(case)


def is_said(case: Case) -> bool:
    """Whether the table names the call, or the key of one of the places."""
    what = MAPPING[case.parameter]
    assert isinstance(what, Sent)
    told = f"{what.where} {what.note}"
    return what.where == case.path or any(place.removesuffix(".0").rpartition(".")[2] in told for place in case.places)


def job_of(changes: dict[str, Any]) -> ImageJob:
    return an_image_job(**changes)


def flat(body: Any, under: str = "") -> dict[str, Any]:
    """Every value by the way to it."""
    if isinstance(body, dict):
        pairs = body.items()
    elif isinstance(body, list):
        pairs = {str(place): value for place, value in enumerate(body)}.items()
    else:
        return {under.rstrip("."): body}
    return {way: value for name, inner in pairs for way, value in flat(inner, f"{under}{name}.").items()}
