"""Names of the files that commands write: they say what is in them, and none replaces another."""

from __future__ import annotations

import io
import os
import re
from itertools import count
from pathlib import Path

from horde_sdk.exceptions import HordeException

LONGEST_SLUG = 48


def slug_of(prompt: str) -> str:
    """Return the positive part of a prompt in a form that any file system takes."""
    words = re.findall(r"[a-z0-9]+", prompt.partition("###")[0].lower())
    return "-".join(words)[:LONGEST_SLUG].strip("-") or "image"


def as_webp(content: bytes) -> bytes:
    """Return an image file as WebP; one that is WebP already is kept byte for byte.

    Raises:
        OSError: It is no image.
        ValueError: It is broken, or has too many pixels.
    """
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return content
    import PIL.Image

    from horde_sdk.ai_horde_api.image_downloads import open_image

    kept = io.BytesIO()
    try:
        open_image(content).save(kept, "WEBP", lossless=True)
    except (PIL.Image.DecompressionBombError, SyntaxError) as error:
        raise ValueError(str(error)) from error
    return kept.getvalue()


def require_room(folder: Path) -> None:
    """Find out before anything is made, and paid for, that there is no place for it.

    Raises:
        HordeException: The folder is none, or cannot be written to.
    """
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise HordeException(f"{folder} is no folder that can be written to")


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
