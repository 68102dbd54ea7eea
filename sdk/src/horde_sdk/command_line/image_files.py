"""Where the files of a command go: their names say what they are, and they never replace one another."""

from __future__ import annotations

import io
import re
from itertools import count
from pathlib import Path

LONGEST_SLUG = 48


def slug_of(prompt: str) -> str:
    """Return the positive part of a prompt in a form that any file system takes."""
    words = re.findall(r"[a-z0-9]+", prompt.split("###")[0].lower())
    return "-".join(words)[:LONGEST_SLUG].strip("-") or "image"


def as_webp(content: bytes) -> bytes:
    """Return an image file as WebP; one that is WebP already is kept byte for byte."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return content
    import PIL.Image

    kept = io.BytesIO()
    PIL.Image.open(io.BytesIO(content)).save(kept, "WEBP", lossless=True)
    return kept.getvalue()


def save_without_overwriting(content: bytes, folder: Path, name: str, suffix: str = ".webp") -> Path:
    """Write `name`.webp, or `name`-2.webp and so on where that exists, and return its path.

    Raises:
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        path = folder / f"{name}{'' if number == 1 else f'-{number}'}{suffix}"
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            continue
        return path
    raise AssertionError("count() ends never")
