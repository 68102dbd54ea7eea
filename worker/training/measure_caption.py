"""Measure how often the captioner is right about drawings, about `ember-demo`'s pictures, and about strangers.

Pictures in `--strangers` (photographs, say) are none of its world: how many of them are turned down is told apart.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from pathlib import Path

from ember_caption_training.labels import OPEN, Window, labels_of
from ember_caption_training.strangers import stranger
from ember_training.drawing import paint
from ember_training.examination import mark_single, single_questions
from ember_training.scenes import random_scene
from PIL import Image

from horde_worker.backends.demo.model import DemoModel, Scene
from horde_worker.backends.demo_caption.model import DemoCaptioner
from horde_worker.backends.demo_caption.questions import QUESTIONS

SIZES = ((512, 512), (640, 384), (384, 640))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="default: those in the package")
    parser.add_argument("--drawings", type=int, default=1000)
    parser.add_argument("--paintings", type=int, default=100)
    parser.add_argument("--strangers", type=Path, help="a folder of pictures that are not of its world")
    arguments = parser.parse_args()
    captioner = DemoCaptioner.load(arguments.weights)
    print(f"pictures seen in training {captioner.pictures_seen}")
    _drawings(captioner, arguments.drawings)
    if arguments.paintings:
        _paintings(captioner, arguments.paintings)
    rng = random.Random(32)
    turned_down = sum(captioner.read(stranger(rng)).is_strange for _ in range(500))
    print(f"drawn strangers turned down: {turned_down / 5:.0f}% of 500")
    if arguments.strangers:
        _strangers(captioner, arguments.strangers)


def _drawings(captioner: DemoCaptioner, count: int) -> None:
    rng, tally = random.Random(31), defaultdict[str, list[bool]](list)
    spent_s = 0.0
    for number in range(count):
        scene = random_scene(rng)
        picture = paint(scene, *SIZES[number % len(SIZES)], rng)
        began_s = time.process_time()
        reading = captioner.read(picture)
        spent_s += time.process_time() - began_s
        for name, answer in labels_of(scene, Window()).items():
            if answer != OPEN:
                tally[name].append(reading.answers[name][0].word == QUESTIONS[name][answer])
    print(f"drawings ({count}, {1000 * spent_s / count:.1f} ms each): " + _percentages(tally))


def _paintings(captioner: DemoCaptioner, count: int) -> None:
    """Only where the pixel probes say that a painting shows what its prompt says: else nobody knows what is right."""
    model, tally, right = DemoModel.load(), defaultdict[str, list[bool]](list), 0
    for seed, question in enumerate(single_questions(count)):
        picture = model.generate(Scene(question.scene.prompt, width=256, height=256, steps=20, seed=seed)).image
        if not all(mark_single(question, picture).values()):
            continue
        right += 1
        reading, thing = captioner.read(picture), question.scene.things[0]
        for name, word in (
            ("world", "known"),
            ("backdrop", question.scene.backdrop),
            ("first shape", thing.shape),
            ("first colour", thing.colour),
        ):
            tally[name].append(reading.answers[name][0].word == word)
    print(f"paintings of ember-demo ({right} of {count} that show what was asked): " + _percentages(tally))


def _strangers(captioner: DemoCaptioner, folder: Path) -> None:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"})
    kept = [path.name for path in paths if not captioner.read(Image.open(path).convert("RGB")).is_strange]
    print(
        f"pictures of {folder}: {len(paths) - len(kept)} of {len(paths)} turned down; not: {', '.join(kept) or 'none'}"
    )


def _percentages(tally: dict[str, list[bool]]) -> str:
    return "  ".join(f"{name} {100 * sum(hits) / len(hits):.1f}%" for name, hits in tally.items())


if __name__ == "__main__":
    main()
