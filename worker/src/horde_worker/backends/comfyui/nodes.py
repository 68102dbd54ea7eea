"""The nodes that our graphs are made of, with the inputs that they get: what a ComfyUI must have for each ability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

INPUTS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(inputs.split())
    for name, inputs in {
        "CheckpointLoaderSimple": "ckpt_name",
        "UNETLoader": "unet_name weight_dtype",
        "CLIPLoader": "clip_name type",
        "DualCLIPLoader": "clip_name1 clip_name2 type",
        "VAELoader": "vae_name",
        "ModelSamplingAuraFlow": "model shift",
        "LoraLoader": "model clip lora_name strength_model strength_clip",
        "CLIPSetLastLayer": "clip stop_at_clip_layer",
        "CLIPTextEncode": "clip text",
        "ConditioningZeroOut": "conditioning",
        "EmptyLatentImage": "width height batch_size",
        "EmptySD3LatentImage": "width height batch_size",
        "StableCascade_EmptyLatentImage": "width height compression batch_size",
        "StableCascade_StageC_VAEEncode": "image vae compression",
        "StableCascade_StageB_Conditioning": "conditioning stage_c",
        "LoadImage": "image",
        "VAEEncode": "pixels vae",
        "SetLatentNoiseMask": "samples mask",
        "InpaintModelConditioning": "positive negative vae pixels mask noise_mask",
        "KSampler": "model positive negative latent_image seed steps cfg sampler_name scheduler denoise",
        "LatentUpscale": "samples upscale_method width height crop",
        "VAEDecode": "samples vae",
        "Canny": "image low_threshold high_threshold",
        "AIO_Preprocessor": "image preprocessor resolution",  # of the pack comfyui_controlnet_aux
        "ControlNetLoader": "control_net_name",
        "ControlNetApplyAdvanced": "positive negative control_net image strength start_percent end_percent",
        "UpscaleModelLoader": "model_name",
        "ImageUpscaleWithModel": "upscale_model image",
        "ImageScaleBy": "image upscale_method scale_by",
        "SeamlessTile": "model tiling copy_model",  # of the pack ComfyUI-seamless-tiling, as the next one
        "MakeCircularVAE": "vae tiling copy_vae",
        "ImageFromBatch": "image batch_index length",
        "PreviewImage": "images",
        "SaveImageWebsocket": "images",
    }.items()
}

ALWAYS_NEEDED: Final = frozenset(
    {"CheckpointLoaderSimple", "CLIPTextEncode", "EmptyLatentImage", "KSampler", "VAEDecode", "PreviewImage"}
    | {"ImageFromBatch"}
)
"""Without one of these there are no pictures."""
IMG2IMG: Final = frozenset({"LoadImage", "VAEEncode"})
INPAINTING: Final = IMG2IMG | {"SetLatentNoiseMask", "InpaintModelConditioning"}
CONTROL: Final = frozenset({"LoadImage", "ControlNetLoader", "ControlNetApplyAdvanced"})
UPSCALING: Final = frozenset({"UpscaleModelLoader", "ImageUpscaleWithModel"})
TILING: Final = frozenset({"SeamlessTile", "MakeCircularVAE"})
FLUX_PARTS: Final = frozenset({"UNETLoader", "DualCLIPLoader", "VAELoader", "EmptySD3LatentImage"})
ONE_ENCODER_PARTS: Final = frozenset(
    {"UNETLoader", "CLIPLoader", "VAELoader", "EmptySD3LatentImage", "ModelSamplingAuraFlow"}
)
CASCADE: Final = frozenset(
    {"StableCascade_EmptyLatentImage", "StableCascade_StageB_Conditioning", "ConditioningZeroOut"}
)


def takes_what_we_send(name: str, described: object) -> bool:
    """Whether a node, as `/object_info` describes it, has all inputs that we send and needs no other."""
    inputs = described.get("input") if isinstance(described, Mapping) else None
    if not isinstance(inputs, Mapping):
        return False
    required, optional = _names(inputs.get("required")), _names(inputs.get("optional"))
    return required <= INPUTS[name] <= required | optional


def choices(described: object, name: str) -> tuple[str, ...]:
    """What an input of a node may be, in both ways in which ComfyUI writes it; empty for one that is no choice."""
    inputs = described.get("input") if isinstance(described, Mapping) else None
    if not isinstance(inputs, Mapping):
        return ()
    for kind in ("required", "optional"):
        group = inputs.get(kind)
        spec: Any = group.get(name) if isinstance(group, Mapping) else None
        if not isinstance(spec, list) or not spec:
            continue
        found = spec[0]
        if found == "COMBO" and len(spec) > 1 and isinstance(spec[1], Mapping):
            found = spec[1].get("options")
        if isinstance(found, list):
            return tuple(one for one in found if isinstance(one, str))
    return ()


def _names(group: object) -> frozenset[str]:
    return frozenset(name for name in group if isinstance(name, str)) if isinstance(group, Mapping) else frozenset()
