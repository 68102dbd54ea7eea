"""Parameters of one image job, and the template that they may be made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from horde_sdk.consts import ID_TYPES
from horde_sdk.generation_parameters.alchemy.parameters import AlchemyParameters
from horde_sdk.generation_parameters.generic.parameters import CompositeParametersBase
from horde_sdk.generation_parameters.image.basic_parameters import (
    BasicImageGenerationParameters,
    BasicImageGenerationParametersTemplate,
)
from horde_sdk.generation_parameters.image.components import ImageGenerationComponentContainer
from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SOURCE_PROCESSING
from horde_sdk.generation_parameters.result_ids import ResultIdAllocator, ensure_result_ids
from horde_sdk.generation_parameters.template_finalization import finalize_template_for_parameters

_FROM_ONE_IMAGE = (
    KNOWN_IMAGE_SOURCE_PROCESSING.img2img,
    KNOWN_IMAGE_SOURCE_PROCESSING.inpainting,
    KNOWN_IMAGE_SOURCE_PROCESSING.outpainting,
)


class ImageGenerationParametersTemplate(CompositeParametersBase):
    """`ImageGenerationParameters` with every field open; `to_parameters` closes them.

    Example:
        >>> portrait = ImageGenerationParametersTemplate(
        ...     base_params=BasicImageGenerationParametersTemplate(model="Deliberate", width=512, height=768),
        ... )
        >>> wish = BasicImageGenerationParametersTemplate(prompt="a fox")
        >>> job = portrait.to_parameters(base_param_updates=wish, allocator=ResultIdAllocator())
        >>> job.base_params.prompt, job.base_params.height, len(job.result_ids)
        ('a fox', 768, 1)
        >>> again = portrait.to_parameters(base_param_updates=wish, allocator=ResultIdAllocator())
        >>> job.result_ids == again.result_ids
        True
    """

    batch_size: int | None = Field(default=None, ge=1)
    """How many images."""
    source_processing: KNOWN_IMAGE_SOURCE_PROCESSING | str | None = None
    """What is done with the source image; the source itself is among `additional_params`."""
    base_params: BasicImageGenerationParametersTemplate | None = None
    additional_params: ImageGenerationComponentContainer | None = None
    alchemy_params: AlchemyParameters | None = None
    """What is done with the finished images."""

    def get_number_expected_results(self) -> int:
        return self.batch_size or 1

    @model_validator(mode="after")
    def verify_source_processing(self) -> Self:
        """Refuse a source processing without its source."""
        added = self.additional_params or ImageGenerationComponentContainer()
        if self.source_processing in _FROM_ONE_IMAGE and added.image2image_params is None:
            raise ValueError(f"{self.source_processing} wants Image2ImageGenerationParameters in additional_params")
        if self.source_processing == KNOWN_IMAGE_SOURCE_PROCESSING.remix and added.remix_params is None:
            raise ValueError("remix wants RemixGenerationParameters in additional_params")
        return self

    def to_parameters(
        self,
        *,
        base_param_updates: BasicImageGenerationParametersTemplate | None = None,
        additional_param_updates: ImageGenerationComponentContainer | None = None,
        result_ids: Sequence[ID_TYPES] | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "image",
    ) -> ImageGenerationParameters:
        """Return complete parameters; what stays open gets the default. The template stays as it is.

        Args:
            base_param_updates: Its set fields replace those of `base_params`.
            additional_param_updates: Replaces `additional_params`.
            result_ids: One for each image. Left out, the allocator makes them, or else chance.
            allocator: Makes the same ids for the same parameters.
            seed: What the allocator's ids are about, besides the parameters.

        Raises:
            ValueError: `base_params`, its model or its prompt is still open; or the count of ids is wrong.
        """
        if self.base_params is None:
            raise ValueError("a template without base_params cannot become parameters")
        base = finalize_template_for_parameters(
            self.base_params,
            overrides=base_param_updates.model_dump(exclude_none=True) if base_param_updates else None,
            exclude_none=True,
        )
        whole = finalize_template_for_parameters(
            self,
            overrides={
                "base_params": base.template,
                "additional_params": additional_param_updates or self.additional_params,
            },
            exclude_none=True,
        )
        count = self.get_number_expected_results()
        return ImageGenerationParameters(
            batch_size=count,
            source_processing=self.source_processing,
            base_params=BasicImageGenerationParameters.model_validate(base.payload),
            additional_params=whole.template.additional_params or ImageGenerationComponentContainer(),
            alchemy_params=self.alchemy_params,
            underlying_generation_scheme=self.underlying_generation_scheme,
            result_ids=ensure_result_ids(
                result_ids, count, allocator=allocator, seed=seed, fingerprint=whole.fingerprint
            ),
        )


class ImageGenerationParameters(ImageGenerationParametersTemplate):
    """Everything there is to know about one image job."""

    batch_size: int | None = Field(default=1, ge=1)
    """How many images."""
    base_params: BasicImageGenerationParameters
    additional_params: ImageGenerationComponentContainer = Field(default_factory=ImageGenerationComponentContainer)
    result_ids: list[str | UUID]
    """One for each image."""

    def to_parameters(
        self,
        *,
        base_param_updates: BasicImageGenerationParametersTemplate | None = None,
        additional_param_updates: ImageGenerationComponentContainer | None = None,
        result_ids: Sequence[ID_TYPES] | None = None,
        allocator: ResultIdAllocator | None = None,
        seed: str = "image",
    ) -> ImageGenerationParameters:
        """Return a copy with changes. Its results keep their ids unless others are given; nothing is allocated."""
        return super().to_parameters(
            base_param_updates=base_param_updates,
            additional_param_updates=additional_param_updates,
            result_ids=self.result_ids if result_ids is None else result_ids,
            allocator=allocator,
            seed=seed,
        )

    @model_validator(mode="after")
    def verify_id_count(self) -> Self:
        """Refuse a batch whose images have not one id each."""
        if len(self.result_ids) != self.batch_size:
            raise ValueError(f"a batch of {self.batch_size} wants as many result_ids, not {len(self.result_ids)}")
        return self
