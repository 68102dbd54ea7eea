"""The terminal that an owner sits at."""

from __future__ import annotations

import sys

import typer


class TyperTerminal:
    """Asks there; an end of input, or Ctrl-C, ends the program."""

    def say(self, line: str = "") -> None:
        typer.echo(line)

    def ask(self, question: str, default: str = "") -> str:
        return str(typer.prompt(question, default=default, show_default=bool(default)))

    def ask_secret(self, question: str) -> str:
        return str(typer.prompt(question, hide_input=True, default="", show_default=False))

    def confirm(self, question: str, *, default: bool = True) -> bool:
        return bool(typer.confirm(question, default=default))


def is_there() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()
