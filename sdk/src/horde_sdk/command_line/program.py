"""The entry point of the `horde` program: says what is missing where only the library was installed."""

from __future__ import annotations

import sys

from horde_sdk._mixed_installation import mixed_installation


def main() -> None:
    """Run the program."""
    # A package whose `__init__` is ours has warned by itself, and works.
    if not hasattr(sys.modules["horde_sdk"], "warn_if_mixed") and (problem := mixed_installation()):
        sys.exit(problem)
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ModuleNotFoundError as missing:
        print(
            f"The `horde` program needs {missing.name}, which the library alone does not: "
            "pip install 'openhorde-sdk[cli]'",
            file=sys.stderr,
        )
        sys.exit(1)
    from horde_sdk.command_line.main import build_app

    build_app()()
