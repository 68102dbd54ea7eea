"""`DemoModel`: prompt in, picture out, with nothing but numpy and Pillow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image

from horde_worker.backends.demo.canvas import nearest_canvas, to_picture
from horde_worker.backends.demo.guidance import QUIET_BELOW_SIGMA, clipped, guided
from horde_worker.backends.demo.network import Network
from horde_worker.backends.demo.noise_schedule import blend_share, sigmas
from horde_worker.backends.demo.one_blas_thread import one_blas_thread
from horde_worker.backends.demo.samplers import SAMPLERS, sampler_for
from horde_worker.backends.demo.vocabulary import read_prompt
from horde_worker.backends.demo.weights import Array, load_weights

MODEL_NAME = "ember-demo"

OnStep = Callable[[int, int], None]
"""Told after every step: how many are done, how many there are."""
ShouldStop = Callable[[], bool]


class GenerationStopped(Exception):
    """`should_stop` said so between two steps; there is no picture."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture asked for. Sizes in pixels; `sampler` is a horde sampler name; `seed` any whole number."""

    prompt: str
    negative_prompt: str = ""
    width: int = 512
    height: int = 512
    steps: int = 30
    cfg_scale: float = 5.0
    seed: int = 0
    sampler: str = "k_euler"
    karras: bool = True


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture, the words of both prompts that the model does not know, and the sampler that really ran."""

    image: Image.Image
    ignored_words: tuple[str, ...]
    sampler: str


class DemoModel:
    """The loaded model. Keeps no state between pictures, so threads may share one."""

    def __init__(self, network: Network, images_seen: int) -> None:
        self._network = network
        self.images_seen = images_seen

    @classmethod
    def load(cls, weights: Path | None = None) -> Self:
        """The model with the weights in the package, or with those of a file that `train_demo.py` exported."""
        loaded = load_weights(weights)
        return cls(Network(loaded), loaded.images_seen)

    def generate(
        self, scene: Scene, *, on_step: OnStep | None = None, should_stop: ShouldStop | None = None
    ) -> Picture:
        """Paint one scene. The same scene gives the same pixels on the same machine.

        Raises `GenerationStopped` when `should_stop` answers true; it is asked before every step.
        """
        wanted, unwanted = read_prompt(scene.prompt), read_prompt(scene.negative_prompt)
        both = self._network.embed_words((wanted.tokens, unwanted.tokens))
        alone = both[:1]
        is_guided = scene.cfg_scale != 1 and wanted.tokens != unwanted.tokens
        columns, rows = nearest_canvas(scene.width, scene.height)
        dice = np.random.Generator(np.random.PCG64(scene.seed % 2**64))

        def draw_noise() -> Array:
            noise: Array = dice.standard_normal((rows, columns, 3), dtype=np.float32)
            return noise

        def denoise(x: Array, sigma: float) -> Array:
            noisy, t = x / np.float32(1 + sigma), blend_share(sigma)
            if not is_guided or sigma < QUIET_BELOW_SIGMA:
                return clipped(self._network.clean_picture(noisy, t, alone)[0])
            guess = self._network.clean_picture(noisy, t, both)
            return guided(guess[0], guess[1], scene.cfg_scale)

        levels = sigmas(scene.steps, karras=scene.karras)
        sampler = sampler_for(scene.sampler)
        pixels = draw_noise() * np.float32(levels[0])
        walk = SAMPLERS[sampler](pixels, levels, denoise, draw_noise)
        for step in range(1, len(levels)):
            if should_stop is not None and should_stop():
                raise GenerationStopped(f"stopped before step {step} of {len(levels) - 1}")
            with one_blas_thread():
                pixels = next(walk)
            if on_step is not None:
                on_step(step, len(levels) - 1)
        ignored = tuple(dict.fromkeys(wanted.ignored_words + unwanted.ignored_words))
        return Picture(to_picture(pixels, scene.width, scene.height), ignored, sampler)
