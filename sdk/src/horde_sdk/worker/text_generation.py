"""The generation of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from horde_sdk.consts import ID_TYPES
from horde_sdk.generation_parameters.text.object_models import (
    BasicTextGenerationParametersTemplate,
    TextGenerationParameters,
    TextGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.utils import ResultIdAllocator
from horde_sdk.safety import SafetyRules, default_text_safety_rules
from horde_sdk.worker.consts import (
    GENERATION_PROGRESS,
    HordeWorkerConfigDefaults,
    default_text_generate_progress_no_submit_transitions,
    default_text_generate_progress_transitions,
)
from horde_sdk.worker.generations_base import HordeSingleGeneration
from horde_sdk.worker.image_generation import ImageGenerationInitKwargs

_ERROR_LIMITS = HordeWorkerConfigDefaults.DEFAULT_STATE_ERROR_LIMITS
_STRICT = HordeWorkerConfigDefaults.DEFAULT_GENERATION_STRICT_TRANSITION_MODE


class TextGenerationInitKwargs(ImageGenerationInitKwargs, total=False):
    """What else `TextSingleGeneration.from_template` passes on, see the constructor."""

    requires_generation: bool
    requires_post_processing: bool
    requires_safety_check: bool


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
