"""The `horde` program: its commands come from the installed packages.

A package adds commands by an entry point of the group `horde.commands` that names a function
`register(app: typer.Typer) -> None`. Exit codes: 0 it worked, 1 it failed, 2 the command line was wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

import typer

from horde_sdk._version import __version__
from horde_sdk.command_line.help_pages import WIDEST_PAGE_CHARACTERS, use_plain_help_pages

ENTRY_POINT_GROUP = "horde.commands"


def build_app(plugins: Iterable[EntryPoint] | None = None) -> typer.Typer:
    """Return the program with the commands of every plugin; a broken one is reported and left out.

    Args:
        plugins: Entry points; default: those of the installed packages.
    """
    app = typer.Typer(
        name="horde",
        help="Ask a horde, serve a horde, be a horde.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"max_content_width": WIDEST_PAGE_CHARACTERS},
    )

    @app.callback()
    def root(
        version: bool = typer.Option(
            False, "--version", help="Say which version this is.", is_eager=True, callback=_say_version
        ),
    ) -> None:
        pass

    found = entry_points(group=ENTRY_POINT_GROUP) if plugins is None else plugins
    for plugin in sorted(found, key=lambda one: one.name):
        _add_commands(app, plugin)
    use_plain_help_pages(app)
    return app


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"horde {__version__}")
        raise typer.Exit


def _add_commands(app: typer.Typer, plugin: EntryPoint) -> None:
    commands, groups = list(app.registered_commands), list(app.registered_groups)
    try:
        plugin.load()(app)
    except Exception as error:  # noqa: BLE001 any fault of one package must not take the others' commands away
        app.registered_commands[:], app.registered_groups[:] = commands, groups
        package = plugin.dist.name if plugin.dist else plugin.value
        typer.secho(
            f"The commands of {package} are missing: {plugin.value} failed with {type(error).__name__}: {error}",
            err=True,
            fg=typer.colors.YELLOW,
        )
