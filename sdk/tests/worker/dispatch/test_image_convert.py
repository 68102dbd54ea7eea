"""From a popped image job to parameters: prompts split, broken sources, what is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pops import FIRST, PICTURE, PICTURE_BASE64, SECOND, an_image_job

from horde_sdk.ai_horde_api.apimodels import ImageGenerateJobPopResponse
from horde_sdk.generation_parameters.image.object_models import (
    ControlnetGenerationParameters,
    HiresFixGenerationParameters,
    Image2ImageGenerationParameters,
    ImageGenerationParameters,
    RemixGenerationParameters,
)
from horde_sdk.worker.dispatch.ai_horde.image.convert import (
    AI_HORDE_PROMPT_SEPARATOR,
    ImageConversionResult,
    convert_image_job_pop_response_to_parameters,
)
from horde_sdk.worker.dispatch.ai_horde.image.source_image import (
    job_requires_source_image_input,
    resolve_effective_source_processing,
)

FROM_ONE_IMAGE = ["img2img", "inpainting", "outpainting"]
BROKEN = {
    "missing": (None, ("source_image", "parse_failed", None)),
    "no base64": ("!!!", ("source_image", "parse_failed", None)),
    "nothing": ("data:image/png;base64,", ("source_image", "parse_failed", None)),
    "not fetched": ("https://example.com/a.png", ("source_image", "download_failed", "source_image")),
}


def convert(job: ImageGenerateJobPopResponse | None = None, baseline: str | None = None, **fields: Any) -> Any:
    return convert_image_job_pop_response_to_parameters(job or an_image_job(**fields), lambda _: baseline)


def parameters(baseline: str | None = None, **fields: Any) -> ImageGenerationParameters:
    made: ImageGenerationParameters = convert(baseline=baseline, **fields).generation_parameters
    return made


def faults(result: ImageConversionResult) -> list[tuple[str, str, str | None]]:
    return [(str(fault.type_), str(fault.value), fault.ref) for fault in result.faults]


@pytest.mark.parametrize(
    ("prompt", "wanted", "unwanted"),
    [
        ("a fox", "a fox", None),
        ("a fox###blurry", "a fox", "blurry"),
        ("a fox ### blurry", "a fox ", " blurry"),
        ("a###b###c", "a", "b###c"),
        ("a###", "a", ""),
        ("###b", "", "b"),
        ("a##b", "a##b", None),
    ],
)
def test_the_prompt_is_split_at_the_first_separator(prompt: str, wanted: str, unwanted: str | None) -> None:
    base = parameters(payload={"prompt": prompt}).base_params

    assert (base.prompt, base.negative_prompt) == (wanted, unwanted)
    assert AI_HORDE_PROMPT_SEPARATOR == "###"


def test_the_basics_are_those_of_the_payload() -> None:
    base = parameters(
        baseline="stable_diffusion_xl",
        payload={
            "width": 768,
            "height": 1024,
            "ddim_steps": 30,
            "cfg_scale": 5.5,
            "sampler_name": "k_dpmpp_2m",
            "karras": False,
            "clip_skip": 2,
            "denoising_strength": 0.6,
            "tiling": True,
            "transparent": True,
            "seed": "77",
        },
    ).base_params

    assert base.model_dump(exclude_none=True) == {
        "schema_version": "1.0",
        "underlying_generation_scheme": "MODEL",
        "model": "Deliberate",
        "model_baseline": "stable_diffusion_xl",
        "prompt": "a fox",
        "seed": "77",
        "width": 768,
        "height": 1024,
        "steps": 30,
        "cfg_scale": 5.5,
        "sampler_name": "k_dpmpp_2m",
        "scheduler": "normal",
        "clip_skip": 2,
        "clip_skip_representation": "NEGATIVE_OFFSET",
        "denoising_strength": 0.6,
        "tiling": True,
        "transparent": True,
    }


def test_what_a_newer_horde_says_is_kept() -> None:
    base = parameters(payload={"sampler_name": "k_new", "scheduler": "beta"}).base_params

    assert (base.sampler_name, base.scheduler) == ("k_new", "beta")


def test_a_job_without_a_seed_gets_one() -> None:
    seeds = {parameters(payload={"seed": None}).base_params.seed for _ in range(8)}

    assert len(seeds) > 1
    assert all(seed is not None and seed.isdecimal() for seed in seeds)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"model": None}, "without a model"),
        ({"payload": {"prompt": None}}, "without a prompt"),
        ({"payload": {"prompt": ""}}, "without a prompt"),
        ({"r2_upload": None, "r2_uploads": None}, "0 links to upload 1 results"),
        ({"r2_upload": None, "r2_uploads": []}, "0 links to upload 1 results"),
        ({"ids": [FIRST, SECOND]}, "1 links to upload 2 results"),
        ({"ids": [FIRST, SECOND], "r2_uploads": None}, "1 links to upload 2 results"),
    ],
    ids=str,
)
def test_a_job_that_cannot_be_done_is_a_value_error(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        convert(**fields)


def test_no_job_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="without a model"):
        convert(ImageGenerateJobPopResponse.model_validate({"id": None, "ids": [], "skipped": {}}))


def test_every_image_of_a_batch_has_its_id_and_its_link() -> None:
    result = convert(ids=[FIRST, SECOND], r2_uploads=["https://bucket/1", "https://bucket/2"])

    assert result.generation_parameters.batch_size == 2
    assert list(map(str, result.generation_parameters.result_ids)) == [FIRST, SECOND]
    assert list(map(str, result.dispatch_parameters.generation_ids)) == [FIRST, SECOND]
    links = {str(job_id): link for job_id, link in result.dispatch_parameters.r2_upload_url_map.items()}
    assert links == {FIRST: "https://bucket/1", SECOND: "https://bucket/2"}


@pytest.mark.parametrize("ids", [{"ids": []}, {"id": None}], ids=["only id", "only ids"])
def test_the_id_may_stand_in_either_field(ids: dict[str, Any]) -> None:
    result = convert(**ids, r2_uploads=None)

    assert list(map(str, result.generation_parameters.result_ids)) == [FIRST]
    assert list(result.dispatch_parameters.r2_upload_url_map.values()) == ["https://bucket/1"]


def test_what_is_known_besides() -> None:
    dispatch = convert().dispatch_parameters

    assert dispatch.dispatch_source == "AI_HORDE_API_OFFICIAL"
    assert (dispatch.inference_backend, dispatch.requested_backend_constraints) == ("COMFYUI", "SPECIFIED")
    assert dispatch.source_image_fallback_choice == "TXT2IMG_FALLBACK"
    assert dispatch.ttl == 120
    assert dispatch.no_valid_request_found_reasons.nsfw == 3


def test_upload_links_are_not_shown() -> None:
    assert "bucket" not in repr(convert())


@pytest.mark.parametrize("processing", FROM_ONE_IMAGE)
def test_a_source_image_is_decoded(processing: str) -> None:
    job = an_image_job(source_processing=processing, source_image=PICTURE_BASE64, source_mask=PICTURE_BASE64)
    result = convert(job)

    assert result.generation_parameters.source_processing == processing
    assert result.generation_parameters.additional_params.components == [
        Image2ImageGenerationParameters(source_image=PICTURE, source_mask=PICTURE)
    ]
    assert result.faults == []
    assert job_requires_source_image_input(job)


@pytest.mark.parametrize("processing", [*FROM_ONE_IMAGE, "remix"])
@pytest.mark.parametrize(("source", "fault"), BROKEN.values(), ids=BROKEN)
def test_without_a_usable_source_image_a_job_becomes_txt2img_with_a_fault(
    processing: str, source: str | None, fault: tuple[str, str, str | None]
) -> None:
    job = an_image_job(source_processing=processing, source_image=source)
    result = convert(job)

    assert result.generation_parameters.source_processing == "txt2img"
    assert result.generation_parameters.additional_params.components == []
    assert faults(result) == [fault]


@pytest.mark.parametrize("processing", [*FROM_ONE_IMAGE, "remix"])
@pytest.mark.parametrize("source", [None, "https://example.com/a.png"], ids=["none", "not fetched"])
def test_a_job_whose_source_image_is_not_there_is_known_as_txt2img(processing: str, source: str | None) -> None:
    job = an_image_job(source_processing=processing, source_image=source)

    assert resolve_effective_source_processing(job) == "txt2img"
    assert not job_requires_source_image_input(job)


@pytest.mark.parametrize("processing", [*FROM_ONE_IMAGE, "remix"])
@pytest.mark.parametrize("source", [PICTURE_BASE64, "", "!!!"], ids=["image", "empty", "no base64"])
def test_a_job_keeps_its_source_processing_until_its_image_is_decoded(processing: str, source: str) -> None:
    job = an_image_job(source_processing=processing, source_image=source)

    assert resolve_effective_source_processing(job) == processing
    assert job_requires_source_image_input(job)


@pytest.mark.parametrize("processing", FROM_ONE_IMAGE)
def test_a_program_may_fetch_images_in_its_own_way(processing: str) -> None:
    link = "https://example.com/a.png"
    job = an_image_job(source_processing=processing, source_image=link, source_mask=link)
    job._downloaded_source_image = job._downloaded_source_mask = PICTURE_BASE64

    assert resolve_effective_source_processing(job) == processing
    assert (job.get_downloaded_source_image(), job.get_downloaded_source_mask()) == (PICTURE_BASE64, PICTURE_BASE64)
    assert convert(job).generation_parameters.additional_params.components == [
        Image2ImageGenerationParameters(source_image=PICTURE, source_mask=PICTURE)
    ]


@pytest.mark.parametrize("processing", ["txt2img", "a newer word"])
def test_other_source_processing_stays(processing: str) -> None:
    result = convert(source_processing=processing)

    assert result.generation_parameters.source_processing == processing
    assert result.faults == []


@pytest.mark.parametrize("source", ["!!!", "https://example.com/a.png"])
def test_an_image_that_nothing_is_done_with_is_no_fault(source: str) -> None:
    assert convert(source_processing="txt2img", source_image=source, source_mask=source).faults == []


def test_a_broken_mask_is_left_out_with_a_fault() -> None:
    result = convert(source_processing="inpainting", source_image=PICTURE_BASE64, source_mask="!!!")

    assert result.generation_parameters.source_processing == "inpainting"
    assert result.generation_parameters.additional_params.image2image_params == Image2ImageGenerationParameters(
        source_image=PICTURE, source_mask=None
    )
    assert faults(result) == [("source_mask", "parse_failed", None)]


def test_images_to_mix_are_decoded_and_broken_ones_left_out_with_a_fault_each() -> None:
    result = convert(
        source_processing="remix",
        source_image=PICTURE_BASE64,
        extra_source_images=[
            {"image": PICTURE_BASE64, "strength": 0.5},
            {"image": "!!!"},
            {"image": "https://example.com/b.png"},
            {"image": PICTURE_BASE64},
        ],
    )

    mixed = result.generation_parameters.additional_params.remix_params
    assert isinstance(mixed, RemixGenerationParameters)
    assert mixed.source_image == PICTURE
    assert [(entry.image, entry.strength) for entry in mixed.remix_images] == [(PICTURE, 0.5), (PICTURE, 1)]
    assert faults(result) == [
        ("extra_source_images", "parse_failed", "1"),
        ("extra_source_images", "download_failed", "2"),
    ]


@pytest.mark.parametrize(
    ("wishes", "source", "control_map"),
    [({}, PICTURE, None), ({"image_is_control": False}, PICTURE, None), ({"image_is_control": True}, None, PICTURE)],
    ids=str,
)
def test_control_gets_the_image_or_the_map(
    wishes: dict[str, Any], source: bytes | None, control_map: bytes | None
) -> None:
    made = parameters(source_image=PICTURE_BASE64, payload={"control_type": "canny", **wishes})

    assert made.additional_params.components == [
        ControlnetGenerationParameters(controlnet_type="canny", source_image=source, control_map=control_map)
    ]
    assert made.source_processing == "txt2img"


def test_control_without_an_image_is_left_out_with_a_fault() -> None:
    result = convert(payload={"control_type": "canny"})

    assert result.generation_parameters.additional_params.components == []
    assert faults(result) == [("source_image", "parse_failed", None)]


def test_a_missing_image_is_one_fault_however_often_it_is_needed() -> None:
    assert faults(convert(source_processing="img2img", payload={"control_type": "canny"})) == [
        ("source_image", "parse_failed", None)
    ]


def test_hires_fix_has_two_passes_of_which_the_first_is_smaller() -> None:
    made = parameters(baseline="stable_diffusion_1", payload={"hires_fix": True, "width": 1024, "height": 768})

    hires = made.additional_params.hires_fix_params
    assert isinstance(hires, HiresFixGenerationParameters)
    assert (hires.first_pass.width, hires.first_pass.height, hires.first_pass.steps) == (640, 512, 20)
    assert (hires.second_pass.width, hires.second_pass.height, hires.second_pass.steps) == (1024, 768, 9)
    assert hires.second_pass.denoising_strength == 0.65
    assert hires.first_pass.model_copy(update={"width": 1024, "height": 768}) == made.base_params


@pytest.mark.parametrize(
    ("payload", "source_processing", "strength"),
    [
        ({"hires_fix_denoising_strength": 0.4, "denoising_strength": 0.8}, "img2img", 0.4),
        ({"denoising_strength": 0.8}, "img2img", 0.8),
        ({"denoising_strength": 0.8}, "txt2img", 0.65),
        ({}, "img2img", 0.65),
    ],
    ids=str,
)
def test_strength_of_the_second_pass(payload: dict[str, Any], source_processing: str, strength: float) -> None:
    made = parameters(
        source_processing=source_processing,
        source_image=PICTURE_BASE64,
        payload={"hires_fix": True, "width": 1024, "height": 1024, **payload},
    )

    hires = made.additional_params.hires_fix_params
    assert hires is not None
    assert hires.second_pass.denoising_strength == strength


@pytest.mark.parametrize(
    ("baseline", "width", "height", "source_processing"),
    [
        ("stable_diffusion_1", 512, 1024, "txt2img"),
        ("stable_diffusion_xl", 1024, 1536, "txt2img"),
        ("stable_diffusion_1", 1024, 1024, "inpainting"),
        ("stable_diffusion_1", 1024, 1024, "outpainting"),
    ],
)
def test_hires_fix_is_off_where_it_is_of_no_use(baseline: str, width: int, height: int, source_processing: str) -> None:
    made = parameters(
        baseline=baseline,
        source_processing=source_processing,
        source_image=PICTURE_BASE64,
        payload={"hires_fix": True, "width": width, "height": height},
    )

    assert made.additional_params.hires_fix_params is None


def test_loras_are_named_or_numbered_and_inject_their_words() -> None:
    made = parameters(
        payload={
            "loras": [
                {"name": "a"},
                {"name": "123", "is_version": True, "model": 0.5, "clip": 0.4, "inject_trigger": "glow"},
            ]
        }
    )

    named, numbered = made.additional_params.lora_entries
    assert (named.name, named.remote_version_id, named.source) == ("a", None, "CIVITAI")
    assert (named.lora_triggers, named.lora_inject_trigger_choice) == (None, "NO_INJECT")
    assert (numbered.name, numbered.remote_version_id) == (None, "123")
    assert (numbered.model_strength, numbered.clip_strength) == (0.5, 0.4)
    assert (numbered.lora_triggers, numbered.lora_inject_trigger_choice) == (["glow"], "FUZZY_POSITIVE")


@pytest.mark.parametrize(
    ("place", "choice"), [(None, "NO_INJECT"), ("prompt", "POSITIVE_PROMPT"), ("negprompt", "NEGATIVE_PROMPT")]
)
def test_inversions_go_into_the_prompt_that_is_asked_for(place: str | None, choice: str) -> None:
    (inversion,) = parameters(
        payload={"tis": [{"name": "t", "inject_ti": place, "strength": 0.3}]}
    ).additional_params.ti_entries

    assert (inversion.name, inversion.source, inversion.model_strength) == ("t", "HORDELING", 0.3)
    assert inversion.ti_inject_trigger_choice == choice


def test_a_workflow_has_its_texts_and_texts_alone_mean_nothing() -> None:
    texts = [{"text": "hello", "reference": "qr_text"}]

    (workflow,) = parameters(
        payload={"workflow": "qr_code", "extra_texts": texts}
    ).additional_params.custom_workflow_entries
    assert workflow.custom_workflow_name == "qr_code"
    assert [(entry.text, entry.reference) for entry in workflow.extra_texts or ()] == [("hello", "qr_text")]
    assert parameters(payload={"extra_texts": texts}).additional_params.components == []


def operations(**payload: Any) -> list[str]:
    alchemy = parameters(payload=payload).alchemy_params
    return [operation.operation_name for operation in alchemy.all_alchemy_operations] if alchemy else []


def test_post_processing_is_sorted_by_family() -> None:
    alchemy = parameters(
        payload={
            "post_processing": ["RealESRGAN_x2plus", "GFPGAN", "strip_background", "newer"],
            "facefixer_strength": 0.3,
        }
    ).alchemy_params

    assert alchemy is not None
    assert [one.upscaler for one in alchemy.upscalers or ()] == ["RealESRGAN_x2plus"]
    assert [(one.facefixer, one.codeformer_fidelity) for one in alchemy.facefixers or ()] == [("GFPGAN", 0.3)]
    assert [one.form for one in alchemy.misc_post_processors or ()] == ["strip_background", "newer"]
    assert {one.result_id for one in alchemy.all_alchemy_operations} == {FIRST}
    assert all(one.source_image is None for one in alchemy.all_alchemy_operations)


LIST = ["strip_background", "RealESRGAN_x2plus", "GFPGAN"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({}, LIST),
        ({"post_processing_order": "custom"}, LIST),
        ({"post_processing_order": "upscalers_first"}, LIST),
        ({"post_processing_order": "facefixers_first"}, ["strip_background", "GFPGAN", "RealESRGAN_x2plus"]),
    ],
    ids=str,
)
def test_post_processing_is_done_in_the_order_asked_for(order: dict[str, Any], expected: list[str]) -> None:
    assert operations(post_processing=LIST, **order) == expected


def test_no_post_processing_is_none() -> None:
    assert parameters().alchemy_params is None


def test_converting_loads_no_pillow() -> None:
    code = "import sys, horde_sdk.worker.dispatch.ai_horde.image.convert; sys.exit('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("baseline", "steps"), [("stable_diffusion_1", 11), (None, 11), ("something new", 11)])
def test_second_pass_of_an_unknown_model_has_as_many_steps_as_one_of_512_pixels(
    baseline: str | None, steps: int
) -> None:
    hires = parameters(
        baseline=baseline, payload={"hires_fix": True, "width": 1024, "height": 1024}
    ).additional_params.hires_fix_params

    assert hires is not None
    assert (hires.first_pass.width, hires.second_pass.steps) == (512, steps)
