"""The seam between the worker and what makes pictures or texts, or works on pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from PIL import Image

from horde_worker.text_format import UNFORMATTED, TextFormat
from horde_worker.text_sampling import NEUTRAL, TextSampling


@dataclass(frozen=True, slots=True)
class BackendAbilities:
    """What a backend can do, in the horde's words. Pop flags and the `capabilities` list come from this alone."""

    models: tuple[str, ...]
    max_pixels: int
    capabilities: frozenset[str]  # such as karras, r2, hires_fix, tiling, img2img (generation.md §3.8.1)
    samplers: frozenset[str]
    max_batch: int = 1
    knows_nsfw: bool = False  # could paint what is not safe for work


@dataclass(frozen=True, slots=True)
class SourceGiven:
    """A source picture and its mask, each as URL or base64, not yet fetched. Outpainting counts as inpainting."""

    picture: str
    mask: str = ""
    is_inpainting: bool = False


@dataclass(frozen=True, slots=True)
class ImageJob:
    """One hand-out, normalised: as many pictures as it has ids. Sizes in pixels, `ttl_s` seconds from the pop."""

    ids: tuple[str, ...]
    model: str
    prompt: str
    negative_prompt: str
    width: int
    height: int
    steps: int
    cfg_scale: float
    sampler: str
    karras: bool
    seeds: tuple[int, ...]  # one per picture
    ttl_s: float
    upload_urls: tuple[str, ...]  # one per picture, or none when results go inline
    hires_fix: bool = False
    tiling: bool = False
    clip_skip: int = 1
    censors_nsfw: bool = False
    denoising_strength: float = 1.0  # how much of the way from the source is made anew
    hires_denoising_strength: float = 0.65
    given: SourceGiven | None = None  # as the horde sent it
    source: Image.Image | None = None  # RGB, fetched
    mask: Image.Image | None = None  # L: white is repainted, black stays
    source_remarks: tuple[Remark, ...] = ()  # what became of sources that could not be had


@dataclass(frozen=True, slots=True)
class Remark:
    """An entry of `gen_metadata`; `ref` has at most 255 characters."""

    type: str
    value: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One picture with what its maker has to say about it."""

    image: Image.Image
    seed: int
    remarks: tuple[Remark, ...] = field(default=())


class BackendFailure(Exception):
    """The backend cannot do this job; the text is the reason, told in a fault submit."""


Progress = Callable[[int, int, int], None]
"""Told after every step or token: which result (from 0), steps done, steps in all. May come from another thread."""


class Backend(Protocol):
    """Makes pictures. `generate` must not block the event loop, and must stop soon when it is cancelled."""

    kind: Literal["image"]

    @property
    def name(self) -> str:
        """What the operator calls it."""

    @property
    def abilities(self) -> BackendAbilities:
        """What it can do; asked at every pop."""

    async def start(self) -> None:
        """Get ready. Raises `BackendFailure`."""

    async def generate(self, job: ImageJob, progress: Progress) -> Sequence[ImageResult]:
        """One result per id of the job. Raises `BackendFailure`."""


@dataclass(frozen=True, slots=True)
class TextAbilities:
    """What a text backend can do. Lengths in tokens: of a text, and of prompt and text together."""

    models: tuple[str, ...]
    max_length: int
    max_context_length: int
    max_batch: int = 1


@dataclass(frozen=True, slots=True)
class TextJob:
    """One hand-out of text, normalised: as many texts as it has ids. Lengths in tokens."""

    ids: tuple[str, ...]
    model: str
    prompt: str
    max_length: int
    max_context_length: int
    seeds: tuple[int, ...]  # one per text
    ttl_s: float
    sampling: TextSampling = NEUTRAL
    stop_sequences: tuple[str, ...] = ()
    format: TextFormat = UNFORMATTED
    may_end: bool = True  # false: the model goes on where it would end


@dataclass(frozen=True, slots=True)
class TextResult:
    """One text: what comes after the prompt, up to and with a stop sequence. Not formatted yet."""

    text: str
    seed: int
    tokens: int


class TextBackend(Protocol):
    """Makes texts. `generate` must not block the event loop, and must stop soon when it is cancelled."""

    kind: Literal["text"]

    @property
    def name(self) -> str:
        """What the operator calls it."""

    @property
    def abilities(self) -> TextAbilities:
        """What it can do; asked at every pop."""

    async def start(self) -> None:
        """Get ready. Raises `BackendFailure`."""

    async def generate(self, job: TextJob, progress: Progress) -> Sequence[TextResult]:
        """One result per id of the job. Raises `BackendFailure`."""


@dataclass(frozen=True, slots=True)
class AlchemyAbilities:
    """What an alchemy backend can do. A tile is 512×512 pixels of the source, begun ones included."""

    forms: tuple[str, ...]  # such as caption, RealESRGAN_x4plus (alchemy-and-operations.md §1.1)
    max_tiles: int
    max_side: int  # pixels of the source's longest side
    max_batch: int = 1  # forms at a time


@dataclass(frozen=True, slots=True)
class AlchemyForm:
    """One thing to do with a source picture."""

    id: str
    name: str
    where: str  # the source, as URL or base64
    payload: Mapping[str, Any]  # options; many hordes send every value as text
    upload_url: str = ""  # for a result that is a picture
    source: Image.Image | None = None  # RGB or RGBA, fetched
    refusal: str = ""  # why it cannot even be tried


@dataclass(frozen=True, slots=True)
class AlchemyJob:
    """One hand-out: forms that may have several sources. `ttl_s` in seconds from the pop, for all of them."""

    forms: tuple[AlchemyForm, ...]
    ttl_s: float

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(form.id for form in self.forms)

    @property
    def model(self) -> str:
        """What the log calls it: the forms."""
        return ", ".join(form.name for form in self.forms)


AlchemyResult: TypeAlias = Image.Image | str | float | bool | list[Any] | dict[str, Any]
"""A picture, or what JSON can say."""


class AlchemyBackend(Protocol):
    """Works on pictures. `work` must not block the event loop, and must stop soon when it is cancelled."""

    kind: Literal["alchemy"]

    @property
    def name(self) -> str:
        """What the operator calls it."""

    @property
    def abilities(self) -> AlchemyAbilities:
        """What it can do, if the self-test of each form succeeds."""

    async def start(self) -> None:
        """Get ready. Raises `BackendFailure`."""

    async def work(self, form: str, source: Image.Image, payload: Mapping[str, Any]) -> AlchemyResult:
        """The result of one form. Raises `BackendFailure`."""


AnyBackend: TypeAlias = Backend | TextBackend | AlchemyBackend
