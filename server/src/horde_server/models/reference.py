"""What is known of models: a value, read from catalogues and replaced as a whole (basics.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import msgspec

from horde_server.models.text_names import base_names, names_of

DEFAULT_MIN_STEPS = 20
DEFAULT_MAX_STEPS = 40
DEFAULT_BASELINE = "stable diffusion 1"
KNOWN_BASELINES = frozenset(
    {
        DEFAULT_BASELINE, "stable diffusion 2", "stable diffusion 2 512", "stable_diffusion_xl", "stable_cascade",
        "flux_1", "qwen_image", "z_image_turbo",
    }
)  # fmt: skip
_TAGS = (
    ("[SDXL]", "stable_diffusion_xl"), ("[Flux]", "flux_1"), ("[Qwen]", "qwen_image"), ("[ZModel]", "z_image_turbo"),
    ("[ZImage]", "z_image_turbo"),
)  # fmt: skip
_MOST_PARAMETERS = 1e15
_MOST_FORMAT_CHARACTERS = 60

Model = TypeVar("Model")


class CatalogueUnusable(ValueError):
    """The text is no catalogue of models."""


class Requirements(msgspec.Struct, frozen=True):
    """What a model works well with; None and empty: anything. Requests that differ are warned (basics.md §9.2)."""

    clip_skip: int | None = None
    min_steps: int | None = None
    max_steps: int | None = None
    cfg_scale: float | None = None
    min_cfg_scale: float | None = None
    max_cfg_scale: float | None = None
    samplers: tuple[str, ...] = ()
    schedulers: tuple[str, ...] = ()


NO_REQUIREMENTS = Requirements()


@dataclass(frozen=True, slots=True)
class ImageModel:
    """An entry of the image catalogue."""

    name: str
    baseline: str
    nsfw: bool = False
    inpainting: bool = False
    type: str = "ckpt"
    requirements: Requirements = NO_REQUIREMENTS

    @property
    def is_known(self) -> bool:
        """Whether its baseline is one that the horde serves."""
        return self.baseline in KNOWN_BASELINES


@dataclass(frozen=True, slots=True)
class ModelReference:
    """All that is known of models, by name. `text` holds parameters in billions, `text_formats` chat templates."""

    image: Mapping[str, ImageModel] = field(default_factory=dict)
    text: Mapping[str, float] = field(default_factory=dict)
    text_formats: Mapping[str, str] = field(default_factory=dict)

    def is_known(self, name: str) -> bool:
        """Whether it is a known image model: only such may be offered by owners without the customizer role."""
        model = self.image.get(name)
        return model is not None and model.is_known

    def baseline(self, name: str) -> str:
        """The baseline of an image model; of an unknown name by its bracket tag, else Stable Diffusion 1."""
        model = self.image.get(name)
        if model is not None:
            return model.baseline
        return next((tagged for tag, tagged in _TAGS if tag in name), DEFAULT_BASELINE)

    def requirements(self, name: str) -> Requirements:
        """Of an image model; none of an unknown name."""
        model = self.image.get(name)
        return model.requirements if model is not None else NO_REQUIREMENTS

    def text_parameters_b(self, name: str) -> float | None:
        """Billions of parameters of a text model, also under a quantised name (basics.md §9.3); None: unknown."""
        return next((self.text[base] for base in base_names(name) if base in self.text), None)

    def instruct_format(self, name: str) -> str | None:
        """What the catalogue calls the chat template of a text model, also under a quantised name."""
        return next((self.text_formats[base] for base in base_names(name) if base in self.text_formats), None)


class _ImageEntry(msgspec.Struct):
    baseline: str
    nsfw: bool | None = None
    inpainting: bool | None = None
    type: str | None = None
    requirements: Any = None


class _TextEntry(msgspec.Struct):
    parameters: float


class _FormatEntry(msgspec.Struct):
    instruct_format: str


def read_image_catalogue(data: bytes) -> dict[str, ImageModel]:
    """A catalogue of image models. An entry that makes no sense is left out, as are requirements that do not.

    Raises:
        CatalogueUnusable: not a JSON object, or no entry in it is a model.
    """
    models = {}
    for name, entry in _entries(data):
        try:
            read = msgspec.convert(entry, _ImageEntry)
        except msgspec.ValidationError:
            continue
        models[name] = ImageModel(
            name, read.baseline, bool(read.nsfw), bool(read.inpainting), read.type or "ckpt", _requirements(read)
        )
    return _some(models)


def _requirements(entry: _ImageEntry) -> Requirements:
    try:
        return msgspec.convert(entry.requirements or {}, Requirements)
    except msgspec.ValidationError:
        return NO_REQUIREMENTS


def read_text_catalogue(data: bytes) -> dict[str, float]:
    """A catalogue of text models: billions of parameters by name; as `read_image_catalogue`."""
    models = {}
    for name, entry in _entries(data):
        try:
            parameters = msgspec.convert(entry, _TextEntry).parameters
        except msgspec.ValidationError:
            continue
        if 0 < parameters < _MOST_PARAMETERS:
            models[name] = parameters / 1e9
    return _some(models)


def read_text_formats(data: bytes) -> dict[str, str]:
    """The chat templates that a catalogue of text models names; there may be none.

    Raises:
        CatalogueUnusable: not a JSON object.
    """
    formats = {}
    for name, entry in _entries(data):
        try:
            told = msgspec.convert(entry, _FormatEntry).instruct_format
        except msgspec.ValidationError:
            continue
        if 0 < len(told) <= _MOST_FORMAT_CHARACTERS:
            formats[name] = told
    return formats


def _entries(data: bytes) -> list[tuple[str, Any]]:
    try:
        return list(msgspec.json.decode(data, type=dict[str, Any]).items())
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise CatalogueUnusable(f"not a JSON object: {type(error).__name__}") from error


def _some(models: dict[str, Model]) -> dict[str, Model]:
    """An error message is a JSON object too: it must not take all models away."""
    if not models:
        raise CatalogueUnusable("no model in it")
    return models


@cache
def built_in() -> ModelReference:
    """Well-known models, for hordes that name no catalogue and until theirs is read."""
    folder = files(__package__)
    text = read_text_catalogue((folder / "text_models.json").read_bytes())
    return ModelReference(
        image=read_image_catalogue((folder / "image_models.json").read_bytes()),
        text={name: parameters_b for base, parameters_b in text.items() for name in names_of(base)},
    )
