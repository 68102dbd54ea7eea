"""What AUTOMATIC1111 lists: models, samplers, upscalers, and what is not to be had here (gateway-sdapi.md §1.1)."""

from __future__ import annotations

from typing import Any, Final

from horde_server.gateway.common.model_names import ModelNames
from horde_server.gateway.sdapi.samplers import ALIASES, NAMES, SCHEDULERS
from horde_server.requests.image.vocabulary import UPSCALERS

DEFAULT_CHECKPOINT: Final = "stable_diffusion"
"""Told where nobody serves any model yet."""
SAMPLERS: Final = [{"name": name, "aliases": list(ALIASES[name]), "options": {}} for name in NAMES]
SCHEDULES: Final = [
    {"name": name, "label": label, "aliases": None, "default_rho": -1, "need_inner_model": False}
    for name, label in SCHEDULERS
]
FACE_RESTORERS: Final = [{"name": "CodeFormer", "cmd_dir": None}, {"name": "GFPGAN", "cmd_dir": None}]
LATENT_MODES: Final = [{"name": "Latent"}]
UPSCALER_LIST: Final = [
    {"name": name, "model_name": None, "model_path": None, "model_url": None, "scale": scale}
    for name, scale in [("None", 4), *((each, 2 if "2x" in each or "x2" in each else 4) for each in sorted(UPSCALERS))]
]
EMPTY_LISTS: Final = ("loras", "sd-vae", "sd-modules", "hypernetworks", "prompt-styles", "script-info")
FIXED: Final[dict[str, Any]] = {
    "samplers": SAMPLERS,
    "schedulers": SCHEDULES,
    "upscalers": UPSCALER_LIST,
    "latent-upscale-modes": LATENT_MODES,
    "face-restorers": FACE_RESTORERS,
    "embeddings": {"loaded": {}, "skipped": {}},
    "cmd-flags": {},
    "memory": {"ram": {}, "cuda": {}},
    "scripts": {"txt2img": [], "img2img": []},
    **{name: [] for name in EMPTY_LISTS},
}
"""Answers that never change, by name."""
NOTHING_TO_DO: Final = ("refresh-checkpoints", "refresh-loras", "refresh-vae", "reload-checkpoint", "unload-checkpoint")
"""What programs order and workers see to by themselves."""


def models(names: ModelNames) -> list[dict[str, Any]]:
    """The models of pictures that are served now."""
    return [
        {
            "title": each.name,
            "model_name": each.name,
            "hash": None,
            "sha256": None,
            "filename": each.name,
            "config": None,
        }
        for each in names.served("image")
    ]


def options(checkpoint: str) -> dict[str, Any]:
    """The options that programs look at. No `forge_preset`: with it they would speak Forge's dialect."""
    return {
        "sd_model_checkpoint": checkpoint,
        "sd_checkpoint_hash": "",
        "samples_format": "png",
        "CLIP_stop_at_last_layers": 1,
        "sd_vae": "Automatic",
        "face_restoration_model": "CodeFormer",
        "show_progress_every_n_steps": 10,
        "live_previews_enable": True,
        "eta_noise_seed_delta": 0,
        "randn_source": "GPU",
    }
