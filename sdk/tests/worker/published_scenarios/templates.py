"""Templates, and the parameters and jobs that they become."""

from __future__ import annotations

from typing import Any

from horde_sdk.generation_parameters.alchemy.object_models import (
    AnnotationAlchemyParametersTemplate,
    CaptionAlchemyParametersTemplate,
    FacefixAlchemyParametersTemplate,
    InterrogateAlchemyParametersTemplate,
    NSFWAlchemyParametersTemplate,
    SingleAlchemyParameters,
    SingleAlchemyParametersTemplate,
    UpscaleAlchemyParametersTemplate,
    instantiate_alchemy_parameters,
    resolve_alchemy_parameter_model,
)
from horde_sdk.generation_parameters.image.object_models import (
    BasicImageGenerationParametersTemplate,
    ImageGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.text.object_models import (
    BasicTextGenerationParametersTemplate,
    TextGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.utils import ResultIdAllocator
from horde_sdk.worker.jobs import AlchemyWorkerJob, ImageWorkerJob, TextWorkerJob
from published_scenarios.making import (
    ids_of,
    image_parameters,
    text_parameters,
)
from published_scenarios.telling import scenario

IMAGE_BASE = {"model": "Deliberate", "prompt": "a fox", "seed": "1", "width": 512, "height": 512, "steps": 20}


@scenario(
    "image template's result ids",
    of_the_base=({"result_ids": ["existing-id"]}, {}, {}),
    given=({"result_ids": ["existing-id"]}, {}, {"result_ids": ["given"]}),
    of_an_update=({}, {"result_ids": ["updated"]}, {}),
    of_both=({"result_ids": ["existing-id"]}, {"result_ids": ["updated"]}, {}),
    too_many=({"result_ids": ["a", "b"]}, {}, {}),
    allocated=({"result_ids": ["existing-id"]}, {}, {"allocator": ResultIdAllocator()}),
    none=({}, {}, {}),
)
def _image_template_ids(base: Any, update: Any, options: Any) -> Any:
    template = ImageGenerationParametersTemplate(
        base_params=BasicImageGenerationParametersTemplate(**IMAGE_BASE, **base)
    )
    if update:
        options = {**options, "base_param_updates": BasicImageGenerationParametersTemplate(**update)}
    return template.to_parameters(**options).result_ids


@scenario("image template keeps unknown fields")
def _image_template_extra() -> Any:
    template = ImageGenerationParametersTemplate(
        base_params=BasicImageGenerationParametersTemplate(**IMAGE_BASE), result_ids=["existing-id"]
    )
    return [template.model_extra, template.to_parameters().result_ids]


@scenario("image template of a batch", of_the_base=({"result_ids": ["a", "b"]},), too_few=({"result_ids": ["a"]},))
def _image_template_batch(base: Any) -> Any:
    template = ImageGenerationParametersTemplate(
        batch_size=2, base_params=BasicImageGenerationParametersTemplate(**IMAGE_BASE, **base)
    )
    return template.to_parameters().result_ids


@scenario(
    "text template's result ids",
    of_the_base=({"result_ids": ["existing-id"]}, {}, {}),
    given=({"result_ids": ["existing-id"]}, {}, {"result_ids": ["given"]}),
    of_an_update=({}, {"result_ids": ["updated"]}, {}),
    too_many=({"result_ids": ["a", "b"]}, {}, {}),
    given_two=({}, {}, {"result_ids": ["a", "b"]}),
    none=({}, {}, {}),
)
def _text_template_ids(base: Any, update: Any, options: Any) -> Any:
    template = TextGenerationParametersTemplate(
        base_params=BasicTextGenerationParametersTemplate(model="tiny-tales", prompt="once", **base)
    )
    if update:
        options = {**options, "base_param_updates": BasicTextGenerationParametersTemplate(**update)}
    return template.to_parameters(**options).result_ids


@scenario("image job of a template", none=({},), named=({"dispatch_job_id": "D", "dispatch_result_ids": ["x", "y"]},))
def _image_job_of_template(options: Any) -> Any:
    template = ImageGenerationParametersTemplate(base_params=BasicImageGenerationParametersTemplate(**IMAGE_BASE))
    return ids_of(ImageWorkerJob.from_template(template, result_ids=["r"], **options))


@scenario(
    "complete parameters' result ids",
    kept=({},),
    given=({"result_ids": ["given"]},),
    allocated=({"allocator": ResultIdAllocator()},),
    too_many=({"result_ids": ["a", "b"]},),
)
def _kept_ids(options: Any) -> Any:
    told: list[Any] = []
    for parameters in (image_parameters(), text_parameters()):
        try:
            told.append(parameters.to_parameters(**options).result_ids)
        except ValueError as refused:
            told.append(type(refused).__name__)
    return told


@scenario("text job of a template", none=({},), named=({"dispatch_job_id": "D", "dispatch_result_ids": ["x", "y"]},))
def _text_job_of_template(options: Any) -> Any:
    template = TextGenerationParametersTemplate(
        base_params=BasicTextGenerationParametersTemplate(model="tiny-tales", prompt="once")
    )
    return ids_of(TextWorkerJob.from_template(template, result_ids=["r"], **options))


TEMPLATES: dict[str, tuple[type[SingleAlchemyParametersTemplate], dict[str, str]]] = {
    "plain": (SingleAlchemyParametersTemplate, {}),
    "upscale": (UpscaleAlchemyParametersTemplate, {"upscaler": "RealESRGAN_x4plus"}),
    "facefix": (FacefixAlchemyParametersTemplate, {"facefixer": "GFPGAN"}),
    "interrogate": (InterrogateAlchemyParametersTemplate, {"interrogator": "vit_l_14"}),
    "caption": (CaptionAlchemyParametersTemplate, {"caption_model": "BLIP"}),
    "nsfw": (NSFWAlchemyParametersTemplate, {"nsfw_detector": "CompVis"}),
    "annotation": (AnnotationAlchemyParametersTemplate, {"control_type": "canny"}),
}
OPEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "complete": ({"form": "post_process", "source_image": b"png", "result_id": "t"}, {}),
    "no source": ({"form": "post_process", "result_id": "t"}, {}),
    "no form": ({"source_image": b"png", "result_id": "t"}, {}),
    "default form": ({"source_image": b"png", "result_id": "t"}, {"default_form": "post_process"}),
    "nothing": ({}, {}),
    "source and default form given": ({}, {"source_image": b"png", "default_form": "post_process"}),
    "source as text": ({}, {"source_image": "cG5n", "default_form": "post_process"}),
    "id given": ({"result_id": "t"}, {"source_image": b"p", "default_form": "post_process", "result_id": "given"}),
}


def described(parameters: SingleAlchemyParameters) -> Any:
    return [type(parameters).__name__, parameters.model_dump(mode="json")]


for _name, (_template, _model) in TEMPLATES.items():
    for _case, (_fields, _options) in OPEN.items():
        for _has_model in (True, False) if _model else (False,):
            _all = {**_fields, **(_model if _has_model else {})}
            _title = f"{_name} template, {'model' if _has_model else 'no model'}, {_case}"

            @scenario(f"{_title}: to_parameters")
            def _to_parameters(cls: Any = _template, fields: Any = _all, options: Any = _options) -> Any:
                return described(cls(**fields).to_parameters(**options))

            if not _options:

                @scenario(f"{_title}: instantiate")
                def _instantiate(cls: Any = _template, fields: Any = _all) -> Any:
                    return described(instantiate_alchemy_parameters(cls(**fields)))

                @scenario(f"{_title}: instantiate a mapping")
                def _instantiate_mapping(fields: Any = _all) -> Any:
                    return described(instantiate_alchemy_parameters(fields))

            @scenario(f"{_title}: job")
            def _job_of_template(cls: Any = _template, fields: Any = _all, options: Any = _options) -> Any:
                job = AlchemyWorkerJob.from_template(cls(**fields), dispatch_job_id="D", **options)
                return [described(job.generation.generation_parameters), ids_of(job)["dispatch results"]]

        @scenario(f"{_name} template resolves to")
        def _resolved(cls: Any = _template, model: Any = _model) -> Any:
            given: tuple[Any, ...] = ({}, model)
            return [resolve_alchemy_parameter_model(cls(**fields)).__name__ for fields in given]
