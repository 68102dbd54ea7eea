"""Components that may be added to the basics of an image: a source, control, hires-fix, LoRAs, workflows."""

from __future__ import annotations

from pathlib import Path
from typing import Self, TypeAlias, TypeVar
from uuid import UUID

from pydantic import Field, model_validator

from horde_sdk.generation_parameters.generic.consts import KNOWN_AUX_MODEL_SOURCE
from horde_sdk.generation_parameters.generic.parameters import GenerationParameterBaseModel
from horde_sdk.generation_parameters.image.basic_parameters import BasicImageGenerationParameters
from horde_sdk.generation_parameters.image.consts import (
    KNOWN_IMAGE_CONTROLNETS,
    KNOWN_IMAGE_WORKFLOWS,
    LORA_TRIGGER_INJECT_CHOICE,
    TI_TRIGGER_INJECT_CHOICE,
)


class Image2ImageGenerationParameters(GenerationParameterBaseModel):
    """Start from an image; with a mask, repaint only what is white in it."""

    source_image: bytes | str | None = Field(repr=False)
    """The file's bytes, or base64."""
    source_mask: bytes | str | None = Field(repr=False)
    """The file's bytes, or base64."""


class RemixImageEntry(GenerationParameterBaseModel):
    """A further image to mix in."""

    image: bytes | str = Field(repr=False)
    """The file's bytes, or base64."""
    strength: float = 1.0


class RemixGenerationParameters(GenerationParameterBaseModel):
    """Mix images into a new one."""

    source_image: bytes | str = Field(repr=False)
    """The file's bytes, or base64."""
    remix_images: list[RemixImageEntry]


class ControlnetGenerationParameters(GenerationParameterBaseModel):
    """Keep to the lines, depth or pose of an image."""

    controlnet_type: KNOWN_IMAGE_CONTROLNETS | str
    source_image: bytes | str | None = Field(repr=False)
    """The image to draw the control map from; the file's bytes, or base64."""
    control_map: bytes | str | None = Field(repr=False)
    """A control map that is there already; the file's bytes, or base64."""
    return_control_map: bool = False
    """The result is the control map itself."""


class HiresFixGenerationParameters(GenerationParameterBaseModel):
    """Make a small image first, enlarge it, and go over it again."""

    first_pass: BasicImageGenerationParameters
    second_pass: BasicImageGenerationParameters


class ExtraTextEntry(GenerationParameterBaseModel):
    """A text that a workflow wants beside the prompt."""

    text: str
    reference: str | None = None
    """What the workflow calls it."""


class CustomWorkflowGenerationParameters(GenerationParameterBaseModel):
    """A workflow that takes the place of plain generation."""

    custom_workflow_name: KNOWN_IMAGE_WORKFLOWS | str
    custom_workflow_version: str | None = None
    custom_parameters: dict[str | UUID, str] | None = None
    extra_texts: list[ExtraTextEntry] | None = None


class AuxModelEntry(GenerationParameterBaseModel):
    """A small model that changes what a large one does."""

    name: str | None
    release_version: str | None = None
    remote_version_id: str | None
    """The source's id of one release."""
    source: KNOWN_AUX_MODEL_SOURCE | str
    remote_url: str | None = None
    local_filename: Path | None = None
    file_hash: str | None = None
    model_strength: float = 1

    @model_validator(mode="after")
    def verify_identifier_set(self) -> Self:
        """Refuse an entry that nothing tells which model it is."""
        if self.name is None and self.release_version is None and self.remote_version_id is None:
            raise ValueError("one of name, release_version and remote_version_id is needed")
        return self


class LoRaEntry(AuxModelEntry):
    """A LoRA."""

    clip_strength: float = 1
    """On the text encoder; `model_strength` is that on the image model."""
    lora_triggers: list[str] | None = None
    lora_inject_trigger_choice: LORA_TRIGGER_INJECT_CHOICE = LORA_TRIGGER_INJECT_CHOICE.NO_INJECT


class TIEntry(AuxModelEntry):
    """A textual inversion."""

    ti_inject_trigger_choice: TI_TRIGGER_INJECT_CHOICE = TI_TRIGGER_INJECT_CHOICE.NO_INJECT


ImageGenerationComponent: TypeAlias = (
    Image2ImageGenerationParameters
    | RemixGenerationParameters
    | ControlnetGenerationParameters
    | HiresFixGenerationParameters
    | LoRaEntry
    | TIEntry
    | CustomWorkflowGenerationParameters
)
"""Anything that may be added."""

_Component = TypeVar("_Component", bound=GenerationParameterBaseModel)


class ImageGenerationComponentContainer(GenerationParameterBaseModel):
    """The additions of one job. Of those that a job has once, the first one counts."""

    components: list[ImageGenerationComponent] = Field(default_factory=list)

    def add(self, component: ImageGenerationComponent) -> None:
        """Append an addition."""
        self.components.append(component)

    def add_all(self, components: list[ImageGenerationComponent]) -> None:
        """Append several additions."""
        self.components.extend(components)

    @property
    def image2image_params(self) -> Image2ImageGenerationParameters | None:
        """The image to start from."""
        return self._first(Image2ImageGenerationParameters)

    @property
    def remix_params(self) -> RemixGenerationParameters | None:
        """The images to mix."""
        return self._first(RemixGenerationParameters)

    @property
    def controlnet_params(self) -> ControlnetGenerationParameters | None:
        """What of a source image is kept to."""
        return self._first(ControlnetGenerationParameters)

    @property
    def hires_fix_params(self) -> HiresFixGenerationParameters | None:
        """The two passes of hires-fix."""
        return self._first(HiresFixGenerationParameters)

    @property
    def lora_entries(self) -> list[LoRaEntry]:
        """The LoRAs, in order."""
        return self._all(LoRaEntry)

    @property
    def ti_entries(self) -> list[TIEntry]:
        """The textual inversions, in order."""
        return self._all(TIEntry)

    @property
    def custom_workflow_entries(self) -> list[CustomWorkflowGenerationParameters]:
        """The workflows, in order."""
        return self._all(CustomWorkflowGenerationParameters)

    @property
    def lora_params(self) -> list[LoRaEntry]:
        """`lora_entries` by its other name."""
        return self.lora_entries

    @property
    def ti_params(self) -> list[TIEntry]:
        """`ti_entries` by its other name."""
        return self.ti_entries

    @property
    def custom_workflows_params(self) -> list[CustomWorkflowGenerationParameters]:
        """`custom_workflow_entries` by its other name."""
        return self.custom_workflow_entries

    def _all(self, kind: type[_Component]) -> list[_Component]:
        return [component for component in self.components if isinstance(component, kind)]

    def _first(self, kind: type[_Component]) -> _Component | None:
        return next(iter(self._all(kind)), None)
