"""Weights for a real ComfyUI without a download: files of the layouts it knows, so small that a processor runs them.

The checkpoint counts as Stable Diffusion 1.5 (its layers have those names and widths, with one level instead of four).
Its image coder is no random one: it halves three times and enlarges by repetition, so that a colour that goes in comes
out and tests can look at the pixels of a picture. What is painted is noise that depends on prompt, seed and LoRA.

    python weights.py FOLDER     writes checkpoints/, loras/, controlnet/, upscale_models/, embeddings/ there
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Weights = dict[str, Array]

CHECKPOINT: Final = "openhorde-reduced-sd15.safetensors"
INPAINTING_CHECKPOINT: Final = "openhorde-reduced-sd15-inpainting.safetensors"
LORA: Final = "openhorde-reduced-lora.safetensors"
CONTROLNET: Final = "openhorde-reduced-sd15-canny.safetensors"
UPSCALER: Final = "RealESRGAN_x4plus.safetensors"
EMBEDDING: Final = "openhorde-reduced-embedding.safetensors"

WIDTH: Final = 320
TIME_WIDTH: Final = 1280
TEXT_WIDTH: Final = 768
TOKENS: Final = 49408
TEXT_LAYERS: Final = 12
CODER_WIDTH: Final = 64
UPSCALER_WIDTH: Final = 8
UPSCALER_GROWTH: Final = 32


class Layers:
    """Layers of random weights, by name, as a checkpoint holds them."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.weights: Weights = {}

    def normal(self, name: str, *shape: int, scale: float | None = None) -> None:
        """A tensor that keeps the size of what goes through it, or of this standard deviation."""
        fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else shape[0]
        spread = scale if scale is not None else fan_in**-0.5
        self.weights[name] = (self._random.standard_normal(shape, np.float32) * spread).astype(np.float16)

    def fill(self, name: str, value: float, *shape: int) -> None:
        """A tensor of one value."""
        self.weights[name] = np.full(shape, value, np.float16)

    def linear(self, name: str, inward: int, outward: int, *, bias: bool = True) -> None:
        """A fully connected layer."""
        self.normal(f"{name}.weight", outward, inward)
        if bias:
            self.fill(f"{name}.bias", 0, outward)

    def convolution(self, name: str, inward: int, outward: int, side: int = 3, scale: float | None = None) -> None:
        """A convolution with bias."""
        self.normal(f"{name}.weight", outward, inward, side, side, scale=scale)
        self.fill(f"{name}.bias", 0, outward)

    def norm(self, name: str, width: int) -> None:
        """A normalisation that changes nothing more."""
        self.fill(f"{name}.weight", 1, width)
        self.fill(f"{name}.bias", 0, width)

    def residual(self, name: str, inward: int) -> None:
        """A residual block of the diffusion net."""
        self.norm(f"{name}.in_layers.0", inward)
        self.convolution(f"{name}.in_layers.2", inward, WIDTH)
        self.linear(f"{name}.emb_layers.1", TIME_WIDTH, WIDTH)
        self.norm(f"{name}.out_layers.0", WIDTH)
        self.convolution(f"{name}.out_layers.3", WIDTH, WIDTH)
        if inward != WIDTH:
            self.convolution(f"{name}.skip_connection", inward, WIDTH, side=1)

    def attention(self, name: str) -> None:
        """A spatial transformer: to itself, to the text."""
        self.norm(f"{name}.norm", WIDTH)
        self.convolution(f"{name}.proj_in", WIDTH, WIDTH, side=1)
        block = f"{name}.transformer_blocks.0"
        for number, context in ((1, WIDTH), (2, TEXT_WIDTH)):
            self.linear(f"{block}.attn{number}.to_q", WIDTH, WIDTH, bias=False)
            self.linear(f"{block}.attn{number}.to_k", context, WIDTH, bias=False)
            self.linear(f"{block}.attn{number}.to_v", context, WIDTH, bias=False)
            self.linear(f"{block}.attn{number}.to_out.0", WIDTH, WIDTH)
        for number in (1, 2, 3):
            self.norm(f"{block}.norm{number}", WIDTH)
        self.linear(f"{block}.ff.net.0.proj", WIDTH, 8 * WIDTH)
        self.linear(f"{block}.ff.net.2", 4 * WIDTH, WIDTH)
        self.convolution(f"{name}.proj_out", WIDTH, WIDTH, side=1)


