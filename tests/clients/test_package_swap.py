"""A program that pins the published `horde_sdk` gets ours: the wheels of `make shim`, pip and the package index."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from clients.client_places import INSTALL_LIMIT_S, REPOSITORY, run

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time

PIN = "horde_sdk~=0.17.1"
VERSION = "0.17.2"
TELL = "import horde_sdk.consts, importlib.metadata as m; print(m.version('horde_sdk'), horde_sdk.__doc__)"
OURS = f"{VERSION} Talk to a horde"


@pytest.fixture
def pip(tmp_path: Path) -> list[str]:
    """Pip of a bare virtual environment."""
    run([sys.executable, "-m", "venv", str(tmp_path / "venv")], INSTALL_LIMIT_S)
    return [str(tmp_path / "venv" / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]


@pytest.fixture
def wheels(tmp_path: Path) -> list[str]:
    """`openhorde-sdk` and the shim, as `make shim` builds them."""
    folder = tmp_path / "dist"
    run(["make", "-C", str(REPOSITORY), "shim", f"SHIM_VERSION={VERSION}", f"DIST={folder}"], INSTALL_LIMIT_S)
    return sorted(map(str, folder.glob("*.whl")))


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A package that pins the published library, as reGen does."""
    stem = "needs-1"
    wheel = tmp_path / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(
            f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: needs\nVersion: 1\nRequires-Dist: {PIN}\n"
        )
        file.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{stem}.dist-info/RECORD", "")
    return str(wheel)


def test_a_pinned_program_leaves_ours_in_place(pip: list[str], wheels: list[str], program: str) -> None:
    run([*pip, "install", "--quiet", *wheels], INSTALL_LIMIT_S)
    run([*pip, "install", "--quiet", program], INSTALL_LIMIT_S)

    assert run([pip[0], "-W", "error", "-c", TELL], 60).startswith(OURS)
    assert "No broken requirements" in run([*pip, "check"], 60)


def test_the_published_library_written_over_ours_is_told_and_mended(pip: list[str], wheels: list[str]) -> None:
    ours = next(wheel for wheel in wheels if "openhorde_sdk" in wheel)
    run([*pip, "install", "--quiet", ours], INSTALL_LIMIT_S)
    run([*pip, "install", "--quiet", f"horde_sdk=={VERSION}"], INSTALL_LIMIT_S)

    horde = Path(pip[0]).with_name("horde")
    told = subprocess.run([horde, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith(f"The published horde_sdk {VERSION} and openhorde-sdk are both installed in ")

    run([*pip, "uninstall", "--quiet", "-y", "horde_sdk", "openhorde-sdk"], INSTALL_LIMIT_S)
    run([*pip, "install", "--quiet", *wheels], INSTALL_LIMIT_S)
    assert run([pip[0], "-W", "error", "-c", TELL], 60).startswith(OURS)
