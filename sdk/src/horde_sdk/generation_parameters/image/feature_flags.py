"""Feature flags of image jobs: what they need of the worker that takes them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ConfigDict, field_validator

from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES
from horde_sdk.generation_parameters.generic.consts import KNOWN_AUX_MODEL_SOURCE
from horde_sdk.generation_parameters.generic.object_models import GenerationFeatureFlags
from horde_sdk.generation_parameters.generic.parameters import GenerationParameterBaseModel
from horde_sdk.generation_parameters.image.basic_parameters import BasicImageGenerationParametersTemplate
from horde_sdk.generation_parameters.image.components import (
    AuxModelEntry,
    ControlnetGenerationParameters,
    ImageGenerationComponentContainer,
)
from horde_sdk.generation_parameters.image.consts import (
    KNOWN_IMAGE_CONTROLNETS,
    KNOWN_IMAGE_GENERATION_BASELINE,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_SCHEDULERS,
    KNOWN_IMAGE_SOURCE_PROCESSING,
    KNOWN_IMAGE_WORKFLOWS,
)
from horde_sdk.generation_parameters.image.parameters import ImageGenerationParametersTemplate


class ControlnetFeatureFlags(GenerationParameterBaseModel):
    """The kinds of control that a job needs, or a worker can do. Read-only and hashable."""

    model_config = ConfigDict(frozen=True, extra="allow")

    controlnets: list[KNOWN_IMAGE_CONTROLNETS | str]
    image_is_control: bool = False
    """The control map is there already."""
    return_control_map: bool = False

    def __hash__(self) -> int:
        return hash((tuple(self.controlnets), self.image_is_control, self.return_control_map))


class ImageGenerationFeatureFlags(GenerationFeatureFlags):
    """What a job needs, or a worker can do."""

    baselines: list[KNOWN_IMAGE_GENERATION_BASELINE | str]
    clip_skip: bool = False
    hires_fix: bool = False
    tiling: bool = False
    schedulers: list[KNOWN_IMAGE_SCHEDULERS | str]
    samplers: list[KNOWN_IMAGE_SAMPLERS | str]
    controlnets_feature_flags: ControlnetFeatureFlags | None = None
    post_processing: list[KNOWN_ALCHEMY_TYPES | str] | None = None
    source_processing: list[KNOWN_IMAGE_SOURCE_PROCESSING | str]
    workflows: list[KNOWN_IMAGE_WORKFLOWS | str] | None = None
    tis: list[KNOWN_AUX_MODEL_SOURCE | str] | None = None
    """The sources that textual inversions come from."""
    loras: list[KNOWN_AUX_MODEL_SOURCE | str] | None = None
    """The sources that LoRAs come from."""

    @field_validator("baselines")
    @classmethod
    def ensure_baseline_non_empty(
        cls, baselines: list[KNOWN_IMAGE_GENERATION_BASELINE | str]
    ) -> list[KNOWN_IMAGE_GENERATION_BASELINE | str]:
        """Refuse flags that fit no model."""
        if not baselines:
            raise ValueError("baselines must not be empty")
        return baselines


def image_parameters_to_feature_flags(parameters: ImageGenerationParametersTemplate) -> ImageGenerationFeatureFlags:
    """Return what is needed to do a job, or all jobs that may come of a template.

    A model whose baseline is not known counts as `infer`.
    """
    base = parameters.base_params or BasicImageGenerationParametersTemplate()
    added = parameters.additional_params or ImageGenerationComponentContainer()
    workflows = added.custom_workflow_entries
    return ImageGenerationFeatureFlags(
        extra_texts=any(workflow.extra_texts for workflow in workflows),
        extra_source_images=added.remix_params is not None and bool(added.remix_params.remix_images),
        baselines=[base.model_baseline or KNOWN_IMAGE_GENERATION_BASELINE.infer],
        clip_skip=base.clip_skip is not None and abs(base.clip_skip) > 1,
        hires_fix=added.hires_fix_params is not None,
        tiling=bool(base.tiling),
        schedulers=_given(base.scheduler),
        samplers=_given(base.sampler_name),
        controlnets_feature_flags=_control(added.controlnet_params),
        post_processing=_post_processing(parameters),
        source_processing=_given(parameters.source_processing),
        workflows=[workflow.custom_workflow_name for workflow in workflows] or None,
        tis=_sources(added.ti_entries),
        loras=_sources(added.lora_entries),
    )


def _given(word: str | None) -> list[str]:
    return [] if word is None else [word]


def _sources(entries: Iterable[AuxModelEntry]) -> list[str] | None:
    return list(dict.fromkeys(entry.source for entry in entries)) or None


def _control(wanted: ControlnetGenerationParameters | None) -> ControlnetFeatureFlags | None:
    if wanted is None:
        return None
    return ControlnetFeatureFlags(
        controlnets=[wanted.controlnet_type],
        image_is_control=wanted.control_map is not None,
        return_control_map=wanted.return_control_map,
    )


def _post_processing(parameters: ImageGenerationParametersTemplate) -> list[str] | None:
    if parameters.alchemy_params is None:
        return None
    return [operation.operation_name for operation in parameters.alchemy_params.all_alchemy_operations] or None
