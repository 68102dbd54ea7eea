"""What a machine could serve, for an owner who has nothing running yet: a model that fits, and the one command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from horde_worker.discovery.hardware import Hardware, gigabytes

_GB: Final = 2**30
_ROOM_BYTES: Final = 1 * _GB
"""For the system, and for the context of a text."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text model that fits, with the commands that fetch and serve it."""

    model: str
    size_bytes: int
    ollama: str
    llamacpp: str


_TEXT_MODELS: Final = (  # by their size in memory at about four bits a weight, the largest first
    (40.0, "Llama 3.3 70B", "llama3.3:70b", "bartowski/Llama-3.3-70B-Instruct-GGUF:Q4_K_M"),
    (19.0, "Qwen3 32B", "qwen3:32b", "Qwen/Qwen3-32B-GGUF:Q4_K_M"),
    (13.0, "Mistral Small 24B", "mistral-small:24b", "bartowski/Mistral-Small-24B-Instruct-2501-GGUF:Q4_K_M"),
    (9.0, "Qwen3 14B", "qwen3:14b", "Qwen/Qwen3-14B-GGUF:Q4_K_M"),
    (5.2, "Qwen3 8B", "qwen3:8b", "Qwen/Qwen3-8B-GGUF:Q4_K_M"),
    (2.6, "Qwen3 4B", "qwen3:4b", "Qwen/Qwen3-4B-GGUF:Q4_K_M"),
    (1.3, "Qwen3 1.7B", "qwen3:1.7b", "Qwen/Qwen3-1.7B-GGUF:Q8_0"),
    (0.6, "Qwen3 0.6B", "qwen3:0.6b", "Qwen/Qwen3-0.6B-GGUF:Q8_0"),
)
_PICTURES: Final = (
    (22.0, "Flux"),
    (8.0, "SDXL models"),
    (4.0, "Stable Diffusion 1.5 models"),
)
_TOO_LARGE_FOR_PROCESSORS_GB: Final = 6.0
"""Without a card, larger ones write slower than a horde waits for."""


def text_model(hardware: Hardware) -> Suggestion | None:
    """The largest text model that fits; None where none does."""
    room = hardware.for_models_bytes - _ROOM_BYTES
    for size_gb, name, ollama, gguf in _TEXT_MODELS:
        is_slow = not hardware.cards and not hardware.is_apple_silicon and size_gb > _TOO_LARGE_FOR_PROCESSORS_GB
        if size_gb * _GB <= room and not is_slow:
            return Suggestion(name, int(size_gb * _GB), f"ollama run {ollama}", f"llama-server -hf {gguf}")
    return None


def pictures(hardware: Hardware) -> str:
    """Which picture models the card could hold; nothing where there is no card for that."""
    if not hardware.cards and not hardware.is_apple_silicon:
        return ""
    room = hardware.for_models_bytes / _GB
    return next((name for size_gb, name in _PICTURES if size_gb <= room), "")


def in_words(hardware: Hardware) -> list[str]:
    """What to tell the owner, a line each."""
    lines = [f"This machine has {hardware.in_words()}."]
    if suggested := text_model(hardware):
        lines += [
            f"It could write texts with {suggested.model} ({gigabytes(suggested.size_bytes)}). Either of these fetches "
            "and serves it:",
            f"    {suggested.ollama}",
            f"    {suggested.llamacpp}",
        ]
    else:
        lines.append("It has too little memory for any but the smallest language models.")
    if can := pictures(hardware):
        lines.append(f"Its card could paint with {can}: ComfyUI, Forge or AUTOMATIC1111 would do that.")
    return lines
