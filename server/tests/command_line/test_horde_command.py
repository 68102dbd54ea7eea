"""How `horde up` calls itself in the commands that it prints: as the reader's shell will find it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from horde_server.command_line.household import horde_command


def a_program(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("called", "on_path", "under_uv", "said"),
    [
        ("horde", ["horde"], False, "horde"),
        ("openhorde", ["horde", "openhorde"], False, "horde"),
        ("openhorde", ["openhorde"], False, "openhorde"),  # pipx puts only this one there
        ("openhorde", ["horde", "openhorde"], True, "uvx openhorde"),
        ("horde", ["horde"], True, "horde"),
    ],
)
def test_the_commands_that_up_prints_can_be_called(
    called: str, on_path: list[str], under_uv: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in on_path:
        a_program(tmp_path / "bin", name)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "argv", [f"/somewhere/bin/{called}"])
    monkeypatch.delenv("UV", raising=False)
    if under_uv:
        monkeypatch.setenv("UV", "/somewhere/uv")
    assert horde_command() == said


def test_where_no_shell_finds_it_its_path_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/openhorde"])
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.chdir(Path(sys.executable).parent)
    assert horde_command() == "horde"
