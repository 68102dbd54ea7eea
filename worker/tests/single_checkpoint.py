"""A saved pipeline as one file, with the names that the first programs for these models gave to its tensors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

SINGLE_FILE_TEXT_WIDTH: Final = 768
"""By which the library knows the text encoder in a file."""

_RESNET: Final = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_UNET: Final = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_ATTENTION: Final = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def save_single_checkpoint(file: Path, pipeline: Path) -> Path:
    """All weights of a pipeline of Stable Diffusion 1 in one file."""
    from diffusers import StableDiffusionPipeline
    from safetensors.torch import save_file

    parts = StableDiffusionPipeline.from_pretrained(pipeline, local_files_only=True)
    per_block = parts.unet.config.layers_per_block + 1
    blocks = len(parts.vae.config.block_out_channels)
    tensors: dict[str, Any] = {}
    for name, tensor in parts.unet.state_dict().items():
        tensors[f"model.diffusion_model.{_unet_name(name, per_block)}"] = tensor
    for name, tensor in parts.vae.state_dict().items():
        is_pixelwise = ".attentions." in name and name.endswith("weight") and tensor.dim() == 2
        tensors[f"first_stage_model.{_vae_name(name, blocks)}"] = tensor[:, :, None, None] if is_pixelwise else tensor
    for name, tensor in parts.text_encoder.state_dict().items():
        tensors[f"cond_stage_model.transformer.text_model.{name.removeprefix('text_model.')}"] = tensor
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, file)
    return file


def _unet_name(name: str, per_block: int) -> str:
    for theirs, ours in _UNET.items():
        if name.startswith(f"{theirs}."):
            return name.replace(theirs, ours, 1)
    if found := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", name):
        place = 1 if found[1] == "attentions" else 2 * int(found[2])
        return f"middle_block.{place}.{_inside(found[1], found[3])}"
    if found := re.match(r"(down|up)_blocks\.(\d)\.(resnets|attentions)\.(\d)\.(.*)", name):
        side, place = ("input", 1) if found[1] == "down" else ("output", 0)
        block = per_block * int(found[2]) + int(found[4]) + place
        return f"{side}_blocks.{block}.{int(found[3] == 'attentions')}.{_inside(found[3], found[5])}"
    if found := re.match(r"down_blocks\.(\d)\.downsamplers\.0\.conv\.(.*)", name):
        return f"input_blocks.{per_block * (int(found[1]) + 1)}.0.op.{found[2]}"
    found = re.match(r"up_blocks\.(\d)\.upsamplers\.0\.conv\.(.*)", name)
    assert found is not None, name
    return f"output_blocks.{per_block * (int(found[1]) + 1) - 1}.2.conv.{found[2]}"  # behind an attention


def _inside(kind: str, rest: str) -> str:
    if kind == "attentions":
        return rest
    layer, _, what = rest.rpartition(".")
    return f"{_RESNET[layer]}.{what}"


def _vae_name(name: str, blocks: int) -> str:
    name = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{blocks - 1 - int(m[1])}.block.{m[2]}", name)
    name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{blocks - 1 - int(m[1])}.upsample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    if "mid_block.attentions.0" in name:
        name = name.replace("mid_block.attentions.0", "mid.attn_1")
        for theirs, ours in _ATTENTION.items():
            name = name.replace(f"attn_1.{theirs}.", f"attn_1.{ours}.")
    return name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
