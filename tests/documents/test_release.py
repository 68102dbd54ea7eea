"""The distributions are one release: one version, one licence, READMEs that an index can show."""

from __future__ import annotations

import importlib.metadata
import shutil
import tomllib
from pathlib import Path
from typing import Any

import distributions
import pytest
from distributions import FOLDERS, RELATIVE_LINK, ROOT, VERSION_FILE, current_version, set_version
from packaging.requirements import Requirement
from typer.testing import CliRunner

import horde_sdk
import horde_server
import horde_worker
from horde_sdk.command_line.main import build_app


def project(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDERS[name] / "pyproject.toml").read_text("utf-8"))


def requirements(name: str) -> list[Requirement]:
    table = project(name)["project"]
    extras = table.get("optional-dependencies", {}).values()
    return [Requirement(one) for one in [*table.get("dependencies", []), *(one for extra in extras for one in extra)]]


@pytest.mark.parametrize("name", FOLDERS)
def test_the_version_of_each_distribution_is_read_from_the_one_file(name: str) -> None:
    read_from = (FOLDERS[name] / project(name)["tool"]["hatch"]["version"]["path"]).resolve()
    assert (read_from, project(name)["project"]["dynamic"]) == (VERSION_FILE, ["version"])


@pytest.mark.parametrize("name", FOLDERS)
def test_ours_are_required_in_this_version_and_no_other(name: str) -> None:
    pins = {str(one.specifier) for one in requirements(name) if one.name in FOLDERS}
    assert pins <= {f"=={current_version()}"}


def test_the_whole_installation_requires_every_other() -> None:
    required = {one.name for one in requirements("openhorde")}
    extra = project("openhorde-worker")["project"]["optional-dependencies"]["demo"]
    assert required | {Requirement(one).name for one in extra} == set(FOLDERS) - {"openhorde"}
    assert {"openhorde-worker[demo]", "openhorde-sdk[cli]"} <= {
        str(one).partition("==")[0] for one in requirements("openhorde")
    }


def test_modules_command_and_installation_say_this_version() -> None:
    said = CliRunner().invoke(build_app(), ["--version"]).output
    assert said.strip() == f"horde {current_version()}"
    assert {horde_sdk.__version__, horde_server.VERSION, horde_worker.VERSION} == {current_version()}
    for name in ("openhorde-sdk", "openhorde-server", "openhorde-worker", "openhorde-models"):
        assert importlib.metadata.version(name) == current_version(), f"{name}: run make setup"


def test_the_parts_of_the_version_are_numbers_where_they_can_be() -> None:
    assert ".".join(map(str, horde_sdk._version.version_tuple)) == current_version()
    assert horde_sdk._version.version_tuple[0] == int(current_version().partition(".")[0])


@pytest.mark.parametrize("name", FOLDERS)
def test_every_distribution_brings_the_licence(name: str) -> None:
    assert (FOLDERS[name] / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert project(name)["project"]["license-files"] == ["LICENSE"]


@pytest.mark.parametrize("name", FOLDERS)
def test_an_index_can_follow_every_link_of_a_readme(name: str) -> None:
    assert RELATIVE_LINK.findall((FOLDERS[name] / "README.md").read_text("utf-8")) == []


def test_a_new_version_is_written_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = {name: tmp_path / name for name in FOLDERS}
    for name, folder in copies.items():
        folder.mkdir()
        shutil.copy(FOLDERS[name] / "pyproject.toml", folder)
    monkeypatch.setattr(distributions, "VERSION_FILE", Path(shutil.copy(VERSION_FILE, tmp_path)))
    monkeypatch.setattr(distributions, "FOLDERS", copies)
    old = current_version()
    set_version("98.7.0rc1")
    assert distributions.current_version() == "98.7.0rc1"
    texts = {name: (folder / "pyproject.toml").read_text("utf-8") for name, folder in copies.items()}
    assert [name for name, text in texts.items() if f"=={old}" in text] == []
    assert 'openhorde-worker[demo]==98.7.0rc1"' in texts["openhorde"]
    assert "pydantic>=2.10" in texts["openhorde-sdk"]