def _encoder_half(layers: Layers, prefix: str, channels: int) -> None:
    """What the diffusion net and a ControlNet have in common."""
    layers.linear(f"{prefix}time_embed.0", WIDTH, TIME_WIDTH)
    layers.linear(f"{prefix}time_embed.2", TIME_WIDTH, TIME_WIDTH)
    layers.convolution(f"{prefix}input_blocks.0.0", channels, WIDTH)
    layers.residual(f"{prefix}input_blocks.1.0", WIDTH)
    layers.attention(f"{prefix}input_blocks.1.1")
    layers.residual(f"{prefix}middle_block.0", WIDTH)
    layers.attention(f"{prefix}middle_block.1")
    layers.residual(f"{prefix}middle_block.2", WIDTH)


def _diffusion(layers: Layers, channels: int) -> None:
    prefix = "model.diffusion_model."
    _encoder_half(layers, prefix, channels)
    for place in (0, 1):
        layers.residual(f"{prefix}output_blocks.{place}.0", 2 * WIDTH)
        layers.attention(f"{prefix}output_blocks.{place}.1")
    layers.norm(f"{prefix}out.0", WIDTH)
    layers.convolution(
        f"{prefix}out.2", WIDTH, 4, scale=0.01
    )  # little is painted: the latents stay near what they were


def _text_encoder(layers: Layers) -> None:
    prefix = "cond_stage_model.transformer.text_model."
    layers.normal(f"{prefix}embeddings.token_embedding.weight", TOKENS, TEXT_WIDTH, scale=0.5)
    layers.normal(f"{prefix}embeddings.position_embedding.weight", 77, TEXT_WIDTH, scale=0.1)
    for number in range(TEXT_LAYERS):
        block = f"{prefix}encoder.layers.{number}"
        for projection in ("q_proj", "k_proj", "v_proj", "out_proj"):
            layers.linear(f"{block}.self_attn.{projection}", TEXT_WIDTH, TEXT_WIDTH)
        layers.norm(f"{block}.layer_norm1", TEXT_WIDTH)
        layers.norm(f"{block}.layer_norm2", TEXT_WIDTH)
        layers.linear(f"{block}.mlp.fc1", TEXT_WIDTH, 4 * TEXT_WIDTH)
        layers.linear(f"{block}.mlp.fc2", 4 * TEXT_WIDTH, TEXT_WIDTH)
    layers.norm(f"{prefix}final_layer_norm", TEXT_WIDTH)


def _identity(outward: int, inward: int, kernel: Array, gain: float = 1.0) -> Array:
    """A convolution that takes the three colours through, each by this kernel."""
    weight = np.zeros((outward, inward, 3, 3), np.float32)
    for colour in range(3):
        weight[colour, colour] = kernel * gain
    return weight.astype(np.float16)


def _image_coder() -> Weights:
    """An image coder of the small kind: colours in 0…1 become latents in -1…1, of an eighth of the size, and back."""
    centre = np.zeros((3, 3), np.float32)
    centre[1, 1] = 1
    quarter = np.zeros((3, 3), np.float32)
    quarter[1:, 1:] = 0.25  # the two by two pixels that a step of two covers
    coder: Weights = {}

    def put(name: str, weight: Array, bias: float | None = 0.0) -> None:
        coder[f"first_stage_model.{name}.weight"] = weight
        if bias is not None:
            coder[f"first_stage_model.{name}.bias"] = np.full(weight.shape[0], bias, np.float16)

    def block(name: str) -> None:
        for place in (0, 2, 4):
            put(f"{name}.conv.{place}", np.zeros((CODER_WIDTH, CODER_WIDTH, 3, 3), np.float16))

    put("taesd_encoder.0", _identity(CODER_WIDTH, 3, centre))
    for place in (1, 3, 4, 5, 7, 8, 9, 11, 12, 13):
        block(f"taesd_encoder.{place}")
    for place in (2, 6, 10):
        put(f"taesd_encoder.{place}", _identity(CODER_WIDTH, CODER_WIDTH, quarter), bias=None)
    put("taesd_encoder.14", _identity(4, CODER_WIDTH, centre, gain=2.0), bias=-1.0)
    put("taesd_decoder.1", _identity(CODER_WIDTH, 4, centre, gain=0.5), bias=0.5)
    for place in (3, 4, 5, 8, 9, 10, 13, 14, 15, 18):
        block(f"taesd_decoder.{place}")
    for place in (7, 12, 17):
        put(f"taesd_decoder.{place}", _identity(CODER_WIDTH, CODER_WIDTH, centre), bias=None)
    put("taesd_decoder.19", _identity(3, CODER_WIDTH, centre))
    coder["first_stage_model.vae_scale"] = np.array(1.0, np.float32)
    coder["first_stage_model.vae_shift"] = np.array(0.0, np.float32)
    return coder


