"""Models of the horde and the files that a ComfyUI makes them from: one checkpoint, or several parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from horde_worker.backends.comfyui.file_names import same_stem, squashed, stem, with_clue
from horde_worker.backends.comfyui.nodes import CASCADE, FLUX_PARTS, ONE_ENCODER_PARTS
from horde_worker.backends.comfyui.stock import Stock
from horde_worker.backends.normalise.baselines import Baseline, baseline_by_clues

MAX_NAME_CHARACTERS: Final = 255
_NONE_KNOWN: Final[Mapping[str, str]] = {}

_FLUX: Final = frozenset({Baseline.flux_1, Baseline.flux_schnell, Baseline.flux_dev})
_NO_PICTURES: Final = ("refiner", "svd", "stablevideo", "stageb", "stagea", "effnet", "upscaler", "stableaudio")
"""In names of checkpoints that make no pictures by themselves."""

# What well-known files are called in the horde. Others are offered by their own name, or by the owner's `models`.
_KNOWN_FILES: Final[Mapping[str, str]] = {
    "v15pruned": "stable_diffusion",
    "v15prunedemaonly": "stable_diffusion",
    "sdv15inpainting": "stable_diffusion_inpainting",
    "v21768emapruned": "stable_diffusion_2.1",
    "deliberatev2": "Deliberate",
    "deliberatev3": "Deliberate 3.0",
    "dreamshaper8": "Dreamshaper",
    "dreamshaper8inpainting": "DreamShaper Inpainting",
    "sdxlbase10": "SDXL 1.0",
    "albedobasexlv31large": "AlbedoBase XL 3.1",
    "ponydiffusionv6xl": "Pony Diffusion XL",
    "flux1schnellfp8": "Flux.1-Schnell fp8 (Compact)",
    "qwenimagefp8e4m3fn": "Qwen-Image",
    "zimageturbobf16": "Z-Image-Turbo",
    "stablecascadestagec": "Stable Cascade 1.0",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """What a model needs beside its own file."""

    text_encoders: tuple[str, ...] = ()
    encoder_type: str = ""
    vae: str = ""
    stage_b: str = ""  # the second checkpoint of Stable Cascade


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model by its name in the horde. `is_checkpoint` says that its file has text encoder and VAE within."""

    name: str
    file: str
    baseline: Baseline
    is_checkpoint: bool = True
    is_inpainting: bool = False
    parts: Parts = Parts()

    @property
    def is_flux(self) -> bool:
        """Of the Flux family, whichever of it."""
        return self.baseline in _FLUX


@dataclass(frozen=True, slots=True)
class Models:
    """What can be made, and of the owner's wishes what cannot, each with the reason."""

    ready: tuple[LocalModel, ...]
    missing: tuple[str, ...] = ()

    def named(self, name: str) -> LocalModel | None:
        """The model of this name."""
        return next((one for one in self.ready if one.name == name), None)


def local_models(stock: Stock, wishes: Mapping[str, str], architectures: Mapping[str, str] = _NONE_KNOWN) -> Models:
    """The models that can be made: those of the owner's `models`, or where he names none, every one there is.

    `architectures` tells what files say that they are, where they do.
    """
    if not wishes:
        found = (_model(horde_name(file), file, stock, architectures) for file in _candidates(stock))
        by_name = {one.name: one for one in reversed([one for one in found if isinstance(one, LocalModel)])}
        return Models(tuple(reversed(by_name.values())))
    made = {name: _wished(name, file, stock, architectures) for name, file in wishes.items()}
    return Models(
        tuple(one for one in made.values() if isinstance(one, LocalModel)),
        tuple(f"{name}: {why}" for name, why in made.items() if isinstance(why, str)),
    )


def horde_name(file: str) -> str:
    """What a file's model is called in the horde, where the owner does not say."""
    return _KNOWN_FILES.get(squashed(stem(file)), stem(file))[:MAX_NAME_CHARACTERS]


def _candidates(stock: Stock) -> Iterator[str]:
    for file in (*stock.checkpoints, *stock.diffusion_models):
        if not any(word in squashed(stem(file)) for word in _NO_PICTURES):
            yield file


def _wished(name: str, file: str, stock: Stock, architectures: Mapping[str, str]) -> LocalModel | str:
    found = same_stem((*stock.checkpoints, *stock.diffusion_models), file)
    return _model(name, found, stock, architectures) if found else f"there is no file {file}"


def _model(name: str, file: str, stock: Stock, architectures: Mapping[str, str]) -> LocalModel | str:
    """The model; or why there is none."""
    baseline = baseline_by_clues(architectures.get(file, ""), name, file)
    if baseline == Baseline.stable_cascade:
        return _cascade(name, file, stock)
    if file in stock.checkpoints:
        is_inpainting = any("inpaint" in squashed(one) for one in (name, file))
        return LocalModel(name, file, baseline, is_inpainting=is_inpainting)
    return _of_parts(name, file, baseline, stock)


def _cascade(name: str, file: str, stock: Stock) -> LocalModel | str:
    stage_b = with_clue(stock.checkpoints, ("cascadestageb", "stageb"))
    if file not in stock.checkpoints or not stage_b or not stock.nodes >= CASCADE:
        return "Stable Cascade needs two checkpoints, of stage B and of stage C"
    return LocalModel(name, file, Baseline.stable_cascade, parts=Parts(stage_b=stage_b))


def _of_parts(name: str, file: str, baseline: Baseline, stock: Stock) -> LocalModel | str:
    """A diffusion model without text encoder and VAE, which are looked for by the names they are published under."""
    encoders: tuple[str, ...]
    if baseline in _FLUX:
        encoders = (with_clue(stock.text_encoders, ("clipl",)), with_clue(stock.text_encoders, ("t5xxl", "t5")))
        kind, vae, needed = "flux", _flux_vae(stock), FLUX_PARTS
    elif baseline == Baseline.qwen_image:
        encoders = (with_clue(stock.text_encoders, ("qwen25vl", "qwen2vl")),)
        kind, vae, needed = "qwen_image", with_clue(stock.vaes, ("qwenimagevae", "qwenimage")), ONE_ENCODER_PARTS
    elif baseline == Baseline.z_image_turbo:
        encoders = (with_clue(stock.text_encoders, ("qwen34b", "qwen3")),)
        kind, vae, needed = "lumina2", _flux_vae(stock), ONE_ENCODER_PARTS  # the same VAE
    else:
        return "a diffusion model without text encoder of a kind that is not known here"
    if not all(encoders) or not vae:
        return "its text encoder or its VAE is not there"
    if not stock.nodes >= needed:
        return f"the nodes {', '.join(sorted(needed - stock.nodes))} are not there"
    return LocalModel(name, file, baseline, is_checkpoint=False, parts=Parts(encoders, kind, vae))


def _flux_vae(stock: Stock) -> str:
    """It is published as `ae`, which is in too many names to be looked for within."""
    return same_stem(stock.vaes, "ae") or with_clue(stock.vaes, ("flux",))
