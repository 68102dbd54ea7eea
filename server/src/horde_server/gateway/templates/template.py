"""A chat template as data, and the built-in ones."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal

import msgspec

PLACE = "{content}"
_JOINER = "\N{ZERO WIDTH JOINER}"


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another generation prompt: for models whose name has `match`, where thinking is wished or not (None: either)."""

    generation: str
    match: str = ""
    thinking: bool | None = None
    opens_thinking: bool = False

    def is_for(self, model: str, *, thinking: bool) -> bool:
        """Whether it is the one for this model and wish."""
        return self.thinking in (None, thinking) and re.search(self.match, model, re.IGNORECASE) is not None


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """What stands around the texts of a chat; built_in.toml says what each field means."""

    user: str
    assistant: str
    system: str = f"{PLACE}\n\n"
    generation: str = ""
    stops: tuple[str, ...] = ()
    specials: tuple[str, ...] = ()
    head: str = ""
    system_at: Literal["turn", "first", "last"] = "turn"
    system_role: bool | None = None
    named: bool = False
    variants: tuple[Variant, ...] = ()

    @property
    def has_system_role(self) -> bool:
        """Whether a system message in the middle of a chat has a turn of its own."""
        return self.system_role if self.system_role is not None else self.system_at == "turn"

    @cached_property
    def prefill(self) -> str:
        """What stands before an answer that the requester began."""
        return self.assistant.partition(PLACE)[0]

    @cached_property
    def _specials(self) -> re.Pattern[str] | None:
        marks = sorted({*self.stops, *self.specials} - {""}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, marks))) if marks else None

    def broken(self, text: str) -> str:
        """The text with every mark of the template made harmless, so that what a user writes opens no turn. O(text).

        A joiner that nobody sees goes in after the mark's first character.
        """
        marks = self._specials
        return text if marks is None else marks.sub(lambda found: f"{found[0][0]}{_JOINER}{found[0][1:]}", text)

    def ending(self, model: str, *, thinking: bool) -> Variant:
        """What a prompt for this model ends with."""
        plain = Variant(self.generation)
        return next((variant for variant in self.variants if variant.is_for(model, thinking=thinking)), plain)


@cache
def built_in() -> Mapping[str, Template]:
    """The templates that every horde knows, by name."""
    data = tomllib.loads((files(__package__) / "built_in.toml").read_text("utf-8"))
    return msgspec.convert(data, dict[str, Template])
