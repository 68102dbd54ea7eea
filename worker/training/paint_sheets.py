"""Paint the sheets in `docs/images`: what `ember-demo` makes of prompts, and the same scene by every sampler.

`--weights` and `--enlarger` show other weights than the installed ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from horde_worker.backends.demo.model import DemoModel, Scene
from horde_worker.backends.demo.samplers import SAMPLERS

PROMPTS = (
    "a red circle on a blue background",
    "a yellow star on a purple background",
    "a gray cat on a pink background",
    "a brown house in a meadow",
    "a green tree in the snow",
    "a pink flower on a green background",
    "an orange fish in the sea",
    "a white moon at night",
    "a yellow sun in the sky",
    "a white boat in the sea",
    "a purple hexagon on a yellow background",
    "a cyan cross on a black background",
    "two red hearts on a white background",
    "a blue square left of an orange triangle on a white background",
    "a yellow sun above a red boat on a cyan background",
    "a small black cat at the left on an orange background",
)
STEPS = (5, 10, 20, 40)
EDIT_PROMPT = "a red square on a green background"
TILE_PX, GAP_PX, TEXT_PX = 144, 6, 22


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the sheets go: docs/images")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--enlarger", type=Path)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    model = DemoModel.load(arguments.weights, arguments.enlarger)
    scenes = [Scene(prompt, seed=arguments.seed, width=512, height=512, steps=20) for prompt in PROMPTS]
    prompts = sheet([(paint(model, scene), scene.prompt) for scene in scenes], columns=4)
    prompts.save(arguments.folder / "ember-demo.webp", quality=82, method=6)
    samplers(model, arguments.seed).save(arguments.folder / "ember-demo-samplers.webp", quality=82, method=6)
    edits(model, arguments.seed).save(arguments.folder / "ember-demo-edits.webp", quality=82, method=6)


def paint(model: DemoModel, scene: Scene) -> Image.Image:
    return model.generate(scene).image


def samplers(model: DemoModel, seed: int) -> Image.Image:
    """Every sampler and spacing, over more and more steps."""
    scene = Scene("a yellow star on a purple background", width=512, height=512, seed=seed)
    tiles = []
    for name in SAMPLERS:
        for karras in (True, False):
            for steps in STEPS:
                picture = paint(model, replace(scene, sampler=name, karras=karras, steps=steps))
                tiles.append((picture, f"{name}, {'Karras' if karras else 'even'}, {steps}"))
    return sheet(tiles, columns=2 * len(STEPS))


def edits(model: DemoModel, seed: int) -> Image.Image:
    """A picture, and what img2img, inpainting, hires fix and tiling make of it or of another prompt."""
    start = Scene("a yellow circle on a blue background", width=512, height=512, seed=seed, steps=20)
    source = paint(model, start)
    half = Image.new("L", source.size, 0)
    half.paste(255, (source.width // 2, 0, source.width, source.height))
    again = replace(start, prompt=EDIT_PROMPT, source=source, denoising_strength=0.7)
    heart = replace(start, prompt="a red heart on a blue background", source=source, mask=half)
    tree = replace(start, prompt="a green tree in a meadow")
    tile = paint(model, replace(tree, tiling=True)).resize((TILE_PX // 2, TILE_PX // 2))
    four = Image.new("RGB", (TILE_PX, TILE_PX))
    for x in (0, TILE_PX // 2):
        for y in (0, TILE_PX // 2):
            four.paste(tile, (x, y))
    tiles = [
        (source, "a yellow circle"),
        (paint(model, again), "img2img 0.7: a red square"),
        (paint(model, heart), "right half: a red heart"),
        (paint(model, tree), "a green tree in a meadow"),
        (paint(model, replace(tree, hires_fix=True)), "with hires fix"),
        (four, "as a tile, four times"),
    ]
    return sheet(tiles, columns=6)


def sheet(tiles: Sequence[tuple[Image.Image, str]], columns: int) -> Image.Image:
    """Pictures with their captions below."""
    rows = -(-len(tiles) // columns)
    wide, high = TILE_PX + GAP_PX, TILE_PX + GAP_PX + TEXT_PX
    whole = Image.new("RGB", (columns * wide + GAP_PX, rows * high + GAP_PX), "white")
    pen = ImageDraw.Draw(whole)
    for place, (picture, text) in enumerate(tiles):
        x, y = GAP_PX + place % columns * wide, GAP_PX + place // columns * high
        whole.paste(picture.resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS), (x, y))
        pen.multiline_text((x, y + TILE_PX + 1), _in_two_lines(text), fill=(60, 60, 60), font=_FONT, spacing=0)
    return whole


def _in_two_lines(text: str) -> str:
    if _FONT.getlength(text) <= TILE_PX:
        return text
    words = text.split()
    cut = next(count for count in range(len(words), 0, -1) if _FONT.getlength(" ".join(words[:count])) <= TILE_PX)
    return " ".join(words[:cut]) + "\n" + " ".join(words[cut:])


_FONT = ImageFont.load_default(9)


if __name__ == "__main__":
    main()
