"""Paints a scene with Pillow, larger and then reduced, so that edges are smooth."""

from __future__ import annotations

import math
import random

from PIL import Image, ImageDraw

from ember_training.scenes import SceneSpec, Thing
from horde_worker.backends.demo.vocabulary import COLOURS, Rgb

SUPERSAMPLE = 4
Points = list[tuple[float, float]]


def paint(scene: SceneSpec, width: int, height: int, rng: random.Random) -> Image.Image:
    """The scene as an RGB picture; `rng` varies shades, stars and skylines only."""
    return paint_large(scene, width, height, SUPERSAMPLE, rng).reduce(SUPERSAMPLE)


def paint_large(scene: SceneSpec, width: int, height: int, factor: int, rng: random.Random) -> Image.Image:
    """The same, so many times as wide and high, with hard edges."""
    wide, high = width * factor, height * factor
    canvas = Image.new("RGB", (wide, high), _backdrop_colour(scene.backdrop, rng))
    pen = ImageDraw.Draw(canvas)
    if scene.backdrop not in COLOURS:
        _paint_place(pen, scene.backdrop, wide, high, rng)
    for thing in scene.things:
        _paint_thing(pen, thing, wide, high, rng)
    return canvas


def _shade(colour: Rgb, factor: float) -> Rgb:
    red, green, blue = (max(0, min(255, round(channel * factor))) for channel in colour)
    return red, green, blue


def _varied(colour: Rgb, rng: random.Random) -> Rgb:
    red, green, blue = (max(0, min(255, channel + rng.randint(-9, 9))) for channel in colour)
    return red, green, blue


def _backdrop_colour(backdrop: str, rng: random.Random) -> Rgb:
    return _varied(COLOURS.get(backdrop, (128, 190, 240)), rng)


def _fade(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], top: Rgb, bottom: Rgb) -> None:
    left, upper, right, lower = box
    span = max(1, lower - upper)
    for y in range(upper, lower, 2):
        share = (y - upper) / span
        red, green, blue = (round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        pen.rectangle((left, y, right, y + 1), fill=(red, green, blue))


def _paint_place(pen: ImageDraw.ImageDraw, place: str, wide: int, high: int, rng: random.Random) -> None:
    horizon = round(high * rng.uniform(0.5, 0.62))
    day_top, day_low = (95, 170, 240), (185, 222, 250)
    match place:
        case "sky":
            _fade(pen, (0, 0, wide, high), day_top, day_low)
            for _ in range(rng.randint(1, 3)):
                x, y, r = rng.random() * wide, rng.random() * high * 0.6, high * rng.uniform(0.06, 0.1)
                for dx in (-1.2, 0.0, 1.2):
                    pen.ellipse((x + dx * r - r, y - r * 0.8, x + dx * r + r, y + r * 0.8), fill=(250, 252, 255))
        case "sunset":
            _fade(pen, (0, 0, wide, high), (90, 50, 120), (255, 150, 60))
        case "night":
            _fade(pen, (0, 0, wide, high), (8, 10, 35), (25, 30, 80))
            side = 0.022 * min(wide, high)
            for _ in range(18):
                x, y = rng.random() * wide, rng.random() * high
                pen.rectangle((x, y, x + side, y + side), fill=(250, 250, 220))
        case "meadow":
            _fade(pen, (0, 0, wide, horizon), day_top, day_low)
            _fade(pen, (0, horizon, wide, high), (110, 190, 70), (60, 140, 50))
        case "sea":
            _fade(pen, (0, 0, wide, horizon), (150, 205, 245), (215, 235, 250))
            _fade(pen, (0, horizon, wide, high), (40, 110, 190), (15, 60, 130))
        case "desert":
            _fade(pen, (0, 0, wide, horizon), (120, 190, 240), (240, 230, 200))
            _fade(pen, (0, horizon, wide, high), (235, 195, 120), (205, 155, 85))
        case "snow":
            _fade(pen, (0, 0, wide, horizon), (165, 185, 210), (215, 225, 235))
            _fade(pen, (0, horizon, wide, high), (250, 252, 255), (225, 235, 245))
        case "forest":
            _fade(pen, (0, 0, wide, horizon), (140, 195, 200), (190, 220, 200))
            _fade(pen, (0, horizon, wide, high), (50, 110, 50), (30, 75, 35))
            for i in range(9):
                x, r = (i + rng.random()) / 9 * wide, high * rng.uniform(0.1, 0.16)
                top = horizon - r * rng.uniform(1.6, 2.6)
                pen.polygon([(x - r, horizon + r * 0.6), (x + r, horizon + r * 0.6), (x, top)], fill=(25, 85, 45))
        case _:
            _fade(pen, (0, 0, wide, high), day_top, day_low)
            for i in range(3):
                x, r = (i + rng.random()) / 3 * wide, high * rng.uniform(0.3, 0.45)
                pen.polygon([(x - r, high * 0.72), (x + r, high * 0.72), (x, high * 0.72 - r)], fill=(120, 120, 130))
                cap = [(x - r * 0.3, high * 0.72 - r * 0.7), (x + r * 0.3, high * 0.72 - r * 0.7), (x, high * 0.72 - r)]
                pen.polygon(cap, fill=(245, 248, 252))
            _fade(pen, (0, round(high * 0.72), wide, high), (110, 170, 80), (70, 130, 55))


def _around(x: float, y: float, radius: float, count: int, turn: float, inner: float = 1.0) -> Points:
    """Corners of a regular polygon, or of a star where every second corner is pulled to `inner`."""
    return [
        (
            x + radius * (inner if i % 2 else 1.0) * math.cos(turn + math.tau * i / count),
            y + radius * (inner if i % 2 else 1.0) * math.sin(turn + math.tau * i / count),
        )
        for i in range(count)
    ]


def _scaled(x: float, y: float, r: float, points: Points) -> Points:
    return [(x + px * r, y + py * r) for px, py in points]


def _heart(x: float, y: float, r: float) -> Points:
    points: Points = []
    for i in range(28):
        a = math.tau * i / 28
        lobe = 13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)
        points.append((x + r * math.sin(a) ** 3, y - r * (lobe + 2.5) / 15))
    return points


