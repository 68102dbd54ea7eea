"""`DemoModel`: prompt in, picture out, with nothing but numpy and Pillow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np

from horde_worker.backends.demo.canvas import nearest_canvas, to_picture
from horde_worker.backends.demo.guidance import QUIET_BELOW_SIGMA, clipped, guided
from horde_worker.backends.demo.network import Network
from horde_worker.backends.demo.noise_schedule import blend_share
from horde_worker.backends.demo.one_blas_thread import one_blas_thread
from horde_worker.backends.demo.samplers import SAMPLERS, Denoise, sampler_for
from horde_worker.backends.demo.scene import Picture, Scene
from horde_worker.backends.demo.source_picture import SourcePicture, first_pixels, noise_levels
from horde_worker.backends.demo.vocabulary import read_prompt
from horde_worker.backends.demo.weights import Array, load_weights

__all__ = ["MODEL_NAME", "DemoModel", "GenerationStopped", "OnStep", "Picture", "Scene", "ShouldStop"]

MODEL_NAME = "ember-demo"

OnStep: TypeAlias = Callable[[int, int], None]
"""Told after every step: how many are done, how many there are."""
ShouldStop: TypeAlias = Callable[[], bool]


class GenerationStopped(Exception):
    """`should_stop` said so between two steps; there is no picture."""


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
        canvas = nearest_canvas(scene.width, scene.height)
        source = SourcePicture.of(scene, canvas)
        dice = np.random.Generator(np.random.PCG64(scene.seed % 2**64))

        def draw_noise() -> Array:
            noise: Array = dice.standard_normal((canvas[1], canvas[0], 3), dtype=np.float32)
            return noise

        levels = noise_levels(scene)
        sampler = sampler_for(scene.sampler)
        pixels = first_pixels(source, draw_noise(), levels[0])
        denoise = self._denoiser(wanted.tokens, unwanted.tokens, scene.cfg_scale, source)
        walk = SAMPLERS[sampler](pixels, levels, denoise, draw_noise)
        steps = len(levels) - 1
        for step in range(1, steps + 1):
            if should_stop is not None and should_stop():
                raise GenerationStopped(f"stopped before step {step} of {steps}")
            with one_blas_thread():
                pixels = next(walk)
            if on_step is not None:
                on_step(step, steps)
        image = to_picture(pixels, scene.width, scene.height)
        return Picture(
            image=image if source is None else source.finish(image),
            ignored_words=tuple(dict.fromkeys(wanted.ignored_words + unwanted.ignored_words)),
            sampler=sampler,
        )

    def _denoiser(
        self, wanted: tuple[int, ...], unwanted: tuple[int, ...], cfg_scale: float, source: SourcePicture | None
    ) -> Denoise:
        """The net as samplers see it: guided by both prompts, or by one where the other would change nothing."""
        both = self._network.embed_words((wanted, unwanted))
        alone = both[:1]
        is_guided = cfg_scale != 1 and wanted != unwanted

        def denoise(x: Array, sigma: float) -> Array:
            noisy, t = x / np.float32(1 + sigma), blend_share(sigma)
            if is_guided and sigma >= QUIET_BELOW_SIGMA:
                guess = self._network.clean_picture(noisy, t, both)
                clean = guided(guess[0], guess[1], cfg_scale)
            else:
                clean = clipped(self._network.clean_picture(noisy, t, alone)[0])
            return clean if source is None else source.hold(clean)

        return denoise
