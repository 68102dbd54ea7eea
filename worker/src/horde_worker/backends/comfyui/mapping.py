"""What becomes of every parameter of an image job in ComfyUI. Where something is sent, it stands as node.input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from horde_worker.backends.mapping import ByWorker, Mapped, Neutral, Sent, Unsupported

MAPPING: Final[Mapping[str, Mapped]] = {
    "prompt": Sent("positive.text", "weights and `embedding:` are ComfyUI's own; `{a|b}` is chosen by the worker"),
    "negative_prompt": Sent("negative.text"),
    "seed": Sent("sampler.seed"),
    "width": Sent("latent.width", "in multiples of 64, and cut; with a source, the size of what is uploaded"),
    "height": Sent("latent.height", "as the width"),
    "ddim_steps": Sent("sampler.steps"),
    "cfg_scale": Sent("sampler.cfg"),
    "n_iter": ByWorker("a graph for each picture, with seed + its place; the seed is told with each"),
    "sampler_name": Sent("sampler.sampler_name", "exact equivalents; `plms`, which is not offered, runs as `euler`"),
    "karras": Sent("sampler.scheduler", "`karras` or `normal`; `simple` for models with a schedule of their own"),
    "clip_skip": Sent("skipped.stop_at_clip_layer", "nothing for 1, nor for models without CLIP"),
    "tiling": Sent("tiled.tiling", "only where the pack ComfyUI-seamless-tiling is installed; else not offered"),
    "hires_fix": Sent("larger.width", "a first pass at the model's own size, latents enlarged, a second pass"),
    "hires_fix_denoising_strength": Sent("second_sampler.denoise", "and `second_sampler.steps` by it"),
    "source_image": Sent("source.image", "uploaded to the temporary folder, and there replaced by a pixel afterwards"),
    "source_mask": Sent("masked.mask", "as the transparency of the source; models for inpainting: `to_fill.mask`"),
    "source_processing": ByWorker("inpainting with a mask; the worker takes it from transparency where none comes"),
    "denoising_strength": Sent("sampler.denoise", "1 without a source"),
    "extra_source_images": Unsupported("a graph has one source"),
    "loras": Sent("lora_0.lora_name", "and `strength_model`, `strength_clip`; offered where `loras_folder` is set"),
    "tis": Sent("positive.text", "as `(embedding:NAME:STRENGTH)`; offered where `embeddings_folder` is set"),
    "control_type": Sent("controlnet.control_net_name", "and the node that draws the map"),
    "image_is_control": Sent("controlled.image", "the source itself in place of the map"),
    "return_control_map": Sent("output.images", "the map in place of the picture"),
    "post_processing": Sent("upscaler_0.model_name", "upscalers, in their order; others are not offered"),
    "facefixer_strength": Neutral("no face fixers are offered, so there is nothing to be strong"),
    "transparent": Unsupported("no stock node makes transparent pictures"),
    "workflow": Unsupported("no stock node draws QR codes"),
    "extra_texts": Unsupported("they belong to the workflow"),
    "use_nsfw_censor": ByWorker("its safety check, on the finished picture"),
    "model": Sent("checkpoint.ckpt_name", "or `diffusion.unet_name` with its text encoders and VAE"),
}
