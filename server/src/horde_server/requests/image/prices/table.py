"""The constants of `image_price`, made by server/pricing/fit_image_prices.py (docs/prices.md).

A setup or step factor multiplies, a growth is the exponent of the size's factor.
"""

from __future__ import annotations

from horde_server.requests.image.prices.size import SizeCurve, Sizes

WIDTH_SHARE = 0.5428
"""Of the mean side; the rest is the height's."""

SIZES = Sizes(
    setup=3.203,
    step=0.1559,
    setup_size=SizeCurve(area_slope=0.1774, knots=((1.5, 1.525), (2.0, 3.663), (2.5, 7.705))),
    step_size=SizeCurve(area_slope=0.1439, knots=((1.0, 0.2904), (1.25, 1.089), (1.5, 0.6532))),
)
HIRES_SIZES = Sizes(
    setup=3.392,
    step=0.2978,
    setup_size=SizeCurve(area_slope=0.2157, knots=((1.5, 1.08), (2.0, 1.587), (2.5, 5.637))),
    step_size=SizeCurve(area_slope=0.02855, knots=((1.0, 0.9068), (1.5, 0.1145))),
)

SAMPLERS = {
    "k_euler": (1.0, 1.0, 1.0, 1.0),
    "k_euler_a": (0.9011, 0.9776, 1.026, 0.9253),
    "k_dpmpp_sde": (1.045, 0.9099, 2.154, 0.8263),
    "k_dpmpp_2m": (1.006, 0.9245, 0.9283, 1.069),
    "k_dpm_fast": (0.8126, 1.031, 1.087, 1.0),
    "k_dpmpp_2s_a": (1.577, 0.8012, 1.441, 1.003),
    "k_lms": (0.7839, 1.013, 1.095, 1.001),
    "k_heun": (1.275, 0.9034, 1.725, 0.9306),
    "k_dpm_2_a": (1.151, 1.007, 2.049, 0.891),
    "k_dpm_adaptive": (2.948, 0.607, 0.8106, 0.8788),
    "k_dpm_2": (1.422, 0.9105, 1.699, 0.9312),
}
"""(setup, setup growth, step, step growth)."""
OTHER_SAMPLER = SAMPLERS["k_euler"]

CONTROL_TYPES = {
    "canny": (2.371, 1.141),
    "depth": (3.007, 1.283),
    "fakescribbles": (2.046, 1.734),
    "hed": (3.079, 1.343),
    "hough": (2.139, 1.729),
    "normal": (2.94, 1.618),
    "openpose": (2.814, 1.321),
    "scribble": (1.719, 1.32),
    "seg": (2.154, 1.686),
}
"""(setup, step); the growths are the same for all."""
OTHER_CONTROL_TYPE = CONTROL_TYPES["canny"]
CONTROL_SETUP_GROWTH = 0.7532
CONTROL_STEP_GROWTH = 1.124

SOURCE_PROCESSING = {
    "img2img": (1.099, 0.9677),
    "inpainting": (1.531, 1.302),
    "outpainting": (1.473, 1.355),
    "remix": (1.099, 0.9677),
}
"""(setup, step)."""
OTHER_SOURCE_PROCESSING = SOURCE_PROCESSING["img2img"]
ADAPTIVE_SOURCE_SETUP = 0.748

# to the power of 1 − strength
WEAK_SETUP = 0.7114
WEAK_STEP = 0.8369
WEAK_STEP_GROWTH = 1.266
WEAK_CONTROL_STEP = 1.251
WEAK_CONTROL_STEP_GROWTH = 0.9192

PLAIN_SCHEDULE_SETUP = 1.087
PLAIN_SCHEDULE_STEP = 0.9121

STRONG_GUIDANCE = 15.0
MOST_GUIDANCE = 30.0
GUIDED_PLAIN = (1.093, 1.036)
"""(setup, step) for every 10 of cfg_scale between these two."""
GUIDED_CONTROL = (0.7553, 1.398)

POST_PROCESSORS = {
    "4x_AnimeSharp": (2.806, 1.147),
    "CodeFormers": (0.0, 1.0),
    "GFPGAN": (1.082, 1.033),
    "NMKD_Siax": (0.9574, 1.23),
    "RealESRGAN_x2plus": (1.999, 1.15),
    "RealESRGAN_x4plus": (3.389, 2.146),
    "RealESRGAN_x4plus_anime_6B": (0.6642, 1.006),
    "strip_background": (1.099, 1.054),
}
"""(kudos for 512×512 pixels, step factor)."""
OTHER_POST_PROCESSOR = POST_PROCESSORS["RealESRGAN_x2plus"]
