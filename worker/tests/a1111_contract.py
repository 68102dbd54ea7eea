"""What AUTOMATIC1111, Forge and SD.Next document of their APIs: what a request may hold, and what there is to choose.

Written from the programs' own API documents (`/docs`), by name and type. A body with anything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NUMBER = (int, float)
TEXT = (str,)
WHOLE = (int,)
FLAG = (bool,)
LIST = (list,)
TABLE = (dict,)

_PROCESSING = {
    "prompt": TEXT, "negative_prompt": TEXT, "styles": LIST, "seed": WHOLE, "subseed": WHOLE,
    "subseed_strength": NUMBER, "seed_resize_from_h": WHOLE, "seed_resize_from_w": WHOLE, "sampler_name": TEXT,
    "batch_size": WHOLE, "n_iter": WHOLE, "steps": WHOLE, "cfg_scale": NUMBER, "width": WHOLE, "height": WHOLE,
    "restore_faces": FLAG, "tiling": FLAG, "do_not_save_samples": FLAG, "do_not_save_grid": FLAG,
    "eta": NUMBER, "denoising_strength": NUMBER,
    "s_min_uncond": NUMBER, "s_churn": NUMBER, "s_tmax": NUMBER, "s_tmin": NUMBER, "s_noise": NUMBER,
    "override_settings": TABLE, "override_settings_restore_afterwards": FLAG, "refiner_checkpoint": TEXT,
    "refiner_switch_at": NUMBER, "disable_extra_networks": FLAG, "firstpass_image": TEXT, "comments": TABLE,
    "sampler_index": TEXT, "script_name": TEXT, "script_args": LIST, "send_images": FLAG, "save_images": FLAG,
    "alwayson_scripts": TABLE,
}  # fmt: skip
_TXT2IMG = {
    "enable_hr": FLAG, "firstphase_width": WHOLE, "firstphase_height": WHOLE, "hr_scale": NUMBER, "hr_upscaler": TEXT,
    "hr_second_pass_steps": WHOLE, "hr_resize_x": WHOLE, "hr_resize_y": WHOLE, "hr_checkpoint_name": TEXT,
    "hr_sampler_name": TEXT, "hr_prompt": TEXT, "hr_negative_prompt": TEXT,
}  # fmt: skip
_IMG2IMG = {
    "init_images": LIST, "resize_mode": WHOLE, "image_cfg_scale": NUMBER, "mask": TEXT, "mask_blur_x": WHOLE,
    "mask_blur_y": WHOLE, "mask_blur": WHOLE, "mask_round": FLAG, "inpainting_fill": WHOLE, "inpaint_full_res": FLAG,
    "inpaint_full_res_padding": WHOLE, "inpainting_mask_invert": WHOLE, "initial_noise_multiplier": NUMBER,
    "latent_mask": TEXT, "include_init_images": FLAG,
}  # fmt: skip
_SINCE_1_9 = {"scheduler": TEXT, "force_task_id": TEXT, "infotext": TEXT}
_FORGE = {"distilled_cfg_scale": NUMBER}
_FORGE_TXT2IMG = {"hr_scheduler": TEXT, "hr_additional_modules": LIST, "hr_cfg": NUMBER, "hr_distilled_cfg": NUMBER}

_SDNEXT_LACKS = {
    "restore_faces", "s_min_uncond", "s_churn", "s_tmax", "s_tmin", "s_noise", "refiner_checkpoint", "comments",
    "refiner_switch_at", "disable_extra_networks", "firstpass_image", "hr_checkpoint_name", "hr_prompt",
    "hr_negative_prompt", "mask_blur_x", "mask_blur_y", "mask_round", "image_cfg_scale",
}  # fmt: skip
_SDNEXT = {
    "clip_skip": WHOLE, "schedulers_sigma": TEXT, "hr_denoising_strength": NUMBER, "hr_resize_mode": WHOLE,
    "hr_force": FLAG, "guidance_scale": NUMBER, "vae_type": TEXT, "sd_model_checkpoint": TEXT,
}  # fmt: skip

_EXTRAS = {
    "image": TEXT, "resize_mode": WHOLE, "show_extras_results": FLAG, "gfpgan_visibility": NUMBER,
    "codeformer_visibility": NUMBER, "codeformer_weight": NUMBER, "upscaling_resize": NUMBER,
    "upscaling_resize_w": WHOLE, "upscaling_resize_h": WHOLE, "upscaling_crop": FLAG, "upscaler_1": TEXT,
    "upscaler_2": TEXT, "extras_upscaler_2_visibility": NUMBER, "upscale_first": FLAG,
}  # fmt: skip
_FACES = {"gfpgan_visibility", "codeformer_visibility", "codeformer_weight", "upscale_first"}

CONTROL_UNIT = {
    "enabled": FLAG, "module": TEXT, "model": TEXT, "weight": NUMBER, "image": TEXT, "resize_mode": (str, int),
    "low_vram": FLAG, "processor_res": WHOLE, "threshold_a": NUMBER, "threshold_b": NUMBER, "guidance_start": NUMBER,
    "guidance_end": NUMBER, "pixel_perfect": FLAG, "control_mode": (str, int), "save_detected_map": FLAG,
}  # fmt: skip
DETECT = {
    "controlnet_module": TEXT, "controlnet_input_images": LIST, "controlnet_processor_res": WHOLE,
    "controlnet_threshold_a": NUMBER, "controlnet_threshold_b": NUMBER,
}  # fmt: skip
INTERNAL_PROGRESS = {"id_task": TEXT, "id_live_preview": WHOLE, "live_preview": FLAG}

Schema = Mapping[str, tuple[type, ...]]

_A1111_SAMPLERS = {
    "DPM++ 2M": "k_dpmpp_2m", "DPM++ SDE": "k_dpmpp_sde", "DPM++ 2S a": "k_dpmpp_2s_a", "Euler a": "k_euler_a",
    "Euler": "k_euler", "LMS": "k_lms", "Heun": "k_heun", "DPM2": "k_dpm_2", "DPM2 a": "k_dpm_2_a",
    "DPM fast": "k_dpm_fast", "DPM adaptive": "k_dpm_ad", "DDIM": "ddim", "PLMS": "plms", "UniPC": "unipc",
    "LCM": "k_lcm",
}  # fmt: skip
_WITH_KARRAS_BEFORE_1_9 = ("LMS", "DPM2", "DPM2 a", "DPM++ 2S a", "DPM++ 2M", "DPM++ SDE")
_KARRAS_OPTION = {"use_karras_sigmas": False, "timestep_spacing": "linspace"}
_SDNEXT_SAMPLERS: dict[str, dict[str, Any]] = {
    "UniPC": _KARRAS_OPTION, "DDIM": {"timestep_spacing": "leading"}, "Euler": _KARRAS_OPTION,
    "Euler a": {"timestep_spacing": "linspace"}, "DPM++ 2M": _KARRAS_OPTION, "DPM++ SDE": _KARRAS_OPTION,
    "DPM SDE": _KARRAS_OPTION, "Heun": _KARRAS_OPTION, "LMSD": _KARRAS_OPTION, "KDPM2": _KARRAS_OPTION,
    "KDPM2 a": _KARRAS_OPTION, "PNDM": {"timestep_spacing": "linspace"}, "LCM": {},
}  # fmt: skip


CONTROL_MODULES = [
    "none", "canny", "softedge_hed", "depth_midas", "normal_bae", "openpose_full", "seg_ofade20k", "mlsd",
    "invert (from white bg & black line)", "scribble_hed",
]  # fmt: skip
FORGE_CONTROL_MODULES = ["None", *(name.replace("normal_bae", "normalbae") for name in CONTROL_MODULES[1:])]


@dataclass(frozen=True)
class Contract:
    """One program in one version: its addresses and what may be sent to them."""

    name: str
    bodies: Mapping[str, Schema]
    samplers: list[dict[str, Any]]
    schedulers: list[dict[str, Any]] | None
    options: Mapping[str, Any]
    latent_modes: list[str] | None
    upscalers: tuple[str, ...]
    face_restorers: tuple[str, ...]
    own_addresses: Mapping[str, Any] = field(default_factory=dict)
    caption_path: str = "/sdapi/v1/interrogate"
    tiles: bool = True
    has_control: bool = True
    control_modules: Sequence[str] = tuple(CONTROL_MODULES)
    is_whole: bool = True
    stops_with: int = 200


_OPTIONS = {
    "sd_model_checkpoint": "deliberate_v2.safetensors [9aba26abdf]",
    "CLIP_stop_at_last_layers": 1,
    "tiling": False,
}
_UPSCALERS = ("None", "Lanczos", "Nearest", "ESRGAN_4x", "R-ESRGAN 4x+", "R-ESRGAN 4x+ Anime6B", "4x-AnimeSharp")
_LATENT = ["Latent", "Latent (antialiased)", "Latent (bicubic)"]


def _samplers(names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "aliases": [alias], "options": {}} for name, alias in names.items()]


def _bodies(common: Schema, txt2img: Schema, img2img: Schema, extras: Schema) -> dict[str, Schema]:
    return {
        "/sdapi/v1/txt2img": {**common, **_TXT2IMG, **txt2img},
        "/sdapi/v1/img2img": {**common, **_IMG2IMG, **img2img},
        "/sdapi/v1/extra-single-image": extras,
        "/sdapi/v1/interrogate": {"image": TEXT, "model": TEXT},
        "/sdapi/v1/interrupt": {},
        "/sdapi/v1/unload-checkpoint": {},
        "/sdapi/v1/refresh-loras": {},
        "/sdapi/v1/refresh-embeddings": {},
        "/controlnet/detect": DETECT,
        "/internal/progress": INTERNAL_PROGRESS,
    }


A1111 = Contract(
    name="AUTOMATIC1111 1.10",
    bodies=_bodies({**_PROCESSING, **_SINCE_1_9}, {"hr_scheduler": TEXT}, {}, _EXTRAS),
    samplers=_samplers(_A1111_SAMPLERS),
    schedulers=[
        {"name": name, "label": label, "aliases": None, "default_rho": -1, "need_inner_model": False}
        for name, label in (("automatic", "Automatic"), ("uniform", "Uniform"), ("karras", "Karras"))
    ],
    options=_OPTIONS,
    latent_modes=_LATENT,
    upscalers=_UPSCALERS,
    face_restorers=("CodeFormer", "GFPGAN"),
)

A1111_1_6 = Contract(
    name="AUTOMATIC1111 1.6",
    bodies=_bodies(_PROCESSING, {}, {}, _EXTRAS),
    samplers=_samplers(_A1111_SAMPLERS)
    + [{"name": f"{name} Karras", "aliases": [f"{_A1111_SAMPLERS[name]}_ka"], "options": {"scheduler": "karras"}}
       for name in _WITH_KARRAS_BEFORE_1_9],
    schedulers=None,
    options=_OPTIONS,
    latent_modes=_LATENT,
    upscalers=_UPSCALERS,
    face_restorers=("CodeFormer", "GFPGAN"),
)  # fmt: skip

FORGE = Contract(
    name="Forge",
    bodies=_bodies({**_PROCESSING, **_SINCE_1_9, **_FORGE}, _FORGE_TXT2IMG, {"hr_distilled_cfg": NUMBER}, _EXTRAS),
    samplers=A1111.samplers,
    schedulers=A1111.schedulers,
    options=_OPTIONS,
    latent_modes=_LATENT,
    upscalers=_UPSCALERS,
    face_restorers=("CodeFormer", "GFPGAN"),
    control_modules=tuple(FORGE_CONTROL_MODULES),
    tiles=False,  # it takes the key, and prints that it is under maintenance
    own_addresses={
        "/sdapi/v1/sd-modules": [{"model_name": "ae.safetensors", "filename": "/models/VAE/ae.safetensors"}]
    },
)

_SDNEXT_BODIES = {
    path: {name: kind for name, kind in {**schema, **_SDNEXT}.items() if name not in _SDNEXT_LACKS}
    for path, schema in _bodies(_PROCESSING, {}, {}, {}).items()
    if path in ("/sdapi/v1/txt2img", "/sdapi/v1/img2img")
}
SDNEXT = Contract(
    name="SD.Next",
    bodies={
        **_SDNEXT_BODIES,
        "/sdapi/v1/extra-single-image": {name: kind for name, kind in _EXTRAS.items() if name not in _FACES},
        "/sdapi/v1/openclip": {"image": TEXT, "model": TEXT, "clip_model": TEXT, "blip_model": TEXT, "mode": TEXT},
        "/sdapi/v1/interrupt": {},
        "/sdapi/v1/unload-checkpoint": {},
        "/sdapi/v1/refresh-loras": {},
        "/internal/progress": INTERNAL_PROGRESS,
    },
    samplers=[{"name": name, "options": options} for name, options in _SDNEXT_SAMPLERS.items()],
    schedulers=[{"name": name, "cls": "Scheduler", "options": {}} for name in _SDNEXT_SAMPLERS],
    options={"sd_model_checkpoint": _OPTIONS["sd_model_checkpoint"], "samples_format": "jpg"},
    latent_modes=None,
    upscalers=("None", "Latent Nearest", "Latent Bilinear", "RealESRGAN 4x+", "RealESRGAN 4x+ Anime6B"),
    face_restorers=("face-yolo8n",),
    own_addresses={"/sdapi/v1/version": {"app": "sd.next"}, "/sdapi/v1/checkpoint": {"type": "sd"}},
    caption_path="/sdapi/v1/openclip",
    has_control=False,
    stops_with=204,
)

PART = Contract(
    name="a text program that paints too",
    bodies={
        "/sdapi/v1/txt2img": {name: _PROCESSING[name] for name in (
            "prompt", "negative_prompt", "seed", "steps", "cfg_scale", "width", "height", "sampler_name", "batch_size",
            "n_iter", "send_images", "save_images",
        )},
        "/sdapi/v1/img2img": {**{name: _PROCESSING[name] for name in (
            "prompt", "negative_prompt", "seed", "steps", "cfg_scale", "width", "height", "sampler_name", "batch_size",
            "n_iter", "send_images", "save_images", "denoising_strength",
        )}, **_IMG2IMG},
        "/sdapi/v1/interrogate": {"image": TEXT, "model": TEXT},
    },
    samplers=_samplers({"Euler": "k_euler", "Euler a": "k_euler_a"}),
    schedulers=None,
    options={"samples_format": "png", "sd_model_checkpoint": _OPTIONS["sd_model_checkpoint"]},
    latent_modes=None,
    upscalers=(),
    face_restorers=(),
    has_control=False,
    is_whole=False,
)  # fmt: skip

WHOLE_PROGRAMS = (A1111, A1111_1_6, FORGE, SDNEXT)

CONTROL_MODELS = [
    f"control_v11p_sd15_{what} [0123abcd]"
    for what in ("canny", "softedge", "depth", "normalbae", "openpose", "seg", "scribble", "mlsd")
]


def breaches(schema: Schema, body: Any) -> list[str]:
    """What of this body is not in the documents."""
    if not isinstance(body, dict):
        return ["the body is no table"]
    found = [f"no key {name}" for name in body if name not in schema]
    for name, value in body.items():
        kinds = schema.get(name)
        if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            found.append(f"{name} is {type(value).__name__}")
    return found
