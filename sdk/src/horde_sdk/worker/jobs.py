"""Jobs of each kind: images, texts, alchemy forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from horde_sdk.consts import ID_TYPES, WORKER_TYPE, HTTPMethod
from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_FORMS
from horde_sdk.generation_parameters.alchemy.object_models import (
    SingleAlchemyParameters,
    SingleAlchemyParametersTemplate,
)
from horde_sdk.generation_parameters.image.object_models import (
    BasicImageGenerationParametersTemplate,
    ImageGenerationComponentContainer,
    ImageGenerationParameters,
    ImageGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.text.object_models import (
    BasicTextGenerationParametersTemplate,
    TextGenerationParameters,
    TextGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.utils import ResultIdAllocator
from horde_sdk.worker.generations import (
    AlchemyGenerationInitKwargs,
    AlchemySingleGeneration,
    ImageGenerationInitKwargs,
    ImageSingleGeneration,
    TextGenerationInitKwargs,
    TextSingleGeneration,
)
from horde_sdk.worker.job_base import HordeWorkerJob as HordeWorkerJob, HordeWorkerJobConfig as HordeWorkerJobConfig

DEFAULT_UPLOAD_METHOD = HTTPMethod.PUT
"""How results are sent to where they are stored."""


def _as_configured(kwargs: Any, job_config: HordeWorkerJobConfig | None) -> Any:
    """Return what a generation is made with: the job's limits, unless the caller gave others."""
    config = job_config or HordeWorkerJobConfig()
    return {
        "state_error_limits": config.state_error_limits,
        "strict_transition_mode": config.generation_strict_transition_mode,
        **(kwargs or {}),
    }


class ImageWorkerJob(HordeWorkerJob[ImageSingleGeneration, ImageGenerationParameters]):
    """A job that makes a batch of images."""

    def __init__(
        self,
        *,
        generation: ImageSingleGeneration,
        job_config: HordeWorkerJobConfig | None = None,
        job_id: ID_TYPES | None = None,
        dispatch_job_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        preserve_generation_id: bool = False,
    ) -> None:
        """Take over a generation, see `HordeWorkerJob`."""
        super().__init__(
            generation,
            ImageSingleGeneration,
            job_id,
            dispatch_job_id=dispatch_job_id,
            dispatch_result_ids=dispatch_result_ids,
            job_config=job_config,
            preserve_generation_id=preserve_generation_id,
        )

    @classmethod
    def job_worker_type(cls) -> WORKER_TYPE:
        return WORKER_TYPE.image

    @classmethod
    def from_template(
        cls,
        template: ImageGenerationParametersTemplate,
        *,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        job_id: ID_TYPES | None = None,
        dispatch_job_id: ID_TYPES | None = None,
        base_param_updates: BasicImageGenerationParametersTemplate | None = None,
        additional_param_updates: ImageGenerationComponentContainer | None = None,
        result_ids: Sequence[ID_TYPES] | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "image",
        generation_kwargs: ImageGenerationInitKwargs | None = None,
        job_config: HordeWorkerJobConfig | None = None,
        preserve_generation_id: bool = False,
    ) -> ImageWorkerJob:
        """Make a job and its generation with a template's parameters.

        See `ImageSingleGeneration.from_template` and `HordeWorkerJob` for the arguments.

        Raises:
            ValueError: Something that is needed is still open.
        """
        generation = ImageSingleGeneration.from_template(
            template,
            generation_id=generation_id,
            dispatch_result_ids=dispatch_result_ids,
            base_param_updates=base_param_updates,
            additional_param_updates=additional_param_updates,
            result_ids=result_ids,
            allocator=allocator,
            seed=seed,
            init_kwargs=_as_configured(generation_kwargs, job_config),
        )
        return cls(
            generation=generation,
            job_config=job_config,
            job_id=job_id,
            dispatch_job_id=dispatch_job_id,
            preserve_generation_id=preserve_generation_id,
        )


