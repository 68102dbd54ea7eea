"""Train the net that enlarges the canvases of `ember-demo` four times, and export it.

Runs where `train_demo.py` runs, and after it: it looks at drawings through the model's eyes. Minutes are enough.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from ember_training.enlarger import EnlargerPlan, train_enlarger
from ember_training.inherit import start_from
from ember_training.network import Ember, Shape


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ember", type=Path, required=True, help="exported weights of the model")
    parser.add_argument("--export", type=Path, required=True, metavar="PATH")
    parser.add_argument("--from-weights", type=Path, metavar="PATH", help="go on from an earlier export")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ember = Ember(Shape())
    start_from(ember, arguments.ember)
    plan = EnlargerPlan(
        arguments.minutes, arguments.export, start=arguments.from_weights, learning_rate=arguments.learning_rate
    )
    train_enlarger(plan, ember.eval())


if __name__ == "__main__":
    main()
