"""Parameters of operations on one image."""

from __future__ import annotations

from itertools import chain
from typing import Literal

from pydantic import Field

from horde_sdk.consts import KNOWN_NSFW_DETECTOR
from horde_sdk.generation_parameters.alchemy.consts import (
    KNOWN_ALCHEMY_FORMS,
    KNOWN_ANNOTATION_CONTROL_TYPES,
    KNOWN_CAPTION_MODELS,
    KNOWN_FACEFIXERS,
    KNOWN_INTERROGATORS,
    KNOWN_UPSCALERS,
)
from horde_sdk.generation_parameters.generic.parameters import CompositeParametersBase


class SingleAlchemyParameters(CompositeParametersBase):
    """One operation that needs no more than its name."""

    result_id: str
    form: KNOWN_ALCHEMY_FORMS | str
    """The family of the operation, or the operation itself."""
    source_image: bytes | str | None = Field(repr=False)
    """The file's bytes, or base64; `None` where it is the result of a generation."""

    @property
    def operation_name(self) -> str:
        """What does it: the model where there is a choice, else the form."""
        return str(self.form)

    def get_number_expected_results(self) -> int:
        return 1


class UpscaleAlchemyParameters(SingleAlchemyParameters):
    """The enlargement of an image."""

    form: Literal[KNOWN_ALCHEMY_FORMS.post_process] = KNOWN_ALCHEMY_FORMS.post_process
    upscaler: KNOWN_UPSCALERS | str

    @property
    def operation_name(self) -> str:
        return str(self.upscaler)


class FacefixAlchemyParameters(SingleAlchemyParameters):
    """The repair of faces in an image."""

    facefixer: KNOWN_FACEFIXERS | str
    codeformer_fidelity: float | None = None
    """How closely to keep to the face that is there, 0 to 1."""

    @property
    def operation_name(self) -> str:
        return str(self.facefixer)


class InterrogateAlchemyParameters(SingleAlchemyParameters):
    """The interrogation of an image: words that fit it."""

    interrogator: KNOWN_INTERROGATORS | str

    @property
    def operation_name(self) -> str:
        return str(self.interrogator)


class CaptionAlchemyParameters(SingleAlchemyParameters):
    """The captioning of an image: a sentence that describes it."""

    caption_model: KNOWN_CAPTION_MODELS | str

    @property
    def operation_name(self) -> str:
        return str(self.caption_model)


class NSFWAlchemyParameters(SingleAlchemyParameters):
    """The check whether an image is safe for work."""

    nsfw_detector: KNOWN_NSFW_DETECTOR | str

    @property
    def operation_name(self) -> str:
        return str(self.nsfw_detector)


class AnnotationAlchemyParameters(SingleAlchemyParameters):
    """The drawing of a control map of an image."""

    form: Literal[KNOWN_ALCHEMY_FORMS.annotation] = KNOWN_ALCHEMY_FORMS.annotation
    control_type: KNOWN_ANNOTATION_CONTROL_TYPES | str

    @property
    def operation_name(self) -> str:
        return str(self.control_type)


class AlchemyParameters(CompositeParametersBase):
    """Several operations, by family."""

    upscalers: list[UpscaleAlchemyParameters] | None = None
    facefixers: list[FacefixAlchemyParameters] | None = None
    interrogators: list[InterrogateAlchemyParameters] | None = None
    captions: list[CaptionAlchemyParameters] | None = None
    nsfw_detectors: list[NSFWAlchemyParameters] | None = None
    misc_post_processors: list[SingleAlchemyParameters] | None = None
    """The rest, such as `strip_background`, `vectorize` and annotations."""
    operation_order: list[str] | None = None
    """Names of operations, first to last. Those that are not in it come after, in the order of the fields."""

    @property
    def all_alchemy_operations(self) -> list[SingleAlchemyParameters]:
        """All operations, in the order to do them."""
        families = (
            self.upscalers,
            self.facefixers,
            self.interrogators,
            self.captions,
            self.nsfw_detectors,
            self.misc_post_processors,
        )
        operations = list(chain.from_iterable(family or () for family in families))
        places = {name: place for place, name in reversed(list(enumerate(self.operation_order or ())))}
        return sorted(operations, key=lambda operation: places.get(operation.operation_name, len(places)))

    def get_number_expected_results(self) -> int:
        return len(self.all_alchemy_operations)
