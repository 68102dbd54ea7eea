"""Images in a terminal: which way, and what is written."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from fake_horde import FakeHorde
from PIL import Image
from typer.testing import CliRunner

from horde_sdk.command_line.client_commands import register
from horde_sdk.command_line.main import build_app
from horde_sdk.command_line.terminal_pictures import GAP_PIXELS, as_text, grid_of, protocol_of


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM_PROGRAM": "WezTerm", "COLORTERM": "truecolor"}, "iterm2"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "blocks"),
        ({"TERM": "xterm"}, None),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, None),
    ],
    ids=["kitty", "kitty window", "iterm", "wezterm", "colours", "plain", "dumb"],
)
def test_terminal_is_known_by_its_environment(environment: dict[str, str], protocol: str | None) -> None:
    assert protocol_of(environment, is_terminal=True) == protocol
    assert protocol_of(environment, is_terminal=False) is None


def test_grid_has_four_pictures_a_row_and_never_enlarges() -> None:
    grid = grid_of([Image.new("RGB", (100, 50), "red")] * 5)

    assert grid.size == (4 * 100 + 3 * GAP_PIXELS, 2 * 50 + GAP_PIXELS)
    assert grid.getpixel((0, 50 + GAP_PIXELS)) == (255, 0, 0)
    assert grid.getpixel((100 + GAP_PIXELS, 50 + GAP_PIXELS)) == (0, 0, 0)
    assert max(grid_of([Image.new("RGB", (2000, 1000))]).size) == 320


def test_half_blocks_hold_two_pixels_a_character() -> None:
    picture = Image.new("RGB", (2, 2), "red")
    picture.putpixel((1, 1), (0, 0, 255))

    assert as_text(picture, "blocks", 80) == (
        "\x1b[38;2;255;0;0;48;2;255;0;0m▀\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m\n"
    )
    assert max(line.count("▀") for line in as_text(Image.new("RGB", (300, 300)), "blocks", 40).splitlines()) == 40


def test_kitty_gets_a_png_in_pieces_of_bounded_length() -> None:
    noise = Image.effect_noise((120, 120), 90).convert("RGB")

    pieces = re.findall("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\", as_text(noise, "kitty", 80))

    assert pieces[0][0] == "a=T,f=100,m=1"
    assert {head for head, _ in pieces[1:-1]} <= {"m=1"}
    assert pieces[-1][0] == "m=0"
    assert max(len(data) for _, data in pieces) <= 4096
    with Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in pieces)))) as sent:
        assert sent.size == (120, 120)


def test_iterm_gets_a_png_in_one_piece() -> None:
    told = as_text(Image.new("RGB", (4, 4), "red"), "iterm2", 80)

    assert told.startswith("\x1b]1337;File=inline=1;")
    with Image.open(io.BytesIO(base64.b64decode(told.partition(":")[2].rstrip("\a\n")))) as sent:
        assert sent.getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(("flags", "shown"), [((), False), (("--preview",), True), (("--no-preview",), False)])
def test_images_are_shown_where_that_is_wanted(
    horde: FakeHorde, tmp_path: Path, flags: tuple[str, ...], shown: bool
) -> None:
    app = build_app(plugins=[])
    register(app)

    result = CliRunner().invoke(app, ["image", "a cat", "-o", str(tmp_path), *flags])

    assert result.exit_code == 0, result.output
    assert ("▀" in result.stdout) == shown
