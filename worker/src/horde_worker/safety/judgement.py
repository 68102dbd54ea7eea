"""What is thought of a picture, and who thinks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, slots=True)
class Judgement:
    """`is_csam`: it may show a child in a sexual way; then nobody gets it, whatever was asked for."""

    is_nsfw: bool = False
    is_csam: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a picture was to show, which tells a judge what to look for. Never in a log."""

    prompt: str
    negative_prompt: str = ""


class SafetyChecker(Protocol):
    """Judges pictures before they are uploaded. What it raises keeps the picture from going out."""

    @property
    def name(self) -> str:
        """What the operator calls it."""

    @property
    def can_judge(self) -> bool:
        """Whether it sees what is not safe for work. Jobs that ask for censoring are not taken without."""

    async def judge(self, picture: Image.Image, wanted: Wanted) -> Judgement:
        """What is thought of a picture. Raises `BackendFailure` where that cannot be told."""
