"""Measure over many seeds how often a picture has the colours and the shape that the prompt asked for."""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from pathlib import Path

from ember_training.colour_naming import name_colours
from ember_training.shape_naming import name_shape

from horde_worker.backends.demo.model import DemoModel, Scene
from horde_worker.backends.demo.vocabulary import COLOURS, SHAPES

Tally = dict[str, list[bool]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="default: those in the package")
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg-scale", type=float, default=5.0)
    parser.add_argument("--sampler", default="k_euler")
    parser.add_argument("--no-karras", action="store_true")
    arguments = parser.parse_args()
    model = DemoModel.load(arguments.weights)
    dice = random.Random(7)
    both: list[bool] = []
    by_background: Tally = defaultdict(list)
    by_colour: Tally = defaultdict(list)
    by_shape: Tally = defaultdict(list)
    for seed in range(arguments.pictures):
        colour, background = dice.sample(tuple(COLOURS), 2)
        shape = dice.choice(SHAPES)
        scene = Scene(
            f"a {colour} {shape} on a {background} background",
            width=64,
            height=64,
            steps=arguments.steps,
            cfg_scale=arguments.cfg_scale,
            seed=seed,
            sampler=arguments.sampler,
            karras=not arguments.no_karras,
        )
        image = model.generate(scene).image
        seen = name_colours(image)
        by_background[background].append(seen.background == background)
        by_colour[colour].append(seen.thing == colour)
        both.append(seen.background == background and seen.thing == colour)
        by_shape[shape].append(name_shape(image, colour) == shape)
    print(f"images seen in training {model.images_seen}")
    print(f"both colours {_percent(both)}  shape {_percent([hit for hits in by_shape.values() for hit in hits])}")
    for title, tally in (("background", by_background), ("object colour", by_colour), ("shape", by_shape)):
        print(title + ": " + "  ".join(f"{name} {_percent(hits)}" for name, hits in sorted(tally.items())))


def _percent(hits: list[bool]) -> str:
    return f"{100 * sum(hits) / len(hits):.0f}%" if hits else "-"


if __name__ == "__main__":
    main()
