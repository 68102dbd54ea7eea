"""One import name, two distributions: the shim that stands for the published one, and what is said when both are there.

Wheels are made here, of our sources and of a stand-in for the published library, so that no test needs the network;
`tests/clients/test_package_swap.py` does it with what `make shim` builds.
"""

from __future__ import annotations

import base64
import hashlib
import os
import runpy
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from horde_sdk._mixed_installation import mixed_installation

SDK = Path(__file__).resolve().parents[1]
BACKEND = SDK / "shim" / "shim_backend.py"
UV = SDK.parent / ".uv" / "bin" / "uv"
TELL = "import horde_sdk, importlib.metadata as m; print(m.version('horde_sdk'), hasattr(horde_sdk, 'warn_if_mixed'))"
REMEDY = "pip uninstall -y horde_sdk openhorde-sdk"


def a_shim(folder: Path, version: str | None = None) -> Path:
    """The real shim, built by its own backend in this process."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SHIM_VERSION", version or "")
        name: str = runpy.run_path(str(BACKEND))["build_wheel"](str(folder))
    return folder / name


def a_wheel(folder: Path, name: str, version: str, files: dict[str, bytes], *requires: str) -> Path:
    """A wheel as installers take it."""
    stem = f"{name}-{version}"
    metadata = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}",
        *(f"Requires-Dist: {one}" for one in requires),
    ]
    files = {
        **files,
        f"{stem}.dist-info/METADATA": "\n".join(metadata).encode() + b"\n",
        f"{stem}.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},{_digest(content)},{len(content)}" for path, content in files.items()]
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
        wheel.writestr(f"{stem}.dist-info/RECORD", "\n".join([*record, f"{stem}.dist-info/RECORD,,\n"]))
    return folder / f"{stem}-py3-none-any.whl"


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def ours(folder: Path) -> Path:
    """Our sources as a wheel that requires nothing: what they need comes from the tests' own environment."""
    files = {
        str(file.relative_to(SDK / "src")): file.read_bytes()
        for file in (SDK / "src" / "horde_sdk").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    return a_wheel(folder, "openhorde_sdk", "0.1.0", files)


def published(folder: Path) -> Path:
    """A stand-in for the published library: same folder, other files."""
    files = {"horde_sdk/__init__.py": b'"""Not ours."""\n', "horde_sdk/consts.py": b"", "horde_sdk/exceptions.py": b""}
    return a_wheel(folder, "horde_sdk", "0.17.2", files)


class Place:
    """A bare virtual environment."""

    def __init__(self, folder: Path) -> None:
        if not UV.exists():
            pytest.skip("no uv: `make setup` brings it")
        self.python = folder / "venv" / "bin" / "python"
        self.uv("venv", "--no-project", "--python", sys.executable, str(folder / "venv"))

    def uv(self, *arguments: str) -> str:
        done = subprocess.run(
            [UV, *arguments, "--offline", "--no-config"], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def install(self, *what: Path | str) -> None:
        self.uv("pip", "install", "--no-index", "--python", str(self.python), *map(str, what))

    def uninstall(self, name: str) -> None:
        self.uv("pip", "uninstall", "--python", str(self.python), name)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Python with the tests' own libraries behind those of the place."""
        libraries = sysconfig.get_path("purelib")
        return subprocess.run(
            [self.python, *arguments], capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "PYTHONPATH": libraries, "PYTHONWARNINGS": "default"},
        )  # fmt: skip


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    a_shim(folder, "0.17.2")
    ours(folder)
    a_wheel(folder, "needs", "1", {"needs.py": b"import horde_sdk\n"}, "horde_sdk~=0.17.1")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_shim_satisfies_a_pin_and_brings_ours(wheels: Path, place: Place) -> None:
    place.install("--find-links", wheels, "needs")

    told = place.run("-c", TELL)
    assert (told.stdout, told.stderr, told.returncode) == ("0.17.2 True\n", "", 0)
    assert "compatible" in place.uv("pip", "check", "--python", str(place.python))


def test_shim_holds_nothing_but_metadata_and_is_the_same_each_time(tmp_path: Path) -> None:
    one, again = (a_shim(folder, "0.18.0") for folder in (tmp_path, tmp_path))

    assert one.name == "horde_sdk-0.18.0-py3-none-any.whl"
    assert all(name.startswith("horde_sdk-0.18.0.dist-info/") for name in zipfile.ZipFile(one).namelist())
    assert one.read_bytes() == again.read_bytes()
    assert a_shim(tmp_path).name == "horde_sdk-0.27.0-py3-none-any.whl"


@pytest.mark.parametrize("version", ["latest", "0.17.2/../../x", "1", "0.17.2\nName: other", "9" * 1000])
def test_shim_refuses_what_is_no_version(version: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"a version such as 0\.17\.2") as refused:
        a_shim(tmp_path, version)

    assert len(str(refused.value)) < 200
    assert list(tmp_path.iterdir()) == []


def test_removing_the_shim_leaves_ours_whole(wheels: Path, place: Place) -> None:
    place.install("--find-links", wheels, "needs")
    place.uninstall("horde_sdk")

    done = place.run("-c", "import horde_sdk.consts, horde_sdk.exceptions")
    assert (done.stderr, done.returncode) == ("", 0)


def test_ours_over_the_published_library_works_and_warns(wheels: Path, place: Place, tmp_path: Path) -> None:
    place.install(published(tmp_path))
    place.install("--find-links", wheels, "openhorde_sdk")

    done = place.run("-c", TELL)
    assert (done.stdout, done.returncode) == ("0.17.2 True\n", 0)
    assert "MixedInstallationWarning: The published horde_sdk 0.17.2 and openhorde-sdk are both" in done.stderr
    assert REMEDY in done.stderr


def test_the_program_says_that_the_published_library_was_written_over_ours(
    wheels: Path, place: Place, tmp_path: Path
) -> None:
    place.install("--find-links", wheels, "openhorde_sdk")
    place.install(published(tmp_path))

    done = place.run("-c", "from horde_sdk.command_line.program import main; main()")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr.startswith("The published horde_sdk 0.17.2 and openhorde-sdk are both installed in ")
    assert REMEDY in done.stderr


def test_the_program_says_that_files_are_missing_and_the_remedy_mends_it(
    wheels: Path, place: Place, tmp_path: Path
) -> None:
    place.install("--find-links", wheels, "openhorde_sdk")
    place.install(published(tmp_path))
    place.uninstall("horde_sdk")

    broken = place.run("-c", "from horde_sdk.command_line.program import main; main()")
    assert (broken.stdout, broken.returncode) == ("", 1)
    assert broken.stderr.startswith("Files of openhorde-sdk are missing in ")

    place.uninstall("openhorde-sdk")
    place.install("--find-links", wheels, "needs")
    mended = place.run("-c", TELL)
    assert (mended.stdout, mended.stderr) == ("0.17.2 True\n", "")


def test_a_folder_that_cannot_be_looked_at_is_no_mixture(tmp_path: Path) -> None:
    assert mixed_installation(str(tmp_path / "archive.zip" / "horde_sdk")) is None


def test_a_distribution_without_a_record_is_no_mixture(tmp_path: Path) -> None:
    package = tmp_path / "horde_sdk"
    package.mkdir()
    (package / "__init__.py").touch()
    (tmp_path / "horde_sdk-0.17.2.dist-info").mkdir()

    assert mixed_installation(str(package)) is None
