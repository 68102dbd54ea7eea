"""Measure what an operation costs: processor milliseconds of server and database, on a horde of its own.

Rates and latencies depend on the machine and on what else runs there; the processor time does far less. All of it runs
on this machine over loopback: one server process, durable settings, rate limits off.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from load import load_on
from measured_horde import Measurement, horde_to_measure
from operations import GROUPS, NAMES, TARGETS_MS, Bench

_COLUMNS = ("operation", "count", "rate/s", "p50 ms", "p99 ms", "server ms", "database ms", "CPU ms", "target")
_LINE = "{:<18}{:>8}{:>9}{:>9}{:>9}{:>11}{:>13}{:>9}{:>9}"
_LEGEND = """
server, database, CPU: processor milliseconds for each operation (lifecycle: for each job, with all that happens
between the operations); target: CPU ms at most. The same bit of Python took {} ms before and {} ms after."""


def main() -> int:
    """Run what was asked for and print it."""
    arguments = _arguments()
    calibration = [_calibrate()]
    if not arguments.json:
        print(_LINE.format(*_COLUMNS), flush=True)
    rows = asyncio.run(_measure(arguments))
    calibration.append(_calibrate())
    if arguments.json:
        print(json.dumps({"calibration_ms": calibration, "operations": rows}, indent=1))
    else:
        print(_LEGEND.format(*calibration))
    missed = [row["operation"] for row in rows if row["target"] is not None and row["CPU ms"] > row["target"]]
    if missed:
        print(f"Above the target: {', '.join(missed)}.", file=sys.stderr)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--operations", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=float, default=4.0, help="of each timed operation; lifecycle: twice as long")
    parser.add_argument("--jobs", type=int, default=1000, help="for pop-job, submit, status")
    parser.add_argument("--connections", type=int, default=16, help="at once")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with horde_to_measure() as (url, pid):
        async with load_on(url, arguments.connections) as load:
            bench = Bench(load, pid, arguments.seconds, arguments.jobs)
            for names, measure in GROUPS.items():
                if not set(names) & set(arguments.operations):
                    continue
                for result in await measure(bench):
                    if result.operation in arguments.operations:
                        rows.append(_row(result))
                        if not arguments.json:
                            print(_LINE.format(*map(_cell, rows[-1].values())), flush=True)
    return rows


def _row(result: Measurement) -> dict[str, Any]:
    values = (
        result.operation,
        result.count,
        round(result.count / result.seconds, 1),
        round(result.latency_ms(0.5), 1),
        round(result.latency_ms(0.99), 1),
        round(result.server_ms(), 3),
        round(result.database_ms(), 3),
        round(result.server_ms() + result.database_ms(), 3),
        TARGETS_MS.get(result.operation),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value}"


def _calibrate() -> float:
    """Milliseconds for a fixed bit of Python: tells a slow horde from a slow moment of the machine."""
    began = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number * number
    return round((time.perf_counter() - began) * 1000, 1)


if __name__ == "__main__":
    sys.exit(main())
