"""Image jobs and their templates: defaults, bounds, what belongs together, how templates are closed."""

from __future__ import annotations

from typing import Any

import pytest
from image_jobs import a_job, a_template, added, basics, open_basics
from pydantic import ValidationError

from horde_sdk.generation_parameters.image import default_basic_image_generation_parameters
from horde_sdk.generation_parameters.image.object_models import (
    DEFAULT_BASELINE_RESOLUTION,
    HIRES_FIX_DENOISE_STRENGTH_DEFAULT,
    BasicImageGenerationParameters,
    BasicImageGenerationParametersTemplate,
    ControlnetGenerationParameters,
    CustomWorkflowGenerationParameters,
    HiresFixGenerationParameters,
    Image2ImageGenerationParameters,
    ImageGenerationComponentContainer,
    ImageGenerationParameters,
    ImageGenerationParametersTemplate,
    LoRaEntry,
    RemixGenerationParameters,
    RemixImageEntry,
    TIEntry,
)
from horde_sdk.generation_parameters.utils import ResultIdAllocator

FROM_AN_IMAGE = Image2ImageGenerationParameters(source_image=b"picture", source_mask=None)
FROM_ANOTHER = Image2ImageGenerationParameters(source_image=b"other", source_mask=None)
A_MIX = RemixGenerationParameters(source_image=b"picture", remix_images=[RemixImageEntry(image=b"other")])
A_LORA = LoRaEntry(name="lora", remote_version_id=None, source="CIVITAI")


def test_defaults_of_the_basics() -> None:
    made = basics()

    assert (made.width, made.height) == (DEFAULT_BASELINE_RESOLUTION, DEFAULT_BASELINE_RESOLUTION) == (512, 512)
    assert made.clip_skip_representation == "NEGATIVE_OFFSET"
    assert made.underlying_generation_scheme == "MODEL"
    assert made.schema_version == "1.0"
    assert HIRES_FIX_DENOISE_STRENGTH_DEFAULT == 0.65


def test_a_template_of_the_basics_has_every_field_open() -> None:
    dumped = BasicImageGenerationParametersTemplate().model_dump(exclude_none=True)

    assert dumped == {"schema_version": "1.0", "underlying_generation_scheme": "MODEL"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 63},
        {"width": 100},
        {"height": 0},
        {"steps": 0},
        {"cfg_scale": -0.1},
        {"denoising_strength": 1.1},
        {"denoising_strength": -0.1},
        {"model": None},
        {"prompt": None},
    ],
    ids=str,
)
def test_basics_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        basics(**wrong)


def test_a_prompt_is_not_told_by_what_is_wrong_with_a_job() -> None:
    with pytest.raises(ValidationError) as refused:
        a_job(base_params={"model": "m", "prompt": "something private", "steps": 0}, batch_size=2)

    assert "private" not in str(refused.value)


def test_words_that_a_newer_horde_says_are_kept() -> None:
    made = basics(sampler_name="k_new", scheduler="newest")

    assert (made.sampler_name, made.scheduler) == ("k_new", "newest")


def test_the_basics_are_read_only_and_hashable_and_their_template_is_not() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        basics().prompt = "another"  # type: ignore[misc]
    assert hash(basics()) == hash(basics())
    template = open_basics()
    template.prompt = "another"
    assert template.prompt == "another"


def test_the_example_is_complete() -> None:
    example = default_basic_image_generation_parameters

    assert isinstance(example, BasicImageGenerationParameters)
    assert (example.steps, example.cfg_scale, example.seed, example.model_baseline) == (20, 7.0, "1", "infer")


@pytest.mark.parametrize("identifier", ["name", "release_version", "remote_version_id"])
def test_a_small_model_is_named_one_way_or_another(identifier: str) -> None:
    nameless: dict[str, Any] = {"name": None, "remote_version_id": None, "source": "LOCAL"}

    assert getattr(TIEntry(**{**nameless, identifier: "5"}), identifier) == "5"
    with pytest.raises(ValidationError, match="is needed"):
        TIEntry(**nameless)


