"""The picture in docs/worker/alchemy.md: a drawing made small, then enlarged by a resampler and by trained networks.

Run where the extra `alchemy` is installed, as `make test-alchemy` does: .alchemy/bin/python docs/upscale_picture.py
"""

from __future__ import annotations

import io
import math
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from horde_worker.backends.trained_alchemy.upscaler import Upscaler
from horde_worker.backends.trained_alchemy.upscaler_catalogue import opened_network

PICTURE = Path(__file__).parent / "images" / "upscale.webp"
SMALL = (96, 72)
NETWORKS = {
    "realesrgan-x4plus": "RealESRGAN_x4plus",
    "realesrgan-x4plus-anime": "RealESRGAN_x4plus_anime_6B",
    "realesr-animevideov3": "realesr-animevideov3",
}


def main() -> None:
    """Draw, make small, enlarge four ways, and put the results side by side."""
    drawing = drawn()
    source = worn(drawing.resize(SMALL, Image.Resampling.BOX))
    shown = {
        f"the source: {source.width} x {source.height}, a JPEG": source.resize(drawing.size, Image.Resampling.NEAREST),
        "demo-alchemy: Lanczos": source.resize(drawing.size, Image.Resampling.LANCZOS),
    }
    for network, form in NETWORKS.items():
        shown[f"alchemy: {form}"] = Upscaler(opened_network(network, None), 4, 0.0).upscaled(source, lambda *_: None)
    shown["what it was made small from"] = drawing
    sheet(shown).save(PICTURE, quality=90, method=6)


def drawn() -> Image.Image:
    """A lighthouse on a rock, a boat, gulls: lines, curves, a little texture."""
    chance = random.Random(4)
    wide, high = SMALL[0] * 8, SMALL[1] * 8  # twice as large as it is shown, so that its edges are smooth
    picture = Image.new("RGB", (wide, high))
    draw = ImageDraw.Draw(picture)
    for row in range(high):
        share = row / high
        draw.line(
            (0, row, wide, row), fill=(int(255 - 120 * (1 - share)), int(190 - 20 * share), int(150 + 70 * (1 - share)))
        )
    draw.ellipse((560, 250, 680, 370), fill="#fff1c9")
    draw.rectangle((0, 360, wide, high), fill="#23506e")
    for _ in range(140):
        across, down = chance.randrange(wide), chance.randrange(370, high)
        length = (down - 340) // 3
        draw.line((across, down, across + length, down), fill="#4d86a5", width=2 + (down - 360) // 60)
    draw.polygon([(0, 480), (60, 400), (170, 370), (250, 380), (330, 470), (400, 576), (0, 576)], fill="#4a4038")
    for _ in range(60):
        across, down = chance.randrange(20, 300), chance.randrange(420, 570)
        draw.line(
            (across, down, across + chance.randrange(10, 40), down + chance.randrange(-10, 20)), fill="#2e2822", width=4
        )
    draw.polygon([(120, 380), (142, 120), (208, 120), (230, 380)], fill="#f3efe6")
    for band in range(3):
        top = 160 + band * 75
        inset = 22 * (380 - top) / 260
        draw.polygon(
            [(120 + inset, top), (230 - inset, top), (233 - inset, top + 38), (117 + inset, top + 38)], fill="#b3342d"
        )
    draw.rectangle((136, 104, 214, 122), fill="#2b2b2b")
    draw.rectangle((150, 62, 200, 104), fill="#ffe9a0", outline="#2b2b2b", width=6)
    draw.polygon([(142, 62), (175, 28), (208, 62)], fill="#8a211c")
    draw.polygon([(470, 430), (660, 430), (620, 486), (505, 486)], fill="#6b2f1a", outline="#2a120a", width=4)
    draw.line((560, 430, 560, 200), fill="#2a120a", width=8)
    draw.polygon([(570, 215), (570, 410), (668, 410)], fill="#f7f4ec", outline="#8d887b", width=3)
    draw.polygon([(550, 240), (550, 410), (484, 410)], fill="#e8d9a8", outline="#8d887b", width=3)
    for across, down, size in ((330, 110, 26), (410, 70, 20), (380, 170, 16), (460, 140, 14)):
        for side in (-1, 1):
            curve = [
                (across + side * size * t, down - size * 0.7 * math.sin(math.pi * t)) for t in (0, 0.25, 0.5, 0.75, 1)
            ]
            draw.line(curve, fill="#20262c", width=5)
    return picture.resize((SMALL[0] * 4, SMALL[1] * 4), Image.Resampling.BOX)


def worn(picture: Image.Image) -> Image.Image:
    """As pictures come from the internet."""
    raw = io.BytesIO()
    picture.save(raw, "JPEG", quality=80)
    return Image.open(raw).convert("RGB")


def sheet(pictures: dict[str, Image.Image]) -> Image.Image:
    """Pictures of one size with their titles, two in a row."""
    (width, height), title, gap = next(iter(pictures.values())).size, 26, 8
    rows = -(-len(pictures) // 2)
    made = Image.new("RGB", (2 * width + gap, rows * (height + title)), "white")
    draw = ImageDraw.Draw(made)
    for place, (name, picture) in enumerate(pictures.items()):
        corner = (place % 2) * (width + gap), (place // 2) * (height + title)
        draw.text((corner[0] + 2, corner[1] + 4), name, fill="black", font=ImageFont.load_default(16))
        made.paste(picture.convert("RGB"), (corner[0], corner[1] + title))
    return made


if __name__ == "__main__":
    main()
