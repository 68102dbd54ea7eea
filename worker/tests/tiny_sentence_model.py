"""A model of meaning with random weights, written as its makers publish theirs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

WORDS = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "a",
    "cat",
    "##s",
    "sleep",
    "##ing",
    ".",
    "東",
    "cafe",
    "x",
    "##x",
    "'",
    "s",
)
WIDTH, HEADS, LAYERS, WIDE, PLACES = 16, 2, 2, 32, 64


def save_tiny_sentence_model(folder: Path, *, seed: int = 1, longest: int = 32) -> Path:
    """All its files."""
    folder.mkdir(parents=True)
    dice = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes |= {f"{at}.{name}.weight": (WIDTH, WIDTH), f"{at}.{name}.bias": (WIDTH,)}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{at}.{name}.weight": (WIDTH,), f"{at}.{name}.bias": (WIDTH,)}
        shapes |= {f"{at}.intermediate.dense.weight": (WIDE, WIDTH), f"{at}.intermediate.dense.bias": (WIDE,)}
        shapes |= {f"{at}.output.dense.weight": (WIDTH, WIDE), f"{at}.output.dense.bias": (WIDTH,)}
    write_tensors(
        folder / "model.safetensors",
        {name: dice.normal(0, 0.5, shape).astype("<f4") for name, shape in shapes.items()},
    )
    config = {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH,
        "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "intermediate_size": WIDE,
        "layer_norm_eps": 1e-12, "max_position_embeddings": PLACES, "vocab_size": len(WORDS), "type_vocab_size": 2,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": longest}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    return folder


def write_tensors(file: Path, tensors: dict[str, np.ndarray]) -> None:
    """As `.safetensors`: a header in JSON, then the numbers."""
    header, begin = {}, 0
    for name, tensor in tensors.items():
        end = begin + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [begin, end]}
        begin = end
    head = json.dumps(header).encode()
    file.write_bytes(len(head).to_bytes(8, "little") + head + b"".join(one.tobytes() for one in tensors.values()))
