"""How well it is foretold when requests are done: a simulated day of a horde, before the real live queue and estimates.

    .venv/bin/python bench/eta_accuracy.py [--hours 24] [--seed 7]

Half of all requests should be done by their p50, and nine of ten by their p90; "plain" is the live queue's `wait_time`
alone, which knows the work ahead and nothing of what comes between.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "server" / "tests" / "dispatch"))

from simulated_day import Day, Told, simulate

from horde_server.requests.reasons.outcomes import WAIT_CLASSES_S, wait_class

_HEADS = ("", "requests", "real median", "plain/real", "within plain", "within p50", "within p90", "p90/p50", "never")
_LINE = "{:<16}{:>9}{:>13}{:>12}{:>14}{:>12}{:>12}{:>9}{:>7}"


def main() -> None:
    """Simulate, and print."""
    parser = argparse.ArgumentParser(description="Accuracy of estimates in a simulated day.")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    started = time.monotonic()
    told = simulate(Day(hours=args.hours, seed=args.seed))
    print(_LINE.format(*_HEADS))
    _print_groups(told, lambda each: int(each.asked_s // 10_800), lambda hour: f"{3 * hour:02}:00-{3 * hour + 3:02}:00")
    print()
    _print_groups(told, lambda each: wait_class(each.promise.wait_s), _name_of_class)
    print()
    _print("all", told)
    print(f"\n{len(told)} requests in {time.monotonic() - started:.0f} s; seed {args.seed}.")


def _name_of_class(number: int) -> str:
    if number == len(WAIT_CLASSES_S):
        return f"plain ≥ {WAIT_CLASSES_S[-1]:g} s"
    return f"plain < {WAIT_CLASSES_S[number]:g} s"


def _print_groups(told: Iterable[Told], key: Callable[[Told], int], name: Callable[[int], str]) -> None:
    for number, group in groupby(sorted(told, key=key), key):
        _print(name(number), list(group))


def _print(name: str, told: list[Told]) -> None:
    done = [(each.promise, each.real_s) for each in told if each.real_s is not None]
    within = [
        sum(kept) / len(told)
        for kept in (
            [real_s <= promise.wait_s for promise, real_s in done],
            [real_s <= promise.p50_s for promise, real_s in done],
            [real_s <= promise.p90_s for promise, real_s in done],
        )
    ]
    print(
        _LINE.format(
            name,
            len(told),
            f"{median(real_s for _, real_s in done):.0f} s",
            f"{median(promise.wait_s / real_s for promise, real_s in done):.2f}",
            *(f"{share:.1%}" for share in within),
            f"{median(each.promise.p90_s / each.promise.p50_s for each in told):.1f}",
            len(told) - len(done),
        )
    )


if __name__ == "__main__":
    main()
