"""Pictures that are not of the small world: what the captioner learns to turn down.

All are drawn by this program too: noise with the spectrum of photographs, lit things, gradients, text, charts, and
drawings of other things. No photograph went in; how real ones are taken is measured, not trained.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIDE = 96
Rgb = tuple[int, int, int]


def stranger(rng: random.Random) -> Image.Image:
    """One of them, at random; one in four is a mixture of two, and one in four has no colours."""
    picture = rng.choice(_KINDS)(rng)
    if rng.random() < 0.25:
        picture = Image.blend(picture, rng.choice(_KINDS)(rng), rng.uniform(0.25, 0.6))
    if rng.random() < 0.25:
        picture = picture.convert("L").convert("RGB")
    return picture


def _colour(rng: random.Random) -> Rgb:
    return rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255)


def _dice(rng: random.Random) -> np.random.Generator:
    return np.random.default_rng(rng.getrandbits(32))


def _photo_like(rng: random.Random) -> Image.Image:
    """Noise whose amplitude falls with frequency as that of photographs does, in colours that mostly go together."""
    dice = _dice(rng)
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE)[None, :])
    fall = np.maximum(frequency, 1 / SIDE) ** -rng.uniform(0.8, 2.2)
    layers = [np.fft.ifft2(np.fft.fft2(dice.standard_normal((SIDE, SIDE))) * fall).real for _ in range(3)]
    together = rng.uniform(0, 0.9)
    even = [layer / layer.std() for layer in layers]
    mixed = np.stack([(1 - together) * layer + together * even[0] for layer in even], -1)
    if rng.random() < 0.4:
        mixed = np.floor(mixed * rng.uniform(0.7, 2)) / rng.uniform(0.7, 2)
    pixels = np.array(_colour(rng)) + mixed * rng.uniform(20, 70)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _two_textures(rng: random.Random) -> Image.Image:
    """Something with a wavy border before something else, as of a photograph: a rock before the sky, a face."""
    where = _photo_like(rng).convert("L").filter(ImageFilter.GaussianBlur(rng.uniform(3, 9)))
    level = float(np.quantile(np.asarray(where), rng.uniform(0.25, 0.75)))
    soft = where.point([255 if value > level else 0 for value in range(256)]).filter(ImageFilter.GaussianBlur(0.7))
    return Image.composite(_surface(rng), _surface(rng), soft)


def _surface(rng: random.Random) -> Image.Image:
    """A texture or a smooth slope."""
    if rng.random() < 0.5:
        return _photo_like(rng)
    return Image.new("RGB", (SIDE, SIDE), _colour(rng)) if rng.random() < 0.3 else _gradient(rng)


def _lit_things(rng: random.Random) -> Image.Image:
    """A few balls and boxes with light from one side, out of focus or not, often before the dark."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    pixels = np.asarray(_surface(rng)).astype(np.float64) * (rng.uniform(0, 0.3) if rng.random() < 0.4 else 1)
    for _ in range(rng.randint(1, 5)):
        cx, cy, wide, high = rng.random(), rng.random(), rng.uniform(0.08, 0.45), rng.uniform(0.08, 0.45)
        power = rng.choice((2, 2, 4))
        reach = (np.abs((x - cx) / wide) ** power + np.abs((y - cy) / high) ** power)[..., None]
        light = np.clip(1.1 - 0.9 * np.hypot((x - cx) / wide + 0.4, (y - cy) / high + 0.4), 0.05, 1.3)[..., None]
        cover = np.clip((1 - reach) * rng.choice((1.5, 6, 20)), 0, 1)
        pixels = pixels * (1 - cover) + np.array(_colour(rng)) * light * cover
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _letter(rng: random.Random) -> Image.Image:
    """One or two large letters or signs, as of a logo."""
    picture = Image.new("RGB", (SIDE, SIDE), _colour(rng))
    letters = "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789&%#?@", k=rng.randint(1, 2)))
    font = ImageFont.load_default(rng.randint(40, 90))
    ImageDraw.Draw(picture).text((SIDE / 2, SIDE / 2), letters, fill=_colour(rng), font=font, anchor="mm")
    return picture


