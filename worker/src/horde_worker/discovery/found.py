"""A program that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Found:
    """A local inference server, as it says of itself."""

    backend: str  # its name among the backends
    program: str  # such as ComfyUI 0.3.64
    url: str
    kind: Literal["image", "text"]
    models: tuple[str, ...] = ()  # by its own names
    context_length: int | None = None  # tokens, of a text program that says so
    wants_key: bool = False

    def in_words(self) -> str:
        """One line for its owner."""
        shown = ", ".join(self.models[:3]) + (f" and {len(self.models) - 3} more" if len(self.models) > 3 else "")
        has = f"models: {shown}" if shown else "it wants a key" if self.wants_key else "no model is loaded"
        context = f", {self.context_length} tokens of context" if self.context_length else ""
        return f"{self.program} at {self.url}: {has}{context}"
