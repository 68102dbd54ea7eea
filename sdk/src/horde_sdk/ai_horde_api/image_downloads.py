"""Pictures of generations: fetched or decoded, opened, saved. Pillow is imported with the first picture."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from horde_sdk.ai_horde_api.endpoints import ai_horde_base_url
from horde_sdk.generic_api.named_downloads import download_named, fetch_named

if TYPE_CHECKING:
    import ssl

    import aiohttp
    import requests
    from PIL.Image import Image

    from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGeneration

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Those that Pillow reads itself: for others it may start a program."""

__all__ = [
    "FORMATS",
    "bytes_of_base64",
    "download_image_bytes",
    "download_image_from_generation",
    "download_image_from_url",
    "fetch_image_bytes",
    "generation_bytes",
    "is_url",
    "open_image",
    "save_image",
]


def is_url(img: str) -> bool:
    """Tell whether `img` of a generation is a URL; otherwise it is the image itself."""
    return img.startswith(("http://", "https://"))


def open_image(content: bytes) -> Image:
    """Return the picture; a truncated one fails when it is used."""
    import PIL.Image

    return PIL.Image.open(io.BytesIO(content), formats=FORMATS)


def save_image(content: bytes, path: Path | str) -> Path:
    """Write an image file whole or not at all, and return its path.

    The bytes are kept as they are where the name's ending means their format or says nothing; otherwise the picture is
    converted.

    Raises:
        OSError: It could not be written, or is no picture.
        ValueError: Nothing is known about the name's ending.
    """
    import PIL.Image

    path = Path(path)
    with open_image(content) as picture:
        wanted = PIL.Image.registered_extensions().get(path.suffix.lower())
        if path.suffix and wanted not in PIL.Image.SAVE:
            raise ValueError(f"no image format ends in {path.suffix}")
        if wanted not in (None, picture.format):
            converted = io.BytesIO()
            fits = picture if wanted not in ("JPEG", "MPO") else picture.convert("RGB")
            fits.save(converted, wanted)
            content = converted.getvalue()
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def bytes_of_base64(img: str | None) -> bytes:
    """Return the bytes of an image in base64.

    Raises:
        ValueError: There is none.
    """
    if not img:
        raise ValueError("the generation has no image")
    return base64.b64decode(img)


def download_image_bytes(
    url: str,
    *,
    session: requests.Session | None = None,
    outside: requests.Session | None = None,
    horde_url: str | None = None,
) -> io.BytesIO:
    """Fetch an image file that a horde named by URL, and return its bytes.

    Args:
        url: What a horde named.
        session: Connections to the horde.
        outside: Connections to anywhere else, guarded.
        horde_url: The horde, wherever it is; default: the environment's.

    Raises:
        requests.HTTPError: The answer is not 200.
        requests.ConnectionError: Nobody answers, or it leads into a private network.
        OSError: It is too large, or takes too long.
    """
    return download_named(url, own_url=horde_url or ai_horde_base_url(), session=session, outside=outside)


async def fetch_image_bytes(
    url: str,
    session: aiohttp.ClientSession,
    *,
    tls: ssl.SSLContext | bool = True,
    horde_url: str | None = None,
) -> bytes:
    """Fetch an image file that a horde named by URL, and return its bytes.

    Args:
        url: What a horde named.
        session: Connections to the horde; and to everywhere, where they lead through a proxy.
        tls: Whose certificates are believed; default: Mozilla's.
        horde_url: The horde, wherever it is; default: the environment's.

    Raises:
        aiohttp.ClientResponseError: The answer is not 200.
        aiohttp.ClientConnectionError: Nobody answers, or it leads into a private network.
        aiohttp.ClientPayloadError: It is too large.
        aiohttp.ServerTimeoutError: Nothing came, or not in time.
    """
    return await fetch_named(url, session, own_url=horde_url or ai_horde_base_url(), tls=tls)


def download_image_from_url(url: str) -> Image:
    """Fetch a URL as a picture.

    Raises:
        requests.HTTPError: The answer is not 200.
    """
    return open_image(download_image_bytes(url).getvalue())


def generation_bytes(generation: ImageGeneration) -> bytes:
    """Return the image file of a generation as the worker made it."""
    if generation.img and is_url(generation.img):
        return download_image_bytes(generation.img).getvalue()
    return bytes_of_base64(generation.img)


def download_image_from_generation(generation: ImageGeneration) -> Image:
    """Return the picture of a generation.

    Raises:
        ValueError: It has none.
        requests.HTTPError: It could not be fetched.
    """
    return open_image(generation_bytes(generation))
