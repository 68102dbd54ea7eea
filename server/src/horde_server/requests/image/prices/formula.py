"""The base price of one image: setup + steps · step, each grown by the image's size (docs/prices.md).

    kudos = setup·S(w, h)^g + steps·step·T(w, h)^k + post-processing·area + 3 per LoRA + 1 for textual inversions

`S` and `T` are 1 at 512×512 and never fall as either side grows, all factors and exponents are positive: so neither
does the price with width, height or steps. Sampler, ControlNet, source image … each bring a few numbers of
`table.py`, which is fitted to prices of the public horde. The reference job costs exactly 11.00.
"""

from __future__ import annotations

from dataclasses import dataclass

from horde_server.requests.image.prices import table

REFERENCE_KUDOS = 11.0
KUDOS_PER_LORA = 3.0
KUDOS_FOR_TEXTUAL_INVERSIONS = 1.0
_NEWER_POST_PROCESSORS = {  # not in the fitted prices: each costs what its nearest relative does
    "GFPGANv1.3": "GFPGAN",
    "RestoreFormer": "CodeFormers",
    "2xModernSpanimationV1": "RealESRGAN_x2plus",
    "4xNomos8kSC": "NMKD_Siax",
    "4xLSDIRplus": "NMKD_Siax",
    "4xNomosWebPhoto_RealPLKSR": "NMKD_Siax",
    "4xNomos2_realplksr_dysample": "NMKD_Siax",
    "4xNomos2_hq_dat2": "NMKD_Siax",
}
GREAT_UPSCALER = "RealESRGAN_x4plus"
"""It also changes how setup, steps and sampler count."""
_POST_PROCESSORS = table.POST_PROCESSORS | {
    newer: table.POST_PROCESSORS[known] for newer, known in _NEWER_POST_PROCESSORS.items()
}


@dataclass(frozen=True, slots=True)
class PricedImage:
    """What the price of one image depends on. Sizes in pixels; `steps` as asked, not doubled for any sampler.

    `source_processing` is None without a source image, and `strength` then means nothing; with one it is the denoising
    strength, or the control's when there is a control type.
    """

    width: int
    height: int
    steps: int
    sampler_name: str
    cfg_scale: float
    karras: bool
    hires_fix: bool
    source_processing: str | None = None
    strength: float = 1.0
    control_type: str | None = None
    post_processing: tuple[str, ...] = ()
    loras: int = 0
    has_textual_inversions: bool = False


def image_kudos(image: PricedImage) -> float:
    """The base price of one image in kudos, before the model's multiplier and taxes. About 5 µs."""
    extras = KUDOS_PER_LORA * image.loras
    if image.has_textual_inversions:
        extras += KUDOS_FOR_TEXTUAL_INVERSIONS
    return _generation_kudos(image) * _TO_REFERENCE + extras


def _generation_kudos(image: PricedImage) -> float:
    """What the fitted prices cover, not yet brought to the reference job's 11.00."""
    width, height = image.width / 512, image.height / 512
    area = width * height
    side = table.WIDTH_SHARE * width + (1 - table.WIDTH_SHARE) * height
    sizes = table.HIRES_SIZES if image.hires_fix else table.SIZES
    setup, setup_growth, step, step_growth = table.SAMPLERS.get(image.sampler_name, table.OTHER_SAMPLER)
    if GREAT_UPSCALER in image.post_processing:
        setup *= table.UPSCALED_SETUP
        step *= step**table.UPSCALED_BY_SAMPLER
        step_growth *= table.UPSCALED_STEP_GROWTH
        if image.hires_fix:
            step *= table.UPSCALED_STEP_WITH_HIRES
    if image.source_processing is not None:
        setup_factor, step_factor = table.SOURCE_PROCESSING.get(image.source_processing, table.OTHER_SOURCE_PROCESSING)
        setup *= setup_factor
        step *= step_factor
        weakness = 1 - image.strength
        if image.control_type is not None:
            setup_factor, step_factor = table.CONTROL_TYPES.get(image.control_type, table.OTHER_CONTROL_TYPE)
            setup *= setup_factor
            setup_growth *= table.CONTROL_SETUP_GROWTH
            step *= step_factor * table.WEAK_CONTROL_STEP**weakness
            step_growth *= table.CONTROL_STEP_GROWTH * table.WEAK_CONTROL_STEP_GROWTH**weakness
        else:
            setup *= table.WEAK_SETUP**weakness
            step *= table.WEAK_STEP**weakness
            step_growth *= table.WEAK_STEP_GROWTH**weakness
        if image.sampler_name == "k_dpm_adaptive":
            setup *= table.ADAPTIVE_SOURCE_SETUP
    if not image.karras:
        setup *= table.PLAIN_SCHEDULE_SETUP
        step *= table.PLAIN_SCHEDULE_STEP
    if image.cfg_scale > table.STRONG_GUIDANCE:
        excess = (min(image.cfg_scale, table.MOST_GUIDANCE) - table.STRONG_GUIDANCE) / 10
        guided = table.GUIDED_PLAIN if image.control_type is None else table.GUIDED_CONTROL
        setup *= guided[0] ** excess
        step *= guided[1] ** excess
    post_processing = 0.0
    for name in image.post_processing:
        per_area, step_factor = _POST_PROCESSORS.get(name, table.OTHER_POST_PROCESSOR)
        post_processing += per_area
        step *= step_factor
    return float(
        sizes.setup * setup * sizes.setup_size.at(side, area) ** setup_growth
        + _weighed(image.steps) * sizes.step * step * sizes.step_size.at(side, area) ** step_growth
        + post_processing * area
    )


def _weighed(steps: int) -> float:
    """Steps, each at its weight: the first ones at 1. Never falls, as no weight is negative."""
    weighed, before = float(steps), 1.0
    for kink, weight in table.STEP_WEIGHTS:
        if steps > kink:
            weighed += (weight - before) * (steps - kink)
        before = weight
    return weighed


REFERENCE_JOB = PricedImage(512, 512, 50, "k_euler", 7.5, karras=True, hires_fix=False)
"""The job whose price defines a kudo: it costs `REFERENCE_KUDOS`."""
_TO_REFERENCE = REFERENCE_KUDOS / _generation_kudos(REFERENCE_JOB)
