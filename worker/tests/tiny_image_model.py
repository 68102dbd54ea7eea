"""Image models with random weights in folders, as their users would have them: a pipeline, ControlNets, additions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEXT_WIDTH = 32
SECOND_TEXT_WIDTH = 48
SCHEDULER = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
}


def save_tiny_sd(
    folder: Path,
    *,
    inpainting: bool = False,
    v_prediction: bool = False,
    seed: int = 1,
    text_width: int = TEXT_WIDTH,
) -> Path:
    """Stable Diffusion 1 in small; with `inpainting` the kind that has a mask among its inputs."""
    import torch
    from diffusers import PNDMScheduler, StableDiffusionPipeline
    from transformers import CLIPTextModel

    torch.manual_seed(seed)
    prediction = {"prediction_type": "v_prediction"} if v_prediction else {}
    StableDiffusionPipeline(
        vae=_vae(),
        text_encoder=CLIPTextModel(_text_config(text_width)).eval(),
        tokenizer=_tokenizer(folder),
        unet=_unet(text_width, in_channels=9 if inpainting else 4),
        scheduler=PNDMScheduler(**SCHEDULER, **prediction, skip_prk_steps=True, set_alpha_to_one=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder, safe_serialization=True)
    return folder


def save_tiny_sdxl(folder: Path, *, seed: int = 2) -> Path:
    """Stable Diffusion XL in small: two text encoders, pooled text and sizes among the inputs."""
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(seed)
    unet = _unet(
        TEXT_WIDTH + SECOND_TEXT_WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=SECOND_TEXT_WIDTH + 6 * 8,
    )
    StableDiffusionXLPipeline(
        vae=_vae(),
        text_encoder=CLIPTextModel(_text_config(TEXT_WIDTH)).eval(),
        text_encoder_2=CLIPTextModelWithProjection(_text_config(SECOND_TEXT_WIDTH)).eval(),
        tokenizer=_tokenizer(folder),
        tokenizer_2=_tokenizer(folder),
        unet=unet,
        scheduler=EulerDiscreteScheduler(**{**SCHEDULER, "timestep_spacing": "leading"}),
    ).save_pretrained(folder, safe_serialization=True)
    return folder


def save_tiny_control_net(folder: Path, sd: Path, *, seed: int = 3) -> Path:
    """A ControlNet for the pipeline in `sd`; its last layers are not zero, so that it has an effect."""
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(sd, subfolder="unet")
    net = ControlNetModel.from_unet(unet, conditioning_channels=3)
    with torch.no_grad():
        for block in [*net.controlnet_down_blocks, net.controlnet_mid_block, net.controlnet_cond_embedding.conv_out]:
            block.weight.normal_(std=0.3)
    net.save_pretrained(folder, safe_serialization=True)
    return folder


def save_tiny_lora(file: Path, sd: Path, *, seed: int = 4, rank: int = 2) -> Path:
    """A LoRA in the form in which people train and share them: for the attention of U-Net and text encoder."""
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file
    from transformers import CLIPTextModel

    torch.manual_seed(seed)
    tensors: dict[str, Any] = {}
    nets = {
        "lora_unet": UNet2DConditionModel.from_pretrained(sd, subfolder="unet"),
        "lora_te": CLIPTextModel.from_pretrained(sd, subfolder="text_encoder"),
    }
    for prefix, net in nets.items():
        for name, layer in net.named_modules():
            if not name.endswith(("to_q", "to_k", "to_v", "q_proj", "v_proj", "out_proj")):
                continue
            # Trainers have names of older versions of the library, with one more level.
            is_short = prefix == "lora_te" and not name.startswith("text_model.")
            key = f"{prefix}_{'text_model_' if is_short else ''}{name.replace('.', '_')}"
            tensors[f"{key}.lora_down.weight"] = torch.randn(rank, layer.in_features)
            tensors[f"{key}.lora_up.weight"] = torch.randn(layer.out_features, rank)
            tensors[f"{key}.alpha"] = torch.tensor(float(rank))
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file)
    return file


def save_tiny_inversion(file: Path, *, vectors: int = 2, width: int = TEXT_WIDTH, key: str = "emb_params") -> Path:
    """A textual inversion: word vectors that stand for what cannot be said."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(5)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: torch.randn(vectors, width)}, file)
    return file


def save_tiny_depth_model(folder: Path, *, seed: int = 6) -> Path:
    """A depth model of the kind that most use (DPT), for pictures of any size."""
    import torch
    from transformers import DPTConfig, DPTForDepthEstimation, DPTImageProcessor

    torch.manual_seed(seed)
    config = DPTConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=64,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        is_hybrid=False,
        initializer_range=0.3,
    )
    DPTForDepthEstimation(config).save_pretrained(folder, safe_serialization=True)
    DPTImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


def _unet(text_width: int, *, in_channels: int = 4, **more: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=8,
        in_channels=in_channels,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=text_width,
        attention_head_dim=4,
        **more,
    )


def _vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
        sample_size=64,
    )


def _text_config(width: int) -> Any:
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        vocab_size=514,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=4,
        projection_dim=width,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
        initializer_range=0.5,
    )


def _tokenizer(folder: Path) -> Any:
    """Letter by letter: every byte, and every byte at the end of a word."""
    from transformers import CLIPTokenizer

    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(one) for one in printable]
    letters += [chr(256 + place) for place in range(256 - len(printable))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    made = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)
    (folder / "vocab.json").unlink()
    (folder / "merges.txt").unlink()
    return made
