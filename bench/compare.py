"""Compare what operations cost with another checkout: both hordes run at once, under the same load at the same time.

A machine whose speed changes from minute to minute tells nothing when one is measured after the other: the same
checkout may cost a half more a minute later. Side by side both meet the same minutes, and what remains is what each
round's pair differs by. Each round starts them anew: where a process finds its memory counts for some percent, too.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from load import load_on
from measured_horde import Measurement, horde_to_measure
from operations import GROUPS, NAMES, Bench

_LINE = "{:<20}{:>7}{:>22}{:>22}{:>12}"


def main() -> int:
    """Run the rounds and print them, then the mean difference of the pairs and its standard error."""
    arguments = _arguments()
    theirs = arguments.checkout.resolve() / ".venv/bin/horde"
    if not theirs.exists():
        print(f"{theirs} does not exist: run `make setup` in that checkout first", file=sys.stderr)
        return 2
    print(_LINE.format("operation", "round", "this: server + db ms", "that: server + db ms", "difference"), flush=True)
    asyncio.run(_compare(theirs, arguments))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("checkout", type=Path, help="folder of the other checkout, set up by `make setup`")
    parser.add_argument(
        "--operations",
        nargs="+",
        choices=NAMES,
        default=["lifecycle", "lifecycle-text"],
        metavar="NAME",
        help=", ".join(NAMES),
    )
    parser.add_argument("--rounds", type=int, default=8, help="how often all is measured")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each timed operation; lifecycle: twice as long")
    parser.add_argument("--jobs", type=int, default=500, help="for pop-job, submit, status")
    parser.add_argument("--connections", type=int, default=16, help="at once, to each horde")
    return parser.parse_args()


async def _compare(theirs: Path, arguments: argparse.Namespace) -> None:
    pairs: dict[str, list[tuple[Measurement, Measurement]]] = {name: [] for name in arguments.operations}
    for number in range(arguments.rounds):
        async for ours, others in _round(theirs, arguments):
            if ours.operation in pairs:
                pairs[ours.operation].append((ours, others))
                _print(str(number + 1), [ours], [others])
    print()
    for measured in pairs.values():
        _print("all", *map(list, zip(*measured, strict=True)))
    if arguments.rounds > 1:
        print()
        for name, measured in pairs.items():
            differences = [_cpu_ms(ours) - _cpu_ms(others) for ours, others in measured]
            error = statistics.stdev(differences) / len(differences) ** 0.5
            print(f"{name}: {statistics.fmean(differences):+.3f} ± {error:.3f} ms")


async def _round(theirs: Path, arguments: argparse.Namespace) -> AsyncIterator[tuple[Measurement, Measurement]]:
    """Everything once, on two hordes that were just started."""
    with horde_to_measure() as (url, pid), horde_to_measure(theirs) as (other_url, other_pid):
        async with load_on(url, arguments.connections) as load, load_on(other_url, arguments.connections) as other:
            this = Bench(load, pid, arguments.seconds, arguments.jobs)
            that = Bench(other, other_pid, arguments.seconds, arguments.jobs)
            for names, measure in GROUPS.items():
                if set(names) & set(arguments.operations):
                    for pair in zip(*await asyncio.gather(measure(this), measure(that)), strict=True):
                        yield pair


def _print(number: str, ours: list[Measurement], theirs: list[Measurement]) -> None:
    difference = statistics.fmean(map(_cpu_ms, ours)) - statistics.fmean(map(_cpu_ms, theirs))
    print(_LINE.format(ours[0].operation, number, _cell(ours), _cell(theirs), f"{difference:+.3f}"), flush=True)


def _cell(measured: list[Measurement]) -> str:
    server = statistics.fmean(each.server_ms() for each in measured)
    database = statistics.fmean(each.database_ms() for each in measured)
    return f"{server:.3f} + {database:.3f} = {server + database:.3f}"


def _cpu_ms(measured: Measurement) -> float:
    return measured.server_ms() + measured.database_ms()


if __name__ == "__main__":
    sys.exit(main())
