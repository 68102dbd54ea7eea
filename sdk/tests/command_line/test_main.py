"""The program is put together from installed packages, and survives a broken one."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import typer
from typer.testing import CliRunner

from horde_sdk.command_line import main


def good(app: typer.Typer) -> None:
    @app.command()
    def hello() -> None:
        typer.echo("hello")


def broken(app: typer.Typer) -> None:
    @app.command()
    def half() -> None:
        typer.echo("half")

    raise RuntimeError("no database")


def a_plugin(name: str, function: str) -> EntryPoint:
    return EntryPoint(name=name, value=f"{__name__}:{function}", group=main.ENTRY_POINT_GROUP)


def test_broken_package_is_named_and_the_others_work(monkeypatch: object, capsys: object) -> None:
    sys.modules[__name__] = sys.modules.get(__name__) or sys.modules["__main__"]
    plugins = [a_plugin("a", "broken"), a_plugin("b", "good"), EntryPoint("c", "no_such_package:register", "g")]

    app = main.build_app(plugins)
    result = CliRunner().invoke(app, ["hello"])

    assert result.stdout == "hello\n"
    assert CliRunner().invoke(app, ["half"]).exit_code == 2
    said = capsys.readouterr().err  # type: ignore[attr-defined]
    assert "no database" in said
    assert "no_such_package" in said


def test_version_is_told() -> None:
    app = main.build_app([])
    good(app)

    assert CliRunner().invoke(app, ["--version"]).stdout.startswith("horde 0.")


def test_help_loads_neither_models_nor_clients() -> None:
    code = (
        "import sys\n"
        "from horde_sdk.command_line import client_commands, main\n"
        "app = main.build_app([])\n"
        "client_commands.register(app)\n"
        "heavy = {'pydantic', 'requests', 'aiohttp', 'PIL'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
