"""The generation of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from horde_sdk.consts import ID_TYPES
from horde_sdk.generation_parameters.image.object_models import (
    BasicImageGenerationParametersTemplate,
    ImageGenerationComponentContainer,
    ImageGenerationParameters,
    ImageGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.utils import ResultIdAllocator
from horde_sdk.safety import SafetyRules, default_image_safety_rules
from horde_sdk.worker.consts import (
    GENERATION_PROGRESS,
    HordeWorkerConfigDefaults,
    default_image_generate_progress_no_submit_transitions,
    default_image_generate_progress_transitions,
)
from horde_sdk.worker.generations_base import HordeSingleGeneration

_ERROR_LIMITS = HordeWorkerConfigDefaults.DEFAULT_STATE_ERROR_LIMITS
_STRICT = HordeWorkerConfigDefaults.DEFAULT_GENERATION_STRICT_TRANSITION_MODE


class ImageGenerationInitKwargs(TypedDict, total=False):
    """What else `ImageSingleGeneration.from_template` passes on, see the constructor."""

    generation_id: ID_TYPES | None
    dispatch_result_ids: Sequence[ID_TYPES] | None
    result_ids: list[ID_TYPES] | None
    requires_submit: bool
    safety_rules: SafetyRules
    black_box_mode: bool
    state_error_limits: Mapping[GENERATION_PROGRESS, int] | None
    strict_transition_mode: bool
    extra_logging: bool


class ImageSingleGeneration(HordeSingleGeneration[bytes]):
    """The generation of one batch of images. Its results are files, and always checked for safety.

    Example:
        ```python
        generation = ImageSingleGeneration(generation_parameters=parameters)
        generation.on_generating()
        generation.on_generation_work_complete(image_bytes)
        generation.on_safety_checking()
        generation.on_safety_check_complete(0, SafetyResult(is_nsfw=False))
        generation.on_submitting()
        generation.on_submit_complete()
        generation.on_complete()
        ```
    """

    generation_parameters: ImageGenerationParameters

    def __init__(
        self,
        *,
        generation_parameters: ImageGenerationParameters,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        result_ids: list[ID_TYPES] | None = None,
        requires_submit: bool = True,
        safety_rules: SafetyRules = default_image_safety_rules,
        black_box_mode: bool = False,
        state_error_limits: Mapping[GENERATION_PROGRESS, int] | None = _ERROR_LIMITS,
        strict_transition_mode: bool = _STRICT,
        extra_logging: bool = False,
    ) -> None:
        """Begin a generation. It is post-processed if the parameters have operations; see `HordeSingleGeneration`."""
        alchemy = generation_parameters.alchemy_params
        operations = [one.operation_name for one in alchemy.all_alchemy_operations] if alchemy else []
        super().__init__(
            generation_parameters=generation_parameters,
            result_type=bytes,
            generation_id=generation_id,
            dispatch_result_ids=dispatch_result_ids,
            result_ids=result_ids,
            requires_generation=True,
            requires_post_processing=bool(operations),
            post_processing_operations=operations,
            requires_safety_check=True,
            requires_submit=requires_submit,
            safety_rules=safety_rules,
            state_error_limits=state_error_limits,
            generate_progress_transitions=(
                self.default_generate_progress_transitions()
                if requires_submit
                else self.default_generate_progress_transitions_no_submit()
            ),
            black_box_mode=black_box_mode,
            strict_transition_mode=strict_transition_mode,
            extra_logging=extra_logging,
        )

    @classmethod
    def default_generate_progress_transitions(cls) -> dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]]:
        return default_image_generate_progress_transitions

    @classmethod
    def default_generate_progress_transitions_no_submit(cls) -> dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]]:
        return default_image_generate_progress_no_submit_transitions

    @classmethod
    def does_class_require_generation(cls) -> bool:
        return True

    @classmethod
    def does_class_require_safety_check(cls) -> bool:
        return True

    @classmethod
    def from_template(
        cls,
        template: ImageGenerationParametersTemplate,
        *,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        base_param_updates: BasicImageGenerationParametersTemplate | None = None,
        additional_param_updates: ImageGenerationComponentContainer | None = None,
        result_ids: Sequence[ID_TYPES] | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "image",
        init_kwargs: ImageGenerationInitKwargs | None = None,
    ) -> ImageSingleGeneration:
        """Begin a generation with a template's parameters.

        Args:
            template: What to start from; left as it is.
            generation_id: Left out, a new UUID.
            dispatch_result_ids: How the dispatcher calls the results.
            base_param_updates: Replaces fields of the template's `base_params`.
            additional_param_updates: Replaces the template's `additional_params`.
            result_ids: One for each image.
            allocator: Makes the same ids for the same parameters.
            seed: What the allocator's ids are about, besides the parameters.
            init_kwargs: More for the constructor.

        Raises:
            ValueError: Something that is needed is still open.
        """
        parameters = template.to_parameters(
            base_param_updates=base_param_updates,
            additional_param_updates=additional_param_updates,
            result_ids=result_ids,
            allocator=allocator,
            seed=seed,
        )
        more: ImageGenerationInitKwargs = {
            "generation_id": generation_id,
            "dispatch_result_ids": dispatch_result_ids,
            **(init_kwargs or {}),
        }
        return cls(generation_parameters=parameters, **more)
