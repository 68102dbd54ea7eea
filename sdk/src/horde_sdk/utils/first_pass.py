"""The arithmetic of hires-fix: how small the first pass is, how many steps the second one takes.

Sources: what is known of the reference worker, and outputs measured of the published release 0.27.0, which the tests
hold this module to.
"""

from __future__ import annotations

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_GENERATION_BASELINE as BASELINE

IMAGE_CHUNK_SIZE = 64
"""Pixels; every side is a multiple of it."""
DEFAULT_IMAGE_MIN_RESOLUTION = 512
"""Pixels of the shorter side of a first pass."""
DEFAULT_HIGHER_RES_MAX_RESOLUTION = 1024
"""Pixels of the longer side of a first pass of models that like it large."""

IDEAL_SDXL_RESOLUTIONS = [
    (1024, 1024),
    (1152, 896),
    (896, 1152),
    (1216, 832),
    (832, 1216),
    (1344, 768),
    (768, 1344),
    (1536, 640),
    (640, 1536),
]
"""Width and height, in pixels, of the images that SDXL was trained on."""
IDEAL_SDXL_RESOLUTIONS_ASPECT_RATIOS = [width / height for width, height in IDEAL_SDXL_RESOLUTIONS]

RESOLUTION_PENALTY_MULTIPLIER = 3
STANDARD_RESOLUTION = 512
MIN_DENOISING_STRENGTH = 0.01
MAX_DENOISING_STRENGTH = 1.0
MIN_STEPS = 3
DECAY_RATE = 2
UPSCALE_ADJUSTMENT_FACTOR = 0.5
UPSCALE_DIVISOR = 2.25
STEP_FLOOR_THRESHOLD = 18

_NATIVE_RESOLUTIONS: dict[str, int] = {
    BASELINE.stable_diffusion_1: 512,
    BASELINE.stable_diffusion_2_512: 512,
    BASELINE.stable_diffusion_2_768: 768,
    BASELINE.stable_diffusion_xl: 1024,
    BASELINE.stable_cascade: 1024,
    BASELINE.flux_1: 1024,
    BASELINE.flux_schnell: 1024,
    BASELINE.flux_dev: 1024,
    BASELINE.qwen_image: 1024,
    BASELINE.z_image_turbo: 1024,
}


def native_resolution(baseline: BASELINE | str | None) -> int | None:
    """Return the pixels of a side that models of a baseline are trained for, `None` where that is not known."""
    return None if baseline is None else _NATIVE_RESOLUTIONS.get(_in_one_word(baseline))


