"""Train `ember-demo` from nothing (or go on from a checkpoint) for a given time, then export its weights.

Runs in a virtual environment of its own with torch; see docs/demo-model.md. One thread is the fastest choice on a
machine that does other things, because OpenMP threads that wait for each other spin.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ember_training.export import export_weights
from ember_training.loop import Plan, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=75.0, help="training time in all, earlier runs included")
    parser.add_argument("--checkpoint-dir", type=Path, default=Path("checkpoints"))
    parser.add_argument("--resume", action="store_true", help="go on from the latest checkpoint")
    parser.add_argument(
        "--from-weights", type=Path, metavar="PATH", help="begin with exported weights, where there is no checkpoint"
    )
    parser.add_argument("--export", type=Path, metavar="PATH", help="write the weights here when done")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every-s", type=float, default=180.0)
    arguments = parser.parse_args()
    plan = Plan(
        minutes=arguments.minutes,
        checkpoint_folder=arguments.checkpoint_dir,
        resume=arguments.resume,
        batch=arguments.batch,
        learning_rate=arguments.learning_rate,
        threads=arguments.threads,
        save_every_s=arguments.save_every_s,
        from_weights=arguments.from_weights,
    )
    latest = train(plan)
    if arguments.export:
        export_weights(latest, arguments.export)


if __name__ == "__main__":
    main()
