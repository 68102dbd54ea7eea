"""Generations of each kind: images, texts, alchemy forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from horde_sdk.consts import ID_TYPES
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
from horde_sdk.safety import (
    SafetyRules,
    default_image_safety_rules,
    default_safety_rules,
    default_text_safety_rules,
)
from horde_sdk.worker.consts import (
    GENERATION_PROGRESS,
    HordeWorkerConfigDefaults,
    default_alchemy_generate_progress_no_submit_transitions,
    default_alchemy_generate_progress_transitions,
    default_image_generate_progress_no_submit_transitions,
    default_image_generate_progress_transitions,
    default_text_generate_progress_no_submit_transitions,
    default_text_generate_progress_transitions,
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


class TextGenerationInitKwargs(ImageGenerationInitKwargs, total=False):
    """What else `TextSingleGeneration.from_template` passes on, see the constructor."""

    requires_generation: bool
    requires_post_processing: bool
    requires_safety_check: bool


class AlchemyGenerationInitKwargs(TextGenerationInitKwargs, total=False):
    """What else `AlchemySingleGeneration.from_template` passes on, see the constructor."""


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


class TextSingleGeneration(HordeSingleGeneration[str]):
    """The generation of a text."""

    generation_parameters: TextGenerationParameters

    def __init__(
        self,
        *,
        generation_parameters: TextGenerationParameters,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        result_ids: list[ID_TYPES] | None = None,
        requires_generation: bool = True,
        requires_post_processing: bool = False,
        requires_safety_check: bool = False,
        requires_submit: bool = True,
        safety_rules: SafetyRules = default_text_safety_rules,
        black_box_mode: bool = False,
        state_error_limits: Mapping[GENERATION_PROGRESS, int] | None = _ERROR_LIMITS,
        strict_transition_mode: bool = _STRICT,
        extra_logging: bool = False,
    ) -> None:
        """Begin a generation, see `HordeSingleGeneration`."""
        super().__init__(
            generation_parameters=generation_parameters,
            result_type=str,
            generation_id=generation_id,
            dispatch_result_ids=dispatch_result_ids,
            result_ids=result_ids,
            requires_generation=requires_generation,
            requires_post_processing=requires_post_processing,
            requires_safety_check=requires_safety_check,
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
        return default_text_generate_progress_transitions

    @classmethod
    def default_generate_progress_transitions_no_submit(cls) -> dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]]:
        return default_text_generate_progress_no_submit_transitions

    @classmethod
    def does_class_require_generation(cls) -> bool:
        return True

    @classmethod
    def does_class_require_safety_check(cls) -> bool:
        return False

    @classmethod
    def from_template(
        cls,
        template: TextGenerationParametersTemplate,
        *,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        base_param_updates: BasicTextGenerationParametersTemplate | None = None,
        result_ids: Sequence[ID_TYPES] | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "text",
        init_kwargs: TextGenerationInitKwargs | None = None,
    ) -> TextSingleGeneration:
        """Begin a generation with a template's parameters, see `ImageSingleGeneration.from_template`.

        Raises:
            ValueError: Something that is needed is still open.
        """
        parameters = template.to_parameters(
            base_param_updates=base_param_updates,
            result_ids=result_ids,
            allocator=allocator,
            seed=seed,
        )
        more: TextGenerationInitKwargs = {
            "generation_id": generation_id,
            "dispatch_result_ids": dispatch_result_ids,
            **(init_kwargs or {}),
        }
        return cls(generation_parameters=parameters, **more)


class AlchemySingleGeneration(HordeSingleGeneration[bytes]):
    """One operation on an image; nothing is generated, the image is only processed."""

    generation_parameters: SingleAlchemyParameters

    def __init__(
        self,
        *,
        generation_parameters: SingleAlchemyParameters,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        result_ids: list[ID_TYPES] | None = None,
        requires_generation: bool = False,
        requires_post_processing: bool = True,
        requires_safety_check: bool = False,
        requires_submit: bool = True,
        safety_rules: SafetyRules = default_safety_rules,
        black_box_mode: bool = False,
        state_error_limits: Mapping[GENERATION_PROGRESS, int] | None = _ERROR_LIMITS,
        strict_transition_mode: bool = _STRICT,
        extra_logging: bool = False,
    ) -> None:
        """Begin an operation, see `HordeSingleGeneration`."""
        super().__init__(
            generation_parameters=generation_parameters,
            result_type=bytes,
            generation_id=generation_id,
            dispatch_result_ids=dispatch_result_ids,
            result_ids=result_ids,
            requires_generation=requires_generation,
            requires_post_processing=requires_post_processing,
            post_processing_operations=[generation_parameters.operation_name],
            requires_safety_check=requires_safety_check,
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
        return default_alchemy_generate_progress_transitions

    @classmethod
    def default_generate_progress_transitions_no_submit(cls) -> dict[GENERATION_PROGRESS, list[GENERATION_PROGRESS]]:
        return default_alchemy_generate_progress_no_submit_transitions

    @classmethod
    def does_class_require_generation(cls) -> bool:
        return False

    @classmethod
    def does_class_require_safety_check(cls) -> bool:
        return False

    @classmethod
    def from_template(
        cls,
        template: SingleAlchemyParametersTemplate,
        *,
        source_image: bytes | str | None = None,
        default_form: str | None = None,
        generation_id: ID_TYPES | None = None,
        dispatch_result_ids: Sequence[ID_TYPES] | None = None,
        result_id: ID_TYPES | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "alchemy",
        init_kwargs: AlchemyGenerationInitKwargs | None = None,
    ) -> AlchemySingleGeneration:
        """Begin an operation with a template's parameters.

        Args:
            template: What to start from; left as it is.
            source_image: Replaces the template's.
            default_form: The form where the template leaves it open.
            generation_id: Left out, a new UUID.
            dispatch_result_ids: How the dispatcher calls the result.
            result_id: How the result is called.
            allocator: Makes the same id for the same operation.
            seed: What the allocator's id is about, besides the operation.
            init_kwargs: More for the constructor.

        Raises:
            ValueError: Something that is needed is still open.
        """
        parameters = template.to_parameters(
            result_id=result_id,
            source_image=source_image,
            default_form=default_form,
            allocator=allocator,
            seed=seed,
        )
        more: AlchemyGenerationInitKwargs = {
            "generation_id": generation_id,
            "dispatch_result_ids": dispatch_result_ids,
            **(init_kwargs or {}),
        }
        return cls(generation_parameters=parameters, **more)
