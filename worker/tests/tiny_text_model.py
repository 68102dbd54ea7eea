"""A language model with random weights in a folder, as its users would have one: config, tokenizer, safetensors."""

from __future__ import annotations

from pathlib import Path

SENTENCE = "the quick brown fox jumps over the lazy dog, and the small red boat sails home. "


def save_tiny_text_model(folder: Path, *, context: int = 256, seed: int = 1) -> Path:
    """A Llama of two layers that reads bytes and a few merges of them; its texts are any bytes, also broken ones."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([SENTENCE] * 5, trainer)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>").save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        bos_token_id=0,
        eos_token_id=1,
        initializer_range=0.3,  # so that the scores differ: with the usual range all tokens are about as likely
    )
    LlamaForCausalLM(config).save_pretrained(folder, safe_serialization=True)
    return folder
