"""Images in a terminal: by its own protocol where it has one, by coloured half blocks where it knows colours."""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.Image import Image

Protocol = Literal["kitty", "iterm2", "blocks"]

GAP_PIXELS = 8
THUMBNAIL_PIXELS = 320
MOST_COLUMNS = 4
KITTY_CHUNK = 4096  # the protocol's limit


def protocol_of(environment: Mapping[str, str], *, is_terminal: bool) -> Protocol | None:
    """Return how to show images on standard output; `None` where that is no terminal, or one without colours."""
    if not is_terminal or environment.get("TERM") == "dumb":
        return None
    program = environment.get("TERM_PROGRAM", "")
    if "KITTY_WINDOW_ID" in environment or environment.get("TERM") == "xterm-kitty" or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm", "vscode"):
        return "iterm2"
    return "blocks" if environment.get("COLORTERM") in ("truecolor", "24bit") else None


def grid_of(pictures: Sequence[Image]) -> Image:
    """Return one picture that shows all of them side by side, at most four in a row."""
    import PIL.Image

    thumbnails = []
    for picture in pictures:
        thumbnail = picture.convert("RGB")
        thumbnail.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
        thumbnails.append(thumbnail)
    columns = min(MOST_COLUMNS, len(thumbnails))
    rows = -(-len(thumbnails) // columns)
    width, height = max(one.width for one in thumbnails), max(one.height for one in thumbnails)
    grid = PIL.Image.new(
        "RGB", (columns * (width + GAP_PIXELS) - GAP_PIXELS, rows * (height + GAP_PIXELS) - GAP_PIXELS)
    )
    for number, thumbnail in enumerate(thumbnails):
        row, column = divmod(number, columns)
        grid.paste(thumbnail, (column * (width + GAP_PIXELS), row * (height + GAP_PIXELS)))
    return grid


def as_text(picture: Image, protocol: Protocol, columns: int) -> str:
    """Return what shows a picture when it is printed, at most so many columns wide."""
    if protocol == "blocks":
        return _half_blocks(picture, columns)
    png = io.BytesIO()
    picture.save(png, "PNG")
    encoded = base64.b64encode(png.getvalue()).decode()
    if protocol == "iterm2":
        return f"\x1b]1337;File=inline=1;preserveAspectRatio=1:{encoded}\a\n"
    chunks = [encoded[start : start + KITTY_CHUNK] for start in range(0, len(encoded), KITTY_CHUNK)]
    told = []
    for number, chunk in enumerate(chunks):
        head = "a=T,f=100," if number == 0 else ""
        told.append(f"\x1b_G{head}m={int(number < len(chunks) - 1)};{chunk}\x1b\\")
    return "".join(told) + "\n"


def as_rows(picture: Image, protocol: Protocol, rows: int) -> str:
    """Return what shows a picture when it is printed, so many rows high and then a line's end."""
    if protocol == "blocks":
        height = rows * 2
        return _blocks_of(picture, max(1, min(round(picture.width * height / picture.height), height * 3)), height)
    shown = as_text(picture, protocol, 0)
    if protocol == "iterm2":
        return shown.replace("inline=1;", f"inline=1;height={rows};", 1)
    return shown.replace("a=T,", f"a=T,r={rows},", 1)


def _half_blocks(picture: Image, columns: int) -> str:
    width = min(columns, picture.width)
    return _blocks_of(picture, width, max(2, round(picture.height * width / picture.width / 2) * 2))


def _blocks_of(picture: Image, width: int, height: int) -> str:
    """Two pixels a character: the upper half is the character's colour, the lower one its background."""
    small = picture.convert("RGB").resize((width, height))
    pixels = small.tobytes()
    lines = []
    for top in range(0, height, 2):
        cells = []
        for left in range(width):
            upper, lower = (pixels[(row * width + left) * 3 : (row * width + left) * 3 + 3] for row in (top, top + 1))
            cells.append("\x1b[38;2;{};{};{};48;2;{};{};{}m▀".format(*upper, *lower))
        lines.append("".join(cells) + "\x1b[0m\n")
    return "".join(lines)


def show(paths: Sequence[Path], *, wanted: bool | None) -> None:
    """Show images on standard output: if `wanted`, or if nothing was said and the terminal can.

    Args:
        paths: What to show; none is fine.
        wanted: `--preview` or `--no-preview`; `None`: neither.
    """
    import shutil

    protocol = protocol_of(os.environ, is_terminal=sys.stdout.isatty()) or ("blocks" if wanted else None)
    if wanted is False or protocol is None or not paths:
        return
    import PIL.Image

    with ExitStack() as opened:
        grid = grid_of([opened.enter_context(PIL.Image.open(path)) for path in paths])
    sys.stdout.write(as_text(grid, protocol, shutil.get_terminal_size().columns))
    sys.stdout.flush()
