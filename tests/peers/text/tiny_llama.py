"""A language model of a few hundred kilobytes with random weights, written for servers that load real models.

It is a Llama of two layers whose favourite tokens are letters, spaces and some English words, so that what it writes
can be read; each of them is about equally likely, the end of the text among them. Nothing about it was trained.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 128
HEADS: Final = 2  # of 64: the narrowest that every server takes
HIDDEN: Final = 256
LAYERS: Final = 2
CONTEXT: Final = 2048
BEGIN, END = "<s>", "</s>"
WORDS: Final = ("the", "and", "cat", "sea", "sun", "boat", "went", "home", "said", "night", "light", "green")
FAVOUR: Final = 3.0

Array = NDArray[np.float32]


def byte_letters() -> dict[int, str]:
    """The printable letter that stands for each byte in a byte-level vocabulary (GPT-2's own mapping)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in printable}
    rest = [byte for byte in range(256) if byte not in letters]
    return letters | {byte: chr(256 + place) for place, byte in enumerate(rest)}


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in their order, and the pairs that are merged to make the longer ones."""

    tokens: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]

    @classmethod
    def made(cls) -> Vocabulary:
        """Two marks, all bytes, and the words with a space in front."""
        letters = byte_letters()
        tokens = [BEGIN, END, *(letters[byte] for byte in range(256))]
        merges: dict[tuple[str, str], None] = {}
        for word in WORDS:
            grown = letters[ord(" ")]
            for letter in word:
                merges[grown, letter] = None
                grown += letter
                if grown not in tokens:
                    tokens.append(grown)
        return cls(tuple(tokens), tuple(merges))

    def is_favoured(self, token: str) -> bool:
        """Whether the model likes to write it: what can be read, and the end."""
        space = byte_letters()[ord(" ")]
        return token == END or token in (space, ".", ",") or (token.removeprefix(space).isascii() and token.isalpha())


def random_weights(vocabulary: Vocabulary, seed: int = 7) -> dict[str, Array]:
    """Weights by their names in Hugging Face's Llama. The first feature is constant: by it a token is favoured."""
    dice = np.random.default_rng(seed)

    def noise(*shape: int, scale: float) -> Array:
        return (dice.standard_normal(shape) * scale).astype(np.float32)

    size = len(vocabulary.tokens)
    embedding, head = noise(size, WIDTH, scale=0.3), noise(size, WIDTH, scale=0.08)
    embedding[:, 0] = 3.0
    head[:, 0] = [FAVOUR if vocabulary.is_favoured(token) else -FAVOUR for token in vocabulary.tokens]
    weights = {
        "model.embed_tokens.weight": embedding,
        "model.norm.weight": np.ones(WIDTH, np.float32),
        "lm_head.weight": head,
    }
    for layer in range(LAYERS):
        at = f"model.layers.{layer}"
        for name in "qkvo":
            weights[f"{at}.self_attn.{name}_proj.weight"] = noise(WIDTH, WIDTH, scale=0.05)
        weights[f"{at}.mlp.gate_proj.weight"] = noise(HIDDEN, WIDTH, scale=0.05)
        weights[f"{at}.mlp.up_proj.weight"] = noise(HIDDEN, WIDTH, scale=0.05)
        weights[f"{at}.mlp.down_proj.weight"] = noise(WIDTH, HIDDEN, scale=0.05)
        weights[f"{at}.input_layernorm.weight"] = np.ones(WIDTH, np.float32)
        weights[f"{at}.post_attention_layernorm.weight"] = np.ones(WIDTH, np.float32)
    return weights


GGUF_NAMES: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def gguf_name(name: str) -> str:
    """What llama.cpp calls a tensor that Hugging Face calls `name`."""
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    if name == "lm_head.weight":
        return "output.weight"
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{GGUF_NAMES[rest.removesuffix('.weight')]}.weight"


def write_gguf(path: Path) -> None:
    """The model as one file for llama.cpp."""
    import gguf

    vocabulary = Vocabulary.made()
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny-llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_types([3 if token in (BEGIN, END) else 1 for token in vocabulary.tokens])
    writer.add_token_merges([" ".join(pair) for pair in vocabulary.merges])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    for name, weight in random_weights(vocabulary).items():
        writer.add_tensor(gguf_name(name), weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_folder(folder: Path) -> None:
    """The model as a folder for Hugging Face's loaders, and all that use them."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer
    from tokenizers.decoders import ByteLevel as Decoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = Vocabulary.made()
    tokenizer = Tokenizer(BPE({token: place for place, token in enumerate(vocabulary.tokens)}, list(vocabulary.merges)))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = Decoder()
    tokenizer.add_special_tokens([BEGIN, END])
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file(random_weights(vocabulary), folder / "model.safetensors", metadata={"format": "pt"})
    _write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": BEGIN, "eos_token": END,
        "model_max_length": CONTEXT,
        "chat_template": "{% for message in messages %}{{ message['content'] }} {% endfor %}",
    })  # fmt: skip
    _write_json(folder / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH,
        "intermediate_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS, "head_dim": WIDTH // HEADS, "vocab_size": len(vocabulary.tokens),
        "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5, "hidden_act": "silu", "bos_token_id": 0,
        "eos_token_id": 1, "tie_word_embeddings": False, "torch_dtype": "float32",
    })  # fmt: skip
    _write_json(folder / "generation_config.json", {"bos_token_id": 0, "eos_token_id": 1})


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.gguf:
        write_gguf(asked.gguf)
    if asked.folder:
        write_folder(asked.folder)
