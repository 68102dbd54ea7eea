"""Pictures in the bodies of dialects that have no URLs for them: base64 without anything in front."""

from __future__ import annotations

from typing import Final

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.messages import Picture

_MOST_PICTURES: Final = 8
_MOST_PICTURE_CHARACTERS: Final = 16_777_216
_BEGINNINGS: Final = (("iVBOR", "png"), ("/9j/", "jpeg"), ("UklGR", "webp"), ("R0lGOD", "gif"))


def read_pictures(body: Body) -> tuple[Picture, ...]:
    """The `images` of a message, or of a prompt. Raises `BadField`."""
    sent = body.texts("images", most=_MOST_PICTURES, most_characters=_MOST_PICTURE_CHARACTERS)
    return tuple(Picture(_url(each)) for each in sent)


def _url(sent: str) -> str:
    """A picture in base64 as a `data:` URL; one that is a URL already stays.

    What it really is whoever reads it sees.
    """
    if sent.startswith(("data:", "http://", "https://")):
        return sent
    kind = next((kind for beginning, kind in _BEGINNINGS if sent.startswith(beginning)), "png")
    return f"data:image/{kind};base64,{sent}"
