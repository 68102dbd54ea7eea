"""What a machine has, and what it could serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from horde_worker.discovery.hardware import Card, Hardware, drm_cards, measured, nvidia_cards, rocm_cards
from horde_worker.discovery.suggestions import in_words, pictures, text_model

GB = 2**30


def test_this_machine_is_measured() -> None:
    """Really: it has at least the processor and the memory that this test runs in."""
    found = measured()
    assert found.cores >= 1
    assert found.ram_bytes > 100 * 2**20
    assert "processor cores" in found.in_words()


def test_what_nvidias_tool_says() -> None:
    """A line each; whatever is odd is no card."""
    assert nvidia_cards("NVIDIA GeForce RTX 4090, 24564\nTesla T4, 15360\n") == [
        Card("NVIDIA GeForce RTX 4090", 24564 * 2**20),
        Card("Tesla T4", 15360 * 2**20),
    ]
    assert nvidia_cards("No devices were found\n, 3\nX, [N/A]\n") == []


def test_what_amds_tool_says() -> None:
    """A table whose columns have names."""
    said = (
        "device,VRAM Total Memory (B),VRAM Total Used Memory (B),Card Series\ncard0,17163091968,1,Radeon RX 7800 XT\n"
    )
    assert rocm_cards(said) == [Card("AMD Radeon RX 7800 XT", 17163091968)]
    assert rocm_cards("WARNING: no gpu\n") == rocm_cards("a,b\nc,d\n") == []


def test_what_the_kernel_says(tmp_path: Path) -> None:
    """Of cards with memory of their own."""
    for name, size in (("card0", 16 * GB), ("card1", 256 * 2**20)):
        device = tmp_path / name / "device"
        device.mkdir(parents=True)
        (device / "mem_info_vram_total").write_text(f"{size}\n")
        (device / "vendor").write_text("0x1002\n")
    (tmp_path / "card2").mkdir()
    assert drm_cards(tmp_path) == [Card("AMD", 16 * GB)]


@pytest.mark.parametrize(
    ("hardware", "model", "paints"),
    [
        (Hardware(8, 32 * GB, (Card("a", 24 * GB),)), "qwen3:32b", "Flux"),
        (Hardware(8, 32 * GB, (Card("a", 12 * GB),)), "qwen3:14b", "SDXL models"),
        (Hardware(8, 32 * GB, (Card("a", 6 * GB),)), "qwen3:4b", "Stable Diffusion 1.5 models"),
        (Hardware(8, 64 * GB), "qwen3:8b", ""),
        (Hardware(2, 4 * GB), "qwen3:0.6b", ""),
        (Hardware(10, 64 * GB, is_apple_silicon=True), "llama3.3:70b", "Flux"),
    ],
    ids=["24 GB", "12 GB", "6 GB", "no card", "small", "mac"],
)
def test_what_fits_is_suggested(hardware: Hardware, model: str, paints: str) -> None:
    """The largest that does; without a card none that would be too slow."""
    if hardware.is_apple_silicon:
        assert hardware.for_models_bytes > 40 * GB
    found = text_model(hardware)
    assert found is not None
    assert (found.ollama, pictures(hardware)) == (f"ollama run {model}", paints)
    said = "\n".join(in_words(hardware))
    assert found.ollama in said and found.llamacpp in said


def test_a_machine_for_none() -> None:
    """Is told so."""
    assert text_model(Hardware(1, 1 * GB)) is None
    assert "too little memory" in in_words(Hardware(1, 1 * GB))[1]
