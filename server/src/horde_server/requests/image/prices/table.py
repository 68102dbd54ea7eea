"""The constants of `image_kudos`, made by server/pricing/fit_image_prices.py (docs/prices.md).

A setup or step factor multiplies, a growth is the exponent of the size's factor.
"""

from __future__ import annotations

from horde_server.requests.image.prices.size import SizeCurve, Sizes

WIDTH_SHARE = 0.5431
"""Of the mean side; the rest is the height's."""

SIZES = Sizes(
    setup=3.534,
    step=0.118,
    setup_size=SizeCurve(area_slope=0.206, knots=((1.5, 1.549), (2.0, 3.365), (2.5, 6.875))),
    step_size=SizeCurve(area_slope=0.1276, knots=((1.0, 0.3431), (1.25, 1.132), (1.5, 0.6082))),
)
HIRES_SIZES = Sizes(
    setup=3.952,
    step=0.2317,
    setup_size=SizeCurve(area_slope=0.1935, knots=((1.5, 1.243), (2.0, 1.228), (2.5, 4.808))),
    step_size=SizeCurve(area_slope=0.0215, knots=((1.0, 0.9239), (1.25, 0.001079), (1.5, 0.09676))),
)

STEP_WEIGHTS = ((6, 1.023), (15, 1.406), (40, 1.293))
"""(steps above which it counts, what a step then costs of what one of the first does)."""

SAMPLERS = {
    "k_euler": (1.0, 1.0, 1.0, 1.0),
    "k_euler_a": (0.9011, 0.9718, 1.035, 0.9239),
    "k_dpmpp_sde": (1.13, 0.8971, 2.197, 0.8149),
    "k_dpmpp_2m": (0.9922, 0.9329, 0.9376, 1.067),
    "k_dpm_fast": (0.8335, 1.029, 1.11, 0.9843),
    "k_dpmpp_2s_a": (1.57, 0.8164, 1.445, 0.9911),
    "k_lms": (0.8127, 1.002, 1.106, 1.001),
    "k_heun": (1.301, 0.9061, 1.745, 0.9227),
    "k_dpm_2_a": (1.273, 0.977, 2.044, 0.8855),
    "k_dpm_adaptive": (2.781, 0.5846, 0.7463, 0.9907),
    "k_dpm_2": (1.451, 0.9058, 1.704, 0.9286),
}
"""(setup, setup growth, step, step growth)."""
OTHER_SAMPLER = SAMPLERS["k_euler"]

CONTROL_TYPES = {
    "canny": (2.384, 1.048),
    "depth": (3.001, 1.169),
    "fakescribbles": (2.156, 1.651),
    "hed": (2.992, 1.261),
    "hough": (2.317, 1.597),
    "normal": (2.893, 1.554),
    "openpose": (2.659, 1.302),
    "scribble": (1.771, 1.274),
    "seg": (2.219, 1.617),
}
"""(setup, step); the growths are the same for all."""
OTHER_CONTROL_TYPE = CONTROL_TYPES["canny"]
CONTROL_SETUP_GROWTH = 0.7685
CONTROL_STEP_GROWTH = 1.135

SOURCE_PROCESSING = {
    "img2img": (1.086, 0.9683),
    "inpainting": (1.518, 1.296),
    "outpainting": (1.52, 1.323),
    "remix": (1.086, 0.9683),
}
"""(setup, step)."""
OTHER_SOURCE_PROCESSING = SOURCE_PROCESSING["img2img"]
ADAPTIVE_SOURCE_SETUP = 0.7549

# to the power of 1 − strength
WEAK_SETUP = 0.7162
WEAK_STEP = 0.8425
WEAK_STEP_GROWTH = 1.275
WEAK_CONTROL_STEP = 1.271
WEAK_CONTROL_STEP_GROWTH = 0.9055

PLAIN_SCHEDULE_SETUP = 1.074
PLAIN_SCHEDULE_STEP = 0.9081

STRONG_GUIDANCE = 15.0
MOST_GUIDANCE = 30.0
GUIDED_PLAIN = (1.089, 1.035)
"""(setup, step) for every 10 of cfg_scale between these two."""
GUIDED_CONTROL = (0.7897, 1.422)

POST_PROCESSORS = {
    "4x_AnimeSharp": (3.028, 1.115),
    "CodeFormers": (0.0, 1.0),
    "GFPGAN": (1.112, 1.031),
    "NMKD_Siax": (1.07, 1.222),
    "RealESRGAN_x2plus": (2.069, 1.143),
    "RealESRGAN_x4plus": (1.776, 2.107),
    "RealESRGAN_x4plus_anime_6B": (0.7114, 1.0),
    "strip_background": (1.189, 1.032),
}
"""(kudos for 512×512 pixels, step factor)."""
OTHER_POST_PROCESSOR = POST_PROCESSORS["RealESRGAN_x2plus"]

# what the great upscaler changes beside
UPSCALED_SETUP = 1.667
UPSCALED_STEP_GROWTH = 0.9067
UPSCALED_STEP_WITH_HIRES = 0.7421
UPSCALED_BY_SAMPLER = 0.2892
"""To this power the sampler's factor for a step counts once more."""