def checkpoint(*, is_inpainting: bool = False, seed: int = 1) -> Weights:
    """A whole checkpoint; the inpainting kind takes mask and masked picture besides."""
    layers = Layers(seed)
    _diffusion(layers, 9 if is_inpainting else 4)
    _text_encoder(layers)
    return {**layers.weights, **_image_coder()}


def lora(seed: int = 2) -> Weights:
    """A LoRA in the layout of kohya's scripts: one layer of the diffusion net, one of the text encoder."""
    layers = Layers(seed)
    named = {
        "lora_unet_input_blocks_1_1_transformer_blocks_0_attn2_to_v": (TEXT_WIDTH, WIDTH),
        "lora_unet_output_blocks_1_1_transformer_blocks_0_attn2_to_v": (TEXT_WIDTH, WIDTH),
        "lora_te_text_model_encoder_layers_11_mlp_fc1": (TEXT_WIDTH, 4 * TEXT_WIDTH),
    }
    for name, (inward, outward) in named.items():
        layers.normal(f"{name}.lora_down.weight", 4, inward, scale=0.2)
        layers.normal(f"{name}.lora_up.weight", outward, 4, scale=0.2)
        layers.weights[f"{name}.alpha"] = np.array(4.0, np.float32)
    return layers.weights


def controlnet(seed: int = 3) -> Weights:
    """A ControlNet for the checkpoint; its last layers are not zero, so that it changes a picture."""
    layers = Layers(seed)
    prefix = "control_model."
    _encoder_half(layers, prefix, 4)
    for place in (0, 1):
        layers.convolution(f"{prefix}zero_convs.{place}.0", WIDTH, WIDTH, side=1)
    layers.convolution(f"{prefix}middle_block_out.0", WIDTH, WIDTH, side=1)
    widths = (3, 16, 16, 32, 32, 96, 96, 256, WIDTH)
    for place, (inward, outward) in enumerate(pairwise(widths)):
        layers.convolution(f"{prefix}input_hint_block.{2 * place}", inward, outward)
    return layers.weights


def upscaler(seed: int = 4) -> Weights:
    """An ESRGAN of one block that enlarges four times, in the layout of its first release."""
    layers = Layers(seed)
    width, growth = UPSCALER_WIDTH, UPSCALER_GROWTH
    layers.convolution("model.0", 3, width)
    for dense in (1, 2, 3):
        for place in range(5):
            outward = growth if place < 4 else width
            layers.convolution(f"model.1.sub.0.RDB{dense}.conv{place + 1}.0", width + place * growth, outward)
    layers.convolution("model.1.sub.1", width, width)
    for place in (3, 6, 8):
        layers.convolution(f"model.{place}", width, width)
    layers.convolution("model.10", width, 3)
    return layers.weights


def embedding(seed: int = 5) -> Weights:
    """A textual inversion of two vectors."""
    layers = Layers(seed)
    layers.normal("emb_params", 2, TEXT_WIDTH, scale=0.5)
    return layers.weights


def write_safetensors(path: Path, weights: Weights) -> None:
    """The file format: the length of a JSON header, the header, the tensors one after the other."""
    header: dict[str, object] = {}
    at = 0
    for name, tensor in weights.items():
        kind = {"float16": "F16", "float32": "F32"}[str(tensor.dtype)]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    written = json.dumps(header).encode()
    written += b" " * (-len(written) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(written)) + written)
        for tensor in weights.values():
            file.write(tensor.tobytes())


def write_all(folder: Path) -> Iterator[Path]:
    """Every file, into the folders of a ComfyUI's `models`."""
    made = {
        f"checkpoints/{CHECKPOINT}": checkpoint(),
        f"checkpoints/{INPAINTING_CHECKPOINT}": checkpoint(is_inpainting=True),
        f"loras/{LORA}": lora(),
        f"controlnet/{CONTROLNET}": controlnet(),
        f"upscale_models/{UPSCALER}": upscaler(),
        f"embeddings/{EMBEDDING}": embedding(),
    }
    for place, weights in made.items():
        write_safetensors(folder / place, weights)
        yield folder / place


if __name__ == "__main__":
    for written in write_all(Path(sys.argv[1])):
        print(f"{written} {written.stat().st_size / 1e6:.1f} MB")
