"""`make attack`: every flood alone, then all at once, against a default server. A table; exit code 1 beyond limits."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from horde_processes import running_horde

from attack.floods import FLOODS
from attack.siege import Outcome, besiege, few_descriptors

MOST_LATENCY_MS = 250.0
MOST_GROWTH_BYTES = 100 * 1024 * 1024
_LINE = "{:<18}{:>7}{:>9}{:>9}{:>9}{:>8}{:>10}  {}"


def main() -> int:
    """Attack, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("floods", nargs="*", default=[*FLOODS, "together"], help=", ".join([*FLOODS, "together"]))
    parser.add_argument("--share", type=float, default=1.0, help="of each flood's size")
    arguments = parser.parse_args()
    print(
        _LINE.format("flood", "beats", "p50 ms", "p99 ms", "most ms", "lost", "memory MB", "what the attacker was told")
    )
    good = True
    for name in arguments.floods:
        together = list(FLOODS) if name == "together" else [name]
        # each flood meets a fresh server: what one leaves behind is not held against the next
        with (
            tempfile.TemporaryDirectory(prefix="horde-attack-") as folder,
            running_horde("serve", Path(folder), preexec=few_descriptors) as horde,
        ):
            key = horde.create_user("mallory", kudos=100_000)["api_key"]
            outcomes = besiege(horde, together, key, arguments.share)
            log = horde.log()
        if "Traceback" in log:
            print(log[-3000:])
            good = False
        first = outcomes[0]
        _print(name, first)
        for outcome in outcomes if len(outcomes) > 1 else ():
            print(f"{'':<18}{outcome.flood:<20}{_told(outcome)}")
        good &= all(map(is_good, outcomes))
    return 0 if good else 1


def is_good(outcome: Outcome) -> bool:
    """Whether the second client noticed nothing, memory stayed, and the attacker was answered in words."""
    return (
        outcome.latency_ms(0.99) <= MOST_LATENCY_MS
        and not outcome.unanswered
        and outcome.growth_bytes <= MOST_GROWTH_BYTES
        and not outcome.unfriendly()
    )


def _print(name: str, outcome: Outcome) -> None:
    figures = (f"{outcome.latency_ms(share):.0f}" for share in (0.5, 0.99, 1.0))
    told = "" if name == "together" else _told(outcome)
    growth = f"{outcome.growth_bytes / 2**20:.0f}"
    print(_LINE.format(name, len(outcome.latencies_s), *figures, len(outcome.unanswered), growth, told), flush=True)
    for reason in outcome.unanswered[:3]:
        print(f"{'':<18}lost: {reason}")


def _told(outcome: Outcome) -> str:
    return "; ".join(f"{count} x {status} {message[:90]}" for status, message, count in outcome.answers[:4])


if __name__ == "__main__":
    sys.exit(main())