def test_defaults_of_small_models() -> None:
    assert (A_LORA.model_strength, A_LORA.clip_strength, A_LORA.lora_inject_trigger_choice) == (1, 1, "NO_INJECT")


def test_additions_are_found_by_kind_in_the_order_they_were_added() -> None:
    container = ImageGenerationComponentContainer()
    hires = HiresFixGenerationParameters(first_pass=basics(), second_pass=basics(width=1024))
    control = ControlnetGenerationParameters(controlnet_type="canny", source_image=b"picture", control_map=None)
    inversion = TIEntry(name="ti", remote_version_id=None, source="HORDELING")
    workflow = CustomWorkflowGenerationParameters(custom_workflow_name="qr_code")
    other_lora = A_LORA.model_copy(update={"name": "other"})

    container.add(FROM_AN_IMAGE)
    container.add_all([FROM_ANOTHER, A_MIX, control, hires, A_LORA, inversion, workflow, other_lora])

    assert container.image2image_params is FROM_AN_IMAGE
    assert container.remix_params is A_MIX
    assert container.controlnet_params is control
    assert container.hires_fix_params is hires
    assert container.lora_entries == container.lora_params == [A_LORA, other_lora]
    assert container.ti_entries == container.ti_params == [inversion]
    assert container.custom_workflow_entries == container.custom_workflows_params == [workflow]


def test_an_empty_container_has_nothing() -> None:
    container = ImageGenerationComponentContainer()

    assert container.image2image_params is None
    assert container.remix_params is None
    assert container.controlnet_params is None
    assert container.hires_fix_params is None
    assert container.lora_entries == []
    assert container.ti_entries == []
    assert container.custom_workflow_entries == []


@pytest.mark.parametrize("processing", ["img2img", "inpainting", "outpainting"])
@pytest.mark.parametrize("made_from", [(), (A_MIX,)], ids=["nothing", "the wrong thing"])
def test_starting_from_an_image_wants_the_image(processing: str, made_from: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError, match=f"{processing} wants Image2ImageGenerationParameters"):
        a_job(*made_from, source_processing=processing)
    with pytest.raises(ValidationError, match=f"{processing} wants Image2ImageGenerationParameters"):
        a_template(source_processing=processing)
    assert a_job(FROM_AN_IMAGE, source_processing=processing).source_processing == processing


@pytest.mark.parametrize("made_from", [(), (FROM_AN_IMAGE,)], ids=["nothing", "the wrong thing"])
def test_remix_wants_the_images(made_from: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError, match="remix wants RemixGenerationParameters"):
        a_job(*made_from, source_processing="remix")
    assert a_job(A_MIX, source_processing="remix").source_processing == "remix"


@pytest.mark.parametrize("processing", ["txt2img", "a newer word", None])
def test_other_source_processing_wants_nothing(processing: str | None) -> None:
    assert a_job(source_processing=processing).source_processing == processing


@pytest.mark.parametrize(
    ("batch_size", "ids"),
    [(2, ["a"]), (1, ["a", "b"]), (1, []), (None, ["a"])],
)
def test_every_image_of_a_batch_has_an_id(batch_size: int | None, ids: list[str]) -> None:
    with pytest.raises(ValidationError, match="wants as many result_ids"):
        a_job(batch_size=batch_size, result_ids=ids)


def test_how_many_images_are_expected() -> None:
    assert a_template().get_number_expected_results() == 1
    assert a_template(batch_size=3).get_number_expected_results() == 3
    assert a_job(batch_size=2, result_ids=["a", "b"]).get_number_expected_results() == 2


def test_what_a_template_leaves_open_gets_the_default() -> None:
    made = a_template(base_params=open_basics(steps=20)).to_parameters()

    assert isinstance(made, ImageGenerationParameters)
    assert made.base_params == basics(steps=20)
    assert (made.batch_size, made.additional_params.components, made.alchemy_params) == (1, [], None)


def test_updates_replace_their_set_fields_and_leave_the_template_alone() -> None:
    template = a_template(base_params=open_basics(steps=20, seed="5"), batch_size=2)

    made = template.to_parameters(base_param_updates=BasicImageGenerationParametersTemplate(prompt="a cat", steps=30))

    assert made.base_params == basics(prompt="a cat", steps=30, seed="5")
    assert made.batch_size == len(made.result_ids) == 2
    assert template.base_params == open_basics(steps=20, seed="5")


