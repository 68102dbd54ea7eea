"""What the contract server paints: each node's work in so far as a test can see it, in a few lines of numpy.

Latents are pictures of an eighth of the size. What is painted anew is noise that depends on all that a real sampler's
result depends on; the rest of a picture is what it was.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

Array = NDArray[np.float64]
SCALE: Final = 8


class Painter:
    """Works a graph out. `uploaded` are the pictures by the names that graphs have for them."""

    def __init__(self, graph: Mapping[str, Any], uploaded: Mapping[str, bytes]) -> None:
        self._graph = graph
        self._uploaded = uploaded
        self._done: dict[str, tuple[Any, ...]] = {}

    def png(self, output: str) -> bytes:
        """The picture that an output node gets, with the graph in its file, as a real one's has."""
        image = self._value(self._graph[output]["inputs"]["images"])
        written = io.BytesIO()
        picture = Image.fromarray((np.clip(image, 0, 1) * 255).round().astype(np.uint8))
        kept = PngInfo()
        kept.add_text("prompt", json.dumps(self._graph))
        picture.save(written, "PNG", pnginfo=kept)
        return written.getvalue()

    def _value(self, link: Any) -> Any:
        node, place = link
        if node not in self._done:
            self._done[node] = self._worked_out(node)
        return self._done[node][place]

    def _worked_out(self, node: str) -> tuple[Any, ...]:
        kind, inputs = self._graph[node]["class_type"], self._graph[node]["inputs"]
        given = {name: self._value(one) if isinstance(one, list) else one for name, one in inputs.items()}
        if kind in _WORK:
            return _WORK[kind](given)
        if kind == "LoadImage":
            return _loaded(self._uploaded[given["image"]])
        named = json.dumps([kind, given], sort_keys=True, default=_fingerprint)
        return (named, named, named)  # a model, a conditioning and so on: known by what it was made of


def _fingerprint(value: object) -> str:
    return hashlib.sha256(np.asarray(value).tobytes()).hexdigest()


def _loaded(png: bytes) -> tuple[Array, Array]:
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), float) / 255
    return picture[..., :3], 1 - picture[..., 3]


def _smaller(image: Array) -> Array:
    height, width = image.shape[0] // SCALE, image.shape[1] // SCALE
    parts = image[: height * SCALE, : width * SCALE]
    means: Array = parts.reshape(height, SCALE, width, SCALE, *image.shape[2:]).mean((1, 3))
    return means


def _empty(given: Mapping[str, Any]) -> tuple[Any, ...]:
    latent = {"samples": np.full((given["height"] // SCALE, given["width"] // SCALE, 3), 0.5)}
    return (latent, latent)


def _encoded(given: Mapping[str, Any]) -> tuple[Any, ...]:
    latent = {"samples": _smaller(given["pixels"] if "pixels" in given else given["image"])}
    return (latent, latent)


def _filling(given: Mapping[str, Any]) -> tuple[Any, ...]:
    latent = {"samples": _smaller(given["pixels"]), "mask": _smaller(given["mask"]) > 0.5}
    return (given["positive"], given["negative"], latent)


def _sampled(given: Mapping[str, Any]) -> tuple[Any, ...]:
    latent = given["latent_image"]
    rest = {name: value for name, value in given.items() if name != "latent_image"}
    seed = hashlib.sha256(json.dumps(rest, sort_keys=True, default=_fingerprint).encode()).digest()
    noise = np.random.default_rng(list(seed)).random(latent["samples"].shape)
    share = given["denoise"] * latent.get("mask", np.ones(noise.shape[:2], bool))[..., None]
    return ({**latent, "samples": latent["samples"] * (1 - share) + noise * share},)


def _resized(image: Array, width: int, height: int) -> Array:
    rows = np.arange(height) * image.shape[0] // height
    found: Array = image[rows][:, np.arange(width) * image.shape[1] // width]
    return found


def _larger_latent(given: Mapping[str, Any]) -> tuple[Any, ...]:
    samples = _resized(given["samples"]["samples"], given["width"] // SCALE, given["height"] // SCALE)
    return ({"samples": samples},)


def _scaled(image: Array, factor: float) -> Array:
    return _resized(image, round(image.shape[1] * factor), round(image.shape[0] * factor))


def _edges(given: Mapping[str, Any]) -> tuple[Any, ...]:
    grey = given["image"].mean(-1)
    step = np.abs(np.diff(grey, axis=0, prepend=grey[:1])) + np.abs(np.diff(grey, axis=1, prepend=grey[:, :1]))
    return (np.repeat((step > given["low_threshold"])[..., None], 3, -1).astype(float),)


_WORK: Final[Mapping[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]] = {
    "EmptyLatentImage": _empty,
    "EmptySD3LatentImage": _empty,
    "StableCascade_EmptyLatentImage": _empty,
    "StableCascade_StageC_VAEEncode": _encoded,
    "VAEEncode": _encoded,
    "SetLatentNoiseMask": lambda given: ({**given["samples"], "mask": _smaller(given["mask"]) > 0.5},),
    "InpaintModelConditioning": _filling,
    "KSampler": _sampled,
    "LatentUpscale": _larger_latent,
    "VAEDecode": lambda given: (_scaled(given["samples"]["samples"], SCALE),),
    "ImageFromBatch": lambda given: (given["image"],),
    "Canny": _edges,
    "ImageUpscaleWithModel": lambda given: (_scaled(given["image"], 2 if "x2" in given["upscale_model"] else 4),),
    "ImageScaleBy": lambda given: (_scaled(given["image"], given["scale_by"]),),
}
