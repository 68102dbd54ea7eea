"""Feature flags of workers: what one can do, and whether that is enough for a job."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from enum import auto
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from horde_sdk._model_config import frozen_model_config
from horde_sdk._text_enum import TextEnum
from horde_sdk.generation_parameters.alchemy.consts import (
    KNOWN_ALCHEMY_TYPES,
    is_annotation_form,
    is_caption_form,
    is_facefixer_form,
    is_image_vectorizer_form,
    is_interrogator_form,
    is_nsfw_detector_form,
    is_upscaler_form,
)
from horde_sdk.generation_parameters.alchemy.object_models import AlchemyFeatureFlags
from horde_sdk.generation_parameters.generic.object_models import GenerationFeatureFlags
from horde_sdk.generation_parameters.image.consts import (
    CLIP_SKIP_REPRESENTATION,
    KNOWN_IMAGE_GENERATION_BASELINE,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_SCHEDULERS,
)
from horde_sdk.generation_parameters.image.object_models import ImageGenerationFeatureFlags


class RESULT_RETURN_METHOD(TextEnum):
    """How a worker hands over its results."""

    base64_post_back = auto()
    base64_post_back_with_url = auto()
    byte_stream = auto()
    local_write_to_file = auto()


class IMAGE_WORKER_NOT_CAPABLE_REASON(TextEnum):
    """What of an image job a worker cannot do."""

    clip_skip = auto()
    samplers = auto()
    schedulers = auto()
    tiling = auto()
    hires_fix = auto()
    controlnets = auto()
    tis = auto()
    loras = auto()
    extra_texts = auto()
    extra_source_images = auto()
    unsupported_baseline = auto()
    unsupported_generation_type = auto()
    """It is no image job."""


class ALCHEMY_WORKER_NOT_CAPABLE_REASON(TextEnum):
    """What of alchemy a worker cannot do."""

    unsupported_upscaler = auto()
    unsupported_facefixer = auto()
    unsupported_interrogator = auto()
    unsupported_caption_model = auto()
    unsupported_nsfw_detector = auto()
    unsupported_vectorizer = auto()
    unsupported_annotation = auto()
    unsupported_misc = auto()
    unsupported_generation_type = auto()
    """It is no alchemy."""


ReasonTypeVar = TypeVar("ReasonTypeVar", bound=str)

_FROZEN = frozen_model_config()

Baseline = KNOWN_IMAGE_GENERATION_BASELINE | str


class WorkerFeatureFlags(ABC, BaseModel, Generic[ReasonTypeVar]):
    """What a worker can do."""

    model_config = _FROZEN

    supported_result_return_methods: list[RESULT_RETURN_METHOD] = Field(default_factory=list)
    """How it can hand over its results."""
    supports_threads: bool = False
    """It can do several jobs at once."""

    def is_capable_of_features(self, features: GenerationFeatureFlags) -> bool:
        """Tell whether it can do all that a job needs."""
        return self.reasons_not_capable_of_features(features) is None

    @abstractmethod
    def get_not_capable_reason_type(self) -> type[ReasonTypeVar]:
        """Return the enum of the reasons."""

    @abstractmethod
    def reasons_not_capable_of_features(self, features: GenerationFeatureFlags) -> list[ReasonTypeVar] | None:
        """Return what it cannot do of what a job needs, each once, `None` where it can do it all."""


class PerBaselineFeatureFlags(BaseModel):
    """What a worker can do by the model's baseline.

    A map that is given decides instead of the worker's general flag; baselines that it leaves out have nothing.
    """

    model_config = _FROZEN

    schedulers_map: dict[Baseline, list[KNOWN_IMAGE_SCHEDULERS | str]] | None = None
    samplers_map: dict[Baseline, list[KNOWN_IMAGE_SAMPLERS | str]] | None = None
    tiling_map: dict[Baseline, bool] | None = None
    hires_fix_map: dict[Baseline, bool] | None = None
    controlnet_map: dict[Baseline, bool] | None = None
    tis_map: dict[Baseline, bool] | None = None
    loras_map: dict[Baseline, bool] | None = None


class ImageWorkerFeatureFlags(WorkerFeatureFlags[IMAGE_WORKER_NOT_CAPABLE_REASON]):
    """What a worker can do for images. A job that names several baselines wants one of them."""

    image_generation_feature_flags: ImageGenerationFeatureFlags
    """What it can do, whatever the baseline."""
    per_baseline_feature_flags: PerBaselineFeatureFlags | None = None
    """What depends on the baseline."""
    backend_clip_skip_representation: CLIP_SKIP_REPRESENTATION | None = None
    """How its backend counts `clip_skip`."""

    def get_not_capable_reason_type(self) -> type[IMAGE_WORKER_NOT_CAPABLE_REASON]:
        return IMAGE_WORKER_NOT_CAPABLE_REASON

    def reasons_not_capable_of_features(
        self, request: GenerationFeatureFlags
    ) -> list[IMAGE_WORKER_NOT_CAPABLE_REASON] | None:
        """Return what it cannot do of what an image job needs, `None` where it can do it all."""
        why = IMAGE_WORKER_NOT_CAPABLE_REASON
        if not isinstance(request, ImageGenerationFeatureFlags):
            return [why.unsupported_generation_type]
        have = self.image_generation_feature_flags
        answers = {
            why.unsupported_baseline: bool(set(request.baselines) & set(have.baselines)),
            why.clip_skip: have.clip_skip or not request.clip_skip,
            why.samplers: self.worker_supports_requested_samplers(request),
            why.schedulers: self.worker_supports_requested_schedulers(request),
            why.tiling: self.worker_supports_requested_tiling(request),
            why.hires_fix: self.worker_supports_requested_hires_fix(request),
            why.controlnets: self.worker_supports_requested_controlnets(request),
            why.tis: self.worker_supports_requested_tis(request),
            why.loras: self.worker_supports_requested_loras(request),
            why.extra_texts: have.extra_texts or not request.extra_texts,
            why.extra_source_images: have.extra_source_images or not request.extra_source_images,
        }
        return [reason for reason, is_capable in answers.items() if not is_capable] or None

    @property
    def _by_baseline(self) -> PerBaselineFeatureFlags:
        return self.per_baseline_feature_flags or PerBaselineFeatureFlags()

    def worker_supports_requested_samplers(self, request: ImageGenerationFeatureFlags) -> bool:
        """Tell whether it has all samplers that are asked for."""
        return _has_all(
            request.samplers,
            general=self.image_generation_feature_flags.samplers,
            by_baseline=self._by_baseline.samplers_map,
            baselines=request.baselines,
        )

    def worker_supports_requested_schedulers(self, request: ImageGenerationFeatureFlags) -> bool:
        """Tell whether it has all schedulers that are asked for."""
        return _has_all(
            request.schedulers,
            general=self.image_generation_feature_flags.schedulers,
            by_baseline=self._by_baseline.schedulers_map,
            baselines=request.baselines,
        )

    def worker_supports_requested_tiling(self, request: ImageGenerationFeatureFlags) -> bool:
        """Tell whether it can make images that tile, if that is asked for."""
        general = self.image_generation_feature_flags.tiling
        return not request.tiling or _has(general, self._by_baseline.tiling_map, request.baselines)

    def worker_supports_requested_hires_fix(self, request: ImageGenerationFeatureFlags) -> bool:
        """Tell whether it can do the hires fix, if that is asked for."""
        general = self.image_generation_feature_flags.hires_fix
        return not request.hires_fix or _has(general, self._by_baseline.hires_fix_map, request.baselines)

    def worker_supports_requested_controlnets(self, request: ImageGenerationFeatureFlags) -> bool:
        """Tell whether it has all kinds of control that are asked for, in the way that is asked for."""
        wanted, have = request.controlnets_feature_flags, self.image_generation_feature_flags.controlnets_feature_flags
        if wanted is None:
            return True
        return (
            have is not None
            and set(wanted.controlnets) <= set(have.controlnets)
            and (have.image_is_control or not wanted.image_is_control)
            and (have.return_control_map or not wanted.return_control_map)
            and _has(True, self._by_baseline.controlnet_map, request.baselines)
        )

    def worker_supports_requested_tis(self, request: ImageGenerationFeatureFlags) -> bool:
        """Tell whether it can use textual inversions from where they come, if any are asked for."""
        have = self.image_generation_feature_flags.tis
        return _can_use(request.tis, have, self._by_baseline.tis_map, request.baselines)

    def worker_supports_requested_loras(self, request: ImageGenerationFeatureFlags) -> bool:
        """Tell whether it can use LoRAs from where they come, if any are asked for."""
        have = self.image_generation_feature_flags.loras
        return _can_use(request.loras, have, self._by_baseline.loras_map, request.baselines)


class AlchemyWorkerFeatureFlags(WorkerFeatureFlags[ALCHEMY_WORKER_NOT_CAPABLE_REASON]):
    """What a worker can do of alchemy."""

    alchemy_feature_flags: AlchemyFeatureFlags
    """The operations that it can do."""

    def get_not_capable_reason_type(self) -> type[ALCHEMY_WORKER_NOT_CAPABLE_REASON]:
        return ALCHEMY_WORKER_NOT_CAPABLE_REASON

    def reasons_not_capable_of_features(
        self, request: GenerationFeatureFlags
    ) -> list[ALCHEMY_WORKER_NOT_CAPABLE_REASON] | None:
        """Return what it cannot do of the operations that are asked for, `None` where it can do them all."""
        if not isinstance(request, AlchemyFeatureFlags):
            return [ALCHEMY_WORKER_NOT_CAPABLE_REASON.unsupported_generation_type]
        have = set(self.alchemy_feature_flags.alchemy_types)
        missing = [form for form in request.alchemy_types if form not in have]
        return list(dict.fromkeys(_alchemy_reason(form) for form in missing)) or None


def _alchemy_reason(form: KNOWN_ALCHEMY_TYPES) -> ALCHEMY_WORKER_NOT_CAPABLE_REASON:
    why = ALCHEMY_WORKER_NOT_CAPABLE_REASON
    for is_form, reason in (
        (is_upscaler_form, why.unsupported_upscaler),
        (is_facefixer_form, why.unsupported_facefixer),
        (is_interrogator_form, why.unsupported_interrogator),
        (is_caption_form, why.unsupported_caption_model),
        (is_nsfw_detector_form, why.unsupported_nsfw_detector),
        (is_image_vectorizer_form, why.unsupported_vectorizer),
        (is_annotation_form, why.unsupported_annotation),
    ):
        if is_form(form):
            return reason
    return why.unsupported_misc


def _has(general: bool, by_baseline: Mapping[Baseline, bool] | None, baselines: Iterable[Baseline]) -> bool:
    if by_baseline is None:
        return general
    return any(by_baseline.get(baseline, False) for baseline in baselines)


def _has_all(
    wanted: Iterable[str],
    *,
    general: Iterable[str],
    by_baseline: Mapping[Baseline, Iterable[str]] | None,
    baselines: Iterable[Baseline],
) -> bool:
    if by_baseline is None:
        return set(wanted) <= set(general)
    return any(set(wanted) <= set(by_baseline.get(baseline, ())) for baseline in baselines)


def _can_use(
    sources: Iterable[str] | None,
    have: Iterable[str] | None,
    by_baseline: Mapping[Baseline, bool] | None,
    baselines: Iterable[Baseline],
) -> bool:
    if not sources:
        return True
    # A map says that they work at all; where they may come from is said in general, if anything is.
    from_everywhere = have is None and by_baseline is not None
    can_fetch = from_everywhere or set(sources) <= set(have or ())
    return can_fetch and _has(have is not None, by_baseline, baselines)
