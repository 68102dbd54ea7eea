"""What this machine has: processors, memory, graphics cards. Measured, with what every system brings."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TOOL_LIMIT_S: Final = 5.0
_DRM: Final = Path("/sys/class/drm")
_VENDORS: Final = {"0x1002": "AMD", "0x10de": "NVIDIA", "0x8086": "Intel"}


@dataclass(frozen=True, slots=True)
class Card:
    """A graphics card."""

    name: str
    vram_bytes: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """What there is for a model. Memory that a card shares with the processor counts as memory."""

    cores: int
    ram_bytes: int
    cards: tuple[Card, ...] = ()
    is_apple_silicon: bool = False

    @property
    def for_models_bytes(self) -> int:
        """Memory that a model may take: of the largest card, else most of the machine's own."""
        if self.cards:
            return max(card.vram_bytes for card in self.cards)
        return int(self.ram_bytes * (0.7 if self.is_apple_silicon else 0.5))

    def in_words(self) -> str:
        """One line."""
        cards = ", ".join(f"{card.name} with {gigabytes(card.vram_bytes)}" for card in self.cards) or "no graphics card"
        return f"{self.cores} processor cores, {gigabytes(self.ram_bytes)} of memory, {cards}"


def gigabytes(size_bytes: int) -> str:
    """A size in words."""
    return f"{size_bytes / 2**30:.0f} GB" if size_bytes >= 10 * 2**30 else f"{size_bytes / 2**30:.1f} GB"


def measured() -> Hardware:
    """What this machine has; takes a moment. What cannot be measured counts as not there."""
    is_apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    cards = _nvidia() or _rocm() or _drm(_DRM)
    return Hardware(_cores(), _ram_bytes(), tuple(cards), is_apple)


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _ram_bytes() -> int:
    """The machine's memory, or what a container may have of it."""
    total = 0
    if sys.platform != "win32":
        with contextlib.suppress(ValueError, OSError):
            total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if not total and (said := _output("sysctl", "-n", "hw.memsize")).strip().isdigit():
        total = int(said)
    if not total and platform.system() == "Windows":
        said = _output("wmic", "computersystem", "get", "TotalPhysicalMemory", "/value")
        total = int(found[1]) if (found := re.search(r"=(\d+)", said)) else 0
    with contextlib.suppress(OSError, ValueError):
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text().strip())
        total = min(total, limit) if total else limit
    return total


def _nvidia() -> list[Card]:
    said = _output("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
    return nvidia_cards(said)


def nvidia_cards(said: str) -> list[Card]:
    """The cards in what `nvidia-smi` says, a line each: name, mebibytes."""
    rows = (line.rpartition(",") for line in said.splitlines()[:64])
    return [Card(name.strip()[:100], int(size) * 2**20) for name, _, size in rows if name and size.strip().isdigit()]


def _rocm() -> list[Card]:
    said = _output("rocm-smi", "--showproductname", "--showmeminfo", "vram", "--csv")
    return rocm_cards(said)


def rocm_cards(said: str) -> list[Card]:
    """The cards in what `rocm-smi` says: a table with a column of bytes and one of names."""
    rows = [line.split(",") for line in said.splitlines()[:64] if "," in line]
    if not rows:
        return []
    head = [name.strip().lower() for name in rows[0]]
    size_at = next((place for place, name in enumerate(head) if "total memory (b)" in name), None)
    name_at = next((place for place, name in enumerate(head) if "series" in name or "product" in name), None)
    if size_at is None:
        return []
    cards = []
    for row in rows[1:]:
        if len(row) > size_at and row[size_at].strip().isdigit():
            series = row[name_at].strip()[:90] if name_at is not None and len(row) > name_at else ""
            cards.append(Card(f"AMD {series}".strip(), int(row[size_at])))
    return cards


def _drm(folder: Path) -> list[Card]:
    return drm_cards(folder)


def drm_cards(folder: Path) -> list[Card]:
    """Cards by what the Linux kernel says of them: AMD's driver tells their memory, without any tool."""
    cards = []
    for card in sorted(folder.glob("card[0-9]*")) if folder.is_dir() else ():
        with contextlib.suppress(OSError, ValueError):
            size = int((card / "device" / "mem_info_vram_total").read_text())
            vendor = _VENDORS.get((card / "device" / "vendor").read_text().strip(), "a card")
            if size >= 2**30:  # less is a window into the machine's memory
                cards.append(Card(vendor, size))
    return cards


def _output(*command: str) -> str:
    """What a tool says; nothing where it is not there, fails or hangs."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=TOOL_LIMIT_S, check=False)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return ran.stdout[:65536] if ran.returncode == 0 else ""
