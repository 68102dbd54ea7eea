"""`DemoModel`: prompt in, picture out, with nothing but numpy and Pillow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeAlias

import numpy as np
from PIL import Image

from horde_worker.backends.demo.canvas import Size, nearest_canvas, to_picture
from horde_worker.backends.demo.enlarger import FACTOR as ENLARGED
from horde_worker.backends.demo.enlarger import Enlarger
from horde_worker.backends.demo.guidance import QUIET_BELOW_SIGMA, clipped, guided
from horde_worker.backends.demo.network import Network
from horde_worker.backends.demo.noise_schedule import blend_share
from horde_worker.backends.demo.one_blas_thread import one_blas_thread
from horde_worker.backends.demo.samplers import SAMPLERS, Denoise, DrawNoise, sampler_for
from horde_worker.backends.demo.scene import Picture, Scene
from horde_worker.backends.demo.second_pass import FACTOR, in_four, large_noise, reduced, second_levels
from horde_worker.backends.demo.source_picture import SourcePicture, first_pixels, noise_levels
from horde_worker.backends.demo.tiling import to_tile, wrapped
from horde_worker.backends.demo.vocabulary import read_prompt
from horde_worker.backends.demo.weights import Array, load_weights

__all__ = ["MODEL_NAME", "DemoModel", "GenerationStopped", "OnGuess", "OnStep", "Picture", "Scene", "ShouldStop"]

MODEL_NAME = "ember-demo"

OnStep: TypeAlias = Callable[[int, int], None]
"""Told after every step: how many are done, how many there are."""
OnGuess: TypeAlias = Callable[[Image.Image], None]
"""Shown what the net takes the picture to be, after a step."""
ShouldStop: TypeAlias = Callable[[], bool]


class GenerationStopped(Exception):
    """`should_stop` said so between two steps; there is no picture."""


class DemoModel:
    """The loaded model. Keeps no state between pictures, so threads may share one."""

    def __init__(self, network: Network, enlarger: Enlarger, images_seen: int) -> None:
        self._network = network
        self._enlarger = enlarger
        self.images_seen = images_seen

    @classmethod
    def load(cls, weights: Path | None = None, enlarger: Path | None = None) -> Self:
        """The model with the weights in the package, or with those of files that training exported."""
        loaded = load_weights(weights)
        return cls(Network(loaded), Enlarger.load(enlarger), loaded.images_seen)

    def generate(
        self,
        scene: Scene,
        *,
        on_step: OnStep | None = None,
        should_stop: ShouldStop | None = None,
        wants_guess: Callable[[], bool] | None = None,
        on_guess: OnGuess | None = None,
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

        denoise = self._denoiser(wanted.tokens, unwanted.tokens, scene.cfg_scale)
        if scene.tiling:
            denoise = wrapped(denoise)
        if source is not None:
            denoise = source.held(denoise)
        levels = noise_levels(scene)
        again = self._second_levels(scene, canvas)
        guess = pixels = first_pixels(source, draw_noise(), levels[0])

        def seen(x: Array, sigma: float) -> Array:
            nonlocal guess
            guess = denoise(x, sigma)
            return guess

        def step_done(done: int, steps: int) -> None:
            if on_guess is not None and wants_guess is not None and wants_guess():
                on_guess(to_picture(guess, canvas, scene.width, scene.height))
            if on_step is not None:
                on_step(done, steps)

        walk = _Walk(scene.sampler, len(levels) - 1 + max(0, len(again) - 1), step_done, should_stop)
        pixels = walk.down(pixels, levels, seen, draw_noise)
        if again:
            draw_large = large_noise(draw_noise)
            larger = reduced(self._enlarged(pixels, scene), ENLARGED // FACTOR)
            noisy = larger + draw_large() * np.float32(again[0])
            pixels = walk.down(noisy, again, in_four(denoise), draw_large)
        large = self._enlarged(pixels, scene)
        if scene.tiling:
            image = to_tile(large, scene.width, scene.height)
        else:
            image = to_picture(large, canvas, scene.width, scene.height)
        return Picture(
            image=image if source is None else source.finish(image),
            ignored_words=tuple(dict.fromkeys(wanted.ignored_words + unwanted.ignored_words)),
            sampler=walk.sampler,
        )

    def _enlarged(self, pixels: Array, scene: Scene) -> Array:
        with one_blas_thread():
            return self._enlarger(pixels, wrap=scene.tiling)

    @staticmethod
    def _second_levels(scene: Scene, canvas: Size) -> tuple[float, ...]:
        """The noise levels of hires fix; none where there is nothing to gain or a part must be kept."""
        is_larger = scene.width > canvas[0] or scene.height > canvas[1]
        if not (scene.hires_fix and is_larger) or (scene.source is not None and scene.mask is not None):
            return ()
        return second_levels(scene.steps, scene.hires_denoising_strength, karras=scene.karras)

    def _denoiser(self, wanted: tuple[int, ...], unwanted: tuple[int, ...], cfg_scale: float) -> Denoise:
        """The net as samplers see it: guided by both prompts, or by one where the other would change nothing."""
        both = self._network.embed_words((wanted, unwanted))
        alone = both[:1]
        is_guided = cfg_scale != 1 and wanted != unwanted

        def denoise(x: Array, sigma: float) -> Array:
            noisy, t = x / np.float32(1 + sigma), blend_share(sigma)
            if is_guided and sigma >= QUIET_BELOW_SIGMA:
                guess = self._network.clean_picture(noisy, t, both)
                return guided(guess[0], guess[1], cfg_scale)
            return clipped(self._network.clean_picture(noisy, t, alone)[0])

        return denoise


class _Walk:
    """Goes down the noise levels, once or twice, counts the steps of both and asks whether to stop."""

    def __init__(self, horde_sampler: str, steps: int, on_step: OnStep | None, should_stop: ShouldStop | None) -> None:
        self.sampler = sampler_for(horde_sampler)
        self._steps, self._done = steps, 0
        self._on_step, self._should_stop = on_step, should_stop

    def down(self, pixels: Array, levels: tuple[float, ...], denoise: Denoise, draw_noise: DrawNoise) -> Array:
        """The picture at the end of the way. Raises `GenerationStopped`."""
        way = SAMPLERS[self.sampler](pixels, levels, denoise, draw_noise)
        for _ in range(len(levels) - 1):
            if self._should_stop is not None and self._should_stop():
                raise GenerationStopped(f"stopped before step {self._done + 1} of {self._steps}")
            with one_blas_thread():
                pixels = next(way)
            self._done += 1
            if self._on_step is not None:
                self._on_step(self._done, self._steps)
        return pixels
