"""Pictures in the bodies of dialects that have no URLs for them: base64 without anything in front."""

from __future__ import annotations

from typing import Final

MOST_PICTURES: Final = 8
MOST_PICTURE_CHARACTERS: Final = 16_777_216
_BEGINNINGS: Final = (("iVBOR", "png"), ("/9j/", "jpeg"), ("UklGR", "webp"), ("R0lGOD", "gif"))


def picture_url(sent: str) -> str:
    """A picture in base64 as a `data:` URL; one that is a URL already stays.

    What it really is whoever reads it sees.
    """
    if sent.startswith(("data:", "http://", "https://")):
        return sent
    kind = next((kind for beginning, kind in _BEGINNINGS if sent.startswith(beginning)), "png")
    return f"data:image/{kind};base64,{sent}"
