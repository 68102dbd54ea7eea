"""Places of their own for published clients: `.clients/NAME` in the repository root, made once and kept.

Nothing of ours is installed there, so that a client runs as its users have it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from horde_processes import RunningHorde, clean_environment

REPOSITORY = Path(__file__).resolve().parents[2]
PLACES = REPOSITORY / ".clients"
SCRIPTS = Path(__file__).parent / "scripts"
UV = REPOSITORY / ".uv" / "bin" / "uv"
INSTALL_LIMIT_S = 600
RUN_LIMIT_S = 150


def python_place(requirement: str, interpreter: str) -> Path:
    """The interpreter of a virtual environment that holds `requirement` and what it needs."""

    def install(place: Path) -> None:
        uv = str(UV) if UV.exists() else shutil.which("uv")
        if uv is None:
            pytest.skip("no uv: `make setup` brings it")
        run([uv, "venv", "--quiet", "--no-project", "--python", interpreter, str(place)], INSTALL_LIMIT_S)
        run([uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), requirement], INSTALL_LIMIT_S)

    name = requirement.replace("==", "-")
    return made_once(name, f"{requirement} {interpreter}", install) / "bin" / "python"


def node_place(package: str) -> Path:
    """A folder whose `node_modules` hold `package` (name@version); skips where there is no node or npm."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no node with npm on PATH")

    def install(place: Path) -> None:
        place.mkdir(parents=True)
        (place / "package.json").write_text('{"private": true}\n')
        run([npm, "install", "--no-audit", "--no-fund", "--silent", package], INSTALL_LIMIT_S, folder=place)

    return made_once(package.lstrip("@").replace("/", "-"), package, install)


def newer_python() -> str:
    """A Python of 3.12 or later: on PATH, or kept by pyenv, whose PATH entries may lead nowhere. Skips without one."""
    for candidate in _python_candidates():
        probe = [candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 12))"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return candidate
    pytest.skip("no Python of 3.12 or later on PATH (python3.12, python3.13, python3.14)")


def _python_candidates() -> Iterator[str]:
    yield sys.executable
    yield from filter(None, map(shutil.which, ("python3.12", "python3.13", "python3.14")))
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from map(str, sorted(kept.glob("3.1[2-9]*/bin/python")))


def run_client(command: list[str], horde: RunningHorde, folder: Path, **environment: str) -> dict[str, Any]:
    """Run a client's script in an empty folder, pointed at `horde`; the JSON of its last line."""
    variables = {
        "AI_HORDE_URL": f"{horde.url}/api/",
        "AIWORKER_CACHE_HOME": str(folder / "cache"),
        "HOME": str(folder),
        **environment,
    }
    last = run(command, RUN_LIMIT_S, folder=folder, **variables).strip().splitlines()[-1]
    answer: dict[str, Any] = json.loads(last)
    return answer


def run(command: list[str], limit_s: float, *, folder: Path | None = None, **environment: str) -> str:
    """Run to the end; what it printed. Everything it said is in the failure."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def made_once(name: str, content: str, install: Callable[[Path], None]) -> Path:
    """`PLACES/name`, installed unless it is there with the same content; a half-made one is made anew."""
    place = PLACES / name
    mark = place / ".installed"
    if not mark.exists() or mark.read_text() != content:
        shutil.rmtree(place, ignore_errors=True)
        PLACES.mkdir(exist_ok=True)
        install(place)
        mark.write_text(content)
    return place
