"""Which model names are known, and what is known of them (generation.md §1.10).

A built-in list of well-known names and their baselines; catalogues from a URL or file are a later part.
"""

from __future__ import annotations

DEFAULT_MIN_STEPS = 20
DEFAULT_MAX_STEPS = 40
DEFAULT_BASELINE = "stable diffusion 1"

_SD1 = DEFAULT_BASELINE
_SDXL = "stable_diffusion_xl"

_BASELINES: dict[str, str] = {
    **dict.fromkeys(
        (
            "stable_diffusion", "Deliberate", "Deliberate 3.0", "Dreamshaper", "Anything Diffusion", "Anything v3",
            "Anything v5", "Realistic Vision", "Epic Diffusion", "Rev Animated", "CyberRealistic", "Hentai Diffusion",
            "ICBINP - I Can't Believe It's Not Photography", "Counterfeit", "AbsoluteReality", "Photon", "Lyriel",
            "majicMIX realistic", "GhostMix", "Inkpunk Diffusion", "OpenJourney Diffusion", "waifu_diffusion",
            "URPM", "NeverEnding Dream", "Perfect World", "stable_diffusion_inpainting", "ember-demo",
        ),
        _SD1,
    ),
    **dict.fromkeys(("stable_diffusion_2.1", "Illuminati Diffusion"), "stable diffusion 2"),
    "stable_diffusion_2.0": "stable diffusion 2 512",
    **dict.fromkeys(
        (
            "SDXL 1.0", "AlbedoBase XL (SDXL)", "AlbedoBase XL 3.1", "Fustercluck", "ICBINP XL", "Juggernaut XL",
            "DreamShaper XL", "Animagine XL", "Pony Diffusion XL", "Nova Anime XL", "WAI-NSFW-illustrious-SDXL",
            "Unstable Diffusers XL", "Anime Illust Diffusion XL",
        ),
        _SDXL,
    ),
    "Stable Cascade 1.0": "stable_cascade",
    "Flux.1-Schnell fp8 (Compact)": "flux_1",
    "Qwen-Image": "qwen_image",
    "Z-Image-Turbo": "z_image_turbo",
}  # fmt: skip

_TAGS = (("[SDXL]", _SDXL), ("[Flux]", "flux_1"), ("[Qwen]", "qwen_image"), ("[ZModel]", "z_image_turbo"),
         ("[ZImage]", "z_image_turbo"))  # fmt: skip

_MULTIPLIERS = {_SDXL: 2, "stable_cascade": 4, "flux_1": 8, "z_image_turbo": 8, "qwen_image": 12}


def is_known(model: str) -> bool:
    """Whether the reference lists the model: only such may be offered by owners without the customizer role."""
    return model in _BASELINES


def baseline(model: str) -> str:
    """The model's baseline; of an unknown name by its bracket tag, else Stable Diffusion 1."""
    known = _BASELINES.get(model)
    if known is not None:
        return known
    return next((tagged for tag, tagged in _TAGS if tag in model), DEFAULT_BASELINE)


def price_multiplier(model: str) -> int:
    """How many times the base price a job on this model costs (kudos.md §2.4)."""
    return _MULTIPLIERS.get(baseline(model), 1)


def steps_range(model: str) -> tuple[int, int]:
    """(fewest, most) steps the model's requirements name; the defaults until catalogues are read."""
    return DEFAULT_MIN_STEPS, DEFAULT_MAX_STEPS
