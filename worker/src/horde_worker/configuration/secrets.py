"""Secrets that stand elsewhere: `env:NAME` is the value of an environment variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PREFIX: Final = "env:"


class MissingSecret(ValueError):
    """The environment variable that holds a secret is not set."""


def revealed(value: str | None, environ: Mapping[str, str]) -> str | None:
    """A secret itself. Raises `MissingSecret`."""
    if value is None or not value.startswith(PREFIX):
        return value
    name = value.removeprefix(PREFIX)
    if not (found := environ.get(name, "").strip()):
        raise MissingSecret(f"the environment variable {name} is not set")
    return found
