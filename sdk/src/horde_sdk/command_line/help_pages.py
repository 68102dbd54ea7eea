"""Help pages as plain text: names of options are never cut, however narrow the terminal, and options stay grouped."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

WIDEST_PAGE_CHARACTERS = 110


class PageOfCommand(TyperCommand):
    """A command whose options are listed by the panels that they belong to."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and options, a section for each panel."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                is_argument = parameter.param_type_name == "argument"
                usual = "Arguments" if is_argument else "Options"
                panel = getattr(parameter, "rich_help_panel", None) or usual
                sections.setdefault(panel, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def use_plain_help_pages(app: typer.Typer) -> None:
    """Give every command of a program such a page, those of its groups too."""
    for command in app.registered_commands:
        if command.cls in (None, TyperCommand):
            command.cls = PageOfCommand
    for group in app.registered_groups:
        if group.typer_instance is not None:
            use_plain_help_pages(group.typer_instance)
