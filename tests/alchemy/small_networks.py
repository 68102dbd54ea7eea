"""Small networks in the files that owners have: made here, since nothing may be downloaded for a test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor
from transformers import (
    BertTokenizerFast,
    BlipConfig,
    BlipForConditionalGeneration,
    CLIPConfig,
    CLIPModel,
    CLIPTokenizerFast,
)

FEATURES, GROWTH, BLOCKS = 8, 4, 2


def onnx_file(
    path: Path, nodes: list[onnx.NodeProto], given: list[object], constants: dict[str, np.ndarray], dimensions: int = 4
) -> Path:
    """A network from `picture` to `result`, which has so many dimensions, in a file."""
    sizes = [f"size_{place}" for place in range(dimensions)]
    graph = helper.make_graph(
        nodes,
        "small",
        given,
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, sizes)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def picture_input(side: int | str = "side", more: str = "wide") -> object:
    """Batch, three colours, rows, columns."""
    columns = side if isinstance(side, int) else more
    return helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["batch", 3, side, columns])


def doubling_onnx(path: Path) -> Path:
    """Makes four pixels of each."""
    resize = helper.make_node("Resize", ["picture", "", "scales"], ["result"], mode="nearest")
    return onnx_file(path, [resize], [picture_input()], {"scales": np.array([1, 1, 2, 2], np.float32)})


def brightness_onnx(path: Path, side: int = 320) -> Path:
    """What is bright stands in front: the mean of the colours."""
    mean = helper.make_node("ReduceMean", ["picture"], ["result"], axes=[1], keepdims=1)
    return onnx_file(path, [mean], [picture_input(side)], {})


def inverting_onnx(path: Path, *, with_fidelity: bool) -> Path:
    """Restores a face by inverting it; as CodeFormer's exports do, may want a number beside it, and adds it."""
    inverted = helper.make_node("Neg", ["picture"], ["result" if not with_fidelity else "inverted"])
    if not with_fidelity:
        return onnx_file(path, [inverted], [picture_input(512)], {})
    nodes = [
        inverted,
        helper.make_node("Cast", ["weight"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["as_float", "half"], ["over"]),
        helper.make_node("Add", ["inverted", "over"], ["result"]),
    ]
    weight = helper.make_tensor_value_info("weight", TensorProto.DOUBLE, [1])
    return onnx_file(path, nodes, [picture_input(512), weight], {"half": np.array([0.5], np.float32)})


def redness_onnx(path: Path, side: int = 32) -> Path:
    """A classifier of two classes, in logits: the redder, the more of the second."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["colours"]),
        helper.make_node("MatMul", ["colours", "weights"], ["result"]),
    ]
    weights = np.array([[0, 9], [0, -9], [0, -9]], np.float32)
    return onnx_file(path, nodes, [picture_input(side)], {"weights": weights}, dimensions=2)


def rrdb_state(*, ups: int = 2, taken: int = 3) -> dict[str, Tensor]:
    """Weights of a tiny network of ESRGAN's build, by their present names."""
    torch.manual_seed(5)
    state: dict[str, Tensor] = {}

    def layer(name: str, given: int, made: int) -> None:
        state[f"{name}.weight"] = torch.randn(made, given, 3, 3) * 0.1
        state[f"{name}.bias"] = torch.randn(made) * 0.1

    layer("conv_first", taken, FEATURES)
    for block in range(BLOCKS):
        for dense in range(1, 4):
            for conv in range(1, 6):
                made = GROWTH if conv < 5 else FEATURES
                layer(f"body.{block}.rdb{dense}.conv{conv}", FEATURES + (conv - 1) * GROWTH, made)
    layer("conv_body", FEATURES, FEATURES)
    for up in range(1, ups + 1):
        layer(f"conv_up{up}", FEATURES, FEATURES)
    layer("conv_hr", FEATURES, FEATURES)
    layer("conv_last", FEATURES, 3)
    return state


def clip_folder(folder: Path) -> Path:
    """A tiny CLIP with random weights and a vocabulary of letters."""
    letters = [chr(code) for code in range(97, 123)] + list("0123456789,.'-/:&éïœōü")
    words = {word: place for place, word in enumerate([*letters, *(one + "</w>" for one in letters)])}
    for special in ("<|startoftext|>", "<|endoftext|>"):
        words[special] = len(words)
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps(words))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)
    torch.manual_seed(11)
    size = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = CLIPConfig(
        text_config={
            **size,
            "vocab_size": len(words),
            "max_position_embeddings": 77,
            "bos_token_id": len(words) - 2,
            "eos_token_id": len(words) - 1,
            "pad_token_id": len(words) - 1,
        },
        vision_config={**size, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    CLIPModel(config).save_pretrained(folder, safe_serialization=True)
    return folder


def blip_folder(folder: Path) -> Path:
    """A tiny BLIP with random weights."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]", "a", "cat", "on", "the", "moon", "##s"]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(13)
    size = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = BlipConfig(
        text_config={
            **size,
            "vocab_size": len(words),
            "encoder_hidden_size": 32,
            "max_position_embeddings": 160,
            "bos_token_id": 5,
            "eos_token_id": 3,
            "sep_token_id": 3,
            "pad_token_id": 0,
        },
        vision_config={**size, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    BlipForConditionalGeneration(config).save_pretrained(folder, safe_serialization=True)
    return folder
