"""Install OpenHorde from built wheels into a bare environment, and have it make a picture.

Everything else comes from the runtime's lock by hash; ours come from the folder of the wheels and from nowhere else.
The program is run in a folder of its own and with none of the caller's variables, so nothing of the checkout can help.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from distributions import ROOT, current_version

PLACE = ROOT / ".dist" / "trial"
UP_LIMIT_S = 300
ORIGINS = """
import horde_models, horde_sdk, horde_server, horde_worker
for module in (horde_models, horde_sdk, horde_server, horde_worker):
    print(module.__file__)
"""
LOOK = """
import sys
from PIL import Image
with Image.open(sys.argv[1]) as picture:
    middle, corner = picture.convert("RGB").getpixel((256, 256)), picture.convert("RGB").getpixel((10, 10))
    print(picture.format, *picture.size, *middle, *corner)
"""


def main() -> None:
    """Read the command line, install, and try."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("dist", type=Path)
    options.add_argument("--uv", type=Path, required=True)
    options.add_argument("--python", default="python3", help="the Python of the bare environment")
    given = options.parse_args()
    install(given.uv, given.dist, given.python)
    with tempfile.TemporaryDirectory(prefix="openhorde-trial-") as folder:
        try_it(Path(folder))


def install(uv: Path, dist: Path, python: str) -> None:
    """A fresh environment with `openhorde` and what it requires."""
    run([uv, "venv", "--quiet", "--clear", "--python", python, PLACE])
    into: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", PLACE / "bin/python"]
    run([*into, "--require-hashes", "-r", ROOT / "requirements/runtime.lock"])
    run([*into, "--no-index", "--find-links", dist, f"openhorde=={current_version()}"])
    run([uv, "pip", "check", "--quiet", "--python", PLACE / "bin/python"])


def try_it(folder: Path) -> None:
    """Start it as a stranger would, and look at the picture."""
    version = current_version()
    said = quietly(folder, PLACE / "bin/openhorde", "--version")
    expect(said.strip() == f"horde {version}", f"openhorde --version said {said!r}")
    for origin in quietly(folder, PLACE / "bin/python", "-c", ORIGINS).split():
        expect(Path(origin).is_relative_to(PLACE), f"{origin} is not from a wheel")
    places = ["--port", str(free_port()), "--data", "data", "--output", "pictures"]
    print(quietly(folder, PLACE / "bin/openhorde", "up", "--once", *places), end="")
    picture = folder / "pictures" / "first-picture.webp"
    expect(picture.is_file(), "openhorde up --once made no picture")
    form, width, height, *colours = quietly(folder, PLACE / "bin/python", "-c", LOOK, picture).split()
    red, green, blue, corner_red, corner_green, corner_blue = map(int, colours)
    expect((form, width, height) == ("WEBP", "512", "512"), f"the picture is {form} of {width}x{height}")
    expect(red > max(green, blue) + 60, f"there is no red circle in its middle, but {colours[:3]}")
    expect(corner_blue > max(corner_red, corner_green) + 60, f"its background is not blue, but {colours[3:]}")
    python = quietly(folder, PLACE / "bin/python", "-V").strip()
    print(f"openhorde {version}, from wheels alone on {python}: good.")


def quietly(folder: Path, *command: str | Path) -> str:
    """Run in a folder, with nothing of the caller's environment; what it printed."""
    environment = {"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8"}
    called = [*map(str, command)]
    done = subprocess.run(
        called, cwd=folder, env=environment, capture_output=True, text=True, timeout=UP_LIMIT_S, check=False
    )
    expect(done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def run(command: list[str | Path]) -> None:
    """Run one step of the installation; its failure is ours."""
    if subprocess.run([*map(str, command)], check=False).returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")


def expect(is_so: bool, otherwise: str) -> None:
    """End with a sentence where something is not as it must be."""
    if not is_so:
        sys.exit(otherwise)


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
