"""The words of image generation. This module imports nothing heavy; server and worker use it too."""

from enum import auto

from horde_sdk._text_enum import TextEnum

HIRES_FIX_DENOISE_STRENGTH_DEFAULT = 0.65
"""How much the second pass paints anew, where the job does not say."""


class KNOWN_IMAGE_SAMPLERS(TextEnum):
    """Samplers, by the API's names."""

    k_lms = auto()
    k_heun = auto()
    k_euler = auto()
    k_euler_a = auto()
    k_dpm_2 = auto()
    k_dpm_2_a = auto()
    k_dpm_fast = auto()
    k_dpm_adaptive = auto()
    k_dpmpp_2s_a = auto()
    k_dpmpp_2m = auto()
    dpmsolver = auto()
    k_dpmpp_sde = auto()
    lcm = auto()
    DDIM = auto()


class KNOWN_IMAGE_SCHEDULERS(TextEnum):
    """Noise schedules."""

    normal = auto()
    karras = auto()
    exponential = auto()
    sgm_uniform = auto()
    simple = auto()
    ddim_uniform = auto()
    beta = auto()
    linear_quadratic = auto()
    kl_optimal = auto()


class KNOWN_IMAGE_SOURCE_PROCESSING(TextEnum):
    """What is done with the source image."""

    txt2img = auto()
    img2img = auto()
    inpainting = auto()
    outpainting = auto()
    remix = auto()


class KNOWN_IMAGE_CONTROLNETS(TextEnum):
    """Control types."""

    canny = auto()
    hed = auto()
    depth = auto()
    normal = auto()
    openpose = auto()
    seg = auto()
    scribble = auto()
    fakescribbles = auto()
    hough = auto()
    mlsd = auto()
    binary = auto()
    standard_lineart = auto()
    lineart = auto()
    lineart_anime = auto()
    lineart_anime_denoise = auto()
    pidinet = auto()
    scribble_xdog = auto()
    scribble_pidinet = auto()
    teed = auto()
    pyracanny = auto()
    midas_depth = auto()
    zoe_depth = auto()
    depth_anything = auto()
    depth_anything_v2 = auto()
    normal_bae = auto()
    oneformer_ade20k = auto()
    oneformer_coco = auto()
    color = auto()
    shuffle = auto()
    recolor_luminance = auto()
    recolor_intensity = auto()
    tile = auto()
    tile_ttplanet_guided = auto()
    tile_ttplanet_simple = auto()


class KNOWN_IMAGE_WORKFLOWS(TextEnum):
    """Workflows beyond plain generation."""

    qr_code = auto()


class CLIP_SKIP_REPRESENTATION(TextEnum):
    """How a backend counts skipped CLIP layers."""

    NEGATIVE_OFFSET = auto()
    POSITIVE_OFFSET = auto()


class LORA_TRIGGER_INJECT_CHOICE(TextEnum):
    """Where a LoRA's trigger words go."""

    NO_INJECT = auto()
    EXACT_POSITIVE = auto()
    EXACT_NEGATIVE = auto()
    FUZZY_POSITIVE = auto()
    FUZZY_NEGATIVE = auto()


class TI_TRIGGER_INJECT_CHOICE(TextEnum):
    """Which prompt a textual inversion goes into."""

    NO_INJECT = auto()
    POSITIVE_PROMPT = auto()
    NEGATIVE_PROMPT = auto()


class KNOWN_IMAGE_GENERATION_BASELINE(TextEnum):
    """What models derive from; it decides their native size and which additions fit."""

    infer = auto()
    """Not known: to be read from the model's file."""
    stable_diffusion_1 = auto()
    stable_diffusion_2_768 = auto()
    stable_diffusion_2_512 = auto()
    stable_diffusion_xl = auto()
    stable_cascade = auto()
    flux_1 = auto()
    flux_schnell = auto()
    flux_dev = auto()
    qwen_image = auto()
    z_image_turbo = auto()
