"""From a generation to a picture. Pillow and the HTTP library are imported with the first picture."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from horde_sdk.generic_api import bounds

if TYPE_CHECKING:
    import ssl

    import aiohttp
    import requests
    from PIL.Image import Image

    from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGeneration

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Those that Pillow reads itself: for others it may start a program."""

DOWNLOAD_TIMEOUT_S = 120.0
"""From the question to the last byte."""

SILENCE_S = 60.0
"""How long a silent server is waited for."""


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


def _without_signature(url: str) -> str:
    """Return a link as far as it is no secret: whoever has the rest may fetch the image."""
    return url.partition("?")[0]


def download_image_bytes(url: str, *, session: requests.Session | None = None) -> io.BytesIO:
    """Fetch a URL.

    Raises:
        requests.HTTPError: The answer is not 200.
        OSError: It is too large, or takes too long.
    """
    import requests

    collected = bounds.Collected(bounds.LARGEST_IMAGE_BYTES, DOWNLOAD_TIMEOUT_S)
    try:
        with (session or requests).get(url, timeout=SILENCE_S, stream=True) as answer:
            if answer.status_code != 200:
                raise requests.HTTPError(f"the image could not be fetched: HTTP {answer.status_code}", response=answer)
            return io.BytesIO(collected.read(bounds.pieces_of(answer)))
    except (requests.ConnectionError, requests.Timeout) as error:
        kind = requests.Timeout if isinstance(error, requests.Timeout) else requests.ConnectionError
        raise kind(f"{_without_signature(url)} could not be fetched ({type(error).__name__})") from None


def download_image_from_url(url: str) -> Image:
    """Fetch a URL as a picture.

    Raises:
        requests.HTTPError: The answer is not 200.
    """
    return open_image(download_image_bytes(url).getvalue())


def generation_bytes(generation: ImageGeneration, *, session: requests.Session | None = None) -> bytes:
    """Return the image file of a generation as the worker made it."""
    if generation.img and is_url(generation.img):
        return download_image_bytes(generation.img, session=session).getvalue()
    return bytes_of_base64(generation.img)


def download_image_from_generation(generation: ImageGeneration) -> Image:
    """Return the picture of a generation.

    Raises:
        ValueError: It has none.
        requests.HTTPError: It could not be fetched.
    """
    return open_image(generation_bytes(generation))


async def fetch_image_bytes(
    url: str,
    session: aiohttp.ClientSession,
    *,
    tls: ssl.SSLContext | bool = True,
) -> bytes:
    """Fetch a URL.

    Raises:
        aiohttp.ClientResponseError: The answer is not 200.
        aiohttp.ClientPayloadError: It is too large.
        aiohttp.ServerTimeoutError: Nothing came, or not in time.
    """
    import aiohttp

    try:
        return await _fetched(url, session, tls)
    except (aiohttp.ServerTimeoutError, aiohttp.TooManyRedirects, aiohttp.InvalidURL) as error:
        # These name the URL in whole.
        kind = aiohttp.ServerTimeoutError if isinstance(error, TimeoutError) else aiohttp.ClientConnectionError
        raise kind(f"{_without_signature(url)} could not be fetched ({type(error).__name__})") from None


async def _fetched(url: str, session: aiohttp.ClientSession, tls: ssl.SSLContext | bool) -> bytes:
    import aiohttp

    collected = bounds.Collected(bounds.LARGEST_IMAGE_BYTES, DOWNLOAD_TIMEOUT_S)
    async with session.get(
        url,
        ssl=tls,
        timeout=aiohttp.ClientTimeout(total=DOWNLOAD_TIMEOUT_S, sock_read=SILENCE_S),
    ) as answer:
        if answer.status != 200:
            asked = answer.request_info
            raise aiohttp.ClientResponseError(
                aiohttp.RequestInfo(
                    asked.url.with_query(None), asked.method, asked.headers, asked.real_url.with_query(None)
                ),
                (),
                status=answer.status,
                message="the image could not be fetched",
            )
        try:
            return await collected.read_async(answer.content.iter_chunked(2**16))
        except bounds.AnswerOutOfBoundsError as error:
            raise aiohttp.ClientPayloadError(str(error)) from None
