"""What is released: the distributions, their folders, and the one version that all of them have."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {
    "openhorde-sdk": ROOT / "sdk",
    "openhorde-server": ROOT / "server",
    "openhorde-worker": ROOT / "worker",
    "openhorde-models": ROOT / "models",
    "openhorde": ROOT / "release" / "openhorde",
}
"""The folder of each distribution, by its name."""

VERSION_FILE = ROOT / "sdk" / "src" / "horde_sdk" / "_version.py"
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
SIBLING_PIN = re.compile(rf"\b({'|'.join(sorted(FOLDERS, reverse=True))})(\[\w+\])?==([\w.]+)")
"""A requirement of one of ours by another: name, extra, version."""
RELATIVE_LINK = re.compile(r"\]\((?!https?://|#)[^)]*\)")
"""A link in a README that no package index can follow: it knows no repository."""


def current_version() -> str:
    """The version that the next release has."""
    found = _VERSION.search(VERSION_FILE.read_text("utf-8"))
    assert found is not None, f"{VERSION_FILE} names no version"
    return found[1]


def set_version(version: str) -> None:
    """Write a version into the one file, and into the requirements of each other that the distributions have."""
    VERSION_FILE.write_text(_VERSION.sub(f'__version__ = "{version}"', VERSION_FILE.read_text("utf-8")), "utf-8")
    for folder in FOLDERS.values():
        project = folder / "pyproject.toml"
        project.write_text(SIBLING_PIN.sub(rf"\1\2=={version}", project.read_text("utf-8")), "utf-8")