def _paint_thing(pen: ImageDraw.ImageDraw, thing: Thing, wide: int, high: int, rng: random.Random) -> None:
    x, y, r = thing.x * wide, thing.y * high, thing.radius * min(wide, high)
    colour = _varied(COLOURS[thing.colour], rng)
    dark = _shade(colour, 0.6) if sum(colour) > 120 else (75, 75, 80)

    def blob(cx: float, cy: float, cr: float, fill: Rgb) -> None:
        pen.ellipse((x + (cx - cr) * r, y + (cy - cr) * r, x + (cx + cr) * r, y + (cy + cr) * r), fill=fill)

    def shape(points: Points, fill: Rgb) -> None:
        pen.polygon(_scaled(x, y, r, points), fill=fill)

    match thing.shape:
        case "circle":
            blob(0, 0, 1, colour)
        case "square":
            shape([(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)], colour)
        case "triangle":
            shape([(0, -1), (1, 0.8), (-1, 0.8)], colour)
        case "star":
            pen.polygon(_around(x, y, r * 1.1, 10, -math.pi / 2, 0.45), fill=colour)
        case "heart":
            pen.polygon(_heart(x, y, r), fill=colour)
        case "diamond":
            shape([(0, -1.1), (0.75, 0), (0, 1.1), (-0.75, 0)], colour)
        case "cross":
            shape([(-0.33, -1), (0.33, -1), (0.33, 1), (-0.33, 1)], colour)
            shape([(-1, -0.33), (1, -0.33), (1, 0.33), (-1, 0.33)], colour)
        case "ring":
            box = (x - r, y - r, x + r, y + r)
            pen.ellipse(box, outline=colour, width=max(2, round(r * 0.42)))
        case "hexagon":
            pen.polygon(_around(x, y, r, 6, 0.0), fill=colour)
        case "moon":
            outer = [(math.cos(a), math.sin(a)) for a in _sweep(0.30 * math.pi, 1.70 * math.pi)]
            inner = [(0.36 + 0.85 * math.cos(a), 0.85 * math.sin(a)) for a in _sweep(1.60 * math.pi, 0.40 * math.pi)]
            shape(outer + inner, colour)
        case "sun":
            pen.polygon(_around(x, y, r * 1.12, 18, -math.pi / 2, 0.58), fill=colour)
            blob(0, 0, 0.5, _shade(colour, 0.85))
        case "house":
            shape([(-0.75, -0.15), (0.75, -0.15), (0.75, 0.9), (-0.75, 0.9)], colour)
            shape([(0, -1), (1, -0.15), (-1, -0.15)], dark)
            shape([(-0.18, 0.3), (0.18, 0.3), (0.18, 0.9), (-0.18, 0.9)], dark)
        case "tree":
            shape([(-0.14, 0.2), (0.14, 0.2), (0.14, 1), (-0.14, 1)], (110, 75, 45))
            for cx, cy, cr in ((-0.36, -0.1, 0.5), (0.36, -0.1, 0.5), (0.0, -0.5, 0.55)):
                blob(cx, cy, cr, colour)
        case "flower":
            blob(0, 0, 0.5, colour)
            for px, py in _around(0, 0, 0.66, 5, -math.pi / 2):
                blob(px, py, 0.37, colour)
            blob(0, 0, 0.28, dark)
        case "boat":
            shape([(-1, 0.35), (1, 0.35), (0.62, 0.95), (-0.62, 0.95)], dark)
            shape([(-0.05, -1), (0.8, 0.22), (-0.05, 0.22)], colour)
            shape([(-0.15, -0.75), (-0.15, 0.22), (-0.75, 0.22)], colour)
        case "fish":
            pen.ellipse((x - r * 0.95, y - r * 0.55, x + r * 0.55, y + r * 0.55), fill=colour)
            shape([(0.35, 0), (1, -0.55), (1, 0.55)], colour)
            blob(-0.5, -0.12, 0.1, dark)
        case _:
            shape([(-0.85, -1), (-0.15, -0.6), (-0.8, -0.05)], colour)
            shape([(0.85, -1), (0.15, -0.6), (0.8, -0.05)], colour)
            blob(0, 0.1, 0.85, colour)
            for px in (-0.32, 0.32):
                blob(px, -0.05, 0.14, dark)
            shape([(-0.14, 0.28), (0.14, 0.28), (0, 0.45)], dark)


def _sweep(start: float, end: float, count: int = 16) -> list[float]:
    return [start + (end - start) * i / (count - 1) for i in range(count)]
