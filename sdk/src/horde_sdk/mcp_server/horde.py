"""What the tools ask of a horde, whichever way they reach it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

ModelKind: TypeAlias = Literal["text", "image"]
FormName: TypeAlias = Literal["caption", "interrogation", "nsfw"]
What: TypeAlias = Literal["image", "text", "form"]


class HordeSays(Exception):
    """A refusal or a failure in the horde's own words, with its return code where it has one."""

    def __init__(self, message: str, rc: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.rc = rc


@dataclass(frozen=True, slots=True)
class Model:
    """A model that somebody serves now."""

    name: str
    kind: ModelKind
    workers: int
    queued: int  # jobs that wait for it
    eta_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWish:
    """Pictures that are asked for; sizes in pixels, None for the model's own."""

    prompt: str
    negative_prompt: str = ""
    model: str = ""
    width: int | None = None
    height: int | None = None
    n: int = 1
    seed: str | None = None
    source_image: str = ""  # an address, a data URL or base64
    strength: float | None = None
    transparent: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWish:
    """A text that is asked for: what follows a prompt, or the answer in a conversation. Lengths in tokens."""

    prompt: str = ""
    messages: Sequence[Said] = ()
    model: str = ""
    max_length: int = 512
    temperature: float | None = None
    stop: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How far a request is."""

    done: bool
    position: int = 0
    wait_s: int = 0
    finished: int = 0
    jobs: int = 1
    step: int = 0
    steps: int = 0

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        if self.done:
            return 1.0
        part = self.step / self.steps if self.steps else 0.0
        return min((self.finished + min(part, 1.0)) / max(self.jobs, 1), 0.99)

    @property
    def sentence(self) -> str:
        """For people."""
        if self.step and self.steps:
            return f"step {self.step} of {self.steps}"
        if self.position:
            return f"position {self.position}, about {self.wait_s} s"
        return f"in the works, about {self.wait_s} s"


@dataclass(frozen=True, slots=True)
class MadeImage:
    """A picture: its WebP, and where it lies for half an hour."""

    webp: bytes = field(repr=False)
    url: str
    seed: str
    model: str
    censored: bool


@dataclass(frozen=True, slots=True)
class MadeText:
    """A text, and why it ended: `stop`, `length` or `content_filter`."""

    text: str
    model: str
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Results:
    """What a request brought; of the three the one that it is of."""

    what: What
    kudos: float
    images: Sequence[MadeImage] = ()
    text: MadeText | None = None
    told: dict[str, object] = field(default_factory=dict)
    form: str = ""


class HordeForTools(Protocol):
    """A horde, as one caller sees it. Everything raises `HordeSays`."""

    async def models(self) -> Sequence[Model]:
        """All that are served now, those of most workers first."""

    async def ask_image(self, wish: ImageWish) -> str:
        """Ask for pictures; the id of the request."""

    async def ask_text(self, wish: TextWish) -> str:
        """Ask for a text."""

    async def ask_form(self, image: str, form: FormName) -> str:
        """Ask what a picture shows."""

    def follow(self, request_id: str) -> AsyncGenerator[Look, None]:
        """How far a request is, now and at each change, until it is done; a failure raises."""

    async def results(self, request_id: str) -> Results:
        """Return what is there."""

    async def cancel(self, request_id: str) -> None:
        """Nobody wants it any more."""
