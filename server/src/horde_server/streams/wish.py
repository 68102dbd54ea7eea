"""What is wanted of a request by those who listen to it."""

from __future__ import annotations

from typing import Final

import msgspec


class Wish(msgspec.Struct, frozen=True):
    """What listeners want."""

    text: bool = False
    steps: bool = False
    previews: bool = False

    def __bool__(self) -> bool:
        return self.text or self.steps or self.previews

    def of(self, kind: str) -> bool:
        """Whether anything of this kind of job is wanted."""
        return self.text if kind == "text" else self.steps or self.previews


NOTHING: Final = Wish()
