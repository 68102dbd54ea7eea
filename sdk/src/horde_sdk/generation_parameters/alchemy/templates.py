"""Templates of operations: every field may be open, and `to_parameters` closes them."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from horde_sdk.consts import ID_TYPES, KNOWN_NSFW_DETECTOR
from horde_sdk.generation_parameters.alchemy.consts import (
    ALCHEMY_PARAMETER_FIELDS,
    KNOWN_ALCHEMY_FORMS,
    KNOWN_ANNOTATION_CONTROL_TYPES,
    KNOWN_CAPTION_MODELS,
    KNOWN_FACEFIXERS,
    KNOWN_INTERROGATORS,
    KNOWN_UPSCALERS,
)
from horde_sdk.generation_parameters.alchemy.parameters import SingleAlchemyParameters
from horde_sdk.generation_parameters.alchemy.resolution import instantiate_alchemy_parameters
from horde_sdk.generation_parameters.generic.parameters import CompositeParametersBase
from horde_sdk.generation_parameters.result_ids import ResultIdAllocator, resolve_result_id_from_payload
from horde_sdk.generation_parameters.template_finalization import finalize_template_for_parameters


class SingleAlchemyParametersTemplate(CompositeParametersBase):
    """`SingleAlchemyParameters` with every field open."""

    IMPLIED_FORM: ClassVar[KNOWN_ALCHEMY_FORMS | None] = None
    """The form of an operation that leaves it open."""

    result_id: str | None = None
    form: KNOWN_ALCHEMY_FORMS | str | None = None
    """The family of the operation, or the operation itself."""
    source_image: bytes | str | None = Field(default=None, repr=False)
    """The file's bytes, or base64; `None` where it is the result of a generation."""

    def get_number_expected_results(self) -> int:
        return 1

    def to_parameters(
        self,
        *,
        result_id: ID_TYPES | None = None,
        source_image: bytes | str | None = None,
        default_form: KNOWN_ALCHEMY_FORMS | str | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "alchemy",
    ) -> SingleAlchemyParameters:
        """Return a complete operation, in the model that describes it. The template stays as it is.

        Args:
            result_id: Replaces that of the template. With neither, the allocator makes one, or else chance.
            source_image: Replaces that of the template.
            default_form: The form where the template leaves it open.
            allocator: Makes the same id for the same operation on the same image.
            seed: What the allocator's id is about, besides the operation.

        Raises:
            ValueError: The form, or a field that the operation needs, is still open.
        """
        form = self.form or default_form or self.IMPLIED_FORM
        if form is None:
            raise ValueError("an operation wants a form: set it in the template, or give default_form")
        image = source_image if source_image is not None else self.source_image
        final = finalize_template_for_parameters(
            self,
            overrides={ALCHEMY_PARAMETER_FIELDS.form: form, ALCHEMY_PARAMETER_FIELDS.source_image: image},
            exclude_none=True,
            fingerprint_exclude_fields={ALCHEMY_PARAMETER_FIELDS.result_id},
        )
        result = resolve_result_id_from_payload(
            explicit_id=result_id,
            payload_value=self.result_id,
            allocator=allocator,
            seed=seed,
            fingerprint=final.fingerprint,
        )
        return instantiate_alchemy_parameters(
            {
                **dict.fromkeys(type(self).model_fields),
                **final.payload,
                ALCHEMY_PARAMETER_FIELDS.source_image: image,
                ALCHEMY_PARAMETER_FIELDS.result_id: str(result),
            }
        )


class UpscaleAlchemyParametersTemplate(SingleAlchemyParametersTemplate):
    """`UpscaleAlchemyParameters` with every field open.

    Example:
        >>> larger = UpscaleAlchemyParametersTemplate(upscaler="RealESRGAN_x2plus")
        >>> larger.to_parameters(source_image=b"...", result_id="cat").operation_name
        'RealESRGAN_x2plus'
    """

    IMPLIED_FORM: ClassVar[KNOWN_ALCHEMY_FORMS | None] = KNOWN_ALCHEMY_FORMS.post_process

    upscaler: KNOWN_UPSCALERS | str | None = None


class FacefixAlchemyParametersTemplate(SingleAlchemyParametersTemplate):
    """`FacefixAlchemyParameters` with every field open."""

    IMPLIED_FORM: ClassVar[KNOWN_ALCHEMY_FORMS | None] = KNOWN_ALCHEMY_FORMS.post_process

    facefixer: KNOWN_FACEFIXERS | str | None = None
    codeformer_fidelity: float | None = None
    """How closely to keep to the face that is there, 0 to 1."""


class InterrogateAlchemyParametersTemplate(SingleAlchemyParametersTemplate):
    """`InterrogateAlchemyParameters` with every field open."""

    IMPLIED_FORM: ClassVar[KNOWN_ALCHEMY_FORMS | None] = KNOWN_ALCHEMY_FORMS.interrogation

    interrogator: KNOWN_INTERROGATORS | str | None = None


class CaptionAlchemyParametersTemplate(SingleAlchemyParametersTemplate):
    """`CaptionAlchemyParameters` with every field open."""

    IMPLIED_FORM: ClassVar[KNOWN_ALCHEMY_FORMS | None] = KNOWN_ALCHEMY_FORMS.caption

    caption_model: KNOWN_CAPTION_MODELS | str | None = None


class NSFWAlchemyParametersTemplate(SingleAlchemyParametersTemplate):
    """`NSFWAlchemyParameters` with every field open."""

    IMPLIED_FORM: ClassVar[KNOWN_ALCHEMY_FORMS | None] = KNOWN_ALCHEMY_FORMS.nsfw

    nsfw_detector: KNOWN_NSFW_DETECTOR | str | None = None


class AnnotationAlchemyParametersTemplate(SingleAlchemyParametersTemplate):
    """`AnnotationAlchemyParameters` with every field open."""

    IMPLIED_FORM: ClassVar[KNOWN_ALCHEMY_FORMS | None] = KNOWN_ALCHEMY_FORMS.annotation

    control_type: KNOWN_ANNOTATION_CONTROL_TYPES | str | None = None
