"""What is offered of what a ComfyUI has, in the horde's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from horde_worker.backends.comfyui.control import CONTROL_TYPES, served_types
from horde_worker.backends.comfyui.local_models import Models
from horde_worker.backends.comfyui.nodes import IMG2IMG, INPAINTING, TILING
from horde_worker.backends.comfyui.sampler_names import offered_samplers
from horde_worker.backends.comfyui.stock import Stock
from horde_worker.backends.comfyui.upscalers import served_upscalers
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageAbilities
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.normalise.baselines import Baseline
from horde_worker.backends.over_http.options import text_option

OPTIONS: Final = ("loras_folder", "embeddings_folder", "controlnet", "max_pixels", "max_batch")
_CONTROLNET: Final = ("all", "some", "off")
_MOST_PIXELS: Final = 3072 * 3072
_MOST_BATCH: Final = 20
_GIB: Final = 1 << 30
_PIXELS_BY_MEMORY: Final = ((20 * _GIB, 2048 * 2048), (10 * _GIB, 1536 * 1536), (5 * _GIB, 1024 * 1024))
_FEWEST_PIXELS: Final = 768 * 768
_PIXELS_OF_A_PROCESSOR: Final = 512 * 512
_BATCH: Final = 4


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner wants to be offered; `max_pixels` and `max_batch` by the device where he does not say."""

    loras_folder: str = ""
    embeddings_folder: str = ""
    controlnet: str = "all"
    max_pixels: int | None = None
    max_batch: int | None = None

    @classmethod
    def read(cls, settings: BackendSettings) -> Wishes:
        """From a backend's options. Raises `BackendFailure`."""
        controlnet = text_option(settings, "controlnet") or "all"
        if controlnet not in _CONTROLNET:
            raise BackendFailure(f"the option controlnet of {settings.name} is one of {', '.join(_CONTROLNET)}")
        return cls(
            text_option(settings, "loras_folder"),
            text_option(settings, "embeddings_folder"),
            controlnet,
            _number(settings, "max_pixels", _MOST_PIXELS),
            _number(settings, "max_batch", _MOST_BATCH),
        )


@dataclass(frozen=True, slots=True)
class Additions:
    """Whether the server finds what the worker fetches."""

    loras: bool = False
    embeddings: bool = False


def abilities_of(stock: Stock, models: Models, wishes: Wishes, additions: Additions) -> ImageAbilities:
    """What the horde is told. `controlnet` stands for every control type there is, so it takes all of them, unless
    the owner says that some will do: jobs of the others are given back then."""
    upscalers = served_upscalers(stock)
    can: Mapping[str, bool] = {
        "r2": True,
        "r2_source": True,
        "karras": "karras" in stock.schedulers,
        "hires_fix": "LatentUpscale" in stock.nodes,
        "clip_skip": "CLIPSetLastLayer" in stock.nodes,
        "img2img": stock.nodes >= IMG2IMG,
        "inpainting": stock.nodes >= INPAINTING,
        **dict.fromkeys(("lora", "lora_versions"), additions.loras and "LoraLoader" in stock.nodes),
        "textual_inversion": additions.embeddings,
        **dict.fromkeys(("controlnet", "image_is_control", "return_control_map"), _controls(stock, models, wishes)),
        "tiling": stock.nodes >= TILING,
        "post-processing": bool(upscalers),
        "flux": any(model.is_flux for model in models.ready),
    }
    return ImageAbilities(
        models=tuple(model.name for model in models.ready),
        max_pixels=wishes.max_pixels or _pixels(stock),
        capabilities=frozenset(word for word, is_so in can.items() if is_so) | upscalers,
        samplers=offered_samplers(stock.samplers),
        max_batch=wishes.max_batch or (1 if stock.device == "cpu" else _BATCH),
        knows_nsfw=True,
        previews=True,
    )


def _controls(stock: Stock, models: Models, wishes: Wishes) -> bool:
    """Hordes hand control jobs out for models of Stable Diffusion 1."""
    if not any(model.baseline == Baseline.stable_diffusion_1 for model in models.ready):
        return False
    served = served_types(stock, Baseline.stable_diffusion_1)
    return {"off": False, "some": bool(served), "all": served >= frozenset(CONTROL_TYPES)}[wishes.controlnet]


def _pixels(stock: Stock) -> int:
    """A careful guess, until `horde worker benchmark` has measured."""
    if stock.device == "cpu":
        return _PIXELS_OF_A_PROCESSOR
    return next((pixels for least, pixels in _PIXELS_BY_MEMORY if stock.device_bytes >= least), _FEWEST_PIXELS)


def _number(settings: BackendSettings, name: str, most: int) -> int | None:
    value = settings.options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise BackendFailure(f"the option {name} of {settings.name} is a number from 1 to {most}")
    return value
