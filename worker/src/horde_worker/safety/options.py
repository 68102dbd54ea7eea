"""What an operator says of his judge of safety: options by name, as they stand in his file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.over_http.options import text_option

DefaultT = TypeVar("DefaultT")


@dataclass(frozen=True, slots=True)
class SafetyOptions:
    """Options of one judge. Every reading raises `BackendFailure` for what cannot be meant."""

    judge: str
    sent: Mapping[str, object] = field(default_factory=dict, repr=False)  # a key may be among them

    def check_known(self, *known: str) -> None:
        """Raise for options that the judge does not have: they are mistyped."""
        self.as_settings().check_known(*known)

    def as_settings(self) -> BackendSettings:
        """The same, as a backend over HTTP reads it."""
        return BackendSettings(f"safety: {self.judge}", self.sent)

    def text(self, name: str) -> str:
        """A text, or an empty one; `env:NAME` stands for what is in the environment."""
        return text_option(self.as_settings(), name)

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A number within its bounds."""
        value = self.sent.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise BackendFailure(f"the option {name} of safety is a number from {least:g} to {most:g}")
        return float(value)

    def whole(self, name: str, default: DefaultT, least: int, most: int) -> int | DefaultT:
        """A whole number within its bounds."""
        value = self.sent.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise BackendFailure(f"the option {name} of safety is a whole number from {least} to {most}")
        return value

    def places(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Places in a list, from 0."""
        value = self.sent.get(name)
        if value is None:
            return default
        given = value if isinstance(value, list | tuple) else [value]
        places = tuple(one for one in given if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 10_000)
        if not places or len(places) != len(given):
            raise BackendFailure(f"the option {name} of safety is a list of places, from 0")
        return places
