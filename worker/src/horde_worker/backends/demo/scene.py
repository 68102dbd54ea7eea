"""What is asked of `ember-demo`, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture asked for. Sizes in pixels; `sampler` is a horde sampler name; `seed` any whole number.

    With a `source` the picture starts from it: `denoising_strength` in 0..1 says how much of the way is painted anew.
    A `mask` (white is repainted, black is kept) counts only with a source.

    `hires_fix` adds a pass at twice the canvas, over the last `hires_denoising_strength` of the way; not with a mask,
    and not for pictures that are no larger than a canvas. `tiling` makes opposite edges fit.
    """

    prompt: str
    negative_prompt: str = ""
    width: int = 512
    height: int = 512
    steps: int = 30
    cfg_scale: float = 5.0
    seed: int = 0
    sampler: str = "k_euler"
    karras: bool = True
    source: Image.Image | None = None
    mask: Image.Image | None = None
    denoising_strength: float = 1.0
    hires_fix: bool = False
    hires_denoising_strength: float = 0.65
    tiling: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture, the words of both prompts that the model does not know, and the sampler that really ran."""

    image: Image.Image
    ignored_words: tuple[str, ...]
    sampler: str
