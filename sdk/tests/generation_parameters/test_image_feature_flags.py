"""What an image job needs of a worker."""

from __future__ import annotations

from typing import Any

import pytest
from image_jobs import a_job, a_template, basics, open_basics
from pydantic import ValidationError

from horde_sdk.generation_parameters.alchemy import (
    AlchemyParameters,
    FacefixAlchemyParameters,
    UpscaleAlchemyParameters,
)
from horde_sdk.generation_parameters.image.object_models import (
    ControlnetFeatureFlags,
    ControlnetGenerationParameters,
    CustomWorkflowGenerationParameters,
    ExtraTextEntry,
    HiresFixGenerationParameters,
    Image2ImageGenerationParameters,
    ImageGenerationFeatureFlags,
    ImageGenerationParametersTemplate,
    LoRaEntry,
    RemixGenerationParameters,
    RemixImageEntry,
    TIEntry,
    image_parameters_to_feature_flags,
)

NOTHING = ImageGenerationFeatureFlags(baselines=["infer"], schedulers=[], samplers=[], source_processing=[])


def control(**fields: Any) -> ControlnetGenerationParameters:
    return ControlnetGenerationParameters(
        **{"controlnet_type": "canny", "source_image": None, "control_map": None, **fields}
    )


def test_a_bare_job_and_an_empty_template_need_nothing() -> None:
    assert image_parameters_to_feature_flags(a_job()) == NOTHING
    assert image_parameters_to_feature_flags(ImageGenerationParametersTemplate()) == NOTHING


@pytest.mark.parametrize(
    ("base", "needed"),
    [
        ({"model_baseline": "stable_diffusion_xl"}, {"baselines": ["stable_diffusion_xl"]}),
        ({"sampler_name": "k_euler"}, {"samplers": ["k_euler"]}),
        ({"scheduler": "karras"}, {"schedulers": ["karras"]}),
        ({"tiling": True}, {"tiling": True}),
        ({"tiling": False}, {}),
        ({"clip_skip": 1}, {}),
        ({"clip_skip": -1}, {}),
        ({"clip_skip": 0}, {}),
        ({"clip_skip": 2}, {"clip_skip": True}),
        ({"clip_skip": -2}, {"clip_skip": True}),
    ],
    ids=str,
)
def test_each_basic_needs_its_flag(base: dict[str, Any], needed: dict[str, Any]) -> None:
    expected = NOTHING.model_copy(update=needed)

    assert image_parameters_to_feature_flags(a_job(base_params=basics(**base))) == expected
    assert image_parameters_to_feature_flags(a_template(base_params=open_basics(**base))) == expected


@pytest.mark.parametrize(
    ("addition", "needed"),
    [
        (LoRaEntry(name="l", remote_version_id="5", source="CIVITAI"), {"loras": ["CIVITAI"]}),
        (TIEntry(name=None, remote_version_id="5", source="HORDELING"), {"tis": ["HORDELING"]}),
        (HiresFixGenerationParameters(first_pass=basics(), second_pass=basics()), {"hires_fix": True}),
        (CustomWorkflowGenerationParameters(custom_workflow_name="qr_code"), {"workflows": ["qr_code"]}),
        (
            CustomWorkflowGenerationParameters(custom_workflow_name="qr_code", extra_texts=[ExtraTextEntry(text="t")]),
            {"workflows": ["qr_code"], "extra_texts": True},
        ),
        (
            RemixGenerationParameters(source_image=b"x", remix_images=[RemixImageEntry(image=b"y")]),
            {"extra_source_images": True},
        ),
        (RemixGenerationParameters(source_image=b"x", remix_images=[]), {}),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else str(value),
)
def test_each_addition_needs_its_flag(addition: Any, needed: dict[str, Any]) -> None:
    assert image_parameters_to_feature_flags(a_job(addition)) == NOTHING.model_copy(update=needed)


def test_a_source_of_small_models_is_needed_once() -> None:
    flags = image_parameters_to_feature_flags(
        a_job(*(LoRaEntry(name=name, remote_version_id=None, source="CIVITAI") for name in "ab"))
    )

    assert flags.loras == ["CIVITAI"]


@pytest.mark.parametrize(
    ("fields", "is_control", "returns_map"),
    [
        ({"source_image": b"x"}, False, False),
        ({"control_map": b"x"}, True, False),
        ({"source_image": b"x", "return_control_map": True}, False, True),
    ],
)
def test_control_says_whether_the_map_is_there_and_is_the_result(
    fields: dict[str, Any], is_control: bool, returns_map: bool
) -> None:
    flags = image_parameters_to_feature_flags(a_job(control(**fields)))

    assert flags.controlnets_feature_flags == ControlnetFeatureFlags(
        controlnets=["canny"], image_is_control=is_control, return_control_map=returns_map
    )


def test_source_and_post_processing_are_needed_by_name() -> None:
    alchemy = AlchemyParameters(
        upscalers=[UpscaleAlchemyParameters(result_id="r", source_image=None, upscaler="RealESRGAN_x2plus")],
        facefixers=[
            FacefixAlchemyParameters(result_id="r", source_image=None, form="post_process", facefixer="GFPGAN")
        ],
    )
    source = Image2ImageGenerationParameters(source_image=b"x", source_mask=None)

    flags = image_parameters_to_feature_flags(a_job(source, source_processing="img2img", alchemy_params=alchemy))

    assert flags.source_processing == ["img2img"]
    assert flags.post_processing == ["RealESRGAN_x2plus", "GFPGAN"]


def test_flags_without_a_baseline_fit_no_model() -> None:
    with pytest.raises(ValidationError, match="baselines must not be empty"):
        ImageGenerationFeatureFlags(baselines=[], schedulers=[], samplers=[], source_processing=[])


def test_control_flags_are_read_only_and_hashable() -> None:
    one, same, other = (ControlnetFeatureFlags(controlnets=[kind]) for kind in ("canny", "canny", "hed"))

    assert {one, same} == {one}
    assert one != other
    with pytest.raises(ValidationError, match="frozen"):
        one.image_is_control = True  # type: ignore[misc]
