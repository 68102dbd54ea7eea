"""The `horde` program of an installation that has the library only."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("package", ["typer", "rich"])
def test_program_says_what_to_install_where_only_the_library_is(package: str) -> None:
    code = f"import sys; sys.modules['{package}'] = None\nfrom horde_sdk.command_line.program import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == (
        f"The `horde` program needs {package}, which the library alone does not: pip install 'openhorde-sdk[cli]'\n"
    )


def test_library_names_no_more_than_it_needs() -> None:
    from importlib.metadata import requires

    needed = [one for one in requires("openhorde-sdk") or [] if "extra ==" not in one]

    assert not [one for one in needed if one.startswith(("typer", "rich"))]
