"""The generation of alchemy: operations on an image, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from horde_sdk.consts import ID_TYPES
from horde_sdk.generation_parameters.alchemy.object_models import (
    SingleAlchemyParameters,
    SingleAlchemyParametersTemplate,
)
from horde_sdk.generation_parameters.utils import ResultIdAllocator
from horde_sdk.safety import SafetyRules, default_safety_rules
from horde_sdk.worker.consts import (
    GENERATION_PROGRESS,
    HordeWorkerConfigDefaults,
    default_alchemy_generate_progress_no_submit_transitions,
    default_alchemy_generate_progress_transitions,
)
from horde_sdk.worker.generations_base import HordeSingleGeneration
from horde_sdk.worker.text_generation import TextGenerationInitKwargs

_ERROR_LIMITS = HordeWorkerConfigDefaults.DEFAULT_STATE_ERROR_LIMITS
_STRICT = HordeWorkerConfigDefaults.DEFAULT_GENERATION_STRICT_TRANSITION_MODE


class AlchemyGenerationInitKwargs(TextGenerationInitKwargs, total=False):
    """What else `AlchemySingleGeneration.from_template` passes on, see the constructor."""


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
