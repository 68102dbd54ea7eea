"""What becomes of an image job's parameters in the backend `diffusers`. Knows neither torch nor the library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from horde_worker.backends.mapping import ByWorker, Mapped, Sent, Unsupported

MAPPING: Final[Mapping[str, Mapped]] = {
    "prompt": Sent("prompt_embeds", "encoded by the worker: weights, BREAK, chunks of 75 tokens, inversions"),
    "negative_prompt": Sent("negative_prompt_embeds"),
    "seed": Sent("generator", "one for each picture, seed + its place; on the processor, so alike on every device"),
    "width": Sent("width", "painted in multiples of 64, then cut to size"),
    "height": Sent("height", "painted in multiples of 64, then cut to size"),
    "ddim_steps": Sent("num_inference_steps"),
    "cfg_scale": Sent("guidance_scale"),
    "n_iter": Sent("generator", "as many as pictures, in groups that fit into memory"),
    "sampler_name": Sent("scheduler", "k_dpm_fast, k_dpm_adaptive, k_dpmpp_2s_a by a solver of the same order"),
    "karras": Sent("scheduler", "all samplers but lcm, which remarks it"),
    "clip_skip": Sent("prompt_embeds", "the layer of the text encoder; XL's own is its second"),
    "tiling": Sent("padding_mode", "of all convolutions, for the job"),
    "hires_fix": Sent("image", "a second pass over the enlarged latents"),
    "hires_fix_denoising_strength": Sent("strength", "of the second pass"),
    "source_image": Sent("image"),
    "source_mask": Sent("mask_image", "what is black there is put back as it was, to the pixel"),
    "source_processing": Sent("mask_image", "inpainting without a mask takes the transparent part"),
    "denoising_strength": Sent("strength", "all the steps are made, over this part of the way"),
    "extra_source_images": Unsupported("the pipelines have one source"),
    "loras": Sent("set_adapters", "files in the folder `loras`; their words are put before the prompt"),
    "tis": Sent("prompt_embeds", "files in the folder `inversions`: their vectors stand among the prompt's"),
    "control_type": Sent(
        "controlnet", "nets of the option `controlnets`; maps of lines drawn here, of depth by a model"
    ),
    "image_is_control": Sent("image", "the source as it is"),
    "return_control_map": ByWorker("gives the map back and paints nothing"),
    "post_processing": ByWorker("after painting, where there is an alchemist for it; else not offered"),
    "facefixer_strength": ByWorker("with post-processing"),
    "transparent": Unsupported("no net for layers with transparency is kept up for the library"),
    "workflow": Unsupported("qr_code needs a ControlNet of its own kind"),
    "extra_texts": Unsupported("they belong to workflows"),
    "use_nsfw_censor": ByWorker("its safety check, on what was painted"),
    "model": Sent("from_pretrained(folder)", "or a single file, as the option `models` says"),
}
