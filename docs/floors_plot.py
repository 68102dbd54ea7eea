"""Draw `images/floors.svg`: the rooms of the server on their floors, and every import between them, from the code.

The floors are those of the import contract in pyproject.toml; `docs/generate.py` writes and checks the picture.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import grimp

PACKAGE = "horde_server"
CONTRACT = "The server's floors: no import runs back up"
WIDTH, ROW, BOX_HEIGHT, TOP = 860, 62, 30, 16
CHARACTER_WIDTH = 7.6
TEXT = 'font-family="sans-serif" font-size="13" fill="#222" text-anchor="middle"'
DOWN, UP = "#0072b2", "#d55e00"

Box = tuple[float, float, float]
"""Middle, top and width."""


def floors_picture(project: Path) -> str:
    """The picture as SVG."""
    floors = _floors(project)
    imports = _imports({room for floor in floors for room in floor})
    places = _places(floors)
    height = TOP * 2 + len(floors) * ROW
    level = {room: number for number, floor in enumerate(floors) for room in floor}
    up = sum(1 for above, below in imports if level[above] >= level[below])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="The rooms of the server on their floors: {len(imports)} arrows, {up} back up">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for (above, below), modules in sorted(imports.items()):
        parts.append(_arrow(places[above], places[below], modules, runs_up=level[above] >= level[below]))
    for room, (middle, top, width) in places.items():
        parts.append(
            f'<rect x="{middle - width / 2:.0f}" y="{top:.0f}" width="{width:.0f}" height="{BOX_HEIGHT}" rx="5" '
            'fill="#f4f1ea" stroke="#555"/>'
            f'<text x="{middle:.0f}" y="{top + 20:.0f}" {TEXT}>{room}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _floors(project: Path) -> list[list[str]]:
    contracts = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (contract,) = (each for each in contracts if each["name"] == CONTRACT)
    return [[room.strip() for room in floor.split("|")] for floor in contract["layers"]]


def _imports(rooms: set[str]) -> Counter[tuple[str, str]]:
    """How many modules of one room import from another."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    found: Counter[tuple[str, str]] = Counter()
    for module in graph.modules:
        room = _room(module)
        taken = {_room(other) for other in graph.find_modules_directly_imported_by(module)} & rooms
        found.update((room, other) for other in taken - {room} if room in rooms)
    return found


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def _places(floors: list[list[str]]) -> dict[str, Box]:
    places: dict[str, Box] = {}
    for number, rooms in enumerate(floors):
        for place, room in enumerate(rooms):
            # floors with one room are staggered, so that arrows past them can be seen
            shift = ((number % 5) - 2) * 75 if len(rooms) == 1 else 0
            middle = WIDTH * (place + 1) / (len(rooms) + 1) + shift
            places[room] = (middle, TOP + number * ROW, len(room) * CHARACTER_WIDTH + 26)
    return places


def _arrow(above: Box, below: Box, modules: int, *, runs_up: bool) -> str:
    colour = UP if runs_up else DOWN
    width = 0.6 + min(modules, 40) / 12
    bend = (above[1] + below[1]) / 2
    return (
        f'<path d="M{above[0]:.0f},{above[1] + BOX_HEIGHT:.0f} C{above[0]:.0f},{bend:.0f} {below[0]:.0f},{bend:.0f} '
        f'{below[0]:.0f},{below[1]:.0f}" fill="none" stroke="{colour}" stroke-opacity="0.45" '
        f'stroke-width="{width:.1f}"/>'
    )
