"""Measure over prompts that training never showed how often a picture has what was asked for.

With `--drawings` the probes judge true drawings of the same scenes: what they get wrong there is their own fault.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from ember_training.drawing import paint
from ember_training.examination import (
    Marks,
    Question,
    mark_pair,
    mark_place,
    mark_single,
    pair_questions,
    place_questions,
    single_questions,
)
from PIL import Image

from horde_worker.backends.demo.model import DemoModel, Scene

Answer = Callable[[Question, int], Image.Image]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="default: those in the package")
    parser.add_argument("--enlarger", type=Path, help="default: that in the package")
    parser.add_argument("--drawings", action="store_true", help="judge drawings instead of the model")
    parser.add_argument("--singles", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--places", type=int, default=90)
    parser.add_argument("--side", type=int, default=192, help="pixels of the pictures")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--cfg-scale", type=float, default=5.0)
    parser.add_argument("--sampler", default="k_euler")
    parser.add_argument("--no-karras", action="store_true")
    arguments = parser.parse_args()
    answer = _drawings(arguments.side) if arguments.drawings else _paintings(arguments)
    singles = list(single_questions(arguments.singles))
    _report("one object", singles, mark_single, answer, by_shape=True)
    _report("two objects", pair_questions(arguments.pairs), mark_pair, answer)
    _report("places", place_questions(arguments.places), mark_place, answer)


def _paintings(arguments: argparse.Namespace) -> Answer:
    model = DemoModel.load(arguments.weights, arguments.enlarger)
    print(f"images seen in training {model.images_seen}")

    def paint_it(question: Question, seed: int) -> Image.Image:
        scene = Scene(
            question.scene.prompt,
            width=arguments.side,
            height=arguments.side,
            steps=arguments.steps,
            cfg_scale=arguments.cfg_scale,
            seed=seed,
            sampler=arguments.sampler,
            karras=not arguments.no_karras,
        )
        return model.generate(scene).image

    return paint_it


def _drawings(side_px: int) -> Answer:
    return lambda question, seed: paint(question.scene, side_px, side_px, random.Random(seed))


def _report(
    title: str,
    questions: Iterable[Question],
    mark: Callable[[Question, Image.Image], Marks],
    answer: Answer,
    *,
    by_shape: bool = False,
) -> None:
    tally: dict[str, list[bool]] = defaultdict(list)
    shapes: dict[str, list[bool]] = defaultdict(list)
    for seed, question in enumerate(questions):
        marks = mark(question, answer(question, seed))
        for name, is_right in marks.items():
            tally[name].append(is_right)
        tally["all of it"].append(all(marks.values()))
        if by_shape:
            shapes[question.scene.things[0].shape].append(marks["shape"])
    if tally:
        print(f"{title} ({len(tally['all of it'])}): " + _percentages(tally))
    if shapes:
        print("  shapes: " + _percentages(shapes))


def _percentages(tally: dict[str, list[bool]]) -> str:
    return "  ".join(f"{name} {100 * sum(hits) / len(hits):.0f}%" for name, hits in tally.items())


if __name__ == "__main__":
    main()