class TextWorkerJob(HordeWorkerJob[TextSingleGeneration, TextGenerationParameters]):
    """A job that makes a text."""

    def __init__(
        self,
        generation: TextSingleGeneration,
        job_config: HordeWorkerJobConfig | None = None,
        job_id: ID_TYPES | None = None,
        dispatch_job_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        preserve_generation_id: bool = False,
    ) -> None:
        """Take over a generation, see `HordeWorkerJob`."""
        super().__init__(
            generation,
            TextSingleGeneration,
            job_id,
            dispatch_job_id=dispatch_job_id,
            dispatch_result_ids=dispatch_result_ids,
            job_config=job_config,
            preserve_generation_id=preserve_generation_id,
        )

    @classmethod
    def job_worker_type(cls) -> WORKER_TYPE:
        return WORKER_TYPE.text

    @classmethod
    def from_template(
        cls,
        template: TextGenerationParametersTemplate,
        *,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        job_id: ID_TYPES | None = None,
        dispatch_job_id: ID_TYPES | None = None,
        base_param_updates: BasicTextGenerationParametersTemplate | None = None,
        result_ids: Sequence[ID_TYPES] | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "text",
        generation_kwargs: TextGenerationInitKwargs | None = None,
        job_config: HordeWorkerJobConfig | None = None,
        preserve_generation_id: bool = False,
    ) -> TextWorkerJob:
        """Make a job and its generation with a template's parameters.

        See `TextSingleGeneration.from_template` and `HordeWorkerJob` for the arguments.

        Raises:
            ValueError: Something that is needed is still open.
        """
        generation = TextSingleGeneration.from_template(
            template,
            generation_id=generation_id,
            dispatch_result_ids=dispatch_result_ids,
            base_param_updates=base_param_updates,
            result_ids=result_ids,
            allocator=allocator,
            seed=seed,
            init_kwargs=_as_configured(generation_kwargs, job_config),
        )
        return cls(
            generation,
            job_config=job_config,
            job_id=job_id,
            dispatch_job_id=dispatch_job_id,
            preserve_generation_id=preserve_generation_id,
        )


class AlchemyWorkerJob(HordeWorkerJob[AlchemySingleGeneration, SingleAlchemyParameters]):
    """A job that does one operation on an image."""

    def __init__(
        self,
        *,
        generation: AlchemySingleGeneration,
        job_config: HordeWorkerJobConfig | None = None,
        job_id: ID_TYPES | None = None,
        dispatch_job_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        preserve_generation_id: bool = False,
    ) -> None:
        """Take over a generation, see `HordeWorkerJob`."""
        super().__init__(
            generation,
            AlchemySingleGeneration,
            job_id,
            dispatch_job_id=dispatch_job_id,
            dispatch_result_ids=dispatch_result_ids,
            job_config=job_config,
            preserve_generation_id=preserve_generation_id,
        )

    @classmethod
    def job_worker_type(cls) -> WORKER_TYPE:
        return WORKER_TYPE.alchemist

    @classmethod
    def from_template(
        cls,
        template: SingleAlchemyParametersTemplate,
        *,
        source_image: bytes | str | None = None,
        default_form: KNOWN_ALCHEMY_FORMS | str | None = KNOWN_ALCHEMY_FORMS.post_process,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        result_id: ID_TYPES | None = None,
        job_id: ID_TYPES | None = None,
        dispatch_job_id: ID_TYPES | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "alchemy",
        generation_kwargs: AlchemyGenerationInitKwargs | None = None,
        job_config: HordeWorkerJobConfig | None = None,
        preserve_generation_id: bool = False,
    ) -> AlchemyWorkerJob:
        """Make a job and its generation with a template's parameters.

        See `AlchemySingleGeneration.from_template` and `HordeWorkerJob` for the arguments.

        Raises:
            ValueError: Something that is needed is still open.
        """
        generation = AlchemySingleGeneration.from_template(
            template,
            source_image=source_image,
            default_form=default_form,
            generation_id=generation_id,
            dispatch_result_ids=dispatch_result_ids,
            result_id=result_id,
            allocator=allocator,
            seed=seed,
            init_kwargs=_as_configured(generation_kwargs, job_config),
        )
        return cls(
            generation=generation,
            job_config=job_config,
            job_id=job_id,
            dispatch_job_id=dispatch_job_id,
            preserve_generation_id=preserve_generation_id,
        )
