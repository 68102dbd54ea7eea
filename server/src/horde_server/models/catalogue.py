"""Which model names are known, and what is known of them (basics.md §9).

The functions read the process's reference of the moment: prices, requirements and refusals are pure functions of a
request, and the reference changes once an hour at most. What was derived from it for waiting requests stays as it is.
"""

from __future__ import annotations

from horde_server.models import current
from horde_server.models.reference import (
    DEFAULT_BASELINE,
    DEFAULT_MAX_STEPS,
    DEFAULT_MIN_STEPS,
    ImageModel,
    Requirements,
)

__all__ = [
    "DEAREST_MULTIPLIER", "DEFAULT_BASELINE", "DEFAULT_MAX_STEPS", "DEFAULT_MIN_STEPS", "ImageModel", "Requirements",
    "baseline", "image_model", "inpainting_models", "instruct_format", "is_controlnet", "is_inpainting", "is_known",
    "is_nsfw", "largest_text_model_b", "price_multiplier", "requirements", "steps_range", "text_parameters_b",
]  # fmt: skip

_MULTIPLIERS = {"stable_diffusion_xl": 2, "stable_cascade": 4, "flux_1": 8, "z_image_turbo": 8, "qwen_image": 12}


def image_model(name: str) -> ImageModel | None:
    """The entry of the image catalogue, if there is one."""
    return current.get().image.get(name)


def is_known(model: str) -> bool:
    """Whether the reference lists the model: only such may be offered by owners without the customizer role."""
    return current.get().is_known(model)


def baseline(model: str) -> str:
    """The model's baseline; of an unknown name by its bracket tag, else Stable Diffusion 1."""
    return current.get().baseline(model)


def requirements(model: str) -> Requirements:
    """What the model works well with; nothing is required of an unknown one."""
    return current.get().requirements(model)


def steps_range(model: str) -> tuple[int, int]:
    """(fewest, most) steps the model's requirements name, with the defaults for what they leave open."""
    required = requirements(model)
    return (
        DEFAULT_MIN_STEPS if required.min_steps is None else required.min_steps,
        DEFAULT_MAX_STEPS if required.max_steps is None else required.max_steps,
    )


def is_inpainting(model: str) -> bool:
    """Whether it is made for painting into pictures."""
    found = image_model(model)
    return found is not None and found.inpainting


def inpainting_models() -> frozenset[str]:
    """The names of all that are."""
    return frozenset(name for name, model in current.get().image.items() if model.inpainting)


def is_nsfw(model: str) -> bool:
    """Whether it is a known model for adult pictures."""
    found = image_model(model)
    return found is not None and found.is_known and found.nsfw


def is_controlnet(model: str) -> bool:
    """Whether it is a known model that serves as a ControlNet only."""
    found = image_model(model)
    return found is not None and found.is_known and found.type == "controlnet"


def price_multiplier(model: str) -> int:
    """How many times the base price a job on this model costs (kudos.md §2.2)."""
    return _MULTIPLIERS.get(baseline(model), 1)


DEAREST_MULTIPLIER = max(_MULTIPLIERS.values())
"""What a job on any model costs at most, in base prices."""


def text_parameters_b(model: str) -> float | None:
    """Billions of parameters of a text model, by any of its names (basics.md §9.3); None: unknown."""
    return current.get().text_parameters_b(model)


def instruct_format(model: str) -> str | None:
    """What the catalogue calls the chat template of a text model; None: it says nothing."""
    return current.get().instruct_format(model)


def largest_text_model_b() -> float:
    """Billions of parameters of the largest text model that is known. O(models)."""
    return max(current.get().text.values(), default=0.0)
