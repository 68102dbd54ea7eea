"""What the cache is asked for, and what it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from horde_worker.backends.image import Lora, TextualInversion

Addition: TypeAlias = Lora | TextualInversion
LORA: Final = "lora"
TI: Final = "ti"
CIVITAI_TYPES: Final = {LORA: ("LORA", "LoCon", "DoRA"), TI: ("TextualInversion",)}
"""What each is called by CivitAI; the first is what a search asks for."""


class LoraFailure(Exception):
    """Why an addition cannot be had, in words for the log. No fault of the job: it is made without."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        """`is_final`: asking again soon would not help."""
        super().__init__(reason)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Wanted:
    """An addition by the words of a job, as a key."""

    kind: str  # lora or ti
    name: str
    is_version: bool = False

    @classmethod
    def of(cls, addition: Addition) -> Wanted:
        """What a job's addition is to be looked for by."""
        if isinstance(addition, Lora):
            return cls(LORA, addition.name.strip(), addition.is_version)
        return cls(TI, addition.name.strip())


@dataclass(frozen=True, slots=True)
class Described:
    """A file as CivitAI describes it."""

    kind: str
    model_id: int
    version_id: int
    name: str
    base_model: str
    trigger_words: tuple[str, ...]
    is_nsfw: bool
    sha256: str  # lower case
    size_bytes: int  # as described; a little off, since it is told in KB
    url: str

    @property
    def stem(self) -> str:
        """The name of the file without its ending: what a backend that lists its folder calls it."""
        return f"horde-{self.kind}-{self.version_id}"


@dataclass(frozen=True, slots=True)
class CachedLora:
    """A file that is here."""

    path: Path
    described: Described

    @property
    def trigger_words(self) -> tuple[str, ...]:
        """The words that it was trained with."""
        return self.described.trigger_words

    @property
    def base_model(self) -> str:
        """The kind of checkpoint that it fits, in CivitAI's words, such as SDXL 1.0."""
        return self.described.base_model
