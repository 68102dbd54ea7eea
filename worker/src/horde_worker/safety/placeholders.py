"""Pictures in place of those that are not delivered: drawn when they are needed, one for each reason."""

from __future__ import annotations

import textwrap
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from horde_worker.safety.decision import Reason

_COLOURS: Final = {
    Reason.CSAM: ("#5c1a1a", "#f6dcdc"),
    Reason.CENSORLIST: ("#4a3a12", "#f7ebc8"),
    Reason.SFW_REQUEST: ("#1d3b53", "#dbeaf5"),
    Reason.SFW_WORKER: ("#2b4630", "#dff0e1"),
}
_TEXTS: Final = {
    Reason.CSAM: "This picture was withheld: its worker took it for one that shows a child in a sexual way.",
    Reason.CENSORLIST: "This picture was censored: its prompt has a word for which its worker shows nothing unsafe.",
    Reason.SFW_REQUEST: "This picture was censored: its request asked for nothing that is not safe for work.",
    Reason.SFW_WORKER: "This picture was censored: its worker delivers nothing that is not safe for work.",
}


def placeholder(reason: Reason, size: tuple[int, int]) -> Image.Image:
    """A picture of this size that says why there is no other."""
    ground, ink = _COLOURS[reason]
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    unit = min(size)
    pixels = max(unit // 18, 8)
    font = ImageFont.load_default(pixels)
    across = max(int(size[0] * 0.8 / (pixels * 0.55)), 8)
    text = "\n".join(textwrap.wrap(_TEXTS[reason], across))
    # A barred circle, for those who cannot read the words.
    radius, middle = unit // 8, (size[0] // 2, size[1] // 3)
    width = max(radius // 5, 1)
    box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
    draw.ellipse(box, outline=ink, width=width)
    slant = int(radius * 0.7)
    draw.line((middle[0] - slant, middle[1] + slant, middle[0] + slant, middle[1] - slant), fill=ink, width=width)
    draw.multiline_text(
        (size[0] // 2, size[1] // 3 + radius + pixels), text, fill=ink, font=font, anchor="ma", align="center"
    )
    return picture
