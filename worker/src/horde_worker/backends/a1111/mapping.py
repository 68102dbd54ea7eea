"""What becomes of each parameter of an image job at AUTOMATIC1111, Forge and SD.Next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from horde_worker.backends.mapping import ByWorker, Mapped, Sent, Unsupported

MAPPING: Final[Mapping[str, Mapped]] = {
    "prompt": Sent("prompt", "LoRAs and inversions are words of it; what others write like them is plain text"),
    "negative_prompt": Sent("negative_prompt"),
    "seed": Sent("seed", "picture i has seed + i; the one told in `info` is handed in"),
    "width": Sent("width", "rounded up to 64; of the first pass with hires fix (then hr_resize_x)"),
    "height": Sent("height", "rounded up to 64; of the first pass with hires fix (then hr_resize_y)"),
    "ddim_steps": Sent("steps"),
    "cfg_scale": Sent("cfg_scale", "Forge: hr_cfg too"),
    "n_iter": Sent("batch_size", "n_iter is 1"),
    "sampler_name": Sent("sampler_name", "by /samplers; one that is not there has a stand-in, and a remark says so"),
    "karras": Sent("scheduler", "before 1.9 in sampler_name; SD.Next: schedulers_sigma"),
    "clip_skip": Sent("override_settings.CLIP_stop_at_last_layers", "SD.Next: clip_skip"),
    "tiling": Sent("tiling", "offered where a picture comes out otherwise with it"),
    "hires_fix": Sent("enable_hr", "one pass where there is a source, or nothing to gain"),
    "hires_fix_denoising_strength": Sent("denoising_strength", "with hires fix; SD.Next: hr_denoising_strength"),
    "source_image": Sent("init_images", "to img2img; of a ControlNet: alwayson_scripts.controlnet.args.image"),
    "source_mask": Sent("mask", "white is repainted; inpainting_fill 1, inpaint_full_res false"),
    "source_processing": Sent("mask", "inpainting takes the transparent part where there is no mask"),
    "denoising_strength": Sent("denoising_strength", "with a source picture"),
    "extra_source_images": Unsupported("the API has no place for them"),
    "loras": Sent("prompt", "`<lora:name:te=clip:unet=model>`; offered with the options loras or loras_folder"),
    "tis": Sent(
        "prompt", "or negative_prompt, by the name of the file; offered with the options tis or embeddings_folder"
    ),
    "control_type": Sent(
        "alwayson_scripts.controlnet.args.module",
        "and model; offered where each type works with each model. Painted by txt2img",
    ),
    "image_is_control": Sent("alwayson_scripts.controlnet.args.module", "none"),
    "return_control_map": Sent("/controlnet/detect", "nothing is painted"),
    "post_processing": Sent("/sdapi/v1/extra-single-image", "one call each, in order; those the server has"),
    "facefixer_strength": Sent("gfpgan_visibility", "or codeformer_visibility; CodeFormer's weight is 0.5"),
    "transparent": Unsupported("layer diffusion is no part of the API"),
    "workflow": Unsupported("no workflow of the horde is built here"),
    "extra_texts": Unsupported("only workflows have them"),
    "use_nsfw_censor": ByWorker("the worker's own check; the server's is not relied on"),
    "model": Sent("override_settings.sd_model_checkpoint", "by the option models, else by its own name"),
}
