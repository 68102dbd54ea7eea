"""Pictures in bodies of edits and variations: files of a form, `data:` URLs, base64, or addresses (gateway.md §2.4)."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from horde_server.blobs.decoding import Decoders
from horde_server.blobs.masks import is_transparent, white_where_transparent
from horde_server.blobs.structure import UnusableImage, examined
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, MissingField
from horde_server.requests.asked import GivenPictures

MOST_PICTURES: Final = 16
MOST_CHARACTERS: Final = 32 * 1024 * 1024
_URL_SAFE: Final = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Sources:
    """Pictures as the desk takes them, whether they are to be painted into, and the shape of the first."""

    pictures: GivenPictures
    paints: bool
    size: tuple[int, int] | None = None


async def read_sources(body: Body, decoders: Decoders, requester: Hashable) -> Sources:
    """`image` and `mask`. Raises `MissingField`, `BadField`, and `TooManyPictures`."""
    images = _all(body, "image") or _all(body, "images")
    if not images:
        raise MissingField(body.named("image"))
    masks = _all(body, "mask")
    paints, mask = bool(masks), ""
    data = await asyncio.to_thread(_bytes, images[0])
    if masks:
        mask = await asyncio.to_thread(_text, masks[0])
        if (given := await asyncio.to_thread(_bytes, masks[0])) is not None:
            made = await _looked_at(decoders, requester, "mask", partial(white_where_transparent, given))
            mask = await asyncio.to_thread(_text, made) if made is not None else mask
    elif data is not None:
        paints = await _looked_at(decoders, requester, "image", partial(is_transparent, data))
    first, *others = [await asyncio.to_thread(_text, each) for each in images]
    extra = [(other, 1.0) for other in others]
    return Sources(GivenPictures(image=first, mask=mask, extra=extra), paints, _size(data))


def _all(body: Body, name: str) -> list[str | bytes]:
    """Each as it was sent: a file, base64, or an address."""
    files = body.files.get(name)
    if files:
        if len(files) > MOST_PICTURES:
            raise BadField(name, f"{name} has more than {MOST_PICTURES} pictures: send less.")
        return list(files)
    return [
        text
        for place, item in enumerate(body.items(name, most=MOST_PICTURES))
        if (text := _one(body, f"{name}.{place}", item))
    ]


def _one(body: Body, name: str, item: Any) -> str:
    if isinstance(item, dict):
        read = body.as_object(name, item)
        url = read.get("image_url")
        inner = read.object("image_url") if isinstance(url, dict) else None
        item = inner.text("url", most=MOST_CHARACTERS) if inner else read.text("image_url", most=MOST_CHARACTERS)
    if not isinstance(item, str):
        raise BadField(name, f"{name} is no picture: send a data: URL, base64, or an address.")
    if item[:4].lower() == "http" or not item:
        return item
    return (item.partition(",")[2] if item.startswith("data:") else item).translate(_URL_SAFE)


def _text(picture: str | bytes) -> str:
    """As the desk reads it: base64, or an address. Of megabytes it takes milliseconds, as `_bytes` does."""
    return picture if isinstance(picture, str) else base64.b64encode(picture).decode()


def _bytes(picture: str | bytes) -> bytes | None:
    """A picture that came with the body; None: an address, or nothing that can be read, which the desk refuses."""
    if isinstance(picture, bytes):
        return picture
    if picture[:4].lower() == "http":
        return None
    try:
        return base64.b64decode(picture)
    except (binascii.Error, ValueError):
        return None


def _size(data: bytes | None) -> tuple[int, int] | None:
    if data is None:
        return None
    try:
        seen = examined(data, to_the_end=False)
    except UnusableImage:
        return None
    return seen.width, seen.height


async def _looked_at(decoders: Decoders, requester: Hashable, param: str, work: Any) -> Any:
    try:
        return await decoders.run(requester, work)
    except UnusableImage as found:
        raise BadField(param, f"{param} could not be read, as it is {found}: send a WebP, PNG or JPEG.") from None