def resize_image_dimensions(
    width: int,
    height: int,
    desired_dimension: int,
    use_min: bool,
    *,
    image_chunk_size: int = IMAGE_CHUNK_SIZE,
) -> tuple[int, int]:
    """Return the size shrunk until one side has the desired length; a size that is small enough already stays.

    Args:
        width: Pixels.
        height: Pixels.
        desired_dimension: Pixels.
        use_min: The shorter side is to have it; else the longer one.
        image_chunk_size: Both sides are rounded down to multiples of it, though never to nothing.
    """
    measured = min(width, height) if use_min else max(width, height)
    if measured <= desired_dimension:
        return width, height
    scale = desired_dimension / measured

    def shrunk(side: int) -> int:
        return max(int(side * scale) // image_chunk_size, 1) * image_chunk_size

    return shrunk(width), shrunk(height)


def get_first_pass_image_resolution_min(
    width: int,
    height: int,
    min_dimension: int = DEFAULT_IMAGE_MIN_RESOLUTION,
) -> tuple[int, int]:
    """Return the size with the shorter side shrunk to `min_dimension` pixels, as Stable Diffusion 1 and 2 like it."""
    return resize_image_dimensions(width, height, min_dimension, use_min=True)


def get_first_pass_image_resolution_max(
    width: int,
    height: int,
    max_dimension: int = DEFAULT_HIGHER_RES_MAX_RESOLUTION,
) -> tuple[int, int]:
    """Return the size with the longer side shrunk to `max_dimension` pixels, as Stable Cascade likes it."""
    return resize_image_dimensions(width, height, max_dimension, use_min=False)


def get_first_pass_image_resolution_sdxl(width: int, height: int) -> tuple[int, int]:
    """Return the size of `IDEAL_SDXL_RESOLUTIONS` whose aspect ratio is nearest."""
    ratio = width / height
    return min(IDEAL_SDXL_RESOLUTIONS, key=lambda size: abs(size[0] / size[1] - ratio))


def get_first_pass_image_resolution_by_baseline(
    width: int,
    height: int,
    baseline: BASELINE | str | None,
) -> tuple[int, int]:
    """Return the size of the first pass, in pixels, for models of a baseline.

    SDXL begins at the size it was trained on, Stable Cascade with a longer side of 1024, all others with a shorter side
    of 512.

    Example:
        >>> get_first_pass_image_resolution_by_baseline(1536, 1024, "stable_diffusion_1")
        (768, 512)
        >>> get_first_pass_image_resolution_by_baseline(1536, 1024, "stable_diffusion_xl")
        (1216, 832)
    """
    known = None if baseline is None else _in_one_word(baseline)
    if known == BASELINE.stable_diffusion_xl:
        return get_first_pass_image_resolution_sdxl(width, height)
    if known == BASELINE.stable_cascade:
        return get_first_pass_image_resolution_max(width, height)
    return get_first_pass_image_resolution_min(width, height)


def calc_upscale_sampler_steps(
    model_native_resolution: int | None,
    width: int,
    height: int,
    hires_fix_denoising_strength: float,
    ddim_steps: int,
    *,
    resolution_penalty_multiplier: float = RESOLUTION_PENALTY_MULTIPLIER,
    standard_resolution: int = STANDARD_RESOLUTION,
    min_denoising_strength: float = MIN_DENOISING_STRENGTH,
    max_denoising_strength: float = MAX_DENOISING_STRENGTH,
    min_steps: int = MIN_STEPS,
    decay_rate: int = DECAY_RATE,
    upscale_adjustment_factor: float = UPSCALE_ADJUSTMENT_FACTOR,
    upscale_divisor: float = UPSCALE_DIVISOR,
    step_floor_threshold: int = STEP_FLOOR_THRESHOLD,
) -> int:
    """Return the steps of the second pass.

    With denoising strength d, steps n, native side a and area A, in pixels: `(3 + (n - 3) * d²) * 2**f / 2.25`, where
    `f = (A / a²) / (3 * 512 / a)`, and 0 where a is not known; the bracket is rounded, and so is the whole. Short jobs
    (18 steps or fewer) get 3 more. The result is at least 6 and at most n; with n below 6, it is n.

    Args:
        model_native_resolution: a, see `native_resolution`.
        width: Pixels of the finished image.
        height: Pixels of the finished image.
        hires_fix_denoising_strength: d; held between its least and greatest.
        ddim_steps: n, the steps of the first pass.
        resolution_penalty_multiplier: The 3 in f.
        standard_resolution: The 512 in f.
        min_denoising_strength: The least d.
        max_denoising_strength: The greatest d.
        min_steps: The 3 that no d takes away, and that short jobs get on top.
        decay_rate: The power of d.
        upscale_adjustment_factor: One half: the 2 is its inverse.
        upscale_divisor: The 2.25.
        step_floor_threshold: The 18.
    """
    strength: float = min(max(hires_fix_denoising_strength, min_denoising_strength), max_denoising_strength)
    steps = round(min_steps + (ddim_steps - min_steps) * float(strength**decay_rate))
    factor = 0.0
    if model_native_resolution:
        penalty = resolution_penalty_multiplier * standard_resolution / model_native_resolution
        factor = width * height / model_native_resolution**2 / penalty
    steps = round(steps / float(upscale_adjustment_factor**factor) / upscale_divisor)
    if ddim_steps <= step_floor_threshold:
        steps += min_steps
    return min(max(steps, min(2 * min_steps, ddim_steps)), ddim_steps)


def is_hires_fix_of_use(width: int, height: int, baseline: BASELINE | str | None) -> bool:
    """Tell whether an image, in pixels, is large enough for its first pass to be smaller.

    With SDXL both sides must be longer than 1024.
    """
    if baseline is not None and _in_one_word(baseline) == BASELINE.stable_diffusion_xl:
        return min(width, height) > DEFAULT_HIGHER_RES_MAX_RESOLUTION
    return get_first_pass_image_resolution_by_baseline(width, height, baseline) != (width, height)


def _in_one_word(baseline: str) -> str:
    """`stable diffusion 1`, as model lists have it, is `stable_diffusion_1`."""
    return str(baseline).strip().lower().replace(" ", "_")