def test_updated_additions_replace_the_templates() -> None:
    template = a_template(additional_params=added(FROM_AN_IMAGE, A_LORA), source_processing="img2img")

    made = template.to_parameters(additional_param_updates=added(FROM_ANOTHER))

    assert made.additional_params.components == [FROM_ANOTHER]
    assert template.to_parameters().additional_params.components == [FROM_AN_IMAGE, A_LORA]


def test_a_template_without_basics_cannot_be_closed() -> None:
    with pytest.raises(ValueError, match="without base_params"):
        ImageGenerationParametersTemplate().to_parameters(base_param_updates=open_basics())


@pytest.mark.parametrize("needed", ["model", "prompt"])
def test_a_template_that_leaves_a_needed_field_open_cannot_be_closed(needed: str) -> None:
    with pytest.raises(ValidationError, match=needed):
        a_template(base_params=open_basics(**{needed: None})).to_parameters()


def test_values_out_of_bounds_in_updates_are_refused() -> None:
    updates = BasicImageGenerationParametersTemplate.model_construct(steps=0)

    with pytest.raises(ValidationError, match="steps"):
        a_template().to_parameters(base_param_updates=updates)


def test_ids_may_be_given() -> None:
    assert a_template(batch_size=2).to_parameters(result_ids=["x", "y"]).result_ids == ["x", "y"]
    with pytest.raises(ValueError, match="1 results want as many ids, not 2"):
        a_template().to_parameters(result_ids=["x", "y"])


def test_an_allocator_gives_the_same_job_the_same_ids_and_another_job_others() -> None:
    def ids(template: ImageGenerationParametersTemplate, **updates: Any) -> tuple[Any, ...]:
        return tuple(template.to_parameters(allocator=ResultIdAllocator(), **updates).result_ids)

    same = {ids(a_template()), ids(a_template())}
    others = [
        ids(a_template(), base_param_updates=open_basics(prompt="a cat")),
        ids(a_template(base_params=open_basics(seed="6"))),
        ids(a_template(additional_params=added(A_LORA))),
        ids(a_template(), additional_param_updates=added(FROM_AN_IMAGE)),
        ids(a_template(), additional_param_updates=added(FROM_ANOTHER)),
        ids(a_template(), seed="another kind"),
    ]

    assert len(same) == 1
    assert len({*same, *others}) == 1 + len(others)
    assert len(set(ids(a_template(batch_size=3)))) == 3


def test_without_an_allocator_ids_are_random() -> None:
    assert a_template().to_parameters().result_ids != a_template().to_parameters().result_ids


def test_updates_and_basics_in_one_fingerprint_as_if_they_had_been_one() -> None:
    allocator = ResultIdAllocator()
    updated = a_template().to_parameters(base_param_updates=open_basics(steps=9), allocator=allocator)
    at_once = a_template(base_params=open_basics(steps=9)).to_parameters(allocator=allocator)

    assert updated.result_ids == at_once.result_ids
    assert updated == at_once


def test_pictures_are_not_shown() -> None:
    control = ControlnetGenerationParameters(
        controlnet_type="canny", source_image=b"picture", control_map="cGljdHVyZQ=="
    )

    shown = repr(a_job(FROM_AN_IMAGE, A_MIX, control))

    assert "picture" not in shown
    assert "cGljdHVyZQ" not in shown


def test_a_job_survives_json() -> None:
    job = a_job(Image2ImageGenerationParameters(source_image="cGljdHVyZQ==", source_mask=None), A_LORA)

    assert ImageGenerationParameters.model_validate_json(job.model_dump_json()) == job


def test_results_of_complete_parameters_keep_their_ids() -> None:
    job = a_job(batch_size=2, result_ids=["a", "b"])

    assert job.to_parameters(allocator=ResultIdAllocator()).result_ids == ["a", "b"]
    assert job.to_parameters(result_ids=["x", "y"]).result_ids == ["x", "y"]