def _static(rng: random.Random) -> Image.Image:
    cell = rng.choice((1, 2, 4, 8, 16))
    cells = _dice(rng).integers(0, 256, (SIDE // cell, SIDE // cell, 3), dtype=np.uint8)
    return Image.fromarray(cells).resize((SIDE, SIDE), rng.choice((Image.Resampling.NEAREST, Image.Resampling.BICUBIC)))


def _gradient(rng: random.Random) -> Image.Image:
    """Between two colours, straight or round, at any angle: not the fades of skies, which run from top to bottom."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    angle = rng.uniform(0.3, 2.8)
    if rng.random() < 0.5:
        share = np.hypot(x - rng.uniform(-0.4, 0.4), y) * 1.6
    else:
        share = x * np.sin(angle) + y * np.cos(angle) + 0.5
    share = np.clip(share, 0, 1)[..., None]
    return Image.fromarray((np.array(_colour(rng)) * (1 - share) + np.array(_colour(rng)) * share).astype(np.uint8))


def _stripes(rng: random.Random) -> Image.Image:
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    angle, period = rng.uniform(0, np.pi), rng.uniform(4, 30)
    wave = np.sin((x * np.sin(angle) + y * np.cos(angle)) * 2 * np.pi / period)
    if rng.random() < 0.4:
        wave = wave * np.sin((x * np.cos(angle) - y * np.sin(angle)) * 2 * np.pi / period)
    share = (wave > rng.uniform(-0.5, 0.5))[..., None] if rng.random() < 0.6 else (wave[..., None] + 1) / 2
    return Image.fromarray((np.array(_colour(rng)) * (1 - share) + np.array(_colour(rng)) * share).astype(np.uint8))


def _text(rng: random.Random) -> Image.Image:
    """Lines of letters, as of a page, a screen or a sign."""
    picture = Image.new("RGB", (SIDE, SIDE), _colour(rng) if rng.random() < 0.5 else (255, 255, 255))
    pen, size = ImageDraw.Draw(picture), rng.choice((8, 10, 14, 24, 60))
    ink = _colour(rng) if rng.random() < 0.5 else (0, 0, 0)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?"
    for line in range(rng.randint(0, 2), SIDE // size + 1):
        words = " ".join("".join(rng.choices(letters, k=rng.randint(1, 9))) for _ in range(6))
        pen.text((rng.randint(0, 8), line * size * 1.2), words, fill=ink, font=ImageFont.load_default(size))
    return picture


def _chart(rng: random.Random) -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), _colour(rng) if rng.random() < 0.3 else (255, 255, 255))
    pen, ink, bars = ImageDraw.Draw(picture), _colour(rng), rng.randint(4, 12)
    heights = [rng.uniform(0.1, 0.9) * SIDE for _ in range(bars)]
    if rng.random() < 0.5:
        for place, height in enumerate(heights):
            left = (place + 0.15) * SIDE / bars
            pen.rectangle((left, SIDE - height, left + 0.7 * SIDE / bars, SIDE), fill=ink)
    else:
        points = [(place * SIDE / (bars - 1), SIDE - height) for place, height in enumerate(heights)]
        pen.line(points, fill=ink, width=rng.randint(1, 4))
    pen.line((4, 4, 4, SIDE - 4, SIDE - 4, SIDE - 4), fill=(40, 40, 40), width=1)
    return picture


def _many_things(rng: random.Random) -> Image.Image:
    """A heap of boxes, discs and polygons of all colours: other drawings, windows of programs, carpets."""
    picture = Image.new("RGB", (SIDE, SIDE), _colour(rng))
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.randint(5, 30)):
        x, y, wide, high = rng.uniform(-10, SIDE), rng.uniform(-10, SIDE), rng.uniform(5, 50), rng.uniform(5, 50)
        match rng.randrange(4):
            case 0:
                pen.rectangle((x, y, x + wide, y + high), fill=_colour(rng))
            case 1:
                pen.ellipse((x, y, x + wide, y + high), fill=_colour(rng))
            case 2:
                corners = range(rng.randint(3, 7))
                points = [(x + rng.uniform(-wide, wide), y + rng.uniform(-high, high)) for _ in corners]
                pen.polygon(points, fill=_colour(rng))
            case _:
                pen.line((x, y, x + wide, y + rng.uniform(-high, high)), fill=_colour(rng), width=rng.randint(1, 6))
    return picture


def _scribble(rng: random.Random) -> Image.Image:
    """A wandering line on plain paper."""
    picture = Image.new("RGB", (SIDE, SIDE), _colour(rng) if rng.random() < 0.5 else (250, 250, 250))
    pen, ink = ImageDraw.Draw(picture), _colour(rng)
    x, y, points = rng.uniform(20, 76), rng.uniform(20, 76), []
    for _ in range(rng.randint(8, 40)):
        x, y = min(92.0, max(4.0, x + rng.gauss(0, 14))), min(92.0, max(4.0, y + rng.gauss(0, 14)))
        points.append((x, y))
    pen.line(points, fill=ink, width=rng.randint(1, 7), joint="curve")
    return picture


def _odd_thing(rng: random.Random) -> Image.Image:
    """One thing on plain paper that is none of the shapes: a face, an arrow, a blot, a stick man, a bottle."""
    paper, ink = _colour(rng), _colour(rng)
    picture = Image.new("RGB", (SIDE, SIDE), paper)
    pen, other = ImageDraw.Draw(picture), _colour(rng)
    match rng.randrange(6):
        case 0:
            pen.ellipse((22, 18, 74, 78), fill=ink)
            pen.ellipse((34, 36, 42, 44), fill=other)
            pen.ellipse((54, 36, 62, 44), fill=other)
            pen.arc((34, 44, 62, 68), 20, 160, fill=other, width=4)
        case 1:
            pen.polygon([(10, 40), (56, 40), (56, 24), (88, 48), (56, 72), (56, 56), (10, 56)], fill=ink)
        case 2:
            angles = np.linspace(0, 2 * np.pi, 40)
            waves = [rng.gauss(0, 0.2) * np.sin(angles * k + rng.uniform(0, 6)) for k in (2, 3, 4, 5, 6)]
            reach = rng.uniform(15, 34) * (1 + np.sum(waves, axis=0))
            blot = [(48 + r * np.cos(a), 48 + r * np.sin(a)) for r, a in zip(reach, angles, strict=True)]
            pen.polygon(blot, fill=ink)
        case 3:
            pen.ellipse((40, 10, 56, 26), outline=ink, width=4)
            pen.line((48, 26, 48, 60, 34, 86), fill=ink, width=4)
            pen.line((48, 60, 62, 86), fill=ink, width=4)
            pen.line((28, 40, 68, 40), fill=ink, width=4)
        case 4:
            pen.rectangle((36, 36, 60, 86), fill=ink)
            pen.rectangle((43, 14, 53, 36), fill=ink)
        case _:
            for _ in range(rng.randint(3, 6)):
                x, y, r = rng.uniform(10, 80), rng.uniform(10, 80), rng.uniform(5, 20)
                pen.arc((x - r, y - r, x + r, y + r), rng.uniform(0, 360), rng.uniform(0, 720), fill=ink, width=3)
    if rng.random() < 0.7:
        turned = picture.rotate(rng.uniform(-180, 180), Image.Resampling.BICUBIC, fillcolor=paper)
        return turned.resize((SIDE, SIDE))
    return picture


_KINDS: tuple[Callable[[random.Random], Image.Image], ...] = (
    _photo_like, _photo_like, _two_textures, _two_textures, _two_textures, _lit_things, _lit_things, _lit_things,
    _static, _gradient, _stripes, _text, _letter, _chart, _many_things, _many_things, _scribble, _odd_thing, _odd_thing,
)  # fmt: skip
