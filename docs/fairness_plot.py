"""Draw `images/fairness.svg` from the simulation of server/tests/dispatch/crowd.py.

PYTHONPATH=server/tests/dispatch .venv/bin/python docs/fairness_plot.py
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean

from crowd import CROWDED_FROM_S, FLOODER, RICH, Outcome, Scene, simulate

TARGET = Path(__file__).parent / "images" / "fairness.svg"
BIN_S = 300.0
WIDTH, PANEL_HEIGHT, LEFT, TOP, GAP = 760, 210, 62, 44, 64
COLOURS = {"a thousand poor": "#0072b2", "the richest": "#d55e00", "the flooder": "#7f7f7f"}
MOST_WAIT_S = 2100
TEXT = 'font-family="sans-serif" font-size="12" fill="#222"'


def main() -> None:
    """Simulate both rules, draw, and print the table of docs/fairness.md."""
    scene = Scene()
    outcomes = {
        "As it is: in line behind oneself": simulate(scene),
        "For comparison: head start only": simulate(Scene(has_turns=False)),
    }
    height = TOP + len(outcomes) * (PANEL_HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-label="Average wait over three hours, with and without the rule">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for place, (title, outcome) in enumerate(outcomes.items()):
        parts += panel(title, outcome, top=TOP + place * (PANEL_HEIGHT + GAP), hours=scene.hours)
        print(title)
        for name, accounts in who().items():
            waits = outcome.of(*accounts)
            print(f"| {name} | {len(waits)} | {mean(waits):.0f} s | {outcome.longest(*accounts):.0f} s |")
    parts.append("</svg>")
    TARGET.write_text("\n".join(parts) + "\n", encoding="utf-8")


def who() -> dict[str, tuple[int, ...]]:
    """Accounts by the name of their line."""
    return dict(zip(COLOURS, ((), (RICH,), (FLOODER,)), strict=True))


def panel(title: str, outcome: Outcome, *, top: int, hours: float) -> list[str]:
    """One rule's lines: the average wait of what was asked for in each five minutes."""
    right, bottom = WIDTH - 36, top + PANEL_HEIGHT

    def x(second: float) -> float:
        return LEFT + second / (hours * 3600) * (right - LEFT)

    def y(wait: float) -> float:
        return bottom - min(wait, MOST_WAIT_S) / MOST_WAIT_S * PANEL_HEIGHT

    parts = [f'<text x="{LEFT}" y="{top - 12}" {TEXT} font-weight="bold">{title}</text>']
    for wait in range(0, MOST_WAIT_S + 1, 600):
        parts.append(f'<line x1="{LEFT}" y1="{y(wait):.1f}" x2="{right}" y2="{y(wait):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(wait) + 4:.1f}" {TEXT} text-anchor="end">{wait // 60} min</text>')
    for half_hour in range(int(hours * 2) + 1):
        label = f"{half_hour * 30} min"
        parts.append(
            f'<text x="{x(half_hour * 1800):.1f}" y="{bottom + 16}" {TEXT} text-anchor="middle">{label}</text>'
        )
    come = x(CROWDED_FROM_S)
    parts.append(
        f'<line x1="{come:.1f}" y1="{top}" x2="{come:.1f}" y2="{bottom}" stroke="#999" stroke-dasharray="3 3"/>'
    )
    for place, (name, accounts) in enumerate(who().items()):
        points = " ".join(f"{x(when):.1f},{y(wait):.1f}" for when, wait in averages(outcome.asked(*accounts)))
        colour = COLOURS[name]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        at = LEFT + 270 + place * 140
        parts.append(
            f'<line x1="{at}" y1="{top - 16}" x2="{at + 18}" y2="{top - 16}" stroke="{colour}" stroke-width="3"/>'
        )
        parts.append(f'<text x="{at + 23}" y="{top - 12}" {TEXT}>{name}</text>')
    return parts


def averages(asked: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """(middle, average wait) of every five minutes in which something was asked for."""
    bins: dict[int, list[float]] = {}
    for when, wait in asked:
        bins.setdefault(int(when // BIN_S), []).append(wait)
    return [((number + 0.5) * BIN_S, mean(waits)) for number, waits in sorted(bins.items())]


if __name__ == "__main__":
    main()
