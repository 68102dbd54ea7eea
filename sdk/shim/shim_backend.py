"""Builds the shim (PEP 517): a wheel of metadata alone, of the version in `SHIM_VERSION`.

Needs no package, so no network. Name, requirements and the like are read from `pyproject.toml`.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import tomllib
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
NEWEST_WHOSE_NAMES_WE_HAVE = "0.27.0"
VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){1,3}")
WHEEL = "Wheel-Version: 1.0\nGenerator: openhorde-shim\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
EPOCH = (2020, 1, 1, 0, 0, 0)
"""The time of every file: the same version is the same bytes."""


def shim_version() -> str:
    """Return the version to claim.

    Raises:
        SystemExit: It is no version such as 0.17.2.
    """
    version = os.environ.get("SHIM_VERSION") or NEWEST_WHOSE_NAMES_WE_HAVE
    if not VERSION.fullmatch(version):
        raise SystemExit(f"SHIM_VERSION is a version such as 0.17.2, not {version[:40]!r}")
    return version


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: str | None = None) -> str:
    """Write the wheel into a folder and return its name."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stem = f"{project['name']}-{shim_version()}"
    files = {
        f"{stem}.dist-info/METADATA": _metadata(project),
        f"{stem}.dist-info/WHEEL": WHEEL,
        f"{stem}.dist-info/licenses/LICENSE": (HERE.parent / "LICENSE").read_text(encoding="utf-8"),
    }
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join(f"{name},{_digest(text)},{len(text.encode())}\n" for name, text in files.items())
    files[record] += f"{record},,\n"
    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(zipfile.ZipInfo(path, EPOCH), text)
    return name


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    """Refuse: the folder that this file is in is the source."""
    raise SystemExit("the shim is built as a wheel: make shim")


def _metadata(project: dict[str, object]) -> str:
    requirements = project["dependencies"]
    assert isinstance(requirements, list)
    return "\n".join(
        [
            "Metadata-Version: 2.4",
            f"Name: {project['name']}",
            f"Version: {shim_version()}",
            f"Summary: {project['description']}",
            f"License-Expression: {project['license']}",
            "License-File: LICENSE",
            f"Requires-Python: {project['requires-python']}",
            *(f"Requires-Dist: {requirement}" for requirement in requirements),
            "Description-Content-Type: text/markdown",
            "",
            (HERE / "README.md").read_text(encoding="utf-8"),
        ]
    )


def _digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
