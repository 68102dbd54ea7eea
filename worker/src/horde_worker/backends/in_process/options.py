"""Options of an in-process backend, read with words for what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings

MOST_NAMES: Final = 1000
"""Of models, or of files for LoRAs: far more than one worker offers."""


class Options:
    """The options of one backend; each is asked for by name and type. What is wrong raises `BackendFailure`."""

    def __init__(self, settings: BackendSettings) -> None:
        self._backend = settings.name
        self._given = settings.options

    def whole_number(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number within bounds, also from its text."""
        value = self._given.get(name, default)
        if isinstance(value, str) and value.strip().isdigit():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(name, f"is a whole number from {least} to {most}")
        return value

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """A number within bounds."""
        value = self._given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(name, f"is a number from {least} to {most}")
        return float(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self._given.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "is true or false")
        return value

    def word(self, name: str, choices: Sequence[str]) -> str:
        """One of a few words; the first is the default."""
        value = self._given.get(name, choices[0])
        if value not in choices:
            raise self.wrong(name, f"is one of {', '.join(choices)}")
        return str(value)

    def words(self, name: str) -> tuple[str, ...]:
        """A list of words, or one alone."""
        value = self._given.get(name, ())
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list | tuple) or len(listed) > MOST_NAMES:
            raise self.wrong(name, "is a list of words")
        if not all(isinstance(one, str) and one for one in listed):
            raise self.wrong(name, "is a list of words")
        return tuple(listed)

    def path(self, name: str) -> Path | None:
        """A file or folder that is there, or none."""
        value = self._given.get(name)
        return None if value is None else self._existing(name, value)

    def paths(self, name: str) -> dict[str, Path]:
        """Files or folders that are there, by names of the horde."""
        value = self._given.get(name, {})
        if not isinstance(value, Mapping) or len(value) > MOST_NAMES:
            raise self.wrong(name, "maps names to paths")
        if not all(isinstance(one, str) and one for one in value):
            raise self.wrong(name, "maps names to paths")
        return {str(key): self._existing(f"{name}.{key}", path) for key, path in value.items()}

    def wrong(self, name: str, should: str) -> BackendFailure:
        """What to raise for an option. The value is not told: a key might have been put there by mistake."""
        return BackendFailure(f"the option {name!r} of the backend {self._backend} {should}")

    def _existing(self, name: str, value: object) -> Path:
        if not isinstance(value, str | os.PathLike) or not str(value):
            raise self.wrong(name, "is a path")
        path = Path(value).expanduser()
        if not path.exists():
            raise BackendFailure(f"{path}, the option {name!r} of the backend {self._backend}, is not there")
        return path
