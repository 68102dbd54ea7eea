"""What is told of a model by its name (gateway-ollama.md §1.2)."""

from __future__ import annotations

import pytest

from horde_server.gateway.ollama.model_details import billions, details, digest, family, quantisation


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("koboldcpp/L3-8B-Stheno-v3.2", "llama"),
        ("aphrodite/mistralai/Mistral-Nemo", "mistral"),
        ("koboldcpp/Mixtral-8x7B", "mistral"),
        ("Qwen3-4B", "qwen3"),
        ("QwQ-32B", "qwen2"),
        ("google/gemma-3-12b-it", "gemma3"),
        ("phi-4", "phi4"),
        ("DeepSeek-R1", "deepseek2"),
        ("gpt-oss-20b", "gptoss"),
        ("ember", "horde"),
    ],
)
def test_families_are_read_from_the_name(name: str, told: str) -> None:
    assert family(name) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("koboldcpp/Fimbulvetr-11B-Q4_K_S", "Q4_K_S"),
        ("model.i1-IQ4_XS.gguf", "IQ4_XS"),
        ("model-q8_0", "Q8_0"),
        ("model-bf16", "BF16"),
        ("model-fp8", "FP8"),
        ("QwQ-32B", "unknown"),
        ("ember", "unknown"),
    ],
)
def test_quantisations_are_read_from_the_name(name: str, told: str) -> None:
    assert quantisation(name) == told


@pytest.mark.parametrize(
    ("name", "told"), [("unheard-of-8B-x", 8), ("unheard-0.5b", 0.5), ("big-8x7B", 7), ("no-size", None), ("b", None)]
)
def test_sizes_are_read_from_the_name(name: str, told: float | None) -> None:
    assert billions(name) == told


def test_the_catalogue_knows_sizes_that_names_do_not_tell() -> None:
    assert details("koboldcpp/Mistral-7B-Instruct-v0.2")["parameter_size"].endswith("B")
    assert details("no-size")["parameter_size"] == "unknown"


def test_a_digest_is_the_models_own_and_stays() -> None:
    assert digest("a") == digest("a") != digest("b")
    assert len(digest("a")) == 64
