"""Operations on images: which model describes which, and how templates are closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from horde_sdk.generation_parameters.alchemy import object_models
from horde_sdk.generation_parameters.alchemy.object_models import (
    AlchemyFeatureFlags,
    AlchemyParameters,
    AnnotationAlchemyParametersTemplate,
    CaptionAlchemyParameters,
    CaptionAlchemyParametersTemplate,
    FacefixAlchemyParameters,
    FacefixAlchemyParametersTemplate,
    InterrogateAlchemyParameters,
    InterrogateAlchemyParametersTemplate,
    NSFWAlchemyParameters,
    NSFWAlchemyParametersTemplate,
    ResolverRule,
    SingleAlchemyParameters,
    SingleAlchemyParametersTemplate,
    UpscaleAlchemyParameters,
    UpscaleAlchemyParametersTemplate,
    instantiate_alchemy_parameters,
    register_alchemy_parameter_rule,
    resolve_alchemy_parameter_model,
    unregister_alchemy_parameter_rule,
)
from horde_sdk.generation_parameters.utils import ResultIdAllocator

IDENTITY: dict[str, Any] = {"result_id": "r", "source_image": b"picture"}
FORM_AND_CHOICE = [
    ("post_process", "upscaler", "Upscale"),
    ("post_process", "facefixer", "Facefix"),
    ("interrogation", "interrogator", "Interrogate"),
    ("caption", "caption_model", "Caption"),
    ("nsfw", "nsfw_detector", "NSFW"),
    ("annotation", "control_type", "Annotation"),
]


class Framed(SingleAlchemyParameters):
    frame: str = "oak"


FRAMES_CAPTIONS = ResolverRule(predicate=lambda fields: fields.get("form") == "caption", model=Framed)


@pytest.fixture
def frames_captions() -> Iterator[ResolverRule]:
    yield FRAMES_CAPTIONS
    unregister_alchemy_parameter_rule(FRAMES_CAPTIONS)


def upscale(result_id: str = "u", upscaler: str = "RealESRGAN_x2plus") -> UpscaleAlchemyParameters:
    return UpscaleAlchemyParameters(result_id=result_id, source_image=None, upscaler=upscaler)


@pytest.mark.parametrize(("form", "choice", "kind"), FORM_AND_CHOICE)
def test_the_choice_tells_which_model_describes_an_operation(form: str, choice: str, kind: str) -> None:
    made = instantiate_alchemy_parameters({**IDENTITY, "form": form, choice: "some model"})

    assert type(made).__name__ == f"{kind}AlchemyParameters"
    assert made.operation_name == getattr(made, choice) == "some model"
    assert (made.form, made.result_id, made.source_image) == (form, "r", b"picture")


@pytest.mark.parametrize("form", ["caption", "nsfw", "strip_background", "vectorize", "palette", "a newer word"])
def test_an_operation_without_a_choice_is_known_by_its_form(form: str) -> None:
    made = instantiate_alchemy_parameters({**IDENTITY, "form": form, "upscaler": None})

    assert type(made) is SingleAlchemyParameters
    assert made.operation_name == form
    assert made.get_number_expected_results() == 1


@pytest.mark.parametrize(
    ("fields", "missing"),
    [({}, "form"), ({"form": "post_process"}, "upscaler"), ({"form": "caption", "result_id": None}, "result_id")],
    ids=str,
)
def test_an_operation_that_lacks_something_is_refused(fields: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        instantiate_alchemy_parameters({**IDENTITY, **fields})


def test_an_upscaler_has_the_form_of_upscalers() -> None:
    assert upscale().form == "post_process"
    with pytest.raises(ValidationError, match="form"):
        UpscaleAlchemyParameters(result_id="r", source_image=None, upscaler="u", form="caption")


def test_a_rule_that_is_added_last_is_asked_last(frames_captions: ResolverRule) -> None:
    register_alchemy_parameter_rule(frames_captions)

    assert resolve_alchemy_parameter_model({"form": "caption"}) is Framed
    assert resolve_alchemy_parameter_model({"form": "caption", "caption_model": "c"}) is CaptionAlchemyParameters


def test_a_rule_that_is_added_first_is_asked_first(frames_captions: ResolverRule) -> None:
    register_alchemy_parameter_rule(frames_captions, append=False)

    made = instantiate_alchemy_parameters({**IDENTITY, "form": "caption", "caption_model": "c"})

    assert isinstance(made, Framed)
    assert made.frame == "oak"


def test_a_rule_is_there_once_however_often_it_is_added(frames_captions: ResolverRule) -> None:
    register_alchemy_parameter_rule(frames_captions)
    register_alchemy_parameter_rule(frames_captions)
    unregister_alchemy_parameter_rule(frames_captions)

    assert resolve_alchemy_parameter_model({"form": "caption"}) is SingleAlchemyParameters
    unregister_alchemy_parameter_rule(frames_captions)


@pytest.mark.parametrize(
    ("template", "kind", "form"),
    [
        (UpscaleAlchemyParametersTemplate(upscaler="x"), UpscaleAlchemyParameters, "post_process"),
        (FacefixAlchemyParametersTemplate(facefixer="x"), FacefixAlchemyParameters, "post_process"),
        (InterrogateAlchemyParametersTemplate(interrogator="x"), InterrogateAlchemyParameters, "interrogation"),
        (CaptionAlchemyParametersTemplate(caption_model="x"), CaptionAlchemyParameters, "caption"),
        (NSFWAlchemyParametersTemplate(nsfw_detector="x"), NSFWAlchemyParameters, "nsfw"),
        (
            AnnotationAlchemyParametersTemplate(control_type="x"),
            object_models.AnnotationAlchemyParameters,
            "annotation",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, SingleAlchemyParametersTemplate) else "",
)
def test_a_template_knows_its_form(
    template: SingleAlchemyParametersTemplate, kind: type[SingleAlchemyParameters], form: str
) -> None:
    made = template.to_parameters(source_image=b"picture")

    assert type(made) is kind
    assert (made.form, made.operation_name, made.source_image) == (form, "x", b"picture")
    assert template.form is template.source_image is template.result_id is None


def test_a_template_without_a_form_wants_a_default() -> None:
    template = SingleAlchemyParametersTemplate()

    assert template.to_parameters(default_form="vectorize").form == "vectorize"
    with pytest.raises(ValueError, match="wants a form"):
        template.to_parameters()


def test_a_form_that_is_set_comes_before_the_default() -> None:
    assert SingleAlchemyParametersTemplate(form="palette").to_parameters(default_form="vectorize").form == "palette"


def test_a_template_that_leaves_its_choice_open_becomes_what_its_form_says() -> None:
    unnamed = UpscaleAlchemyParametersTemplate().to_parameters(source_image=b"png")

    assert (type(unnamed), unnamed.form, unnamed.source_image) == (SingleAlchemyParameters, "post_process", b"png")


def test_a_template_of_what_a_generation_makes_needs_no_source_image() -> None:
    template = UpscaleAlchemyParametersTemplate(form="post_process", upscaler="x", result_id="t")

    assert instantiate_alchemy_parameters(template) == UpscaleAlchemyParameters(
        upscaler="x", result_id="t", source_image=None
    )


def test_ids_are_explicit_or_the_templates_or_the_allocators() -> None:
    template = UpscaleAlchemyParametersTemplate(upscaler="x", result_id="own")
    nameless = UpscaleAlchemyParametersTemplate(upscaler="x")
    allocator = ResultIdAllocator()

    assert template.to_parameters(result_id="explicit", allocator=allocator).result_id == "explicit"
    assert template.to_parameters(allocator=allocator).result_id == "own"
    made = [
        nameless.to_parameters(source_image=image, allocator=allocator).result_id for image in (b"a", b"a", b"b", None)
    ]
    assert made[0] == made[1]
    assert len(set(made)) == 3
    assert nameless.to_parameters().result_id != nameless.to_parameters().result_id


def test_operations_come_in_the_order_of_their_families() -> None:
    job = AlchemyParameters(
        misc_post_processors=[SingleAlchemyParameters(result_id="m", source_image=None, form="strip_background")],
        captions=[CaptionAlchemyParameters(result_id="c", source_image=None, form="caption", caption_model="x")],
        nsfw_detectors=[NSFWAlchemyParameters(result_id="n", source_image=None, form="nsfw", nsfw_detector="x")],
        interrogators=[
            InterrogateAlchemyParameters(result_id="i", source_image=None, form="interrogation", interrogator="x")
        ],
        facefixers=[
            FacefixAlchemyParameters(result_id="f", source_image=None, form="post_process", facefixer="GFPGAN")
        ],
        upscalers=[upscale("u1"), upscale("u2")],
    )

    assert [operation.result_id for operation in job.all_alchemy_operations] == ["u1", "u2", "f", "i", "c", "n", "m"]
    assert job.get_number_expected_results() == 7


def test_operations_come_in_the_order_that_is_asked_for() -> None:
    job = AlchemyParameters(
        upscalers=[upscale("u")],
        facefixers=[
            FacefixAlchemyParameters(result_id="f", source_image=None, form="post_process", facefixer="GFPGAN")
        ],
        misc_post_processors=[
            SingleAlchemyParameters(result_id="unlisted", source_image=None, form="vectorize"),
            SingleAlchemyParameters(result_id="m", source_image=None, form="strip_background"),
        ],
        operation_order=["GFPGAN", "strip_background", "RealESRGAN_x2plus"],
    )

    assert [operation.result_id for operation in job.all_alchemy_operations] == ["f", "m", "u", "unlisted"]


def test_operations_that_are_set_later_count() -> None:
    job = AlchemyParameters()
    assert job.get_number_expected_results() == 0

    job.upscalers = [upscale()]

    assert job.all_alchemy_operations == [upscale()]


def test_feature_flags_list_nothing_at_first() -> None:
    flags = AlchemyFeatureFlags()

    assert (flags.alchemy_types, flags.extra_texts, flags.extra_source_images) == ([], False, False)
