"""Measure how well the text model knows its corpus, and how true its stories stay to their characters."""

from __future__ import annotations

import argparse
import itertools
import random
import re
import time
from pathlib import Path

import numpy as np
from ember_text_training import world
from ember_text_training.corpus import rows

from horde_worker.backends.demo_text.model import DemoTextModel, Passage
from horde_worker.backends.demo_text.network import Memory, Network
from horde_worker.backends.demo_text.weights import load_weights
from horde_worker.text_sampling import TextSampling, shares_of

_SPEAKER = re.compile(r"\b(?:said|asked|answered|shouted|whispered) ([A-Z][a-z]+)")


def surprise_nats(weights: Path | None, count: int) -> float:
    """The mean surprise of a token of fresh documents, each from its beginning."""
    loaded = load_weights(weights)
    network = Network(loaded)
    source = rows(random.Random(424242), loaded.tokenizer, loaded.shape.window)
    total, tokens = 0.0, 0
    for _ in range(count):
        row = next(source)
        memory = Memory(loaded.shape)
        for token, following in itertools.pairwise(row):
            total -= float(np.log(shares_of(network.read([token], memory).astype(np.float64))[following]))
            tokens += 1
    return total / tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="default: those in the package")
    parser.add_argument("--stories", type=int, default=100)
    parser.add_argument("--temperature", type=float, default=0.75)
    parser.add_argument("--top-p", type=float, default=0.92)
    arguments = parser.parse_args()
    model = DemoTextModel.load(arguments.weights)
    print(f"{model.tokens_seen} tokens seen in training")
    print(f"surprise {surprise_nats(arguments.weights, 20):.3f} nats a token")
    rng = random.Random(11)
    sampling = TextSampling(temperature=arguments.temperature, top_p=arguments.top_p)
    speakers, known_speakers, again, tokens, began = 0, 0, 0, 0, time.process_time()
    for seed in range(arguments.stories):
        hero = world.somebody(rng)
        prompt = f"Once upon a time, there was a {hero.nature} {hero.kind} named {hero.name}."
        written = model.generate(Passage(prompt, max_length=150, sampling=sampling, seed=seed))
        again += hero.name in written.text
        tokens += written.tokens
        for found in _SPEAKER.finditer(written.text):
            speakers += 1
            known_speakers += found[1] in prompt + written.text[: found.start()]
    spent_s = time.process_time() - began
    print(f"the hero comes again in {again / arguments.stories:.0%} of {arguments.stories} stories")
    print(f"{known_speakers / max(1, speakers):.0%} of {speakers} speakers were introduced before they spoke")
    print(f"{tokens / spent_s:.0f} tokens a second of one core")


if __name__ == "__main__":
    main()
